#include "experiments/testbed.h"

#include "host-lib/driver.h"

#include <glib.h>

struct testbed *
testbed_new(const char *platform, const char *const *sets, size_t n_sets, const struct lanai_image *image, char **error)
{
	struct testbed *t = g_new0(struct testbed, 1);

	engine_init();
	t->platform = platform_load(platform, sets, n_sets, error);
	t->machine = t->platform ? machine_new(t->platform, false, error) : NULL;
	if (t->machine && driver_start(t->machine, image, DRIVER_PROCESSES, error))
		return t;
	testbed_free(t);
	return NULL;
}

void
testbed_free(struct testbed *t)
{
	if (!t)
		return;
	if (t->machine) {
		driver_stop(t->machine);
		machine_free(t->machine);
	}
	if (t->platform)
		platform_free(t->platform);
	g_free(t);
}

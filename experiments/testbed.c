#include "experiments/testbed.h"

#include "host-lib/am.h"
#include "host-lib/driver.h"

#include <glib.h>

static bool
start_firmware(const struct testbed *t, const struct lanai_image *image, char **error)
{
	return t->active_messages ? am_start(t->machine, image, error)
	                          : driver_start(t->machine, image, DRIVER_PROCESSES, error);
}

static struct testbed *
build(bool active_messages, const char *platform, const char *const *sets, size_t n_sets,
      const struct lanai_image *image, char **error)
{
	struct testbed *t = g_new0(struct testbed, 1);

	engine_init();
	t->active_messages = active_messages;
	t->platform = platform_load(platform, sets, n_sets, error);
	t->machine = t->platform ? machine_new(t->platform, false, error) : NULL;
	if (t->machine && start_firmware(t, image, error))
		return t;
	testbed_free(t);
	return NULL;
}

struct testbed *
testbed_new(const char *platform, const char *const *sets, size_t n_sets, const struct lanai_image *image, char **error)
{
	return build(false, platform, sets, n_sets, image, error);
}

struct testbed *
testbed_new_am(const char *platform, const char *const *sets, size_t n_sets, const struct lanai_image *image,
               char **error)
{
	return build(true, platform, sets, n_sets, image, error);
}

void
testbed_free(struct testbed *t)
{
	if (!t)
		return;
	if (t->machine) {
		if (t->active_messages)
			am_stop(t->machine);
		else
			driver_stop(t->machine);
		machine_free(t->machine);
	}
	if (t->platform)
		platform_free(t->platform);
	g_free(t);
}

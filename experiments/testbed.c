#include "experiments/testbed.h"

#include "host-lib/am.h"
#include "host-lib/driver.h"
#include "host-lib/raw.h"
#include "sockets/socket.h"

#include <glib.h>

static bool
start_firmware(const struct testbed *t, const struct lanai_image *image, char **error)
{
	switch (t->firmware) {
	case FIRMWARE_AM:
		return am_start(t->machine, image, error);
	case FIRMWARE_RAW:
		return raw_start(t->machine, image, error);
	case FIRMWARE_VMMC:
		return driver_start(t->machine, image, DRIVER_PROCESSES, error);
	default:
		return true;
	}
}

static void
stop_firmware(const struct testbed *t)
{
	if (t->firmware == FIRMWARE_AM)
		am_stop(t->machine);
	else if (t->firmware == FIRMWARE_RAW)
		raw_stop(t->machine);
	else if (t->firmware == FIRMWARE_VMMC)
		driver_stop(t->machine);
}

struct testbed *
testbed_with(enum firmware firmware, const char *platform, const char *const *sets, size_t n_sets,
             const struct lanai_image *image, char **error)
{
	struct testbed *t = g_new0(struct testbed, 1);

	engine_init();
	t->firmware = firmware;
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
	return testbed_with(FIRMWARE_VMMC, platform, sets, n_sets, image, error);
}

void
testbed_free(struct testbed *t)
{
	if (!t)
		return;
	if (t->machine) {
		sock_stop(t->machine); /* if they were started */
		stop_firmware(t);
		machine_free(t->machine);
	}
	if (t->platform)
		platform_free(t->platform);
	g_free(t);
}

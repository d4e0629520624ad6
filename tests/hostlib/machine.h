/* The machine under a test: a platform with overrides, and the hosts that it describes. */
#ifndef TESTS_HOSTLIB_MACHINE_H
#define TESTS_HOSTLIB_MACHINE_H

#include "host-lib/firmware_image.h"
#include "nic-sim/engine.h"
#include "nic-sim/machine.h"

#include <check.h>

/* machine_start: the platform with these overrides ("key=value", NULL at the end; NULL: none). */
static inline struct machine *
machine_start(const char *name, const char *const *sets)
{
	struct platform *platform;
	struct machine *machine;
	char *error = NULL;
	size_t n = 0;

	while (sets && sets[n])
		n++;
	engine_init();
	platform = platform_load(name, sets, n, &error);
	ck_assert_msg(platform != NULL, "%s", error);
	machine = machine_new(platform, false, &error);
	ck_assert_msg(machine != NULL, "%s", error);
	return machine;
}

static inline void
machine_end(struct machine *machine)
{
	struct platform *platform = (struct platform *)machine->platform;

	machine_free(machine);
	platform_free(platform);
}

/* machine_image: of a program, FIRMWARE_IMAGE_... */
static inline struct lanai_image *
machine_image(const char *program)
{
	char *error = NULL;
	struct lanai_image *image = firmware_image(FIRMWARE_IMAGE_LIB, program, &error);

	ck_assert_msg(image != NULL, "%s", error);
	return image;
}

#endif

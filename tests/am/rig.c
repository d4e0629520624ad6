#include "tests/am/rig.h"

#include "host-lib/firmware_image.h"

#define LIMIT (20 * SIM_S)
#define PAUSE (2 * SIM_US)

static struct platform *platform;
static struct machine *machine;
static struct lanai_image *image;

struct machine *
rig_start(const char *name, const char *const *sets)
{
	char *error = NULL;
	size_t n = 0;

	while (sets && sets[n])
		n++;
	engine_init();
	platform = platform_load(name, sets, n, &error);
	ck_assert_msg(platform != NULL, "%s", error);
	machine = machine_new(platform, false, &error);
	ck_assert_msg(machine != NULL, "%s", error);
	image = firmware_image(FIRMWARE_IMAGE_LIB, FIRMWARE_IMAGE_AM, &error);
	ck_assert_msg(image != NULL, "%s", error);
	ck_assert_msg(am_start(machine, image, &error), "%s", error);
	return machine;
}

struct process *
rig_program(unsigned node, const char *name, void (*body)(void *), void *arg)
{
	struct process *p = process_new(&machine->hosts[node], name);

	task_start(p, name, false, body, arg);
	return p;
}

void
rig_run(void)
{
	ck_assert_int_eq(sim_run(LIMIT), SIM_DONE);
}

void
rig_end(void)
{
	am_stop(machine);
	machine_free(machine);
	platform_free(platform);
	lanai_image_free(image);
}

void
rig_pause(sim_time t)
{
	sim_time end = sim_now() + t;

	while (cpu_block("a pause", end))
		;
}

struct am *
rig_open(uint32_t bulk_bytes, struct am_name *name)
{
	struct am *am;

	ck_assert_int_eq(am_open(task_process(task_self()), bulk_bytes, &am), AM_OK);
	*name = am_name(am);
	return am;
}

struct am_name
rig_wait_open(const struct am_name *name)
{
	while (!name->tag)
		rig_pause(PAUSE);
	return *name;
}

void
rig_serve(struct am *am, const bool *done)
{
	while (!*done) {
		am_poll(am);
		cpu_charge(CPU_USER, PAUSE);
		cpu_settle();
	}
}

bool
rig_never(void *arg)
{
	(void)arg;
	return false;
}

#include "tests/am/rig.h"

#include "tests/hostlib/machine.h"

#define LIMIT (20 * SIM_S)
#define PAUSE (2 * SIM_US)

static struct machine *machine;
static struct lanai_image *image;

struct machine *
rig_start(const char *name, const char *const *sets)
{
	char *error = NULL;

	machine = machine_start(name, sets);
	image = machine_image(FIRMWARE_IMAGE_AM);
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
	machine_end(machine);
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

#include "tests/hostlib/rig.h"

#include "tests/hostlib/machine.h"

#include <string.h>

#define LIMIT    (10 * SIM_S)
#define PATIENCE (100 * SIM_MS)
#define PAUSE    (2 * SIM_US)

static struct machine *machine;
static struct lanai_image *image;

struct machine *
rig_start(enum rig_nic kind, const char *const *sets)
{
	return rig_start_on("myrinet-pc", kind, sets);
}

struct machine *
rig_start_on(const char *name, enum rig_nic kind, const char *const *sets)
{
	char *error = NULL;

	machine = machine_start(name, sets);
	image = kind == RIG_LANAI ? machine_image(FIRMWARE_IMAGE_VMMC) : NULL;
	ck_assert_msg(driver_start(machine, image, DRIVER_PROCESSES, &error), "%s", error);
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
	driver_stop(machine);
	machine_end(machine);
	if (image)
		lanai_image_free(image);
}

void
rig_pause(sim_time t)
{
	sim_time end = sim_now() + t;

	while (cpu_block("a pause", end))
		;
}

void
rig_until(bool (*ready)(void *arg), void *arg)
{
	sim_time deadline = sim_now() + PATIENCE;

	while (!ready(arg)) {
		ck_assert_msg(sim_now() < deadline, "%s waits for ever", task_name(task_self()));
		rig_pause(PAUSE);
	}
}

static bool
is_set(void *arg)
{
	return *(const bool *)arg;
}

void
rig_until_set(const bool *flag)
{
	rig_until(is_set, (void *)flag);
}

void
rig_receiver_open(struct rig_receiver *r)
{
	r->process = task_process(task_self());
	r->address = umem_alloc(r->process->memory, r->bytes);
	r->buffer = umem_pointer(r->process->memory, r->address, r->bytes);
	ck_assert_ptr_nonnull(r->buffer);
	ck_assert_int_eq(vmmc_open(r->process, &r->v), VMMC_OK);
	ck_assert_int_eq(vmmc_export(r->v, r->address, r->bytes, r->name, r->node, &r->export), VMMC_OK);
	r->exported = true;
}

void
rig_receiver(void *arg)
{
	struct rig_receiver *r = arg;

	rig_receiver_open(r);
	while (!r->done)
		rig_pause(100 * PAUSE);
}

void
rig_client_open(struct rig_client *c, struct rig_receiver *to, unsigned node, uint32_t bytes)
{
	c->process = task_process(task_self());
	c->address = umem_alloc(c->process->memory, bytes);
	c->data = umem_pointer(c->process->memory, c->address, bytes);
	ck_assert_ptr_nonnull(c->data);
	ck_assert_int_eq(vmmc_open(c->process, &c->v), VMMC_OK);
	rig_until_set(&to->exported);
	ck_assert_int_eq(vmmc_import(c->v, node, to->name, &c->proxy), VMMC_OK);
	cpu_settle();
}

enum vmmc_error
rig_send(struct rig_client *c, uint32_t from, uint32_t offset, uint32_t bytes, int fill)
{
	memset(c->data + from, fill, bytes);
	return vmmc_send(c->v, c->address + from, c->proxy, offset, bytes, NULL);
}

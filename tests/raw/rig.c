#include "tests/raw/rig.h"

#include "tests/hostlib/machine.h"

#include <glib.h>
#include <string.h>

#define LIMIT    (60 * SIM_S)
#define PATIENCE SIM_S
#define PAUSE    (2 * SIM_US)
#define MIX      2654435761u

static struct machine *machine;
static struct lanai_image *image;
static struct rig_received received[RIG_NODES_MAX];

/* fill: the bytes of datagram `number`; the first four are the number, as far as they go. */
static void
fill(uint8_t *data, unsigned number, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i += 4) {
		uint32_t word = GUINT32_TO_LE(i ? (number + i) * MIX : number);

		memcpy(data + i, &word, MIN(4, bytes - i));
	}
}

static unsigned
number_in(const uint8_t *data, uint32_t bytes)
{
	unsigned number = 0;

	for (uint32_t i = 0; i < bytes && i < 4; i++)
		number |= (unsigned)data[i] << 8 * i;
	return number;
}

static void
arrived(void *arg, unsigned from, const uint8_t *data, uint32_t bytes)
{
	static uint8_t expected[RIG_MTU];
	const struct host *host = arg;
	struct rig_received *r = &received[host->node];

	ck_assert_uint_ne(from, host->node);
	ck_assert(bytes >= 1 && bytes <= RIG_MTU);
	r->last = number_in(data, bytes);
	r->length = bytes;
	r->n++;
	r->bytes += bytes;
	fill(expected, r->last, bytes);
	ck_assert_msg(memcmp(data, expected, bytes) == 0, "datagram %u of %u bytes is wrong", r->last, bytes);
}

struct machine *
rig_start(const char *name, const char *const *sets)
{
	char *error = NULL;

	machine = machine_start(name, sets);
	image = machine_image(FIRMWARE_IMAGE_RAW);
	ck_assert_msg(raw_start(machine, image, &error), "%s", error);
	for (unsigned i = 0; i < machine->n_hosts; i++)
		if (raw_runs(&machine->hosts[i]))
			raw_on_receive(&machine->hosts[i], arrived, &machine->hosts[i]);
	memset(received, 0, sizeof received);
	return machine;
}

void
rig_program(unsigned node, void (*body)(void *), void *arg)
{
	task_start(process_new(&machine->hosts[node], "program"), "program", false, body, arg);
}

void
rig_run(void)
{
	ck_assert_int_eq(sim_run(LIMIT), SIM_DONE);
}

void
rig_end(void)
{
	raw_stop(machine);
	machine_end(machine);
	lanai_image_free(image);
}

const struct rig_received *
rig_received(unsigned node)
{
	return &received[node];
}

uint32_t
rig_counter(unsigned node, const char *name)
{
	return raw_nic_counter(&machine->hosts[node], name);
}

void
rig_pause(sim_time t)
{
	sim_time end = sim_now() + t;

	while (cpu_block("a pause", end))
		;
}

bool
rig_send(unsigned node, unsigned number, uint32_t bytes)
{
	uint8_t data[RIG_MTU + 1];

	fill(data, number, bytes);
	return raw_send(task_process(task_self())->host, node, data, bytes);
}

void
rig_send_wait(unsigned node, unsigned number, uint32_t bytes)
{
	while (!rig_send(node, number, bytes))
		rig_pause(PAUSE);
}

void
rig_await(unsigned node, unsigned n)
{
	sim_time deadline = sim_now() + PATIENCE;

	while (received[node].n < n) {
		ck_assert_msg(sim_now() < deadline, "only %u of %u datagrams came", received[node].n, n);
		rig_pause(PAUSE);
	}
}

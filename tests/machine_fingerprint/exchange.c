#include "tests/machine_fingerprint/exchange.h"

#include "host-lib/vmmc.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME     1u
#define PATIENCE (100 * SIM_MS)
#define RETRY    (100 * SIM_US) /* after an import that finds nothing yet */

struct member {
	const struct exchange *exchange;
	unsigned node;
	struct process *process;
	struct vmmc *v;
	uint64_t here, source;
	struct vmmc_proxy *there[EXCHANGE_HOSTS];
	/* what is being waited for */
	struct umem_range flag;
	uint32_t round;
};

static void
check(const struct member *m, enum vmmc_error error, const char *what)
{
	if (error == VMMC_OK)
		return;
	fprintf(stderr, "host %u: %s: %s\n", m->node, what, vmmc_strerror(error));
	exit(EXIT_FAILURE);
}

static uint32_t
flag_of(const struct exchange *e, unsigned from)
{
	return from * (e->slots * EXCHANGE_BYTES + UMEM_PAGE);
}

static uint32_t
slot_of(const struct exchange *e, unsigned from, unsigned round)
{
	return flag_of(e, from) + UMEM_PAGE + round % e->slots * EXCHANGE_BYTES;
}

/* Byte i of the message of a round. */
static uint8_t
content(unsigned round, unsigned from, uint32_t i)
{
	return (uint8_t)(i * 7 + i / 256 + round * 31 + from * 101);
}

static void
open_member(struct member *m)
{
	struct vmmc_export *e;
	uint32_t length = flag_of(m->exchange, m->exchange->hosts);

	check(m, vmmc_open(m->process, &m->v), "vmmc_open");
	m->here = umem_alloc(m->process->memory, length);
	m->source = umem_alloc(m->process->memory, EXCHANGE_BYTES);
	check(m, vmmc_export(m->v, m->here, length, NAME, VMMC_ANY_NODE, &e), "vmmc_export");
	for (unsigned to = 0; to < m->exchange->hosts; to++) {
		enum vmmc_error error = VMMC_OK;

		while (to != m->node && (error = vmmc_import(m->v, to, NAME, &m->there[to])) == VMMC_ENAME)
			cpu_block("the other's export", sim_now() + RETRY);
		check(m, error, "vmmc_import");
	}
}

static void
send_message(struct member *m, unsigned round, unsigned to)
{
	uint32_t bytes = m->exchange->bytes(round), number = round + 1;
	uint8_t *source = umem_pointer(m->process->memory, m->source, bytes);

	for (uint32_t i = 0; i < bytes; i++)
		source[i] = content(round, m->node, i);
	check(m, vmmc_send(m->v, m->source, m->there[to], slot_of(m->exchange, m->node, round), bytes, NULL),
	      "vmmc_send");
	check(m, vmmc_send_inline(m->v, &number, m->there[to], flag_of(m->exchange, m->node), sizeof number),
	      "vmmc_send_inline");
}

static bool
is_complete(void *arg)
{
	const struct member *m = arg;
	uint32_t number = 0;

	umem_read(m->process->memory, m->flag.address, &number, sizeof number);
	return number > m->round;
}

static void
receive_message(struct member *m, unsigned round, unsigned from)
{
	uint64_t slot = m->here + slot_of(m->exchange, from, round);
	uint32_t bytes = m->exchange->bytes(round);
	const uint8_t *data = umem_pointer(m->process->memory, slot, bytes);

	m->flag = (struct umem_range){m->here + flag_of(m->exchange, from), sizeof(uint32_t)};
	m->round = round;
	check(m, vmmc_wait(m->v, is_complete, m, &m->flag, 1, sim_now() + PATIENCE), "vmmc_wait");
	for (uint32_t i = 0; i < bytes; i++)
		if (data[i] != content(round, from, i))
			check(m, VMMC_EINVAL, "content of a message");
}

static void
run_member(void *arg)
{
	struct member *m = arg;

	open_member(m);
	for (unsigned round = 0; round < m->exchange->rounds; round++) {
		for (unsigned other = 0; other < m->exchange->hosts; other++)
			if (other != m->node && m->exchange->sends(round, m->node, other))
				send_message(m, round, other);
		for (unsigned other = 0; other < m->exchange->hosts; other++)
			if (other != m->node && m->exchange->sends(round, other, m->node))
				receive_message(m, round, other);
	}
	vmmc_close(m->v);
}

void
exchange_start(struct machine *machine, const struct exchange *exchange)
{
	for (unsigned i = 0; i < exchange->hosts; i++) {
		struct member *m = g_new0(struct member, 1); /* for the life of this program */

		m->exchange = exchange;
		m->node = i;
		m->process = process_new(&machine->hosts[i], "exchange");
		task_start(m->process, "exchange", false, run_member, m);
	}
}

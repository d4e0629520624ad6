#include "experiments/pair.h"

#include <glib.h>

#define EXPORT_RETRY (100 * SIM_US) /* an import that finds nothing yet is repeated after that time */
#define WORD         4u

static bool
worked(struct pair_end *end, enum vmmc_error error, const char *what)
{
	if (error != VMMC_OK)
		simulate_fail(end->simulation, "host %u: %s: %s", end->node, what, vmmc_strerror(error));
	return end->simulation->error == NULL;
}

/* The buffer is rounded up to whole words; the flag has a page of its own. */
static uint32_t
flag_offset(const struct pair_end *end)
{
	return (end->bytes + UMEM_PAGE - 1) / UMEM_PAGE * UMEM_PAGE;
}

static bool
open_end(struct pair_end *end)
{
	uint32_t length = flag_offset(end) + UMEM_PAGE;
	if (!worked(end, vmmc_open(end->process, &end->v), "vmmc_open"))
		return false;
	end->here = umem_alloc(end->process->memory, length);
	end->sources = end->source =
	        umem_alloc(end->process->memory, (uint64_t)MAX(end->pair->sources, 1) * flag_offset(end));
	if (end->here == 0 || end->source == 0)
		return worked(end, VMMC_ENOSPC, "memory for the buffers");
	return worked(end, vmmc_export(end->v, end->here, length, PAIR_NAME, VMMC_ANY_NODE, &end->export),
	              "vmmc_export");
}

static bool
import_other(struct pair_end *end)
{
	enum vmmc_error error;
	while ((error = vmmc_import(end->v, end->other->node, PAIR_NAME, &end->there)) == VMMC_ENAME)
		cpu_block("the other end's export", sim_now() + EXPORT_RETRY);
	return worked(end, error, "vmmc_import");
}

static void
run_end(void *arg)
{
	struct pair_end *end = arg;
	if (open_end(end) && import_other(end) && pair_flag(end, 1) && pair_wait_flag(end, 1))
		end->pair->body(end);
}

void
pair_start(struct simulation *s)
{
	struct pair *pair = s->arg;
	for (unsigned i = 0; i < 2; i++) {
		struct process *process = process_new(&s->testbed->machine->hosts[i], "pair");
		pair->ends[i] = (struct pair_end){.simulation = s,
		                                  .pair = pair,
		                                  .other = &pair->ends[1 - i],
		                                  .node = i,
		                                  .process = process,
		                                  .bytes = pair->bytes};
		task_start(process, "pair", false, run_end, &pair->ends[i]);
	}
}

bool
pair_send(struct pair_end *end)
{
	return pair_send_part(end, 0, end->bytes);
}

uint32_t
pair_stride(const struct pair_end *end)
{
	return flag_offset(end);
}

/* The finalizer of MurmurHash3: turns that are counted up give numbers without a pattern. */
static uint32_t
mixed(uint32_t turn)
{
	turn = (turn ^ turn >> 16) * 0x85EBCA6Bu;
	turn = (turn ^ turn >> 13) * 0xC2B2AE35u;
	return turn ^ turn >> 16;
}

void
pair_next_source(struct pair_end *end)
{
	uint32_t n = MAX(end->pair->sources, 1), turn = ++end->turn;
	uint64_t k = turn < n ? turn : (uint64_t)mixed(turn) * n >> 32;
	end->source = end->sources + k * flag_offset(end);
}

bool
pair_send_done(struct pair_end *end, uint32_t at, uint32_t bytes)
{
	return worked(end, vmmc_send(end->v, end->source + at, end->there, at, bytes, NULL), "vmmc_send");
}

bool
pair_send_part(struct pair_end *end, uint32_t at, uint32_t bytes)
{
	uint64_t ticket; /* not waited for: the answer, or the flag, comes after the source was read */
	return worked(end, vmmc_send(end->v, end->source + at, end->there, at, bytes, &ticket), "vmmc_send");
}

static uint32_t
word_at(const struct pair_end *end, uint64_t address)
{
	uint32_t word = 0;
	umem_read(end->process->memory, address, &word, WORD);
	return word;
}

static bool
has_arrived(void *arg)
{
	const struct pair_end *end = arg;
	return word_at(end, end->waited.address) == end->expected;
}

static bool
passed_at(const struct pair_end *end, uint64_t address)
{
	return (int32_t)(word_at(end, address) - end->expected) >= 0;
}

static bool
has_passed(void *arg)
{
	const struct pair_end *end = arg;
	return passed_at(end, end->waited.address) ||
	       (end->elsewhere != 0 && passed_at(end, end->waited.address + end->elsewhere));
}

static bool
wait_for(struct pair_end *end, bool (*ready)(void *arg), uint32_t offset, uint32_t value)
{
	end->waited = (struct umem_range){end->here + offset, WORD};
	end->expected = value;
	struct umem_range at[] = {end->waited, {end->waited.address + end->elsewhere, WORD}};
	unsigned n = end->elsewhere != 0 ? 2 : 1;
	return worked(end, vmmc_wait(end->v, ready, end, at, n, SIM_NEVER), "vmmc_wait");
}

bool
pair_wait(struct pair_end *end, uint32_t offset, uint32_t value)
{
	return wait_for(end, has_arrived, offset, value);
}

bool
pair_wait_past(struct pair_end *end, uint32_t offset, uint32_t value)
{
	return wait_for(end, has_passed, offset, value);
}

bool
pair_flag(struct pair_end *end, uint32_t value)
{
	return worked(end, vmmc_send_inline(end->v, &value, end->there, flag_offset(end), WORD), "vmmc_send_inline");
}

bool
pair_wait_flag(struct pair_end *end, uint32_t value)
{
	return pair_wait(end, flag_offset(end), value);
}

bool
pair_wait_flag_past(struct pair_end *end, uint32_t value)
{
	return pair_wait_past(end, flag_offset(end), value);
}

uint32_t
pair_read_flag(const struct pair_end *end)
{
	return word_at(end, end->here + flag_offset(end));
}

uint32_t *
pair_words(const struct pair_end *end, uint64_t address)
{
	return umem_pointer(end->process->memory, address, end->bytes);
}

#include "experiments/lasting.h"

#include <glib.h>

#define NAME  1              /* of either export */
#define RING  4u             /* chunks */
#define AGAIN (100 * SIM_US) /* an import that fails is repeated after that time */
#define WORD  4u

/* Words at the beginning of either export; a page behind them begins the ring. */
enum control {
	GIVEN = 0,    /* by the sender: chunks that are there */
	ASKED = 64,   /* by the sender: the number of its question */
	ANSWERED = 0, /* by the receiver: the same number, and ... */
	TAKEN = 4,    /* ... chunks that were taken */
};

static uint32_t *
control(const struct lasting_end *end, enum control at)
{
	return umem_pointer(end->process->memory, end->memory + at, WORD);
}

static uint8_t *
slot(const struct lasting_end *end, uint32_t i)
{
	const struct lasting *stream = end->stream;
	uint64_t at = UMEM_PAGE + (uint64_t)(i % RING) * stream->chunk;
	return umem_pointer(end->process->memory, end->memory + at, stream->chunk);
}

/* Connections. ---------------------------------------------------------------------------------------- */

static bool
is_up(const struct lasting_end *end)
{
	return end->there != NULL && vmmc_proxy_error(end->there) == VMMC_OK;
}

static void
broken(void *arg)
{
	cpu_poke(((struct lasting_end *)arg)->task);
}

static enum vmmc_error
open_and_export(struct lasting_end *end)
{
	enum vmmc_error error = vmmc_open(end->process, &end->v);
	if (error != VMMC_OK)
		return error;
	return vmmc_export(end->v, end->memory, UMEM_PAGE + RING * end->stream->chunk, NAME, VMMC_ANY_NODE,
	                   &end->export);
}

static enum vmmc_error
connect_once(struct lasting_end *end)
{
	enum vmmc_error error = end->v == NULL ? open_and_export(end) : VMMC_OK;
	if (error == VMMC_OK)
		error = vmmc_import(end->v, 1 - end->node, NAME, &end->there);
	if (error == VMMC_OK)
		vmmc_on_broken(end->there, broken, end);
	return error;
}

/* What is broken is given back; of a NIC that has stopped, everything. */
static void
disconnect(struct lasting_end *end, enum vmmc_error error)
{
	if (end->there != NULL && error != VMMC_EFIRMWARE)
		vmmc_unimport(end->there);
	end->there = NULL;
	if (end->v != NULL && error == VMMC_EFIRMWARE) {
		vmmc_close(end->v);
		end->v = NULL;
	}
}

static bool
may_pass(enum vmmc_error error)
{
	return error == VMMC_ENAME || error == VMMC_ESTALE || error == VMMC_EDOWN || error == VMMC_EFIRMWARE;
}

static bool
connect_again(struct lasting_end *end)
{
	enum vmmc_error error = end->there != NULL ? vmmc_proxy_error(end->there) : VMMC_OK;
	disconnect(end, error);
	while ((error = connect_once(end)) != VMMC_OK && !end->stream->done) {
		if (!may_pass(error)) {
			simulate_fail(end->stream->simulation, "host %u: %s", end->node, vmmc_strerror(error));
			return false;
		}
		disconnect(end, error);
		cpu_block("the other end's export", sim_now() + AGAIN);
	}
	return error == VMMC_OK;
}

/* Until ready() or something breaks. */
static bool
wait_for(struct lasting_end *end, bool (*ready)(void *end))
{
	struct umem_range words = {end->memory, UMEM_PAGE};
	return vmmc_wait(end->v, ready, end, &words, 1, SIM_NEVER) == VMMC_OK && is_up(end);
}

static bool
say(struct lasting_end *end, enum control at, const uint32_t *words, uint32_t n)
{
	return vmmc_send_inline(end->v, words, end->there, at, n * WORD) == VMMC_OK;
}

/* The sender. ----------------------------------------------------------------------------------------- */

static bool
is_answered(void *arg)
{
	const struct lasting_end *end = arg;
	return *control(end, ANSWERED) == end->asked || !is_up(end);
}

static bool
has_room(void *arg)
{
	const struct lasting_end *end = arg;
	return end->stream->given - *control(end, TAKEN) < RING || !is_up(end);
}

static bool
all_is_taken(void *arg)
{
	const struct lasting_end *end = arg;
	return *control(end, TAKEN) == end->stream->chunks || !is_up(end);
}

/* What was taken says where to go on. */
static bool
resume(struct lasting_end *end)
{
	do {
		if (!is_up(end) && !connect_again(end))
			return false;
		end->asked++;
	} while (!say(end, ASKED, &end->asked, 1) || !wait_for(end, is_answered));
	end->stream->given = *control(end, TAKEN);
	return true;
}

static bool
give(struct lasting_end *end)
{
	struct lasting *stream = end->stream;
	uint32_t i = stream->given, at = UMEM_PAGE + i % RING * stream->chunk, given = i + 1;
	uint64_t ticket; /* not waited for: the chunk is taken before its place is used again */
	if (!wait_for(end, has_room))
		return false;
	uint32_t n = stream->fill(stream, i, slot(end, i));
	if (vmmc_send(end->v, end->memory + at, end->there, at, n, &ticket) != VMMC_OK || !say(end, GIVEN, &given, 1))
		return false;
	stream->given = given;
	return true;
}

static bool
give_all(struct lasting_end *end)
{
	while (end->stream->given < end->stream->chunks)
		if (!give(end))
			return false;
	return wait_for(end, all_is_taken);
}

static void
sender(void *arg)
{
	struct lasting_end *end = arg;
	while (resume(end) && !give_all(end))
		end->stream->resumed++;
	end->stream->done = true;
	cpu_poke(end->stream->ends[1].task);
}

/* The receiver. --------------------------------------------------------------------------------------- */

static bool
has_work(void *arg)
{
	const struct lasting_end *end = arg;
	return *control(end, ASKED) != end->asked || *control(end, GIVEN) > end->stream->taken || end->stream->done ||
	       !is_up(end);
}

/* The sender sends nothing until it has the answer: what it had sent before does not count any more.  The same answer
 * may be given again, to a question that was answered on a connection that broke. */
static bool
answer(struct lasting_end *end)
{
	uint32_t asked = *control(end, ASKED);
	if (asked != end->asked)
		*control(end, GIVEN) = end->stream->taken;
	end->asked = asked;
	return say(end, ANSWERED, (const uint32_t[]){asked, end->stream->taken}, 2);
}

static bool
take(struct lasting_end *end)
{
	struct lasting *stream = end->stream;
	if (*control(end, ASKED) != end->asked)
		return answer(end);
	while (*control(end, GIVEN) > stream->taken) {
		stream->take(stream, stream->taken, slot(end, stream->taken));
		stream->taken++;
		if (!say(end, TAKEN, &stream->taken, 1))
			return false;
	}
	return wait_for(end, has_work);
}

static void
receiver(void *arg)
{
	struct lasting_end *end = arg;
	bool works = false;
	while (!end->stream->done && end->stream->simulation->error == NULL) {
		if (!works && !is_up(end) && !connect_again(end))
			return;
		works = works ? take(end) : answer(end);
	}
}

void
lasting_start(struct simulation *s)
{
	struct lasting *stream = s->arg;
	stream->simulation = s;
	for (unsigned i = 0; i < 2; i++) {
		struct process *process = process_new(&s->testbed->machine->hosts[i], i == 0 ? "sender" : "receiver");
		struct lasting_end *end = &stream->ends[i];
		*end = (struct lasting_end){.stream = stream, .node = i, .process = process};
		end->memory = umem_alloc(process->memory, UMEM_PAGE + (uint64_t)RING * stream->chunk);
		end->task = task_start(process, process->name, false, i == 0 ? sender : receiver, end);
	}
}

/* What comes: entries of the ring, in order of their serial numbers. */
#include "host-lib/am_state.h"

#include "host-lib/instruction_counts.h"

#include <string.h>

static const char *const fault_texts[AM_N_FAULTS] = {
        [AM_FAULT_NONE] = "nothing wrong",
        [AM_FAULT_HANDLER] = "no handler of that number",
        [AM_FAULT_VERSION] = "another version of the Active Messages library",
        [AM_FAULT_MALFORMED] = "a malformed message",
        [AM_FAULT_RETURNED] = "returned: no such endpoint, a place outside its bulk area, or no way to its node",
};

const char *
am_fault_text(enum am_fault fault)
{
	return fault_texts[MIN(fault, AM_N_FAULTS - 1)];
}

static uint64_t
entry_at(const struct am *am)
{
	const struct am_queue *q = am->queue;

	return q->window + q->ring + (am->serial & (q->entries - 1)) * sizeof(struct am_entry);
}

struct umem_range
am_watch(const struct am *am)
{
	return (struct umem_range){entry_at(am) + offsetof(struct am_entry, serial), sizeof(be32)};
}

bool
am_has_come(const struct am *am)
{
	return umem_load_be32(am->queue->memory, am_watch(am).address) == am->serial + 1;
}

static void
tell_fault(struct am *am, struct am_name peer, enum am_fault what, bool ours)
{
	am->counts.fault[what]++;
	if (am->fault)
		am->fault(am->fault_arg, peer, what, ours);
}

/* The reply that the library sends itself: to what, and what was wrong. */
static void
answer(struct am *am, struct am_name to, enum am_fault fault)
{
	const uint32_t arg = fault;
	struct am_send send = {.to = to, .kind = AM_KIND_SHORT, .reply = true, .arg = &arg, .n_args = 1};

	if (am_send(am, &send) == AM_OK)
		am->counts.automatic++;
}

/* Both: read sizes and arguments; false if they contradict each other. */
static bool
unpack_short(const struct am *am, const uint32_t *word, struct am_message *m)
{
	uint32_t sizes = AM_HEAD_SIZES(word[4]), words = AM_KEY_BYTES(word[3]) / 4;

	m->n_args = AM_SHORT_N_ARGS(sizes);
	m->bytes = AM_SHORT_BYTES(sizes);
	if (words > AM_SHORT_WORDS || m->n_args > AM_SHORT_ARGS || words != 1 + m->n_args + (m->bytes + 3) / 4)
		return false;
	m->data = entry_at(am) + offsetof(struct am_entry, word) + 4 * (1 + m->n_args);
	memcpy(m->arg, &word[5], m->n_args * sizeof *m->arg);
	return true;
}

static bool
unpack_long(const struct am *am, const uint32_t *word, struct am_message *m)
{
	const struct am_queue *q = am->queue;
	uint32_t offset = q->data + (am->serial & (q->entries - 1)) * AM_PAGE;

	m->n_args = AM_LONG_N_ARGS(AM_HEAD_SIZES(word[4]));
	m->bytes = AM_LONG_BYTES(AM_HEAD_SIZES(word[4]));
	if (m->n_args > AM_ARGS || m->bytes > AM_MAX ||
	    AM_KEY_BYTES(word[3]) / 4 != AM_HEAD_WORDS + MAX((m->bytes + 3) / 4, 1))
		return false;
	if (AM_KEY_KIND(word[3]) == AM_KIND_BULK)
		offset = q->bulk + word[4 + AM_BULK_WORD];
	m->data = q->window + offset;
	memcpy(m->arg, &word[5], m->n_args * sizeof *m->arg);
	return true;
}

static bool
unpack(const struct am *am, const uint32_t *word, struct am_message *m)
{
	return AM_KEY_KIND(word[3]) == AM_KIND_SHORT ? unpack_short(am, word, m) : unpack_long(am, word, m);
}

static enum am_fault
run_handler(struct am *am, unsigned index, const struct am_message *m)
{
	if (index >= AM_HANDLERS || !am->handlers[index].call)
		return AM_FAULT_HANDLER;
	am->handling = m;
	am->replied = false;
	am->counts.handled++;
	am->handlers[index].call(am, am->handlers[index].arg, m);
	am->handling = NULL;
	return AM_FAULT_NONE;
}

static enum am_fault
dispatch(struct am *am, const uint32_t *word, struct am_message *m)
{
	if (AM_HEAD_VERSION(word[4]) != AM_VERSION)
		return AM_FAULT_VERSION;
	if (!unpack(am, word, m))
		return AM_FAULT_MALFORMED;
	return run_handler(am, AM_HEAD_HANDLER(word[4]), m);
}

static void
take_request(struct am *am, const uint32_t *word, struct am_message *m)
{
	enum am_fault fault;

	am->replied = false;
	fault = dispatch(am, word, m);
	if (fault != AM_FAULT_NONE)
		tell_fault(am, m->from, fault, false);
	if (!am->replied)
		answer(am, m->from, fault);
}

/* The library's own reply: to a request that needed none, or that failed. */
static void
take_answer(struct am *am, const struct am_message *m)
{
	uint32_t fault = m->n_args ? m->arg[0] : AM_FAULT_NONE;

	if (fault != AM_FAULT_NONE)
		tell_fault(am, m->from, fault < AM_N_FAULTS ? (enum am_fault)fault : AM_FAULT_MALFORMED, true);
}

static void
take_reply(struct am *am, const uint32_t *word, struct am_message *m)
{
	enum am_fault fault;

	am->out[m->from.node][m->from.endpoint]--;
	am->outstanding--;
	if (AM_KEY_KIND(word[3]) == AM_KIND_RETURN) {
		tell_fault(am, m->from, AM_FAULT_RETURNED, true);
		return;
	}
	if (AM_HEAD_VERSION(word[4]) == AM_VERSION && AM_HEAD_HANDLER(word[4]) == 0 && unpack(am, word, m)) {
		take_answer(am, m);
		return;
	}
	fault = dispatch(am, word, m);
	if (fault != AM_FAULT_NONE)
		tell_fault(am, m->from, fault, false);
}

/* The next entry, which has come.  The firmware wrote sender and key. */
static void
take(struct am *am)
{
	uint32_t word[AM_ENTRY_WORDS];
	struct am_message m = {.n_args = 0};

	umem_read(am->queue->memory, entry_at(am), word, sizeof word);
	for (unsigned i = 0; i < AM_ENTRY_WORDS; i++)
		word[i] = GUINT32_FROM_BE(word[i]);
	m.from = (struct am_name){word[0] & 0xFF, word[2] >> 8 & 0xFF, AM_KEY_TAG(word[3])};
	m.request = !AM_KEY_REPLY(word[3]);
	cpu_instructions(CPU_USER, IC_AM_TAKE + IC_AM_TAKE_WORD * (AM_KEY_BYTES(word[3]) / 4));
	if (m.request)
		take_request(am, word, &m);
	else if (am->out[m.from.node % AM_MAX_NODES][m.from.endpoint % AM_ENDPOINTS])
		take_reply(am, word, &m);
	am->serial++;
}

/* Signs of life. -----------------------------------------------------------------------------------------------------
 *
 * A NIC that hangs says nothing, as one does to which nobody sends: so it is asked, twice as long later each time. */
#define PATIENCE_MIN (10 * SIM_MS)
#define PATIENCE_MAX (64 * PATIENCE_MIN)

void
am_heard(struct am *am)
{
	am->patience = PATIENCE_MIN;
	am->ask_at = sim_now() + am->patience;
}

static void
ask(struct am *am)
{
	if (sim_now() < am->ask_at)
		return;
	am->patience = MIN(2 * am->patience, PATIENCE_MAX);
	am->ask_at = sim_now() + am->patience;
	am_queue_alive(am->queue);
}

/* One task at a time: what it finds is everybody's. */
unsigned
am_poll(struct am *am)
{
	unsigned n = 0;

	cpu_instructions(CPU_USER, IC_AM_POLL);
	if (am->poller || am->queue->broken || am->closed)
		return 0;
	am_enter(am);
	am->poller = task_self();
	for (; am_has_come(am) && !am->queue->broken && !am->closed; n++)
		take(am);
	am->poller = NULL;
	if (n) {
		am_heard(am);
		am_poke_waiters(am);
	} else {
		ask(am);
	}
	am_leave(am);
	return n;
}

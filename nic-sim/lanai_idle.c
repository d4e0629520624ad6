/* Skipping idle loops.
 *
 * SEARCH.  Now and then the target of a taken backward branch becomes a candidate: its record gets the HEAD handler,
 * which comes here on each visit.  When a visit finds the registers of an earlier one, the slow engine executes what
 * follows and notes what it depends on, until the same state is reached again: that is a loop, and becomes a memo. Only
 * registers that the loop reads before it writes them matter for recognising it later, so garbage that a handler leaves
 * in the others does no harm.
 *
 * What happens when the head of a memo is reached in a state that fits is in lanai_park.c. */
#include "nic-sim/lanai_handlers.h"
#include "nic-sim/lanai_state.h"

#include <glib.h>

enum {
	GAP_MIN = 1024,      /* cycles between candidates; doubled when one fails */
	GAP_MAX = 1 << 17,   /* for code that polls a clock, and is never idle in our sense */
	PATIENCE = 4096,     /* cycles after which a candidate that is not visited again is dropped */
	VISITS_MAX = 64,     /* visits of a candidate with different registers each time */
	PASSAGE_MAX = 256,   /* cycles between two passages of a known head that are worth recording the loop */
	RECORD_STEPS = 2048, /* instructions in the longest loop that is looked at */
};

/* What core->hooked says of each word of code: no hook, a hook without memos, and FIRST_MEMO + n a hook with the memo
 * number n and those that follow it in `alike`. */
enum { NO_HOOK, BARE_HOOK, FIRST_MEMO };

/* Hooks. -------------------------------------------------------------------------------------------------------------
 */

static void
hook(struct lanai_core *core, struct lanai_rec *head)
{
	ptrdiff_t at = head - core->recs;

	if (core->hooked[at] != NO_HOOK)
		return;
	core->hooked[at] = BARE_HOOK;
	core->code->hooks[at]++;
	head->handler = lanai_handler(LANAI_H_HEAD);
}

static void
drop_hook(struct lanai_core *core, ptrdiff_t at)
{
	if (core->hooked[at] == NO_HOOK)
		return;
	core->hooked[at] = NO_HOOK;
	if (--core->code->hooks[at] == 0)
		core->recs[at].handler = core->code->original[at];
}

void
lanai_unhook_all(struct lanai_core *core)
{
	for (uint32_t at = 0; at <= core->code->n_code; at++)
		drop_hook(core, at);
}

const void *
lanai_original(const struct lanai_core *core, const struct lanai_rec *rec)
{
	return core->code->original[rec - core->recs];
}

/* Takes the hook away unless a memo needs it. */
static void
unhook(struct lanai_core *core, struct lanai_rec *head)
{
	if (head && core->hooked[head - core->recs] == BARE_HOOK)
		drop_hook(core, head - core->recs);
}

static void
look_again(struct lanai_core *core, uint64_t gap)
{
	struct lanai_idle *idle = &core->idle;
	struct lanai_rec *head = idle->draft.head;

	idle->search = LANAI_LOOKING;
	idle->sample = false;
	idle->draft.head = NULL;
	idle->gap = CLAMP(gap, GAP_MIN, GAP_MAX);
	idle->next_sample = idle->off ? UINT64_MAX : core->cycles + idle->gap;
	core->safe = core->branch_safe = 0;
	unhook(core, head);
}

static void
give_up(struct lanai_core *core)
{
	look_again(core, core->idle.gap * 2);
}

void
lanai_idle_tick(struct lanai_core *core)
{
	struct lanai_idle *idle = &core->idle;

	if (idle->off || idle->replaying || core->ahead.mode == LANAI_AGAIN)
		return;
	if (idle->search == LANAI_LOOKING)
		idle->sample = true;
	else if (idle->search == LANAI_COMPARING)
		give_up(core);
}

static void
compare_from_now(struct lanai_core *core, struct lanai_rec *head)
{
	struct lanai_idle *idle = &core->idle;

	idle->sample = false;
	idle->search = LANAI_COMPARING;
	idle->visits = 0;
	idle->next_sample = core->cycles + PATIENCE;
	core->safe = core->branch_safe = 0;
	idle->draft.head = head;
	hook(core, head);
}

void
lanai_sample(struct lanai_core *core, uint32_t address)
{
	struct lanai_insn in;
	uint32_t target;

	lanai_decode(lanai_word(core, address), &in);
	target = in.kind == LANAI_K_BRANCH_REL ? in.imm + address : in.imm;
	if (target <= address)
		compare_from_now(core, &core->recs[target / 4]);
}

/* Memos. -------------------------------------------------------------------------------------------------------------
 */

static unsigned
flag_bits(uint32_t res, uint32_t v, uint32_t c)
{
	return res >> 31 << 3 | v >> 31 << 2 | c << 1 | (res == 0);
}

static bool
same_flags(const struct lanai_core *core, const struct lanai_memo *m)
{
	return flag_bits(core->res, core->v, core->c) == flag_bits(m->res, m->v, m->c);
}

static void
snapshot(const struct lanai_core *core, struct lanai_memo *m)
{
	memcpy(m->regs, core->r, sizeof m->regs);
	m->res = core->res;
	m->v = core->v;
	m->c = core->c;
}

static bool
same_registers(const struct lanai_core *core, const struct lanai_memo *m)
{
	return memcmp(core->r, m->regs, sizeof m->regs) == 0 && same_flags(core, m);
}

static bool
same_live(const struct lanai_core *core, const struct lanai_memo *m)
{
	for (uint32_t live = m->live; live; live &= live - 1) {
		unsigned r = (unsigned)__builtin_ctz(live);

		if (core->r[r] != m->regs[r])
			return false;
	}
	return !m->live_flags || same_flags(core, m);
}

/* same_word: registers that are more than words are left to same_device(). */
static inline bool
same_word(const struct lanai_core *core, const struct lanai_watch *w)
{
	if (!w->is_register)
		return lanai_word(core, w->address) == w->value;
	return !core->storage[w->address / 4] || *core->storage[w->address / 4] == w->value;
}

static bool
same_words(const struct lanai_core *core, struct lanai_memo *m)
{
	for (unsigned i = 0; i < m->n_watch; i++)
		if (!same_word(core, &m->watch[i])) {
			m->key = m->watch[i];
			return false;
		}
	return true;
}

static bool
same_device(struct lanai_core *core, const struct lanai_watch *w)
{
	uint32_t value;
	bool steady = true;

	if (!w->is_register || core->storage[w->address / 4])
		return true;
	sim_core_now(lanai_date(core, core->pos));
	return core->bus.read(core->bus.device, w->address, &value, &steady) && steady && value == w->value;
}

static bool
same_devices(struct lanai_core *core, const struct lanai_memo *m)
{
	for (unsigned i = 0; i < m->n_watch; i++)
		if (!same_device(core, &m->watch[i]))
			return false;
	return true;
}

/* Memos of one head. ----------------------------------------------------------------------------------------------- */

static struct lanai_memo *
first_memo(struct lanai_core *core, const struct lanai_rec *head)
{
	unsigned hooked = core->hooked[head - core->recs];

	return hooked < FIRST_MEMO ? NULL : &core->idle.memos[hooked - FIRST_MEMO];
}

static void
set_first_memo(struct lanai_core *core, const struct lanai_rec *head, const struct lanai_memo *m)
{
	core->hooked[head - core->recs] = m ? (uint8_t)(FIRST_MEMO + (m - core->idle.memos)) : BARE_HOOK;
}

static void
forget(struct lanai_core *core, struct lanai_memo *m)
{
	struct lanai_memo *before = first_memo(core, m->head);

	if (before == m) {
		set_first_memo(core, m->head, m->alike);
	} else {
		while (before->alike != m)
			before = before->alike;
		before->alike = m->alike;
	}
	unhook(core, m->head);
}

/* The draft is complete: it takes the place of the oldest memo. */
static void
keep(struct lanai_core *core)
{
	struct lanai_idle *idle = &core->idle;
	struct lanai_memo *m = &idle->memos[idle->next_memo++ % LANAI_MEMOS];

	if (m->head)
		forget(core, m);
	*m = idle->draft;
	hook(core, m->head);
	m->alike = first_memo(core, m->head);
	set_first_memo(core, m->head, m);
	m->key = m->watch[0];
	m->cycles = core->cycles - idle->start_cycles;
	m->accesses = core->accesses - idle->start_accesses;
	m->stalls = core->stalls - idle->start_stalls;
	look_again(core, GAP_MIN);
}

/* Recording. ---------------------------------------------------------------------------------------------------------
 */

static void
start_recording(struct lanai_core *core)
{
	struct lanai_idle *idle = &core->idle;
	struct lanai_memo *m = &idle->draft;

	m->live = m->written = 0;
	m->live_flags = m->writes_flags = false;
	m->n_watch = m->n_steps = 0;
	snapshot(core, m);
	idle->steps = 0;
	idle->start_cycles = core->cycles;
	idle->start_accesses = core->accesses;
	idle->start_stalls = core->stalls;
	idle->search = LANAI_RECORDING;
}

static bool
watch(struct lanai_memo *m, uint32_t address, uint32_t value, bool is_register)
{
	for (unsigned i = 0; i < m->n_watch; i++)
		if (m->watch[i].address == address && m->watch[i].is_register == is_register)
			return m->watch[i].value == value;
	if (m->n_watch == LANAI_WATCH_MAX)
		return false;
	m->watch[m->n_watch++] = (struct lanai_watch){.address = address, .value = value, .is_register = is_register};
	return true;
}

/* Registers and flags: what is read before it is written is live.  `done`: the condition, if any, was true. */
static void
record_registers(struct lanai_memo *m, const struct lanai_insn *in, bool done)
{
	m->live |= lanai_reads(in) & ~m->written & ~(1u << LANAI_PC);
	m->live_flags |= lanai_reads_flags(in) && !m->writes_flags;
	if (!done)
		return;
	m->written |= lanai_writes(in) & ~(1u << LANAI_PC);
	m->writes_flags |= lanai_writes_flags(in);
}

/* What the instruction did outside of the registers; false if no idle loop does that. */
static bool
record_memory(const struct lanai_core *core, struct lanai_memo *m, const struct lanai_insn *in,
              const struct lanai_effect *effect)
{
	if (in->kind == LANAI_K_LOG)
		return false;
	if (!lanai_is_memory(in))
		return true;
	if (!effect->steady || effect->changed)
		return false;
	if (effect->sram)
		return watch(m, effect->address & ~3u, lanai_word(core, effect->address & ~3u), false);
	return watch(m, effect->address - LANAI_REG_BASE, effect->value, true);
}

static bool
closed(const struct lanai_core *core)
{
	const struct lanai_memo *m = &core->idle.draft;

	return core->shadow == 0 && core->pc == lanai_address(core, m->head) && same_registers(core, m);
}

void
lanai_record_step(struct lanai_core *core)
{
	const struct lanai_idle *idle = &core->idle;
	struct lanai_memo *m = &core->idle.draft;

	if (m->n_steps < LANAI_STEPS_MAX)
		m->steps[m->n_steps] = (struct lanai_step){(uint16_t)(core->cycles - idle->start_cycles),
		                                           (uint16_t)(core->accesses - idle->start_accesses)};
	m->n_steps++;
}

void
lanai_record(struct lanai_core *core, const struct lanai_insn *in, const struct lanai_effect *effect, bool done)
{
	struct lanai_idle *idle = &core->idle;

	record_registers(&idle->draft, in, done);
	if (!record_memory(core, &idle->draft, in, effect) || ++idle->steps > RECORD_STEPS)
		give_up(core);
	else if (closed(core)) {
		if (same_words(core, &idle->draft))
			keep(core);
		else
			give_up(core);
	}
}

/* Heads. -----------------------------------------------------------------------------------------------------------
 */

/* The slow engine goes on from `head`, and notes what the loop depends on. */
static enum lanai_outcome
record_from(struct lanai_core *core, struct lanai_rec *head)
{
	struct lanai_rec *candidate = core->idle.draft.head;

	core->idle.sample = false;
	core->idle.passage.head = NULL;
	core->idle.draft.head = head;
	if (candidate != head)
		unhook(core, candidate);
	core->rec = head;
	start_recording(core);
	lanai_to_slow(core);
	return LANAI_SWITCH;
}

static enum lanai_outcome
visit_candidate(struct lanai_core *core)
{
	struct lanai_idle *idle = &core->idle;
	unsigned visit = idle->visits++;

	if (visit > 0 && same_registers(core, &idle->draft))
		return record_from(core, idle->draft.head);
	if (visit >= VISITS_MAX)
		give_up(core);
	else if ((visit & (visit - 1)) == 0)
		snapshot(core, &idle->draft);
	return LANAI_DONE;
}

static bool
fits(struct lanai_core *core, struct lanai_memo *m)
{
	return (m->n_watch == 0 || same_word(core, &m->key)) && same_live(core, m) && same_words(core, m) &&
	       same_devices(core, m);
}

/* fitting_memo: rings make the states of an idle loop follow each other in the same order again and again, so the one
 * that came next last time is tried first. */
static struct lanai_memo *
fitting_memo(struct lanai_core *core, const struct lanai_rec *head)
{
	struct lanai_memo *last = core->idle.parked_last;

	if (last && last->next && last->next->head == head && fits(core, last->next))
		return last->next;
	for (struct lanai_memo *m = first_memo(core, head); m; m = m->alike)
		if (fits(core, m))
			return m;
	return NULL;
}

/* passed_alike: a known head in a state that no memo describes, but that it had when it was passed just now: the loop
 * is worth recording at once. */
static bool
passed_alike(const struct lanai_core *core, const struct lanai_rec *head)
{
	const struct lanai_passage *p = &core->idle.passage;

	return p->head == head && core->cycles - p->cycles - 1 < PASSAGE_MAX &&
	       memcmp(p->regs, core->r, sizeof p->regs) == 0 && p->res == core->res && p->v == core->v &&
	       p->c == core->c;
}

static void
note_passage(struct lanai_core *core, struct lanai_rec *head)
{
	struct lanai_passage *p = &core->idle.passage;

	*p = (struct lanai_passage){.head = head, .cycles = core->cycles, .res = core->res, .v = core->v, .c = core->c};
	memcpy(p->regs, core->r, sizeof p->regs);
}

/* After a failure (a loop that looked idle was not) the next attempt has to wait for its turn. */
static bool
may_record(const struct lanai_core *core)
{
	return core->idle.gap == GAP_MIN || core->cycles >= core->idle.next_sample;
}

/* Only before the limit: what is read here must be what the loop would read. */
enum lanai_outcome
lanai_head(struct lanai_core *core, struct lanai_rec *rec)
{
	struct lanai_idle *idle = &core->idle;
	bool ahead = core->ahead.mode == LANAI_AHEAD;
	struct lanai_memo *m;

	if (idle->off || idle->replaying || core->ahead.mode == LANAI_AGAIN || core->pos >= core->budget ||
	    core->hooked[rec - core->recs] == NO_HOOK)
		return LANAI_DONE;
	m = fitting_memo(core, rec);
	if (m)
		return ahead ? LANAI_STOPPED : lanai_park(core, m);
	if (first_memo(core, rec) && may_record(core)) {
		if (passed_alike(core, rec))
			return ahead ? LANAI_STOPPED : record_from(core, rec);
		note_passage(core, rec);
	}
	if (idle->sample) /* the head of a known loop is the best candidate */
		compare_from_now(core, rec);
	if (idle->search == LANAI_COMPARING && idle->draft.head == rec)
		return ahead ? LANAI_STOPPED : visit_candidate(core);
	return LANAI_DONE;
}

void
lanai_touch_regs(struct lanai_core *core)
{
	const struct lanai_memo *m = core->idle.parked;

	lanai_take_back(core);

	if (core->idle.search == LANAI_RECORDING) /* what was read may be old; no fault of the loop */
		look_again(core, core->idle.gap);
	for (unsigned i = 0; m && i < m->n_watch; i++)
		if (m->watch[i].is_register) {
			lanai_catch_up(core);
			return;
		}
}

/* Life. --------------------------------------------------------------------------------------------------------------
 */

void
lanai_idle_restart(struct lanai_core *core)
{
	core->idle.parked = core->idle.parked_last = NULL;
	core->idle.passage.head = NULL;
	core->idle.replaying = false;
	look_again(core, GAP_MIN);
}

void
lanai_idle_reset(struct lanai_core *core)
{
	bool off = core->idle.off;

	memset(&core->idle, 0, sizeof core->idle);
	core->idle.off = off;
	look_again(core, GAP_MIN);
}

void
lanai_set_skipping(struct lanai_core *core, bool on)
{
	lanai_take_back(core);
	lanai_catch_up(core);
	core->idle.off = !on;
	look_again(core, GAP_MIN);
}

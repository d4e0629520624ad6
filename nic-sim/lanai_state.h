/* Inside of the LANai core, shared by lanai_core.c (life), lanai_time.c (dates and costs), lanai_execute.c (effects),
 * lanai_decode.c (pre-decoding), lanai_interp.c (the fast engine), lanai_ref.c (the slow one), lanai_idle.c (skipping)
 * and lanai_ahead.c (running ahead).  Nobody else includes this, but for tests.
 *
 * POSITION.  The core's place in time is `pos`, in 1/65536 clock since lanai_start; it belongs to the instruction that
 * is executed next and includes that one's own load-use stall.  lanai_date() turns it into a date.
 *
 * COST.  The fast engine does not add per instruction.  Each record holds in `prefix` what a run from the first record
 * to it costs, stalls included: a packed sum of cycles, SRAM accesses and stalls (LANAI_CYCLE, LANAI_ACCESS,
 * LANAI_STALL). acc + rec->prefix is what has been executed since pos was last brought up to date (lanai_settle), and
 * can be compared as one number, because the cycles stand on top.  `safe` is a number of cycles that certainly end
 * before the limit; when a checked instruction finds that it is used up, lanai_admit() computes exactly.
 *
 * CHECKED instructions are those that the limit can stop: loads, stores, taken transfers, log_N, and faults. */
#ifndef NIC_SIM_LANAI_STATE_H
#define NIC_SIM_LANAI_STATE_H

#include "nic-sim/lanai_core.h"
#include "nic-sim/lanai_isa.h"
#include "nic-sim/lanai_regs.h"

#include <endian.h>
#include <string.h>

#define LANAI_CYCLE  (1ull << 43) /* 21 bits */
#define LANAI_ACCESS (1ull << 22) /* 21 bits */
#define LANAI_STALL  1ull         /* 22 bits; a stall is also a cycle */
#define LANAI_FX     65536u       /* fixed point: one clock */
#define LANAI_CHUNK                                                                                                    \
	(1ull << 33)          /* longest run, in 1/65536 clock, without lanai_admit(): keeps 64-bit arithmetic exact */
#define LANAI_SINK LANAI_REGS /* where writes to r0 and r1 go */

struct lanai_rec {
	const void *handler;
	uint32_t imm; /* operand; the address in records that leave the fast path */
	uint8_t rd, rs1, rs2, cc;
	uint64_t prefix;
	struct lanai_rec *link; /* transfers: copy of the slots, or the target if they hold only no-ops */
};

enum lanai_outcome {
	LANAI_DONE,
	LANAI_STOPPED, /* at the limit, or halted: leave the engine, the state is stored */
	LANAI_GONE,    /* reset or restarted by the device during a call: leave, store nothing */
	LANAI_SWITCH,  /* go on with the other engine */
};

enum { LANAI_MEMOS = 32, LANAI_WATCH_MAX = 32, LANAI_STEPS_MAX = 128 };

struct lanai_watch {
	uint32_t address, value;
	bool is_register;
};

/* What is executed of an idle loop before one of its checked instructions. */
struct lanai_step {
	uint16_t cycles, accesses;
};

/* One idle loop, seen from its head: what it reads, what it leaves, how long it takes. */
struct lanai_memo {
	struct lanai_rec *head;
	struct lanai_memo *alike; /* another with the same head */
	struct lanai_watch key;   /* of its watches the one that told it from the core's state last time */
	uint32_t live, written;   /* registers read before written; registers written */
	bool live_flags, writes_flags;
	uint32_t regs[LANAI_REGS];
	uint32_t res, v, c;
	struct lanai_watch watch[LANAI_WATCH_MAX];
	unsigned n_watch;
	uint64_t cycles, accesses, stalls;
	unsigned n_steps; /* more than LANAI_STEPS_MAX if there is no room for them */
	struct lanai_step steps[LANAI_STEPS_MAX];
	struct lanai_memo *next; /* the one that was entered after it last time */
};

/* What a known head looked like when it was passed last without a memo that fits. */
struct lanai_passage {
	struct lanai_rec *head;
	uint64_t cycles;
	uint32_t regs[LANAI_REGS];
	uint32_t res, v, c;
};

enum lanai_search { LANAI_LOOKING, LANAI_COMPARING, LANAI_RECORDING };

/* The search for idle loops. */
struct lanai_idle {
	bool off;
	enum lanai_search search;
	bool sample;          /* the next backward transfer gives a candidate */
	uint64_t gap;         /* cycles between samples */
	uint64_t next_sample; /* in terms of core->cycles */
	unsigned visits;
	struct lanai_memo memos[LANAI_MEMOS];
	unsigned next_memo;
	struct lanai_memo draft; /* candidate or loop being recorded */
	uint64_t start_cycles, start_accesses, start_stalls;
	unsigned steps;
	struct lanai_passage passage;
	struct lanai_memo *parked, *parked_last;
	uint64_t begun; /* position up to which the parked core's loop has been executed: see lanai_park.c */
	struct lanai_memo *replayed;
	bool replaying;
};

/* What the core does behind its limit, and how to take it back (lanai_ahead.c). */
enum lanai_mode {
	LANAI_FINAL, /* before the limit: anything */
	LANAI_AHEAD, /* behind it: only what can be taken back */
	LANAI_AGAIN, /* what was taken back, up to what comes between */
};

enum { LANAI_UNDO_MAX = 256 };

struct lanai_undo {
	uint8_t *at; /* a word of SRAM or a register */
	uint32_t was;
};

struct lanai_ahead {
	enum lanai_mode mode;
	uint32_t r[LANAI_REGS + 1], res, v, c, wild_pc, target;
	struct lanai_rec *rec;
	uint64_t pos, cycles, accesses, stalls;
	sim_time clock, limit; /* date of the first instruction ahead; none ahead is checked and as late as the limit */
	unsigned n_undo;
	struct lanai_undo undo[LANAI_UNDO_MAX];
};

/* Pre-decoded code.  Cores that run the same code share it: sixteen copies would not fit into a processor's caches. */
struct lanai_code {
	struct lanai_code *next; /* of all that are in use */
	unsigned users;
	uint8_t *words;         /* what was decoded */
	struct lanai_rec *recs; /* one a word of code, one behind the end, then the copies of slots */
	uint32_t n_code, n_recs;
	uint32_t *address_of;  /* of each record */
	const void **original; /* handler of each word of code: lanai_idle.c replaces some */
	uint32_t *reads;       /* registers read by each word of code, for stalls behind computed transfers */
	uint16_t *hooks;       /* cores that want to be told when they come to each word of code */
};

/* Of an instruction, in 1/65536 clock. */
struct lanai_costs {
	uint32_t plain, memory; /* without and with an access of SRAM */
	uint32_t memory_inv;    /* 2^32 / memory, rounded down */
};

enum { LANAI_LOADS = 31 };

struct lanai_load {
	uint32_t load; /* of the SRAM port, by DMA engines */
	struct lanai_costs costs;
};

struct lanai_core {
	uint32_t r[LANAI_REGS + 1];
	uint32_t res, v, c; /* Z and N are those of res; V is bit 31 of v; C is c */
	uint8_t *sram;
	uint32_t sram_bytes, code_end;

	struct lanai_code *code;
	struct lanai_rec *recs; /* of code */
	uint8_t *hooked;        /* this core among the code's hooks, and its memos: see lanai_idle.c */
	struct lanai_rec wild;  /* "pc outside code", address in wild_pc */
	uint32_t wild_pc;

	struct lanai_rec *rec;       /* fast engine: next record */
	uint32_t target;             /* fast engine: where the pending computed transfer goes */
	uint32_t pc, n1, n2, shadow; /* slow engine: next three addresses, delay slots left */
	bool slow;                   /* which engine holds the state */
	bool always_slow;

	uint64_t acc, safe;
	uint64_t branch_safe; /* the same for taken branches, 0 while the search for idle loops wants to see one */
	uint64_t pos, budget; /* checked instructions execute if pos < budget */
	bool budget_is_limit; /* the budget ends at the limit, and is not the longest that can be computed */
	sim_time limit;
	struct lanai_costs costs;
	struct lanai_load loads[LANAI_LOADS]; /* costs computed before */
	uint64_t cycles, accesses, stalls;

	sim_time origin, anchor_date, hung_since;
	uint64_t anchor_pos, anchor_rest, anchor_reach;
	uint64_t rate_num, rate_den; /* ps in 1/65536 clock = num / den */
	uint64_t rate_num_inv, rate_den_inv;
	uint64_t hz;

	struct lanai_bus bus;
	const uint32_t *storage[LANAI_REG_BYTES / 4]; /* as the bus says */
	struct sim_core sim;
	enum lanai_state state;
	enum lanai_fault fault;
	uint32_t fault_pc, entry, epoch;
	struct lanai_counts counts;
	uint64_t skipped; /* instructions */
	struct lanai_idle idle;
	struct lanai_ahead ahead;
	char name[32];
};

/* lanai_time.c */
sim_time lanai_date(struct lanai_core *core, uint64_t pos);
/* lanai_position: the first position whose date is >= t. */
uint64_t lanai_position(const struct lanai_core *core, sim_time t);
/* lanai_window: takes over core->limit; computes the budget. */
void lanai_window(struct lanai_core *core);
/* lanai_admit: for the engines, in front of a checked instruction at core->pos: false if it must not be executed now.
 */
bool lanai_admit(struct lanai_core *core);
static inline uint64_t
lanai_cost(const struct lanai_costs *costs, uint64_t cycles, uint64_t accesses)
{
	return cycles * costs->plain + accesses * (costs->memory - costs->plain);
}

/* lanai_core.c */
enum lanai_outcome lanai_halt(struct lanai_core *core, enum lanai_fault fault, uint32_t pc);

/* lanai_execute.c */
/* lanai_execute: the effect of one admitted instruction at `address`, except the passing of time and the move to the
 * next.  *jump: a transfer was taken, to *target; *sram: the SRAM was accessed. */
struct lanai_effect {
	bool jump, sram;
	bool steady;  /* no unsteady register was read, none written */
	bool changed; /* a store changed the value */
	uint32_t target;
	uint32_t address, value; /* of a load or store */
};
enum lanai_outcome lanai_execute(struct lanai_core *core, const struct lanai_insn *in, uint32_t address,
                                 struct lanai_effect *effect);
/* lanai_access: any load or store; *sram tells which kind it was. */
struct lanai_access {
	uint32_t address, value;
	uint8_t size;
	bool store, sign, sram, steady, changed;
};
enum lanai_outcome lanai_access(struct lanai_core *core, struct lanai_access *access, uint32_t pc);
/* lanai_takes: for a transfer: it will be taken. */
bool lanai_takes(const struct lanai_core *core, const struct lanai_insn *in);
enum lanai_outcome lanai_log(struct lanai_core *core, unsigned level);
struct lanai_flags lanai_flags(const struct lanai_core *core);
void lanai_put_flags(struct lanai_core *core, struct lanai_flags flags);

/* lanai_decode.c */
void lanai_predecode(struct lanai_core *core);
void lanai_release_code(struct lanai_core *core);

/* lanai_interp.c */
enum lanai_outcome lanai_interpret(struct lanai_core *core);
const void *lanai_handler(unsigned name);
/* lanai_settle: pos and the counts up to `rec`. */
void lanai_settle(struct lanai_core *core, const struct lanai_rec *rec);

/* lanai_ref.c */
enum lanai_outcome lanai_ref_run(struct lanai_core *core);
/* Both engines hold the state in their own form; a change is possible when no delay slot is pending. */
void lanai_to_slow(struct lanai_core *core);
void lanai_to_fast(struct lanai_core *core);

/* lanai_ahead.c */
/* lanai_go_ahead: the engine has to stop at core->rec; true if it may go on from there, ahead. */
bool lanai_go_ahead(struct lanai_core *core);
/* lanai_end_ahead: the engine has stopped for good. */
void lanai_end_ahead(struct lanai_core *core);

/* lanai_idle.c */
enum lanai_outcome lanai_head(struct lanai_core *core, struct lanai_rec *rec);
const void *lanai_original(const struct lanai_core *core, const struct lanai_rec *rec);
/* lanai_sample: a candidate is wanted, and the branch at `address` is about to be taken. */
void lanai_sample(struct lanai_core *core, uint32_t address);
/* lanai_record_step: a loop is being recorded, and the slow engine is about to execute a checked instruction. */
void lanai_record_step(struct lanai_core *core);
/* lanai_record: the slow engine executed `in` while a loop is being recorded; `done` is false if its condition was. */
void lanai_record(struct lanai_core *core, const struct lanai_insn *in, const struct lanai_effect *effect, bool done);
/* lanai_idle_tick: next_sample has come. */
void lanai_idle_tick(struct lanai_core *core);
/* lanai_idle_reset: new code; lanai_idle_restart: new start of the same. */
void lanai_idle_reset(struct lanai_core *core);
void lanai_unhook_all(struct lanai_core *core);
void lanai_idle_restart(struct lanai_core *core);

/* lanai_park.c */
enum lanai_outcome lanai_park(struct lanai_core *core, struct lanai_memo *m);
void lanai_catch_up(struct lanai_core *core);
/* lanai_change_costs: a parked core stays parked if it can; false if it has to catch up instead. */
bool lanai_change_costs(struct lanai_core *core, const struct lanai_costs *costs);
bool lanai_replay_read(struct lanai_core *core, uint32_t offset, uint32_t *value);

/* lanai_note_old: the word at `at` is about to be changed ahead; false if no more can be remembered. */
static inline bool
lanai_note_old(struct lanai_core *core, uint8_t *at)
{
	struct lanai_undo *undo = &core->ahead.undo[core->ahead.n_undo];

	if (core->ahead.n_undo == LANAI_UNDO_MAX)
		return false;
	core->ahead.n_undo++;
	undo->at = at;
	memcpy(&undo->was, at, sizeof undo->was);
	return true;
}

/* Address of the instruction that a record stands for. */
static inline uint32_t
lanai_address(const struct lanai_core *core, const struct lanai_rec *rec)
{
	return rec == &core->wild ? core->wild_pc : core->code->address_of[rec - core->recs];
}

static inline uint32_t
lanai_get(const uint8_t *p)
{
	uint32_t w;

	memcpy(&w, p, sizeof w);
	return be32toh(w);
}

static inline uint32_t
lanai_word(const struct lanai_core *core, uint32_t address)
{
	return lanai_get(core->sram + address);
}

#endif

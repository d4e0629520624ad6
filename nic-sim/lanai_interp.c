/* The fast engine: one computed jump an instruction.
 *
 * The state of the simulated processor that changes all the time lives in local variables; SAVE and LOAD move it to and
 * from struct lanai_core around calls.  ADMIT stands in front of every checked instruction (see lanai_state.h). */
#include "nic-sim/lanai_handlers.h"
#include "nic-sim/lanai_state.h"

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

static inline uint64_t
less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

void
lanai_settle(struct lanai_core *core, const struct lanai_rec *rec)
{
	uint64_t d = core->acc + rec->prefix;
	uint64_t cycles = d >> 43, accesses = d >> 22 & 0x1FFFFF, stalls = d & 0x3FFFFF;

	core->acc = 0 - rec->prefix;
	core->safe = less(core->safe, cycles * LANAI_CYCLE);
	core->branch_safe = less(core->branch_safe, cycles * LANAI_CYCLE);
	core->pos += lanai_cost(&core->costs, cycles, accesses);
	core->cycles += cycles;
	core->accesses += accesses;
	core->stalls += stalls;
}

/* Which conditions hold, by N V C Z in bits 3..0: bit cc of the entry. */
#define TRUTH_ENTRY(n, v, c, z)                                                                                        \
	(1u << LANAI_CC_T | ((c) && !(z) ? 1u << LANAI_CC_UGT : 1u << LANAI_CC_ULE) |                                  \
	 ((c) ? 1u << LANAI_CC_UGE : 1u << LANAI_CC_ULT) | ((z) ? 1u << LANAI_CC_EQ : 1u << LANAI_CC_NE) |             \
	 ((v) ? 1u << LANAI_CC_VS : 1u << LANAI_CC_VC) | ((n) ? 1u << LANAI_CC_MI : 1u << LANAI_CC_PL) |               \
	 ((n) == (v) ? 1u << LANAI_CC_GE : 1u << LANAI_CC_LT) |                                                        \
	 ((n) == (v) && !(z) ? 1u << LANAI_CC_GT : 1u << LANAI_CC_LE))
#define TRUTH_CZ(n, v)                                                                                                 \
	TRUTH_ENTRY(n, v, 0, 0), TRUTH_ENTRY(n, v, 0, 1), TRUTH_ENTRY(n, v, 1, 0), TRUTH_ENTRY(n, v, 1, 1)
static const uint16_t truth[16] = {TRUTH_CZ(0, 0), TRUTH_CZ(0, 1), TRUTH_CZ(1, 0), TRUTH_CZ(1, 1)};

static inline bool
holds(unsigned cc, uint32_t res, uint32_t v, uint32_t c)
{
	return truth[res >> 31 << 3 | v >> 31 << 2 | c << 1 | (res == 0)] >> cc & 1;
}

/* plain_register: a device register that is no more than a word, at any time; NULL if `ea` is something else. */
static __attribute__((noinline)) const uint32_t *
plain_register(const struct lanai_core *core, uint32_t ea)
{
	uint32_t offset = ea - LANAI_REG_BASE;

	return offset >= LANAI_REG_BYTES || offset % 4 || core->idle.replaying ? NULL : core->storage[offset / 4];
}

static bool
load_word(struct lanai_core *core, const struct lanai_rec *rec, struct lanai_access *a)
{
	uint32_t offset = a->address - LANAI_REG_BASE;
	const uint32_t *word = core->storage[offset / 4];

	if (core->idle.replaying)
		return false;
	if (word) {
		a->value = *word;
		return true;
	}
	if (!core->bus.glance)
		return false;
	lanai_settle(core, rec);
	return core->bus.glance(core->bus.device, offset, lanai_date(core, core->pos), &a->value);
}

static bool
store_word(struct lanai_core *core, const struct lanai_access *a)
{
	uint32_t becomes, *word;

	if (!core->bus.change || core->idle.replaying)
		return false;
	word = core->bus.change(core->bus.device, a->address - LANAI_REG_BASE, a->value, &becomes);
	if (!word || (core->ahead.mode == LANAI_AHEAD && !lanai_note_old(core, (uint8_t *)word)))
		return false;
	*word = becomes;
	return true;
}

/* access_word: a device register, as far as it is no more than a word now. */
static bool
access_word(struct lanai_core *core, const struct lanai_rec *rec, struct lanai_access *a)
{
	if (a->address < LANAI_REG_BASE || a->size != 4 || a->address % 4)
		return false;
	if (!(a->store ? store_word(core, a) : load_word(core, rec, a)))
		return false;
	core->acc -= LANAI_ACCESS;
	return true;
}

static enum lanai_outcome
access_slowly(struct lanai_core *core, const struct lanai_rec *rec, struct lanai_access *a)
{
	enum lanai_outcome outcome;

	if (access_word(core, rec, a))
		return LANAI_DONE;
	lanai_settle(core, rec);
	outcome = lanai_access(core, a, lanai_address(core, rec));
	if (outcome == LANAI_DONE && !a->sram)
		core->acc -= LANAI_ACCESS;
	return outcome;
}

static enum lanai_outcome
execute_rare(struct lanai_core *core, const struct lanai_rec *rec, struct lanai_effect *effect)
{
	uint32_t address = lanai_address(core, rec);
	struct lanai_insn in;
	enum lanai_outcome outcome;

	lanai_settle(core, rec);
	lanai_decode(lanai_word(core, address), &in);
	if (lanai_is_memory(&in) || (lanai_is_transfer(&in) && lanai_takes(core, &in)))
		if (!lanai_admit(core))
			return LANAI_STOPPED;
	outcome = lanai_execute(core, &in, address, effect);
	if (outcome == LANAI_DONE && lanai_is_memory(&in) && !effect->sram)
		core->acc -= LANAI_ACCESS;
	return outcome;
}

static bool
admit_slowly(struct lanai_core *core, const struct lanai_rec *rec)
{
	lanai_settle(core, rec);
	return lanai_admit(core);
}

/* The same for a taken branch, which may close an idle loop. */
static bool
admit_branch(struct lanai_core *core, const struct lanai_rec *rec)
{
	if (!admit_slowly(core, rec))
		return false;
	if (core->idle.sample)
		lanai_sample(core, lanai_address(core, rec));
	return true;
}

/* Loads and stores of SRAM words in host order. */
static inline void
put32(uint8_t *p, uint32_t x)
{
	x = htobe32(x);
	memcpy(p, &x, 4);
}

static inline uint32_t
get16(const uint8_t *p)
{
	uint16_t x;

	memcpy(&x, p, 2);
	return be16toh(x);
}

static inline void
put16(uint8_t *p, uint32_t v)
{
	uint16_t x = htobe16((uint16_t)v);

	memcpy(p, &x, 2);
}

#define SAVE                                                                                                           \
	do {                                                                                                           \
		core->acc = acc;                                                                                       \
		core->res = res;                                                                                       \
		core->v = v;                                                                                           \
		core->c = c;                                                                                           \
	} while (0)
#define LOAD                                                                                                           \
	do {                                                                                                           \
		acc = core->acc;                                                                                       \
		safe = core->safe;                                                                                     \
	} while (0)
#define LOAD_FLAGS                                                                                                     \
	do {                                                                                                           \
		res = core->res;                                                                                       \
		v = core->v;                                                                                           \
		c = core->c;                                                                                           \
	} while (0)
#define GO goto * rec->handler
#define NEXT                                                                                                           \
	do {                                                                                                           \
		rec++;                                                                                                 \
		GO;                                                                                                    \
	} while (0)
#define THEN(handler)                                                                                                  \
	do {                                                                                                           \
		rec++;                                                                                                 \
		goto handler;                                                                                          \
	} while (0)
#define ADMIT_BY(call, bound)                                                                                          \
	do {                                                                                                           \
		if (unlikely(acc + rec->prefix >= (bound))) {                                                          \
			core->acc = acc;                                                                               \
			if (!(call))                                                                                   \
				goto stop_settled;                                                                     \
			LOAD;                                                                                          \
		}                                                                                                      \
	} while (0)
#define ADMIT        ADMIT_BY(admit_slowly(core, rec), safe)
#define ADMIT_BRANCH ADMIT_BY(admit_branch(core, rec), core->branch_safe)

#define RS1 r[rec->rs1]
#define RS2 r[rec->rs2]
#define RD  r[rec->rd]

#define ALU_THEN(next, name, value)                                                                                    \
	name:                                                                                                          \
	RD = (value);                                                                                                  \
	next
#define ALU(name, value) ALU_THEN(NEXT, name, value)

#define SHIFT_LEFT_OR(right) ((int32_t)RS2 >= 0 ? RS1 << (RS2 & 31) : (right))
#define VALUE_ADD            (RS1 + RS2)
#define VALUE_SUB            (RS1 - RS2)
#define VALUE_AND            (RS1 & RS2)
#define VALUE_OR             (RS1 | RS2)
#define VALUE_XOR            (RS1 ^ RS2)
#define VALUE_SH             SHIFT_LEFT_OR(RS1 >> ((0u - RS2) & 31))
#define VALUE_SHA            SHIFT_LEFT_OR((uint32_t)((int32_t)RS1 >> ((0u - RS2) & 31)))

#define ALU_REG(name)                                                                                                  \
	ALU(name, VALUE_##name);                                                                                       \
	IF_##name : if (holds(rec->cc, res, v, c)) RD = VALUE_##name;                                                  \
	NEXT

#define SUB_FLAGS(b)                                                                                                   \
	do {                                                                                                           \
		uint32_t a_ = RS1, b_ = (b);                                                                           \
		res = a_ - b_;                                                                                         \
		c = a_ >= b_;                                                                                          \
		v = (a_ ^ b_) & (a_ ^ res);                                                                            \
		RD = res;                                                                                              \
	} while (0)

#define COND_T   true
#define COND_F   false
#define COND_UGT (c && res)
#define COND_ULE (!(c && res))
#define COND_ULT (!c)
#define COND_UGE c
#define COND_NE  res
#define COND_EQ  (!res)
#define COND_VC  ((int32_t)v >= 0)
#define COND_VS  ((int32_t)v < 0)
#define COND_PL  ((int32_t)res >= 0)
#define COND_MI  ((int32_t)res < 0)
#define COND_GE  ((int32_t)(res ^ v) >= 0)
#define COND_LT  ((int32_t)(res ^ v) < 0)
#define COND_GT  ((int32_t)(res ^ v) >= 0 && res)
#define COND_LE  (!((int32_t)(res ^ v) >= 0 && res))

#define BRANCH_THROUGH(cc)                                                                                             \
	if (COND_##cc) {                                                                                               \
		ADMIT_BRANCH;                                                                                          \
		rec = rec->link;                                                                                       \
		GO;                                                                                                    \
	}                                                                                                              \
	NEXT
#define BRANCH_PAST(cc)                                                                                                \
	if (COND_##cc) {                                                                                               \
		struct lanai_rec *to_ = rec->link;                                                                     \
		ADMIT_BRANCH;                                                                                          \
		acc += rec->prefix - to_->prefix + 2 * LANAI_CYCLE;                                                    \
		rec = to_;                                                                                             \
		GO;                                                                                                    \
	}                                                                                                              \
	rec += 2;                                                                                                      \
	GO
#define BRANCH(cc)                                                                                                     \
	B_##cc : BRANCH_THROUGH(cc);                                                                                   \
	BN_##cc : BRANCH_PAST(cc)
#define COMPARE_BRANCH(name, b, cc)                                                                                    \
	name##_B_##cc : SUB_FLAGS(b);                                                                                  \
	rec++;                                                                                                         \
	BRANCH_THROUGH(cc);                                                                                            \
	name##_BN_##cc : SUB_FLAGS(b);                                                                                 \
	rec++;                                                                                                         \
	BRANCH_PAST(cc)

/* Anything but aligned SRAM: out of the way, and back to the value. */
#define SLOWLY(ea_, size_, store_, sign_, value_)                                                                      \
	do {                                                                                                           \
		access = (struct lanai_access){                                                                        \
		        .address = (ea_), .size = (size_), .store = (store_), .sign = (sign_), .value = (value_)};     \
		SAVE;                                                                                                  \
		outcome = access_slowly(core, rec, &access);                                                           \
		if (outcome != LANAI_DONE)                                                                             \
			goto leave;                                                                                    \
		LOAD;                                                                                                  \
	} while (0)

/* `sum` is what the base register becomes in the modes that modify it. */
#define LOAD_AT(name, ea_, sum_, size_, sign_, get, update) LOAD_THEN(NEXT, name, ea_, sum_, size_, sign_, get, update)
#define LOAD_THEN(next, name, ea_, sum_, size_, sign_, get, update)                                                    \
	name : {                                                                                                       \
		uint32_t sum = (sum_), ea = (ea_), value;                                                              \
		const uint32_t *word;                                                                                  \
		ADMIT;                                                                                                 \
		if (likely(!(ea & outside##size_))) {                                                                  \
			const uint8_t *p = sram + ea;                                                                  \
			value = (get);                                                                                 \
		} else if (size_ == 4 && (word = plain_register(core, ea))) {                                          \
			value = *word;                                                                                 \
			acc -= LANAI_ACCESS;                                                                           \
		} else {                                                                                               \
			SLOWLY(ea, size_, false, sign_, 0);                                                            \
			value = access.value;                                                                          \
		}                                                                                                      \
		RD = value;                                                                                            \
		update;                                                                                                \
		next;                                                                                                  \
	}
#define STORE_AT(name, ea_, sum_, size_, put, update) STORE_THEN(NEXT, name, ea_, sum_, size_, put, update)
#define STORE_THEN(next, name, ea_, sum_, size_, put, update)                                                          \
	name : {                                                                                                       \
		uint32_t sum = (sum_), ea = (ea_), value = RD;                                                         \
		ADMIT;                                                                                                 \
		if (likely(!(ea & outside##size_) &&                                                                   \
		           (ea >= floor || (ea >= code_end && lanai_note_old(core, sram + (ea & ~3u)))))) {            \
			uint8_t *p = sram + ea;                                                                        \
			put;                                                                                           \
		} else {                                                                                               \
			SLOWLY(ea, size_, true, false, value);                                                         \
		}                                                                                                      \
		update;                                                                                                \
		next;                                                                                                  \
	}
#define UPDATE RS1 = sum
#define KEEP   (void)sum
#define MODES(at, name, ...)                                                                                           \
	at(name##_OFF, RS1 + rec->imm, 0, __VA_ARGS__, KEEP) at(name##_POST, RS1, RS1 + rec->imm, __VA_ARGS__, UPDATE) \
	        at(name##_PRE, sum, RS1 + rec->imm, __VA_ARGS__, UPDATE)                                               \
	                at(name##_SUM, RS1 + RS2, 0, __VA_ARGS__, KEEP)                                                \
	                        at(name##_DIF, RS1 - RS2, 0, __VA_ARGS__, KEEP)

/* The engine proper.  With core == NULL it only tells the addresses of its handlers. */
static enum lanai_outcome
engine(struct lanai_core *core, const void *const **handlers)
{
#define HANDLER_ADDRESS(name)       &&name,
#define PAIR_ADDRESS(first, second) &&first##__##second,
	static const void *const table[] = {LANAI_HANDLERS(HANDLER_ADDRESS) LANAI_PAIRS(PAIR_ADDRESS)};

	if (!core) {
		*handlers = table;
		return LANAI_DONE;
	}

	uint32_t *const r = core->r;
	uint8_t *const sram = core->sram;
	const uint32_t outside1 = ~(core->sram_bytes - 1), outside2 = outside1 | 1, outside4 = outside1 | 3;
	const uint32_t code_end = core->code_end;
	uint32_t floor = code_end; /* of stores without ado: none is while the core is ahead */
	struct lanai_rec *rec = core->rec;
	uint32_t res = core->res, v = core->v, c = core->c;
	uint64_t acc = 0 - rec->prefix, safe;
	struct lanai_access access;
	struct lanai_effect effect;
	enum lanai_outcome outcome;
	enum lanai_fault fault;

	core->acc = acc;
	lanai_admit(core);
	safe = core->safe;
	GO;

NOP:
	NEXT;
	ALU(LI, rec->imm);
	ALU(MOV, RS1);
	ALU(ADDI, RS1 + rec->imm);
	ALU(ANDI, RS1 & rec->imm);
	ALU(ORI, RS1 | rec->imm);
	ALU(XORI, RS1 ^ rec->imm);
	ALU(SHLI, RS1 << rec->imm);
	ALU(SHRI, RS1 >> rec->imm);
	ALU(SARI, (uint32_t)((int32_t)RS1 >> rec->imm));
	ALU_REG(ADD);
	ALU_REG(SUB);
	ALU_REG(AND);
	ALU_REG(OR);
	ALU_REG(XOR);
	ALU_REG(SH);
	ALU_REG(SHA);
SUBF:
	SUB_FLAGS(RS2);
	NEXT;
SUBFI:
	SUB_FLAGS(rec->imm);
	NEXT;
	ALU(SELECT, holds(rec->cc, res, v, c) ? RS1 : RS2);
	ALU(SELECT_EQ, res ? RS2 : RS1);
	ALU(SET, holds(rec->cc, res, v, c));
	ALU(COUNT, lanai_count(rec->imm, RS1));

	MODES(LOAD_AT, LD, 4, false, lanai_get(p))
	MODES(LOAD_AT, LDBU, 1, false, *p)
	MODES(LOAD_AT, LDBS, 1, true, (uint32_t)(int8_t)*p)
	MODES(LOAD_AT, LDHU, 2, false, get16(p))
	MODES(LOAD_AT, LDHS, 2, true, (uint32_t)(int16_t)get16(p))
	MODES(STORE_AT, ST, 4, put32(p, value))
	MODES(STORE_AT, STB, 1, *p = (uint8_t)value)
	MODES(STORE_AT, STH, 2, put16(p, value))

	BRANCH(T);
	BRANCH(F);
	BRANCH(UGT);
	BRANCH(ULE);
	BRANCH(ULT);
	BRANCH(UGE);
	BRANCH(NE);
	BRANCH(EQ);
	BRANCH(VC);
	BRANCH(VS);
	BRANCH(PL);
	BRANCH(MI);
	BRANCH(GE);
	BRANCH(LT);
	BRANCH(GT);
	BRANCH(LE);

#define PAIR_SUBF(cc)  COMPARE_BRANCH(SUBF, RS2, cc);
#define PAIR_SUBFI(cc) COMPARE_BRANCH(SUBFI, rec->imm, cc);
	LANAI_EACH_CONDITION(PAIR_SUBF)
	LANAI_EACH_CONDITION(PAIR_SUBFI)
#define DO_LI(name, next)     ALU_THEN(next, name, rec->imm);
#define DO_MOV(name, next)    ALU_THEN(next, name, RS1);
#define DO_ADD(name, next)    ALU_THEN(next, name, RS1 + RS2);
#define DO_AND(name, next)    ALU_THEN(next, name, RS1 &RS2);
#define DO_ANDI(name, next)   ALU_THEN(next, name, RS1 & rec->imm);
#define DO_OR(name, next)     ALU_THEN(next, name, RS1 | RS2);
#define DO_ADDI(name, next)   ALU_THEN(next, name, RS1 + rec->imm);
#define DO_SHLI(name, next)   ALU_THEN(next, name, RS1 << rec->imm);
#define DO_LD_OFF(name, next) LOAD_THEN(next, name, RS1 + rec->imm, 0, 4, false, lanai_get(p), KEEP)
#define DO_ST_OFF(name, next) STORE_THEN(next, name, RS1 + rec->imm, 0, 4, put32(p, value), KEEP)
#define DO_ST_PRE(name, next) STORE_THEN(next, name, sum, RS1 + rec->imm, 4, put32(p, value), UPDATE)
#define DO_SUBFI(name, next)                                                                                           \
	name:                                                                                                          \
	SUB_FLAGS(rec->imm);                                                                                           \
	next;
#define PAIR(first, second) DO_##first(first##__##second, THEN(second))
	LANAI_PAIRS(PAIR)

JUMP_REG:
	ADMIT;
	core->target = RS1 & ~3u;
	rec = rec->link;
	GO;
JUMP_LOAD : {
	uint32_t ea = RS1 + rec->imm;

	ADMIT;
	if (likely(!(ea & outside4))) {
		core->target = lanai_get(sram + ea) & ~3u;
	} else {
		SLOWLY(ea, 4, false, false, 0);
		core->target = access.value & ~3u;
	}
	rec = rec->link;
	GO;
}
COMMIT:
	acc += rec->prefix;
	rec = rec->link;
	GO;
COMMIT_DYN : {
	uint32_t target = core->target;
	struct lanai_rec *to = &core->recs[target / 4];

	if (unlikely(target >= code_end)) {
		core->wild_pc = target;
		to = &core->wild;
	} else if (rec->rs1 && core->code->reads[target / 4] >> rec->rs1 & 1) {
		acc += LANAI_CYCLE + LANAI_STALL;
	}
	acc += rec->prefix - to->prefix;
	rec = to;
	GO;
}
COMMIT_WILD:
	core->wild_pc = rec->imm;
	acc += rec->prefix - core->wild.prefix;
	rec = &core->wild;
	GO;

RARE:
	SAVE;
	outcome = execute_rare(core, rec, &effect);
	if (outcome == LANAI_STOPPED)
		goto stop_settled;
	if (outcome != LANAI_DONE)
		goto leave;
	LOAD;
	LOAD_FLAGS;
	if (!effect.jump)
		NEXT;
	core->target = effect.target;
	rec = rec->link;
	GO;
LOG:
	ADMIT;
	SAVE;
	lanai_settle(core, rec);
	outcome = lanai_log(core, rec->imm);
	if (outcome != LANAI_DONE)
		goto leave;
	LOAD;
	NEXT;
HEAD:
	SAVE;
	lanai_settle(core, rec);
	outcome = lanai_head(core, rec);
	if (outcome != LANAI_DONE)
		goto leave;
	LOAD;
	goto *lanai_original(core, rec);

FAULT_ILLEGAL:
	fault = LANAI_FAULT_ILLEGAL;
	goto halt;
FAULT_SHADOW:
	fault = LANAI_FAULT_SHADOW;
	goto halt;
FAULT_PC:
	fault = LANAI_FAULT_PC;
halt:
	ADMIT;
	SAVE;
	lanai_settle(core, rec);
	outcome = lanai_halt(core, fault, lanai_address(core, rec));
	goto leave;

stop_settled:
	SAVE;
	core->acc = 0 - rec->prefix;
	core->rec = rec;
	if (!lanai_go_ahead(core))
		return LANAI_STOPPED;
	floor = UINT32_MAX;
	LOAD;
	GO;
leave:
	if (outcome != LANAI_GONE)
		core->rec = rec;
	return outcome;
}

enum lanai_outcome
lanai_interpret(struct lanai_core *core)
{
	return engine(core, NULL);
}

const void *
lanai_handler(unsigned name)
{
	static const void *const *table;

	if (!table)
		engine(NULL, &table);
	return table[name];
}

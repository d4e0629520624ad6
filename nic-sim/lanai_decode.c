/* Pre-decoding: code words -> records of the fast engine.
 *
 * Operands that read the pc become constants.  Each transfer gets a copy of its delay slots, behind which a COMMIT
 * record goes to the target; records of the copy continue the prefix sums of the transfer, so that nothing is to be
 * adjusted on the way in.  Where the only slot is a no-op, the branch goes to the target itself. */
#include "nic-sim/lanai_handlers.h"
#include "nic-sim/lanai_state.h"

#include <glib.h>

struct decoder {
	struct lanai_code *code;
	struct lanai_insn *insns;
	uint32_t next; /* free record */
};

static unsigned
alu_imm_handler(const struct lanai_insn *in, struct lanai_rec *rec)
{
	bool left = (int32_t)in->imm >= 0;

	switch (in->op) {
	case LANAI_OP_ADD:
		return in->rs1 == 0 ? LANAI_H_LI : LANAI_H_ADDI;
	case LANAI_OP_SUB:
		rec->imm = 0u - in->imm;
		return LANAI_H_ADDI;
	case LANAI_OP_AND:
		return LANAI_H_ANDI;
	case LANAI_OP_OR:
		return in->rs1 == 0 ? LANAI_H_LI : in->imm == 0 ? LANAI_H_MOV : LANAI_H_ORI;
	case LANAI_OP_XOR:
		return LANAI_H_XORI;
	case LANAI_OP_SH:
	case LANAI_OP_SHA:
		rec->imm = (left ? in->imm : 0u - in->imm) & 31;
		return left ? LANAI_H_SHLI : in->op == LANAI_OP_SH ? LANAI_H_SHRI : LANAI_H_SARI;
	default:
		return LANAI_H_RARE;
	}
}

/* Operation to handler for register forms; addc and subb are rare. */
static unsigned
alu_reg_handler(const struct lanai_insn *in)
{
	static const uint8_t always[] = {LANAI_H_ADD, 0,           LANAI_H_SUB, 0,          LANAI_H_AND,
	                                 LANAI_H_OR,  LANAI_H_XOR, LANAI_H_SH,  LANAI_H_SHA};
	static const uint8_t conditional[] = {
	        LANAI_H_IF_ADD, 0, LANAI_H_IF_SUB, 0, LANAI_H_IF_AND, LANAI_H_IF_OR, LANAI_H_IF_XOR, LANAI_H_IF_SH,
	        LANAI_H_IF_SHA};
	const uint8_t *table = in->cc == LANAI_CC_T ? always : conditional;

	return table[in->op] ? table[in->op] : LANAI_H_RARE;
}

static unsigned
load_base(const struct lanai_insn *in)
{
	if (in->size == 4)
		return LANAI_H_LD_OFF;
	if (in->size == 1)
		return in->sign ? LANAI_H_LDBS_OFF : LANAI_H_LDBU_OFF;
	return in->sign ? LANAI_H_LDHS_OFF : LANAI_H_LDHU_OFF;
}

static unsigned
store_base(const struct lanai_insn *in)
{
	return in->size == 4 ? LANAI_H_ST_OFF : in->size == 1 ? LANAI_H_STB_OFF : LANAI_H_STH_OFF;
}

static unsigned
memory_handler(const struct lanai_insn *in)
{
	unsigned base = in->kind == LANAI_K_LOAD ? load_base(in) : store_base(in);

	if (in->has_rs2) {
		if (in->update)
			return LANAI_H_RARE;
		if (in->op == LANAI_OP_ADD || !in->pre)
			return base + (LANAI_H_LD_SUM - LANAI_H_LD_OFF);
		return in->op == LANAI_OP_SUB ? base + (LANAI_H_LD_DIF - LANAI_H_LD_OFF) : LANAI_H_RARE;
	}
	if (!in->update)
		return base;
	return base + (in->pre ? LANAI_H_LD_PRE - LANAI_H_LD_OFF : LANAI_H_LD_POST - LANAI_H_LD_OFF);
}

static unsigned
transfer_handler(const struct lanai_insn *in)
{
	bool move = in->kind == LANAI_K_ALU_REG && in->cc == LANAI_CC_T && !in->set_flags && in->rs1 != LANAI_PC;

	if (in->kind == LANAI_K_BRANCH || in->kind == LANAI_K_BRANCH_REL)
		return LANAI_H_B_T + in->cc;
	if (move && (in->op == LANAI_OP_ADD || in->op == LANAI_OP_OR) && in->rs2 == 0)
		return LANAI_H_JUMP_REG;
	if (in->kind == LANAI_K_LOAD && in->size == 4 && !in->has_rs2 && !in->update && in->rs1 != LANAI_PC)
		return LANAI_H_JUMP_LOAD;
	return LANAI_H_RARE;
}

static unsigned
flag_handler(const struct lanai_insn *in)
{
	if (in->op != LANAI_OP_SUB || in->cc != LANAI_CC_T)
		return LANAI_H_RARE;
	return in->kind == LANAI_K_ALU_IMM ? LANAI_H_SUBFI : LANAI_H_SUBF;
}

/* Selections by Z, the commonest, have a handler; "ne" is "eq" with the operands swapped. */
static unsigned
select_handler(const struct lanai_insn *in, struct lanai_rec *rec)
{
	if (in->cc == LANAI_CC_NE) {
		rec->rs1 = in->rs2;
		rec->rs2 = in->rs1;
	}
	return in->cc == LANAI_CC_NE || in->cc == LANAI_CC_EQ ? LANAI_H_SELECT_EQ : LANAI_H_SELECT;
}

static unsigned
other_handler(const struct lanai_insn *in, struct lanai_rec *rec)
{
	switch (in->kind) {
	case LANAI_K_ALU_IMM:
		return alu_imm_handler(in, rec);
	case LANAI_K_ALU_REG:
		return alu_reg_handler(in);
	case LANAI_K_SELECT:
		return select_handler(in, rec);
	case LANAI_K_SET:
		return LANAI_H_SET;
	case LANAI_K_CONST:
		return LANAI_H_LI;
	case LANAI_K_COUNT:
		rec->imm = in->op;
		return LANAI_H_COUNT;
	default:
		return LANAI_H_LOG;
	}
}

/* "Reads the pc" is resolved here for the one form that the compiler emits, add %pc, n, rd; the rest is rare. */
static unsigned
handler_for(const struct lanai_insn *in, uint32_t address, struct lanai_rec *rec)
{
	bool reads_pc = lanai_reads(in) & 1u << LANAI_PC;

	if (in->kind == LANAI_K_ILLEGAL || lanai_is_forbidden(in))
		return LANAI_H_FAULT_ILLEGAL;
	if (lanai_is_transfer(in))
		return transfer_handler(in);
	if (in->kind == LANAI_K_ALU_IMM && in->op == LANAI_OP_ADD && reads_pc && !in->set_flags) {
		rec->imm += address;
		return LANAI_H_LI;
	}
	if (reads_pc)
		return LANAI_H_RARE;
	if (in->rd < 2 && lanai_writes(in) == 0 && !in->set_flags && !lanai_is_memory(in) && in->kind != LANAI_K_LOG)
		return LANAI_H_NOP;
	if (lanai_is_memory(in))
		return memory_handler(in);
	if (lanai_writes_flags(in))
		return flag_handler(in);
	return other_handler(in, rec);
}

/* r0 and r1 as destinations become the sink; a store only reads its rd. */
static uint8_t
destination(const struct lanai_insn *in)
{
	return in->rd < 2 && in->kind != LANAI_K_STORE ? LANAI_SINK : in->rd;
}

/* A base of r0 or r1 that is "updated" stays what it is: the handlers of these modes write it, so they must not see it.
 */
static bool
updates_constant(const struct lanai_insn *in)
{
	return lanai_is_memory(in) && in->update && in->rs1 < 2;
}

static void
fill(const struct decoder *d, uint32_t index, uint32_t at, unsigned slot_of_taken)
{
	struct lanai_code *code = d->code;
	const struct lanai_insn *in = &d->insns[at];
	struct lanai_rec *rec = &code->recs[index];
	unsigned handler;

	*rec = (struct lanai_rec){.imm = in->imm, .rd = destination(in), .rs1 = in->rs1, .rs2 = in->rs2, .cc = in->cc};
	if (in->absolute)
		rec->imm &= ~3u;
	code->address_of[index] = at * 4;
	if (at >= code->n_code)
		handler = LANAI_H_FAULT_PC;
	else if (updates_constant(in))
		handler = LANAI_H_RARE;
	else
		handler = handler_for(in, at * 4, rec);
	if (slot_of_taken && handler != LANAI_H_FAULT_ILLEGAL && lanai_is_transfer(in))
		handler = LANAI_H_FAULT_SHADOW;
	rec->handler = lanai_handler(handler);
}

static uint64_t
cost(const struct lanai_insn *in)
{
	return LANAI_CYCLE + (lanai_is_memory(in) ? LANAI_ACCESS : 0);
}

static uint64_t
stall(const struct lanai_insn *before, const struct lanai_insn *in)
{
	unsigned late = lanai_late(before);

	return late && lanai_reads(in) >> late & 1 ? LANAI_CYCLE + LANAI_STALL : 0;
}

static bool
is_branch(const struct lanai_insn *in)
{
	return in->kind == LANAI_K_BRANCH || in->kind == LANAI_K_BRANCH_REL;
}

/* The record that ends a copy of slots.  Static targets inside the code have the whole correction ready in `prefix`. */
static void
commit(struct decoder *d, uint32_t transfer, uint64_t prefix, const struct lanai_insn *last)
{
	struct lanai_code *code = d->code;
	const struct lanai_insn *in = &d->insns[transfer];
	struct lanai_rec *rec = &code->recs[d->next];
	uint32_t target = (in->kind == LANAI_K_BRANCH_REL ? in->imm + transfer * 4 : in->imm) / 4;

	code->address_of[d->next++] = transfer * 4;
	*rec = (struct lanai_rec){.prefix = prefix, .rs1 = (uint8_t)lanai_late(last), .imm = target * 4};
	rec->handler = lanai_handler(is_branch(in) ? LANAI_H_COMMIT_WILD : LANAI_H_COMMIT_DYN);
	if (!is_branch(in) || target >= code->n_code)
		return;
	rec->handler = lanai_handler(LANAI_H_COMMIT);
	rec->link = &code->recs[target];
	rec->prefix += stall(last, &d->insns[target]) - code->recs[target].prefix;
}

/* A branch whose slot does nothing goes straight to its target. */
static bool
shortcut(struct decoder *d, uint32_t transfer)
{
	struct lanai_code *code = d->code;
	const struct lanai_insn *in = &d->insns[transfer];
	struct lanai_rec *rec = &code->recs[transfer];
	uint32_t target = (in->kind == LANAI_K_BRANCH_REL ? in->imm + transfer * 4 : in->imm) / 4;

	if (!is_branch(in) || target >= code->n_code || transfer + 1 >= code->n_code ||
	    code->recs[transfer + 1].handler != lanai_handler(LANAI_H_NOP))
		return false;
	rec->handler = lanai_handler(LANAI_H_BN_T + in->cc);
	rec->link = &code->recs[target];
	return true;
}

static void
copy_slots(struct decoder *d, uint32_t transfer)
{
	struct lanai_code *code = d->code;
	const struct lanai_insn *before = &d->insns[transfer];
	unsigned slots = lanai_slots(before);
	uint64_t prefix = code->recs[transfer].prefix + cost(before);

	if (shortcut(d, transfer))
		return;
	code->recs[transfer].link = &code->recs[d->next];
	for (uint32_t i = 1; i <= slots; i++) {
		uint32_t at = MIN(transfer + i, code->n_code);
		const struct lanai_insn *in = &d->insns[at];

		prefix += stall(before, in);
		fill(d, d->next, at, i);
		code->recs[d->next++].prefix = prefix;
		prefix += cost(in);
		before = in;
	}
	commit(d, transfer, prefix, before);
}

static bool
needs_copy(const struct lanai_insn *in)
{
	return in->kind != LANAI_K_ILLEGAL && !lanai_is_forbidden(in) && lanai_is_transfer(in);
}

static void
decode_words(struct decoder *d)
{
	struct lanai_code *code = d->code;
	uint32_t n = code->n_code, records = n + 1;

	d->insns = g_new0(struct lanai_insn, n + 1); /* the last one: no instruction */
	for (uint32_t i = 0; i < n; i++) {
		lanai_decode(lanai_get(code->words + i * 4), &d->insns[i]);
		code->reads[i] = lanai_reads(&d->insns[i]);
		if (needs_copy(&d->insns[i]))
			records += lanai_slots(&d->insns[i]) + 1;
	}
	code->recs = g_new0(struct lanai_rec, records);
	code->address_of = g_new0(uint32_t, records);
	code->n_recs = records;
	d->next = n + 1;
}

static unsigned
name_of(const struct lanai_rec *rec)
{
	unsigned name = 0;

	while (lanai_handler(name) != rec->handler)
		name++;
	return name;
}

/* paired: the handler that does the work of `first` and, behind it, `second`; `first` if there is none. */
static unsigned
paired(unsigned first, unsigned second)
{
	static const struct {
		unsigned first, second, both;
	} pairs[] = {
#define PAIR_ROW(a, b) {LANAI_H_##a, LANAI_H_##b, LANAI_H_##a##__##b},
	        LANAI_PAIRS(PAIR_ROW)};
	unsigned branch = second - LANAI_H_B_T;

	if (first == LANAI_H_SUBF && branch <= LANAI_H_BN_LE - LANAI_H_B_T)
		return LANAI_H_SUBF_B_T + branch;
	if (first == LANAI_H_SUBFI && branch <= LANAI_H_BN_LE - LANAI_H_B_T)
		return LANAI_H_SUBFI_B_T + branch;
	for (unsigned i = 0; i < G_N_ELEMENTS(pairs); i++)
		if (pairs[i].first == first && pairs[i].second == second)
			return pairs[i].both;
	return first;
}

/* pair_up: from the back, so that a pair can be the second of another. */
static void
pair_up(struct lanai_code *code)
{
	unsigned alone = LANAI_N_HANDLERS, both = alone; /* of the record behind */

	for (uint32_t i = code->n_recs; i-- > 0;) {
		unsigned first = name_of(&code->recs[i]), pair = paired(first, both);

		both = pair == first ? paired(first, alone) : pair;
		alone = first;
		code->recs[i].handler = lanai_handler(both);
	}
}

static struct lanai_code *all; /* in use */

static struct lanai_code *
decode(const uint8_t *words, uint32_t n_code)
{
	struct lanai_code *code = g_new0(struct lanai_code, 1);
	struct decoder d = {.code = code};
	uint64_t prefix = 0;

	code->n_code = n_code;
	code->words = g_memdup2(words, n_code * 4);
	code->reads = g_new0(uint32_t, n_code + 1);
	code->hooks = g_new0(uint16_t, n_code + 1);
	decode_words(&d);
	for (uint32_t i = 0; i <= n_code; i++) {
		fill(&d, i, i, 0);
		if (i > 0)
			prefix += cost(&d.insns[i - 1]) + stall(&d.insns[i - 1], &d.insns[i]);
		code->recs[i].prefix = prefix;
	}
	for (uint32_t i = 0; i < n_code; i++)
		if (needs_copy(&d.insns[i]))
			copy_slots(&d, i);
	code->n_recs = d.next; /* fewer than there is room for: shortcuts need no copies */
	pair_up(code);
	code->original = g_new(const void *, n_code + 1);
	for (uint32_t i = 0; i <= n_code; i++)
		code->original[i] = code->recs[i].handler;
	g_free(d.insns);
	return code;
}

static void
free_code(struct lanai_code *code)
{
	struct lanai_code **at = &all;

	while (*at != code)
		at = &(*at)->next;
	*at = code->next;
	g_free(code->words);
	g_free(code->recs);
	g_free(code->address_of);
	g_free(code->original);
	g_free(code->reads);
	g_free(code->hooks);
	g_free(code);
}

void
lanai_release_code(struct lanai_core *core)
{
	if (!core->code)
		return;
	lanai_unhook_all(core);
	if (--core->code->users == 0)
		free_code(core->code);
	g_free(core->hooked);
	core->code = NULL;
}

void
lanai_predecode(struct lanai_core *core)
{
	uint32_t n_code = core->code_end / 4;
	struct lanai_code *code;

	lanai_release_code(core);
	for (code = all; code; code = code->next)
		if (code->n_code == n_code && (n_code == 0 || memcmp(code->words, core->sram, n_code * 4) == 0))
			break;
	if (!code) {
		code = decode(core->sram, n_code);
		code->next = all;
		all = code;
	}
	code->users++;
	core->code = code;
	core->recs = code->recs;
	core->hooked = g_new0(uint8_t, n_code + 1);
	core->wild = (struct lanai_rec){.handler = lanai_handler(LANAI_H_FAULT_PC)};
}

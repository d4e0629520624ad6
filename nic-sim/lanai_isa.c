#include "nic-sim/lanai_isa.h"

#include <stdio.h>

/* Instruction fields.  Bit 31 is the most significant. */
static uint32_t
bits(uint32_t w, unsigned low, unsigned n)
{
	return w >> low & ((1u << n) - 1);
}

static uint32_t
sign_extend(uint32_t v, unsigned n)
{
	return (uint32_t)((int32_t)(v << (32 - n)) >> (32 - n));
}

/* The 21-bit constant of SLI and SLS lies in bits 20..16 of the number at 22..18, the rest at 15..0. */
static uint32_t
constant21(uint32_t w)
{
	return bits(w, 18, 5) << 16 | bits(w, 0, 16);
}

static bool
decode_alu_imm(uint32_t w, struct lanai_insn *in)
{
	uint32_t imm = bits(w, 0, 16);
	bool high = bits(w, 16, 1);

	if (w >= 2 && w <= 6) {
		in->kind = LANAI_K_LOG;
		in->imm = w - 2;
		return true;
	}
	in->kind = LANAI_K_ALU_IMM;
	in->op = bits(w, 28, 3);
	in->set_flags = bits(w, 17, 1);
	if (in->op == LANAI_OP_SH) {
		in->op = high ? LANAI_OP_SHA : LANAI_OP_SH;
		in->imm = sign_extend(imm, 16);
		return true;
	}
	in->imm = high ? imm << 16 : imm;
	if (in->op == LANAI_OP_AND)
		in->imm |= high ? 0xFFFFu : 0xFFFF0000u;
	return true;
}

/* P and Q; with neither, the offset plays no part. */
static void
address_mode(uint32_t w, unsigned p, struct lanai_insn *in)
{
	in->pre = bits(w, p, 1);
	in->update = bits(w, p - 1, 1);
	if (!in->pre && !in->update)
		in->imm = in->rs2 = 0;
}

static bool
decode_rm(uint32_t w, struct lanai_insn *in)
{
	in->kind = bits(w, 28, 1) ? LANAI_K_STORE : LANAI_K_LOAD;
	in->size = 4;
	in->imm = sign_extend(bits(w, 0, 16), 16);
	address_mode(w, 17, in);
	return true;
}

/* Bits 7..3: with operation 7 they choose the shift, else they are 0. */
static bool
decode_shift(uint32_t w, struct lanai_insn *in)
{
	unsigned j = bits(w, 3, 5);

	if (in->op != LANAI_OP_SH)
		return j == 0;
	if (j == 24)
		in->op = LANAI_OP_SHA;
	return j == 16 || j == 24;
}

static bool
decode_rrm(uint32_t w, struct lanai_insn *in)
{
	static const uint8_t sizes[4] = {2, 4, 1, 0}; /* by Y and L */
	bool zero_extend = bits(w, 0, 1);

	in->kind = bits(w, 28, 1) ? LANAI_K_STORE : LANAI_K_LOAD;
	in->has_rs2 = true;
	in->rs2 = bits(w, 11, 5);
	in->op = bits(w, 8, 3);
	in->size = sizes[bits(w, 1, 2)];
	in->sign = !zero_extend;
	address_mode(w, 17, in);
	if (in->size == 0 || (in->kind == LANAI_K_STORE && zero_extend))
		return false;
	return (in->op == LANAI_OP_SH && bits(w, 3, 5) == 0) || decode_shift(w, in);
}

static bool
decode_rr(uint32_t w, struct lanai_insn *in)
{
	in->kind = LANAI_K_ALU_REG;
	in->op = bits(w, 8, 3);
	in->rs2 = bits(w, 11, 5);
	in->set_flags = bits(w, 17, 1);
	in->cc = bits(w, 0, 3) << 1 | bits(w, 16, 1);
	if (in->op == LANAI_OP_SH && bits(w, 3, 5) == 0) {
		in->kind = LANAI_K_SELECT;
		return !in->set_flags;
	}
	return decode_shift(w, in);
}

static bool
decode_count(uint32_t w, struct lanai_insn *in)
{
	in->kind = LANAI_K_COUNT;
	in->op = bits(w, 0, 3);
	return bits(w, 3, 15) == 0 && in->op >= LANAI_POPC && in->op <= LANAI_TRAILZ;
}

static bool
decode_branch(uint32_t w, struct lanai_insn *in)
{
	in->cc = bits(w, 25, 3) << 1 | bits(w, 0, 1);
	in->rd = in->rs1 = 0;
	if (bits(w, 1, 1) == 0) {
		in->kind = LANAI_K_BRANCH;
		in->imm = w & 0x01FFFFFCu;
		return true;
	}
	if (bits(w, 24, 1)) {
		in->kind = LANAI_K_BRANCH_REL;
		in->imm = sign_extend(w & 0xFFFCu, 16);
		return bits(w, 16, 8) == 0;
	}
	in->kind = LANAI_K_SET;
	in->rd = bits(w, 18, 5);
	return bits(w, 23, 2) == 0 && bits(w, 2, 16) == 0;
}

static bool
decode_spls(uint32_t w, struct lanai_insn *in)
{
	bool zero_extend = bits(w, 12, 1);

	in->kind = bits(w, 13, 1) ? LANAI_K_STORE : LANAI_K_LOAD;
	in->size = bits(w, 14, 1) ? 1 : 2;
	in->sign = !zero_extend;
	in->imm = sign_extend(bits(w, 0, 10), 10);
	address_mode(w, 11, in);
	return bits(w, 15, 1) == 0 && !(in->kind == LANAI_K_STORE && zero_extend);
}

static bool
decode_special(uint32_t w, struct lanai_insn *in)
{
	if (bits(w, 16, 2) == 3)
		return decode_spls(w, in);
	in->rs1 = 0;
	in->imm = constant21(w);
	if (bits(w, 17, 1)) {
		in->kind = LANAI_K_CONST;
		return true;
	}
	in->kind = bits(w, 16, 1) ? LANAI_K_STORE : LANAI_K_LOAD;
	in->size = 4;
	in->absolute = in->pre = true;
	return true;
}

static bool
decode_fields(uint32_t w, struct lanai_insn *in)
{
	switch (w >> 28) {
	case 8:
	case 9:
		return decode_rm(w, in);
	case 10:
	case 11:
		return decode_rrm(w, in);
	case 12:
		return decode_rr(w, in);
	case 13:
		return decode_count(w, in);
	case 14:
		return decode_branch(w, in);
	case 15:
		return decode_special(w, in);
	default:
		return decode_alu_imm(w, in);
	}
}

bool
lanai_decode(uint32_t word, struct lanai_insn *in)
{
	*in = (struct lanai_insn){.word = word, .rd = bits(word, 23, 5), .rs1 = bits(word, 18, 5)};
	if (decode_fields(word, in))
		return true;
	*in = (struct lanai_insn){.word = word, .kind = LANAI_K_ILLEGAL};
	return false;
}

bool
lanai_condition(unsigned cc, struct lanai_flags f)
{
	bool truth;

	switch (cc >> 1) {
	case 0:
		truth = true;
		break;
	case 1:
		truth = f.c && !f.z;
		break;
	case 2:
		truth = !f.c;
		break;
	case 3:
		truth = !f.z;
		break;
	case 4:
		truth = !f.v;
		break;
	case 5:
		truth = !f.n;
		break;
	case 6:
		truth = f.n == f.v;
		break;
	default:
		truth = f.n == f.v && !f.z;
	}
	return truth != (cc & 1);
}

static uint32_t
add_with_carry(uint32_t a, uint32_t b, unsigned carry, struct lanai_flags *f)
{
	uint64_t sum = (uint64_t)a + b + carry;
	uint32_t result = (uint32_t)sum;

	f->c = (uint8_t)(sum >> 32);
	f->v = (uint8_t)((~(a ^ b) & (a ^ result)) >> 31);
	return result;
}

/* Amounts outside -31..31 occur (in halves of 64-bit shifts that are then discarded); the low five bits count. */
static uint32_t
shift(bool arithmetic, uint32_t a, uint32_t amount, struct lanai_flags *f)
{
	unsigned n;

	f->v = f->c = 0;
	if ((int32_t)amount >= 0) {
		n = amount & 31;
		f->c = n ? a >> (32 - n) & 1 : 0;
		return a << n;
	}
	n = (0u - amount) & 31;
	return arithmetic ? (uint32_t)((int32_t)a >> n) : a >> n;
}

static uint32_t
logic(unsigned op, uint32_t a, uint32_t b)
{
	if (op == LANAI_OP_AND)
		return a & b;
	return op == LANAI_OP_OR ? a | b : a ^ b;
}

uint32_t
lanai_alu(unsigned op, uint32_t a, uint32_t b, struct lanai_flags *f)
{
	uint32_t result;

	switch (op) {
	case LANAI_OP_ADD:
		result = add_with_carry(a, b, 0, f);
		break;
	case LANAI_OP_ADDC:
		result = add_with_carry(a, b, f->c, f);
		break;
	case LANAI_OP_SUB:
		result = add_with_carry(a, ~b, 1, f);
		break;
	case LANAI_OP_SUBB:
		result = add_with_carry(a, ~b, f->c, f);
		break;
	case LANAI_OP_SH:
	case LANAI_OP_SHA:
		result = shift(op == LANAI_OP_SHA, a, b, f);
		break;
	default:
		result = logic(op, a, b);
		f->v = f->c = 0;
	}
	f->z = result == 0;
	f->n = (uint8_t)(result >> 31);
	return result;
}

uint32_t
lanai_count(unsigned op, uint32_t a)
{
	if (op == LANAI_POPC)
		return (uint32_t)__builtin_popcount(a);
	if (a == 0)
		return 32;
	return (uint32_t)(op == LANAI_LEADZ ? __builtin_clz(a) : __builtin_ctz(a));
}

static bool
is_branch(const struct lanai_insn *in)
{
	return in->kind == LANAI_K_BRANCH || in->kind == LANAI_K_BRANCH_REL;
}

bool
lanai_is_transfer(const struct lanai_insn *in)
{
	return is_branch(in) || (in->rd == LANAI_PC && in->kind != LANAI_K_STORE && in->kind != LANAI_K_LOG);
}

unsigned
lanai_slots(const struct lanai_insn *in)
{
	return in->kind == LANAI_K_LOAD ? 2 : 1;
}

bool
lanai_is_forbidden(const struct lanai_insn *in)
{
	return lanai_is_memory(in) && in->update && in->rs1 == LANAI_PC;
}

static uint32_t
reg_bit(unsigned r)
{
	return r < 2 ? 0 : 1u << r;
}

uint32_t
lanai_reads(const struct lanai_insn *in)
{
	uint32_t rs1 = reg_bit(in->rs1), rs2 = reg_bit(in->rs2);

	switch (in->kind) {
	case LANAI_K_ALU_IMM:
	case LANAI_K_COUNT:
		return rs1;
	case LANAI_K_ALU_REG:
	case LANAI_K_SELECT:
	case LANAI_K_LOAD:
		return rs1 | rs2;
	case LANAI_K_STORE:
		return rs1 | rs2 | reg_bit(in->rd);
	default:
		return 0;
	}
}

uint32_t
lanai_writes(const struct lanai_insn *in)
{
	uint32_t base = in->update ? reg_bit(in->rs1) : 0;

	switch (in->kind) {
	case LANAI_K_STORE:
		return base;
	case LANAI_K_LOAD:
		return base | reg_bit(in->rd);
	default:
		return reg_bit(in->rd);
	}
}

unsigned
lanai_late(const struct lanai_insn *in)
{
	bool late = in->kind == LANAI_K_LOAD || in->kind == LANAI_K_CONST;

	return late && in->rd > LANAI_PC ? in->rd : 0;
}

bool
lanai_reads_flags(const struct lanai_insn *in)
{
	bool carry = in->op == LANAI_OP_ADDC || in->op == LANAI_OP_SUBB;

	switch (in->kind) {
	case LANAI_K_ALU_IMM:
		return carry;
	case LANAI_K_LOAD:
	case LANAI_K_STORE:
		return in->has_rs2 && carry;
	case LANAI_K_ALU_REG:
		return carry || in->cc != LANAI_CC_T;
	case LANAI_K_SELECT:
	case LANAI_K_SET:
	case LANAI_K_BRANCH:
	case LANAI_K_BRANCH_REL:
		return in->cc > LANAI_CC_F;
	default:
		return false;
	}
}

bool
lanai_writes_flags(const struct lanai_insn *in)
{
	return in->set_flags && (in->kind == LANAI_K_ALU_IMM || in->kind == LANAI_K_ALU_REG);
}

/* Text. ---------------------------------------------------------------------------------------------------------- */

static const char *const reg_names[LANAI_REGS] = {
        "%r0",  "%r1",  "%pc",  "%r3",  "%sp",  "%fp",  "%r6",  "%r7",  "%rv",  "%r9",  "%rr1",
        "%rr2", "%r12", "%r13", "%r14", "%rca", "%r16", "%r17", "%r18", "%r19", "%r20", "%r21",
        "%r22", "%r23", "%r24", "%r25", "%r26", "%r27", "%r28", "%r29", "%r30", "%r31",
};

static const char *const op_names[] = {"add", "addc", "sub", "subb", "and", "or", "xor", "sh", "sha"};

static const char *const cc_names[] = {"t",  "f",  "ugt", "ule", "ult", "uge", "ne", "eq",
                                       "vc", "vs", "pl",  "mi",  "ge",  "lt",  "gt", "le"};

static const char *
dot_cc(unsigned cc, char text[8])
{
	if (cc == LANAI_CC_T)
		return "";
	snprintf(text, 8, ".%s", cc_names[cc]);
	return text;
}

static void
text_signed_hex(char *text, size_t size, uint32_t v)
{
	if ((int32_t)v < 0)
		snprintf(text, size, "-0x%x", 0u - v);
	else
		snprintf(text, size, "0x%x", v);
}

static void
text_alu_imm(const struct lanai_insn *in, char *text, size_t size)
{
	char imm[16];

	if (in->op == LANAI_OP_SH || in->op == LANAI_OP_SHA)
		text_signed_hex(imm, sizeof imm, in->imm);
	else
		snprintf(imm, sizeof imm, "0x%x", in->imm);
	if (in->word == 1)
		snprintf(text, size, "nop");
	else if (!in->set_flags &&
	         ((in->op == LANAI_OP_ADD && in->rs1 == 0) || (in->op == LANAI_OP_AND && in->rs1 == 1)))
		snprintf(text, size, "mov %s, %s", imm, reg_names[in->rd]);
	else
		snprintf(text, size, "%s%s %s, %s, %s", op_names[in->op], in->set_flags ? ".f" : "", reg_names[in->rs1],
		         imm, reg_names[in->rd]);
}

static void
text_alu_reg(const struct lanai_insn *in, char *text, size_t size)
{
	char cc[8];

	if (in->op == LANAI_OP_OR && in->rd == LANAI_PC && !in->set_flags)
		snprintf(text, size, in->rs2 ? "b%s %s add %s" : "b%s %s", cc_names[in->cc], reg_names[in->rs1],
		         reg_names[in->rs2]);
	else if (in->op == LANAI_OP_ADD && in->rs2 == 0 && in->cc == LANAI_CC_T && !in->set_flags)
		snprintf(text, size, "mov %s, %s", reg_names[in->rs1], reg_names[in->rd]);
	else
		snprintf(text, size, "%s%s%s %s, %s, %s", op_names[in->op], in->set_flags ? ".f" : "",
		         dot_cc(in->cc, cc), reg_names[in->rs1], reg_names[in->rs2], reg_names[in->rd]);
}

static void
text_address(const struct lanai_insn *in, char *text, size_t size)
{
	const char *base = reg_names[in->rs1];
	const char *before = in->update && in->pre ? "*" : "", *after = in->update && !in->pre ? "*" : "";
	const char *step = in->imm == in->size ? "++" : "--";

	if (in->absolute)
		snprintf(text, size, "[0x%x]", in->imm);
	else if (in->has_rs2)
		snprintf(text, size, "[%s%s%s %s %s]", before, base, after, op_names[in->op], reg_names[in->rs2]);
	else if (in->update && (in->imm == in->size || in->imm == 0u - in->size))
		snprintf(text, size, "[%s%s%s]", in->pre ? step : "", base, in->pre ? "" : step);
	else
		snprintf(text, size, "%d[%s%s%s]", (int)in->imm, before, base, after);
}

static void
text_memory(const struct lanai_insn *in, char *text, size_t size)
{
	static const char *const size_names[] = {"", ".b", ".h", "", ""};
	bool zero = in->kind == LANAI_K_LOAD && !in->sign && (in->size < 4 || in->has_rs2);
	char address[48];

	text_address(in, address, sizeof address);
	if (in->kind == LANAI_K_LOAD)
		snprintf(text, size, "%sld%s %s, %s", zero ? "u" : "", size_names[in->size], address,
		         reg_names[in->rd]);
	else
		snprintf(text, size, "st%s %s, %s", size_names[in->size], reg_names[in->rd], address);
}

void
lanai_disassemble(uint32_t word, char *text, size_t size)
{
	static const char *const count_names[] = {"", "popc", "leadz", "trailz"};
	struct lanai_insn in;

	lanai_decode(word, &in);
	switch (in.kind) {
	case LANAI_K_ILLEGAL:
		snprintf(text, size, "<illegal>");
		break;
	case LANAI_K_ALU_IMM:
		text_alu_imm(&in, text, size);
		break;
	case LANAI_K_ALU_REG:
		text_alu_reg(&in, text, size);
		break;
	case LANAI_K_SELECT:
		snprintf(text, size, "sel.%s %s, %s, %s", cc_names[in.cc], reg_names[in.rs1], reg_names[in.rs2],
		         reg_names[in.rd]);
		break;
	case LANAI_K_SET:
		snprintf(text, size, "s%s %s", cc_names[in.cc], reg_names[in.rd]);
		break;
	case LANAI_K_CONST:
		snprintf(text, size, "mov 0x%x, %s", in.imm, reg_names[in.rd]);
		break;
	case LANAI_K_COUNT:
		snprintf(text, size, "%s %s, %s", count_names[in.op], reg_names[in.rs1], reg_names[in.rd]);
		break;
	case LANAI_K_LOAD:
	case LANAI_K_STORE:
		text_memory(&in, text, size);
		break;
	case LANAI_K_BRANCH:
		snprintf(text, size, "b%s 0x%x", cc_names[in.cc], in.imm);
		break;
	case LANAI_K_BRANCH_REL:
		snprintf(text, size, "b%s.r 0x%x", cc_names[in.cc], in.imm & 0xFFFF);
		break;
	case LANAI_K_LOG:
		snprintf(text, size, "log_%u", in.imm);
		break;
	}
}

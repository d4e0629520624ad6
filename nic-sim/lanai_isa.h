/* The LANai instruction set as a function: word -> fields, validity, text; and its arithmetic.
 *
 * Pure functions without state: the interpreter, its slow twin, the disassembler and the tests share them.  The set is
 * the one that clang's lanai target encodes (LLVM 14 sources); docs/lanai.md has the table.  lanai_decode() refuses
 * exactly the words that LLVM's disassembler refuses, and lanai_disassemble() prints what llvm-objdump prints. */
#ifndef NIC_SIM_LANAI_ISA_H
#define NIC_SIM_LANAI_ISA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LANAI_R0 = 0, LANAI_R1 = 1, LANAI_PC = 2, LANAI_SP = 4, LANAI_FP = 5, LANAI_RCA = 15, LANAI_REGS = 32 };

enum lanai_kind {
	LANAI_K_ILLEGAL,
	LANAI_K_ALU_IMM, /* rd <- rs1 op imm */
	LANAI_K_ALU_REG, /* if cc: rd <- rs1 op rs2 */
	LANAI_K_SELECT,  /* rd <- cc ? rs1 : rs2 */
	LANAI_K_SET,     /* rd <- cc */
	LANAI_K_CONST,   /* rd <- imm (SLI) */
	LANAI_K_COUNT,   /* rd <- popc, leadz, trailz of rs1, by op */
	LANAI_K_LOAD,
	LANAI_K_STORE,
	LANAI_K_BRANCH,     /* if cc: pc <- imm */
	LANAI_K_BRANCH_REL, /* if cc: pc <- pc + imm */
	LANAI_K_LOG,        /* log_0..log_4: no-op with a message, level in imm */
};

/* The operation field, and the two shifts, which the encodings spell differently. */
enum lanai_op {
	LANAI_OP_ADD,
	LANAI_OP_ADDC,
	LANAI_OP_SUB,
	LANAI_OP_SUBB,
	LANAI_OP_AND,
	LANAI_OP_OR,
	LANAI_OP_XOR,
	LANAI_OP_SH,
	LANAI_OP_SHA,
};

enum lanai_count_op { LANAI_POPC = 1, LANAI_LEADZ = 2, LANAI_TRAILZ = 3 };

enum lanai_cc {
	LANAI_CC_T,
	LANAI_CC_F,
	LANAI_CC_UGT,
	LANAI_CC_ULE,
	LANAI_CC_ULT,
	LANAI_CC_UGE,
	LANAI_CC_NE,
	LANAI_CC_EQ,
	LANAI_CC_VC,
	LANAI_CC_VS,
	LANAI_CC_PL,
	LANAI_CC_MI,
	LANAI_CC_GE,
	LANAI_CC_LT,
	LANAI_CC_GT,
	LANAI_CC_LE,
};

struct lanai_insn {
	uint8_t kind, op, cc;
	uint8_t rd, rs1, rs2;
	bool set_flags;
	bool has_rs2;     /* loads and stores: offset is rs2, not imm */
	bool absolute;    /* loads and stores: SLS, the address is imm */
	bool pre, update; /* P and Q: address includes the offset; rs1 takes the sum */
	bool sign;        /* loads: sign-extend */
	uint8_t size;     /* loads and stores: 1, 2, 4 bytes */
	uint32_t imm;     /* extended as the instruction uses it */
	uint32_t word;
};

struct lanai_flags {
	uint8_t z, n, v, c;
};

/* lanai_decode: false, and kind LANAI_K_ILLEGAL, for a word that is no instruction. */
bool lanai_decode(uint32_t word, struct lanai_insn *insn);
/* lanai_disassemble: text as llvm-objdump prints it, with one space behind the mnemonic; "<illegal>" if it is none. */
void lanai_disassemble(uint32_t word, char *text, size_t size);

bool lanai_condition(unsigned cc, struct lanai_flags flags);
/* lanai_alu: the result of `a op b`; *flags is read by addc and subb, and replaced by what an F instruction would set.
 */
uint32_t lanai_alu(unsigned op, uint32_t a, uint32_t b, struct lanai_flags *flags);
uint32_t lanai_count(unsigned op, uint32_t a);

static inline bool
lanai_is_memory(const struct lanai_insn *in)
{
	return in->kind == LANAI_K_LOAD || in->kind == LANAI_K_STORE;
}

/* Writes the pc, or may (a condition decides). */
bool lanai_is_transfer(const struct lanai_insn *in);
/* Delay slots behind a taken transfer: two behind a load of the pc, else one. */
unsigned lanai_slots(const struct lanai_insn *in);
/* Valid but meaningless, and refused by the core: a base update of the pc. */
bool lanai_is_forbidden(const struct lanai_insn *in);

/* Bit r is set if the instruction reads (writes) register r; r0 and r1 never count. */
uint32_t lanai_reads(const struct lanai_insn *in);
uint32_t lanai_writes(const struct lanai_insn *in);
/* The register that is delivered one clock late (loads and SLI), 0 if none. */
unsigned lanai_late(const struct lanai_insn *in);
bool lanai_reads_flags(const struct lanai_insn *in);
bool lanai_writes_flags(const struct lanai_insn *in);

#endif

/* The names of the fast engine's handlers: what a record does.  lanai_interp.c defines one label for each.
 *
 * Loads and stores exist for each size and address mode: offset, post- and pre-modify, sum and difference of two
 * registers.  Branches exist in two forms: B_ goes through a copy of the delay slot, BN_ has only a no-op there.
 * Frequent pairs have handlers of their own: they do what the record and the one behind it say.
 * RARE executes anything that the compiler does not emit, through lanai_execute(). */
#ifndef NIC_SIM_LANAI_HANDLERS_H
#define NIC_SIM_LANAI_HANDLERS_H

/* clang-format off */
#define LANAI_CONDITIONS(H, P) \
	H(P##T) H(P##F) H(P##UGT) H(P##ULE) H(P##ULT) H(P##UGE) H(P##NE) H(P##EQ) \
	H(P##VC) H(P##VS) H(P##PL) H(P##MI) H(P##GE) H(P##LT) H(P##GT) H(P##LE)

#define LANAI_EACH_CONDITION(X) \
	X(T) X(F) X(UGT) X(ULE) X(ULT) X(UGE) X(NE) X(EQ) X(VC) X(VS) X(PL) X(MI) X(GE) X(LT) X(GT) X(LE)

#define LANAI_MODES(H, P) H(P##_OFF) H(P##_POST) H(P##_PRE) H(P##_SUM) H(P##_DIF)

/* X(first, second): pairs; the second may be one, if it comes first here.  Chosen by how often firmware executes them. */
#define LANAI_PAIRS(X) \
	X(LD_OFF, LD_OFF) X(LD_OFF, ST_OFF) X(LD_OFF, LI) X(LD_OFF, MOV) X(LD_OFF, SUB) X(LD_OFF, LD_OFF__LD_OFF) \
	X(LD_OFF, SUBFI_BN_EQ) X(LD_OFF, SUBFI_BN_NE) X(LD_OFF, SUBFI_BN_UGT) X(LD_OFF, SUBF_BN_NE) \
	X(LD_OFF, LD_OFF__SUBFI_BN_NE) X(LD_OFF, COMMIT_DYN) \
	X(ST_OFF, ST_OFF) X(ST_OFF, LD_OFF) X(ST_OFF, BN_EQ) X(ST_OFF, BN_NE) \
	X(ADDI, LD_OFF) X(ADDI, ST_OFF) X(ADDI, ADDI) X(ADDI, LD_OFF__COMMIT_DYN) X(LD_OFF, ADDI__ST_OFF) \
	X(SUBFI, ST_OFF) X(SUBFI, ST_OFF__BN_EQ) X(SUBFI, ST_OFF__BN_NE) X(SUBFI, SET) \
	X(SHLI, SHRI) X(LD_OFF, SHLI__SHRI) X(MOV, LD_OFF) X(MOV, LD_OFF__LD_OFF) X(ADD, LD_OFF) \
	X(OR, OR) X(OR, SUBFI_BN_EQ) X(OR, SUBFI_BN_NE) X(LD_OFF, OR__SUBFI_BN_EQ) \
	X(LD_OFF, LD_OFF__OR__SUBFI_BN_EQ) X(ANDI, SUBFI_BN_EQ) \
	X(AND, SUBFI_BN_EQ) X(AND, SUBFI__ST_OFF__BN_EQ) X(AND, SUBFI__ST_OFF__BN_NE) X(LI, AND) \
	X(LI, AND__SUBFI_BN_EQ) X(LI, AND__SUBFI__ST_OFF__BN_EQ) X(LI, AND__SUBFI__ST_OFF__BN_NE) \
	X(ST_PRE, BN_T) X(ST_PRE, ADDI__ADDI) X(LI, ST_PRE) X(LI, ST_PRE__BN_T)

#define LANAI_HANDLERS(H) \
	H(NOP) H(LOG) H(FAULT_ILLEGAL) H(FAULT_SHADOW) H(FAULT_PC) H(RARE) H(HEAD) \
	H(COMMIT) H(COMMIT_DYN) H(COMMIT_WILD) \
	H(LI) H(MOV) H(ADDI) H(ANDI) H(ORI) H(XORI) H(SHLI) H(SHRI) H(SARI) \
	H(ADD) H(SUB) H(AND) H(OR) H(XOR) H(SH) H(SHA) \
	H(IF_ADD) H(IF_SUB) H(IF_AND) H(IF_OR) H(IF_XOR) H(IF_SH) H(IF_SHA) \
	H(SUBF) H(SUBFI) H(SELECT) H(SELECT_EQ) H(SET) H(COUNT) H(JUMP_REG) H(JUMP_LOAD) \
	LANAI_CONDITIONS(H, B_) LANAI_CONDITIONS(H, BN_) \
	LANAI_CONDITIONS(H, SUBF_B_) LANAI_CONDITIONS(H, SUBF_BN_) \
	LANAI_CONDITIONS(H, SUBFI_B_) LANAI_CONDITIONS(H, SUBFI_BN_) \
	LANAI_MODES(H, LD) LANAI_MODES(H, LDBU) LANAI_MODES(H, LDBS) LANAI_MODES(H, LDHU) LANAI_MODES(H, LDHS) \
	LANAI_MODES(H, ST) LANAI_MODES(H, STB) LANAI_MODES(H, STH)
/* clang-format on */

#define LANAI_HANDLER_NAME(name) LANAI_H_##name,

#define LANAI_PAIR_NAME(first, second) LANAI_H_##first##__##second,

enum lanai_handler_name { LANAI_HANDLERS(LANAI_HANDLER_NAME) LANAI_PAIRS(LANAI_PAIR_NAME) LANAI_N_HANDLERS };

#endif

/* The instruction set: every operation, address mode, flag rule and condition against results computed by hand, on both
 * engines; and the decoder against LLVM's. */
#include "nic-sim/lanai_isa.h"
#include "nic-sim/lanai_regs.h"
#include "nic-sim/lanai_state.h"
#include "tests/lanai/rig.h"
#include "tests/lanai/toolchain.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>

#define KEEP 0xA5A5A5A5u /* %rv before the instruction */

/* One instruction: r6, r7 and flags before; rv, r6, flags and the word at 0x10004 after. */
struct row {
	const char *text;
	uint32_t word;
	uint32_t r6, r7;
	const char *flags;
	uint32_t rv, r6_after;
	const char *flags_after;
	uint32_t memory;
};

static const struct row rows[] = {
        {"add %r6, 0x1234, %rv", 0x04181234, 0x10000000, 0x0, "", 0x10001234, 0x10000000, "", 0x12345678},
        {"add %r6, 0x12340000, %rv", 0x04191234, 0xFFFFFFFF, 0x0, "", 0x1233FFFF, 0xFFFFFFFF, "", 0x12345678},
        {"add.f %r6, 0x1, %rv", 0x041a0001, 0xFFFFFFFF, 0x0, "NV", 0x0, 0xFFFFFFFF, "ZC", 0x12345678},
        {"add.f %r6, 0x1, %rv", 0x041a0001, 0x7FFFFFFF, 0x0, "", 0x80000000, 0x7FFFFFFF, "NV", 0x12345678},
        {"add.f %r6, 0x80000000, %rv", 0x041b8000, 0x80000000, 0x0, "", 0x0, 0x80000000, "ZVC", 0x12345678},
        {"addc %r6, 0x1, %rv", 0x14180001, 0x5, 0x0, "C", 0x7, 0x5, "C", 0x12345678},
        {"addc %r6, 0x1, %rv", 0x14180001, 0x5, 0x0, "", 0x6, 0x5, "", 0x12345678},
        {"addc.f %r6, 0x0, %rv", 0x141a0000, 0xFFFFFFFF, 0x0, "C", 0x0, 0xFFFFFFFF, "ZC", 0x12345678},
        {"sub %r6, 0x5, %rv", 0x24180005, 0x3, 0x0, "", 0xFFFFFFFE, 0x3, "", 0x12345678},
        {"sub.f %r6, 0x5, %rv", 0x241a0005, 0x3, 0x0, "", 0xFFFFFFFE, 0x3, "N", 0x12345678},
        {"sub.f %r6, 0x5, %rv", 0x241a0005, 0x5, 0x0, "", 0x0, 0x5, "ZC", 0x12345678},
        {"sub.f %r6, 0x1, %rv", 0x241a0001, 0x80000000, 0x0, "", 0x7FFFFFFF, 0x80000000, "VC", 0x12345678},
        {"sub.f %r6, 0x5, %r0", 0x201a0005, 0x3, 0x0, "", KEEP, 0x3, "N", 0x12345678},
        {"subb %r6, 0x1, %rv", 0x34180001, 0x5, 0x0, "C", 0x4, 0x5, "C", 0x12345678},
        {"subb %r6, 0x1, %rv", 0x34180001, 0x5, 0x0, "", 0x3, 0x5, "", 0x12345678},
        {"subb.f %r6, 0x0, %rv", 0x341a0000, 0x0, 0x0, "", 0xFFFFFFFF, 0x0, "N", 0x12345678},
        {"and %r6, 0xffff00ff, %rv", 0x441800ff, 0x12345678, 0x0, "ZVC", 0x12340078, 0x12345678, "ZVC", 0x12345678},
        {"and %r6, 0xffffff, %rv", 0x441900ff, 0xABCDEF01, 0x0, "", 0xCDEF01, 0xABCDEF01, "", 0x12345678},
        {"and.f %r6, 0xffff0000, %rv", 0x441a0000, 0xFFFF, 0x0, "NVC", 0x0, 0xFFFF, "Z", 0x12345678},
        {"or %r6, 0xff00, %rv", 0x5418ff00, 0x12, 0x0, "", 0xFF12, 0x12, "", 0x12345678},
        {"or.f %r6, 0x80000000, %rv", 0x541b8000, 0x1, 0x0, "VCZ", 0x80000001, 0x1, "N", 0x12345678},
        {"xor %r6, 0xffff, %rv", 0x6418ffff, 0x12345678, 0x0, "", 0x1234A987, 0x12345678, "", 0x12345678},
        {"xor.f %r6, 0x12340000, %rv", 0x641b1234, 0x12340000, 0x0, "VC", 0x0, 0x12340000, "Z", 0x12345678},
        {"sh %r6, 0x4, %rv", 0x74180004, 0x12345678, 0x0, "", 0x23456780, 0x12345678, "", 0x12345678},
        {"sh %r6, -0x4, %rv", 0x7418fffc, 0x82345678, 0x0, "", 0x8234567, 0x82345678, "", 0x12345678},
        {"sha %r6, -0x4, %rv", 0x7419fffc, 0x82345678, 0x0, "", 0xF8234567, 0x82345678, "", 0x12345678},
        {"sh.f %r6, 0x1, %rv", 0x741a0001, 0x80000000, 0x0, "V", 0x0, 0x80000000, "ZC", 0x12345678},
        {"sh.f %r6, 0x0, %rv", 0x741a0000, 0x80000000, 0x0, "CV", 0x80000000, 0x80000000, "N", 0x12345678},
        {"sha.f %r6, -0x1f, %rv", 0x741bffe1, 0x80000000, 0x0, "CV", 0xFFFFFFFF, 0x80000000, "N", 0x12345678},
        {"add %r6, %r7, %rv", 0xc4183800, 0x7, 0x9, "", 0x10, 0x7, "", 0x12345678},
        {"add.ult %r6, %r7, %rv", 0xc4183802, 0x7, 0x9, "", 0x10, 0x7, "", 0x12345678},
        {"add.ult %r6, %r7, %rv", 0xc4183802, 0x7, 0x9, "C", KEEP, 0x7, "C", 0x12345678},
        {"sub %r6, %r7, %rv", 0xc4183a00, 0x7, 0x9, "", 0xFFFFFFFE, 0x7, "", 0x12345678},
        {"sub.f %r6, %r7, %rv", 0xc41a3a00, 0x9, 0x7, "", 0x2, 0x9, "C", 0x12345678},
        {"sub.f %r6, %r7, %rv", 0xc41a3a00, 0x7FFFFFFF, 0xFFFFFFFF, "", 0x80000000, 0x7FFFFFFF, "NV", 0x12345678},
        {"sub.f.eq %r6, %r7, %rv", 0xc41b3a03, 0x9, 0x9, "", KEEP, 0x9, "", 0x12345678},
        {"sub.f.eq %r6, %r7, %rv", 0xc41b3a03, 0x9, 0x9, "Z", 0x0, 0x9, "ZC", 0x12345678},
        {"and %r6, %r7, %rv", 0xc4183c00, 0xF0F0F0F0, 0xFF00FF00, "", 0xF000F000, 0xF0F0F0F0, "", 0x12345678},
        {"or %r6, %r7, %rv", 0xc4183d00, 0xF0F0F0F0, 0xFF00FF00, "", 0xFFF0FFF0, 0xF0F0F0F0, "", 0x12345678},
        {"xor %r6, %r7, %rv", 0xc4183e00, 0xF0F0F0F0, 0xFF00FF00, "", 0xFF00FF0, 0xF0F0F0F0, "", 0x12345678},
        {"xor.mi %r6, %r7, %rv", 0xc4193e05, 0x1, 0x2, "N", 0x3, 0x1, "N", 0x12345678},
        {"addc %r6, %r7, %rv", 0xc4183900, 0x1, 0x2, "C", 0x4, 0x1, "C", 0x12345678},
        {"subb %r6, %r7, %rv", 0xc4183b00, 0x9, 0x2, "", 0x6, 0x9, "", 0x12345678},
        {"subb.f %r6, %r7, %rv", 0xc41a3b00, 0x0, 0x0, "C", 0x0, 0x0, "ZC", 0x12345678},
        {"sh %r6, %r7, %rv", 0xc4183f80, 0x1, 0x1F, "", 0x80000000, 0x1, "", 0x12345678},
        {"sh %r6, %r7, %rv", 0xc4183f80, 0x80000000, 0xFFFFFFE1, "", 0x1, 0x80000000, "", 0x12345678},
        {"sha %r6, %r7, %rv", 0xc4183fc0, 0x80000000, 0xFFFFFFFF, "", 0xC0000000, 0x80000000, "", 0x12345678},
        {"sh %r6, %r7, %rv", 0xc4183f80, 0x3, 0x21, "", 0x6, 0x3, "", 0x12345678},
        {"sh %r6, %r7, %rv", 0xc4183f80, 0x3, 0xFFFFFFE0, "", 0x3, 0x3, "", 0x12345678},
        {"sh.pl %r6, %r7, %rv", 0xc4183f85, 0x1, 0x4, "N", KEEP, 0x1, "N", 0x12345678},
        {"sel.ge %r6, %r7, %rv", 0xc4183f06, 0x1, 0x2, "NV", 0x1, 0x1, "NV", 0x12345678},
        {"sel.ge %r6, %r7, %rv", 0xc4183f06, 0x1, 0x2, "N", 0x2, 0x1, "N", 0x12345678},
        {"popc %r6, %rv", 0xd4180001, 0xF00F0001, 0x0, "", 0x9, 0xF00F0001, "", 0x12345678},
        {"leadz %r6, %rv", 0xd4180002, 0x10000, 0x0, "", 0xF, 0x10000, "", 0x12345678},
        {"leadz %r6, %rv", 0xd4180002, 0x0, 0x0, "", 0x20, 0x0, "", 0x12345678},
        {"trailz %r6, %rv", 0xd4180003, 0x10000, 0x0, "", 0x10, 0x10000, "", 0x12345678},
        {"trailz %r6, %rv", 0xd4180003, 0x0, 0x0, "", 0x20, 0x0, "", 0x12345678},
        {"mov 0x1abcde, %rv", 0xf46abcde, 0x0, 0x0, "", 0x1ABCDE, 0x0, "", 0x12345678},
        {"add %pc, 0x10, %rv", 0x04080010, 0x0, 0x0, "", 0x10, 0x0, "", 0x12345678},
        {"add %r1, 0x0, %rv", 0x04040000, 0x0, 0x0, "", 0xFFFFFFFF, 0x0, "", 0x12345678},
        {"add %r1, 0x2, %r0", 0x00040002, 0x0, 0x0, "", KEEP, 0x0, "", 0x12345678},
        {"ld 4[%r6], %rv", 0x841a0004, 0x10000, 0x0, "", 0x12345678, 0x10000, "", 0x12345678},
        {"ld -4[%r6], %rv", 0x841afffc, 0x10008, 0x0, "", 0x12345678, 0x10008, "", 0x12345678},
        {"ld [%r6++], %rv", 0x84190004, 0x10004, 0x0, "", 0x12345678, 0x10008, "", 0x12345678},
        {"ld [%r6--], %rv", 0x8419fffc, 0x10004, 0x0, "", 0x12345678, 0x10000, "", 0x12345678},
        {"ld [++%r6], %rv", 0x841b0004, 0x10004, 0x0, "", 0xFEDCBA98, 0x10008, "", 0x12345678},
        {"ld [--%r6], %rv", 0x841bfffc, 0x10004, 0x0, "", 0x80FF7F01, 0x10000, "", 0x12345678},
        {"ld 8[%r6*], %rv", 0x84190008, 0x10000, 0x0, "", 0x80FF7F01, 0x10008, "", 0x12345678},
        {"ld 8[*%r6], %rv", 0x841b0008, 0x10000, 0x0, "", 0xFEDCBA98, 0x10008, "", 0x12345678},
        {"ld [0x10004], %rv", 0xf4040004, 0x0, 0x0, "", 0x12345678, 0x0, "", 0x12345678},
        {"ld [++%r6], %r6", 0x831b0004, 0x10000, 0x0, "", KEEP, 0x10004, "", 0x12345678},
        {"ld.h 0[%r6], %rv", 0xf41b0000, 0x10000, 0x0, "", 0xFFFF80FF, 0x10000, "", 0x12345678},
        {"uld.h 0[%r6], %rv", 0xf41b1000, 0x10000, 0x0, "", 0x80FF, 0x10000, "", 0x12345678},
        {"ld.h 2[%r6], %rv", 0xf41b0802, 0x10000, 0x0, "", 0x7F01, 0x10000, "", 0x12345678},
        {"ld.b 1[%r6], %rv", 0xf41b4801, 0x10000, 0x0, "", 0xFFFFFFFF, 0x10000, "", 0x12345678},
        {"uld.b 1[%r6], %rv", 0xf41b5801, 0x10000, 0x0, "", 0xFF, 0x10000, "", 0x12345678},
        {"ld.b [%r6++], %rv", 0xf41b4401, 0x10002, 0x0, "", 0x7F, 0x10003, "", 0x12345678},
        {"uld.h [++%r6], %rv", 0xf41b1c02, 0x10002, 0x0, "", 0x1234, 0x10004, "", 0x12345678},
        {"uld.b [--%r6], %rv", 0xf41b5fff, 0x10001, 0x0, "", 0x80, 0x10000, "", 0x12345678},
        {"ld [%r6 add %r7], %rv", 0xa41a3802, 0x10000, 0x8, "", 0xFEDCBA98, 0x10000, "", 0x12345678},
        {"ld [%r6 sub %r7], %rv", 0xa41a3a02, 0x10008, 0x4, "", 0x12345678, 0x10008, "", 0x12345678},
        {"uld.b [%r6 add %r7], %rv", 0xa41a3805, 0x10000, 0x6, "", 0x56, 0x10000, "", 0x12345678},
        {"ld.b [%r6 add %r7], %rv", 0xa41a3804, 0x10000, 0x0, "", 0xFFFFFF80, 0x10000, "", 0x12345678},
        {"uld.h [%r6 sub %r7], %rv", 0xa41a3a01, 0x10008, 0x4, "", 0x1234, 0x10008, "", 0x12345678},
        {"ld.h [%r6 add %r7], %rv", 0xa41a3800, 0x10000, 0x8, "", 0xFFFFFEDC, 0x10000, "", 0x12345678},
        {"ld [%r6 or %r7], %rv", 0xa41a3d02, 0x10000, 0x8, "", 0xFEDCBA98, 0x10000, "", 0x12345678},
        {"ld [*%r6 add %r7], %rv", 0xa41b3802, 0x10000, 0x8, "", 0xFEDCBA98, 0x10008, "", 0x12345678},
        {"ld [%r6* add %r7], %rv", 0xa4193802, 0x10000, 0x8, "", 0x80FF7F01, 0x10008, "", 0x12345678},
        {"st %r7, 4[%r6]", 0x939a0004, 0x10000, 0xCAFEF00D, "", KEEP, 0x10000, "", 0xCAFEF00D},
        {"st %r7, [%r6++]", 0x93990004, 0x10004, 0xCAFEF00D, "", KEEP, 0x10008, "", 0xCAFEF00D},
        {"st %r7, [--%r6]", 0x939bfffc, 0x10008, 0xCAFEF00D, "", KEEP, 0x10004, "", 0xCAFEF00D},
        {"st %r6, [--%r6]", 0x931bfffc, 0x10008, 0x0, "", KEEP, 0x10004, "", 0x10008},
        {"st %r7, [0x10004]", 0xf3850004, 0x0, 0xCAFEF00D, "", KEEP, 0x0, "", 0xCAFEF00D},
        {"st.h %r7, 6[%r6]", 0xf39b2806, 0x10000, 0xCAFEF00D, "", KEEP, 0x10000, "", 0x1234F00D},
        {"st.b %r7, 5[%r6]", 0xf39b6805, 0x10000, 0xCAFEF00D, "", KEEP, 0x10000, "", 0x120D5678},
        {"st.b %r7, [++%r6]", 0xf39b6c01, 0x10003, 0xCAFEF00D, "", KEEP, 0x10004, "", 0xD345678},
        {"st.h %r7, [%r6++]", 0xf39b2402, 0x10004, 0xCAFEF00D, "", KEEP, 0x10006, "", 0xF00D5678},
        {"st %r0, 4[%r6]", 0x901a0004, 0x10000, 0x0, "", KEEP, 0x10000, "", 0x0},
        {"st %r1, 4[%r6]", 0x909a0004, 0x10000, 0x0, "", KEEP, 0x10000, "", 0xFFFFFFFF},
        {"st %r7, [%r6 add %r7]", 0xb39a3802, 0x10000, 0x4, "", KEEP, 0x10000, "", 0x4},
        {"st %pc, 4[%r6]", 0x911a0004, 0x10000, 0x0, "", KEEP, 0x10000, "", 0x0},
        {"st.b %r7, [%r6 sub %r7]", 0xb39a3a04, 0x10008, 0x3, "", KEEP, 0x10008, "", 0x12035678},
};

static const uint8_t data[16] = {0x80, 0xFF, 0x7F, 0x01, 0x12, 0x34, 0x56, 0x78, 0xFE, 0xDC, 0xBA, 0x98};

static bool
no_read(void *device, uint32_t offset, uint32_t *value, bool *steady)
{
	(void)device, (void)offset, (void)value, (void)steady;
	return false;
}

static bool
no_write(void *device, uint32_t offset, uint32_t value)
{
	(void)device, (void)offset, (void)value;
	return false;
}

static struct lanai_flags
parse_flags(const char *text)
{
	return (struct lanai_flags){.z = strchr(text, 'Z') != NULL,
	                            .n = strchr(text, 'N') != NULL,
	                            .v = strchr(text, 'V') != NULL,
	                            .c = strchr(text, 'C') != NULL};
}

/* A core with `code` at 0 and the test data at 0x10000, about to start. */
static struct lanai_core *
core_with(const uint32_t *code, unsigned n, bool slow)
{
	struct lanai_bus bus = {.read = no_read, .write = no_write};
	struct lanai_core *core;
	uint8_t bytes[256] = {0};
	struct lanai_image image = {.bytes = bytes, .size = n * 4, .code_end = n * 4};
	const char *why;

	for (unsigned i = 0; i < n * 4; i++)
		bytes[i] = (uint8_t)(code[i / 4] >> (24 - i % 4 * 8));
	calendar_reset();
	core = lanai_new("row", RIG_SRAM, 33000000, SIM_RANK_NODE, &bus);
	ck_assert(lanai_load(core, &image, &why));
	memcpy(lanai_sram(core) + 0x10000, data, sizeof data);
	core->always_slow = slow;
	lanai_start(core);
	return core;
}

static void
check_row(const struct row *row, bool slow)
{
	const uint32_t code[] = {row->word, 0xE0000004, 1}; /* the instruction, and an endless loop */
	struct lanai_core *core = core_with(code, 3, slow);
	struct lanai_flags flags, expected = parse_flags(row->flags_after);

	lanai_set_reg(core, 6, row->r6);
	lanai_set_reg(core, 7, row->r7);
	lanai_set_reg(core, 8, KEEP);
	lanai_put_flags(core, parse_flags(row->flags));
	calendar_step(SIM_US);
	flags = lanai_flags(core);
	ck_assert_msg(lanai_state(core) == LANAI_RUNNING, "%s: %s", row->text, lanai_fault_name(lanai_fault(core)));
	ck_assert_msg(lanai_reg(core, 8) == row->rv, "%s: rv %08x, expected %08x", row->text, lanai_reg(core, 8),
	              row->rv);
	ck_assert_msg(lanai_reg(core, 6) == row->r6_after, "%s: r6 %08x", row->text, lanai_reg(core, 6));
	ck_assert_msg(memcmp(&flags, &expected, sizeof flags) == 0, "%s: flags Z%u N%u V%u C%u", row->text, flags.z,
	              flags.n, flags.v, flags.c);
	ck_assert_msg(lanai_word(core, 0x10004) == row->memory, "%s: memory %08x", row->text,
	              lanai_word(core, 0x10004));
	ck_assert_uint_eq(lanai_reg(core, 0), 0);
	ck_assert_uint_eq(lanai_reg(core, 1), UINT32_MAX);
	lanai_free(core);
}

START_TEST(instructions)
{
	char text[64];

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		lanai_disassemble(rows[i].word, text, sizeof text);
		ck_assert_msg(strcmp(text, rows[i].text) == 0, "row %u: %s", i, text);
		check_row(&rows[i], _i);
	}
}
END_TEST

/* The 16 conditions, each with the 16 settings of Z N V C (bits 3..0); a row is the set of settings that make it true.
 */
static const uint16_t conditions[16] = {
        0xFFFF, 0x0000, 0x00AA, 0xFF55, 0x5555, 0xAAAA, 0x00FF, 0xFF00,
        0x3333, 0xCCCC, 0x0F0F, 0xF0F0, 0xC3C3, 0x3C3C, 0x00C3, 0xFF3C,
};

START_TEST(condition_codes)
{
	for (unsigned i = 0; i < 256; i++) {
		unsigned cc = i / 16, f = i % 16;
		struct lanai_flags flags = {.z = f >> 3 & 1, .n = f >> 2 & 1, .v = f >> 1 & 1, .c = f & 1};
		uint32_t set = 0xE0000002 | 8 << 18 | (cc >> 1) << 25 | (cc & 1);
		uint32_t branch = 0xE0000018 | (cc >> 1) << 25 | (cc & 1), mark = 0xF4820001; /* mov 1, %r9 */
		const uint32_t code[] = {set, branch, 1, mark, 0xE0000018, 1, 0xE0000018, 1};
		bool truth = conditions[cc] >> f & 1;
		struct lanai_core *core;

		if (flags.z && flags.n)
			continue; /* no result is both; the core cannot hold it */
		ck_assert_int_eq(lanai_condition(cc, flags), truth);
		core = core_with(code, 8, _i);
		lanai_put_flags(core, flags);
		calendar_step(SIM_US);
		ck_assert_msg(lanai_reg(core, 8) == truth, "condition %u flags %x", cc, f);
		ck_assert_msg(lanai_reg(core, 9) == !truth, "branch %u flags %x", cc, f);
		lanai_free(core);
	}
}
END_TEST

/* Random words with every class well represented.  Register forms get only shift fields that LLVM does not crash on. */
static uint32_t
random_word(uint64_t *state)
{
	static const uint8_t shifts[] = {0, 0x80, 0xC0};
	uint64_t dice = rig_random(state);
	uint32_t w = (uint32_t)dice, class = w >> 28;

	dice >>= 32;
	if (class == 10 || class == 11 || (class == 12 && dice & 7))
		w = (w & ~0xF8u) | ((w >> 8 & 7) == 7 ? shifts[dice % 3] : 0);
	if (class == 13 && dice & 7)
		w &= 0xFFFC0003;
	if (class == 14 && w & 2 && dice & 7)
		w &= w & 1u << 24 ? 0xFF00FFFF : 0xFF7C0003;
	if ((dice >> 8 & 7) == 0)
		w &= ~(31u << 18);
	if ((dice >> 11 & 7) == 0)
		w = (w & ~0xFFFFu) | (uint16_t)(int16_t)((int)(dice >> 16 & 7) - 4);
	if (class == 10 || class == 11)
		w = (w & ~0xF8u) | ((w >> 8 & 7) == 7 ? shifts[dice % 3] : 0);
	return w;
}

/* One line of objdump: "  address: \ttext <symbol>" -> text, blanks joined; NULL if it is no such line. */
static char *
objdump_text(const char *line)
{
	char *colon = strchr(line, ':'), *text, *symbol;
	GString *joined = g_string_new(NULL);

	if (!g_ascii_isspace(line[0]) || !colon)
		return g_string_free(joined, TRUE);
	text = g_strdup(colon + 1);
	symbol = strstr(text, " <.text");
	if (symbol)
		*symbol = 0;
	g_strstrip(text);
	for (char *p = text; *p; p++)
		if (*p == '\t')
			*p = ' ';
	g_string_assign(joined, strcmp(text, "<unknown>") == 0 ? "<illegal>" : text);
	if ((symbol = strstr(joined->str, " !"))) /* comments */
		g_string_truncate(joined, (gsize)(symbol - joined->str));
	g_free(text);
	return g_string_free(joined, FALSE);
}

static unsigned
compare_with_objdump(const uint32_t *words, unsigned n, const char *listing)
{
	char *content, **lines, mine[64];
	unsigned k = 0, valid = 0;

	ck_assert(g_file_get_contents(listing, &content, NULL, NULL));
	lines = g_strsplit(content, "\n", -1);
	for (char **line = lines; *line && k < n; line++) {
		char *text = objdump_text(*line);

		if (!text)
			continue;
		lanai_disassemble(words[k], mine, sizeof mine);
		ck_assert_msg(strcmp(mine, text) == 0, "word %08x: ours '%s', LLVM's '%s'", words[k], mine, text);
		valid += text[0] != '<';
		g_free(text);
		k++;
	}
	ck_assert_uint_eq(k, n);
	g_strfreev(lines);
	g_free(content);
	return valid;
}

START_TEST(decoder_against_llvm)
{
	enum { WORDS = 24000 };
	static uint32_t words[WORDS];
	GString *source = g_string_new("\t.text\n");
	char *base = g_strdup_printf("%s/words", toolchain_directory()), *path = g_strdup_printf("%s.s", base);
	uint64_t random = 1;

	for (unsigned i = 0; i < WORDS; i++) {
		words[i] = random_word(&random);
		g_string_append_printf(source, "\t.long 0x%08x\n", words[i]);
	}
	ck_assert(g_file_set_contents(path, source->str, -1, NULL));
	ck_assert_int_eq(toolchain_run(NULL, "clang -target lanai -c %s.s -o %s.o", base, base), 0);
	g_free(path);
	path = g_strdup_printf("%s.txt", base);
	ck_assert_int_eq(toolchain_run(path, "llvm-objdump -d -z --no-show-raw-insn %s.o", base), 0);
	ck_assert_uint_gt(compare_with_objdump(words, WORDS, path), WORDS / 2);
	g_free(path);
	g_free(base);
	g_string_free(source, TRUE);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("LANai instruction set");
	TCase *tc = tcase_create("isa");
	SRunner *runner;
	int failed;

	toolchain_start();
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, instructions, 0, 2);
	tcase_add_loop_test(tc, condition_codes, 0, 2);
	tcase_add_test(tc, decoder_against_llvm);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	toolchain_stop();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

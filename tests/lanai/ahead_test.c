/* Running ahead: what a core did behind its limit is taken back where something comes between, and nobody can tell. */
#include "nic-sim/lanai_core.h"
#include "tests/lanai/rig.h"
#include "tests/lanai/toolchain.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 0x10000 /* where the programs store */
#define LOOKS 400

struct program {
	const char *name, *text;
};

static const struct program programs[] = {
        {"a run of stores", "#define WORD ((volatile unsigned *)0x10000)\n"
                            "int main(void) { for (unsigned i = 1;; i += 8) { WORD[0] = i; WORD[1] = i + 1;\n"
                            "WORD[2] = i + 2; WORD[0] = i + 3; WORD[3] = i + 4; WORD[0] = i + 5; } }\n"},
        {"a loop", "#define WORD ((volatile unsigned *)0x10000)\n"
                   "int main(void) { for (;;) { for (unsigned i = 0; i < 100; i++) WORD[i % 7] += i; } }\n"},
        {"bytes and halfwords, by calls", "static volatile unsigned char *const bytes = (void *)0x10000;\n"
                                          "static volatile unsigned short *const halves = (void *)0x10008;\n"
                                          "void a(unsigned i) { bytes[i & 7]++; }\n"
                                          "void b(unsigned i) { halves[i & 3] += 3; }\n"
                                          "void (*const table[2])(unsigned) = {a, b};\n"
                                          "int main(void) { for (unsigned i = 0;; i++) table[i & 1](i); }\n"},
};
static struct lanai_image *images[G_N_ELEMENTS(programs)];

/* Looks at the core from elsewhere, at random dates; some change what the core goes on with. */
struct looker {
	struct sim_event event;
	struct lanai_core *core;
	const uint8_t *raw; /* the SRAM, without asking */
	uint64_t random;
	unsigned n, early; /* early: the SRAM was ahead of the date */
	uint32_t seen[LOOKS][8];
	uint32_t regs[LOOKS][32];
};

static void
look(struct sim_event *ev)
{
	struct looker *l = sim_event_owner(ev, struct looker, event);
	uint64_t dice = rig_random(&l->random);
	uint8_t before[sizeof l->seen[0]];
	uint8_t *sram;

	memcpy(before, l->raw + WORDS, sizeof before);
	sram = lanai_sram(l->core);
	l->early += memcmp(before, sram + WORDS, sizeof before) != 0;
	memcpy(l->seen[l->n], sram + WORDS, sizeof before);
	for (unsigned r = 2; r < 32; r++)
		l->regs[l->n][r] = lanai_reg(l->core, r);
	if (dice % 4 == 0) {
		lanai_touch(l->core, WORDS, 4);
		sram[WORDS + 3] ^= 1;
	}
	if (dice % 4 == 1)
		lanai_set_dma_load(l->core, dice >> 8 & 0xFFFF);
	if (++l->n < LOOKS)
		sim_post(ev, sim_now() + 1 + (dice >> 32) % (3 * SIM_US));
}

static bool
read_zero(void *device, uint32_t offset, uint32_t *value, bool *steady)
{
	(void)device, (void)offset, (void)steady;
	*value = 0;
	return true;
}

static struct looker
looked_at(const struct lanai_image *image, sim_time ahead)
{
	struct lanai_bus bus = {.read = read_zero};
	struct lanai_core *core;
	struct looker l = {.random = 1};
	const char *why;

	calendar_reset();
	sim_set_run_ahead(ahead);
	core = lanai_new("test", RIG_SRAM, 33000000, SIM_RANK_NODE, &bus);
	ck_assert(lanai_load(core, image, &why));
	l.core = core;
	l.raw = lanai_sram(core);
	sim_event_init(&l.event, SIM_RANK_ENGINE, look);
	sim_post(&l.event, 2 * SIM_US);
	lanai_start(core);
	while (l.n < LOOKS)
		calendar_step(SIM_S);
	lanai_free(core);
	calendar_reset();
	return l;
}

START_TEST(nobody_can_tell)
{
	static const sim_time distances[] = {SIM_NS, 100 * SIM_NS, 2 * SIM_US, SIM_MS};
	struct looker never = looked_at(images[_i], 0);

	ck_assert_uint_eq(never.early, 0);
	for (unsigned i = 0; i < G_N_ELEMENTS(distances); i++) {
		struct looker l = looked_at(images[_i], distances[i]);

		ck_assert_int_eq(memcmp(l.seen, never.seen, sizeof l.seen), 0);
		ck_assert_int_eq(memcmp(l.regs, never.regs, sizeof l.regs), 0);
		if (distances[i] > SIM_US) /* there was something to take back */
			ck_assert_uint_gt(l.early, LOOKS / 4);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("running ahead");
	TCase *tc = tcase_create("ahead");
	SRunner *runner;
	int failed;

	toolchain_start();
	for (unsigned i = 0; i < G_N_ELEMENTS(images); i++) {
		images[i] = toolchain_text(programs[i].text, "", RIG_SRAM);
		if (!images[i])
			g_error("program %u does not compile", i);
	}
	tcase_add_loop_test(tc, nobody_can_tell, 0, G_N_ELEMENTS(programs));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	toolchain_stop();
	for (unsigned i = 0; i < G_N_ELEMENTS(images); i++)
		lanai_image_free(images[i]);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

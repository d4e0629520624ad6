#include "tests/firmware/parity.h"

#include <check.h>
#include <string.h>

#define STEPS_MAX 300u /* native steps until idle; a sweep through the translation cache takes 128 */

struct mock_nic *parity_nics[PARITY_BUILDS];
static struct lanai_mock *lanai;
static GRand *script;
static uint8_t packets[MOCK_ARRIVALS][MOCK_PACKET_MAX]; /* long ones must stay valid until they are drained */
static unsigned packets_made;

uint32_t
parity_dice(uint32_t n)
{
	return (uint32_t)g_rand_int_range(script, 0, (gint32)n);
}

void
parity_start(const struct parity_program *program, uint32_t seed)
{
	script = g_rand_new_with_seed(seed);
	lanai = lanai_mock_new(program->folder);
	parity_nics[PARITY_LANAI] = lanai->nic;
	parity_nics[PARITY_NATIVE] = mock_new();
	PARITY_EACH (nic) {
		nic->log = g_string_new(NULL);
		program->control(nic);
	}
	mock_select(parity_nics[PARITY_NATIVE]);
	ck_assert(mock_init());
	lanai_mock_start(lanai);
}

void
parity_end(void)
{
	PARITY_EACH (nic)
		g_string_free(nic->log, TRUE);
	mock_free(parity_nics[PARITY_NATIVE]);
	lanai_mock_free(lanai);
	g_rand_free(script);
}

/* run_native: steps until a step does nothing any more. */
static void
run_native(void)
{
	struct mock_nic *nic = parity_nics[PARITY_NATIVE];
	for (unsigned i = 0; i < STEPS_MAX; i++) {
		MOCK_STATE before = nic->state;
		uint32_t writes = nic->writes;
		mock_step(nic);
		if (writes == nic->writes && memcmp(&before, &nic->state, sizeof(before)) == 0)
			return;
	}
	ck_abort_msg("the native firmware does not become idle");
}

static void
compare(unsigned round)
{
	const struct mock_nic *native = parity_nics[PARITY_NATIVE], *other = parity_nics[PARITY_LANAI];
	ck_assert_msg(strcmp(native->log->str, other->log->str) == 0, "round %u: native\n%sLANai\n%s", round,
	              native->log->str, other->log->str);
	if (memcmp(native->sram + MOCK_CTRL, other->sram + MOCK_CTRL, MOCK_SRAM_BYTES - MOCK_CTRL) == 0)
		return;
	for (uint32_t at = MOCK_CTRL; at < MOCK_SRAM_BYTES; at += 4)
		ck_assert_msg(mock_sram(native, at) == mock_sram(other, at),
		              "round %u: SRAM %05x: native %08x, LANai %08x", round, at, mock_sram(native, at),
		              mock_sram(other, at));
	ck_assert_mem_eq(native->memory, other->memory, MOCK_MEMORY);
}

/* What the script does, each to both. -------------------------------------------------------------------------------
 */

static void
deliver(const struct parity_program *program)
{
	uint8_t *packet = packets[packets_made++ % MOCK_ARRIVALS];
	uint32_t residue;
	if (!parity_nics[PARITY_NATIVE]->armed || parity_nics[PARITY_NATIVE]->rest)
		return;
	uint32_t bytes = program->packet(packet, &residue);
	PARITY_EACH (nic)
		ck_assert(mock_deliver(nic, packet, bytes, residue));
}

static void
finish(void)
{
	bool dma = parity_dice(2), send = parity_dice(2), fail = parity_dice(30) == 0, reset = parity_dice(60) == 0;
	PARITY_EACH (nic) {
		if (dma)
			mock_finish_dma(nic, fail);
		if (reset && send)
			mock_reset_send(nic);
		else if (reset && !nic->rest)
			mock_reset_reception(nic);
		else if (send)
			g_free(mock_finish_send(nic));
	}
}

static void
pass_time(void)
{
	uint32_t ticks = parity_dice(10) ? parity_dice(50) : parity_dice(5000);
	PARITY_EACH (nic)
		mock_advance(nic, ticks);
}

static void
one_round(const struct parity_program *program)
{
	if (parity_dice(3) == 0) {
		program->post();
	} else {
		if (parity_dice(6) == 0 && parity_quiet())
			program->drive();
		if (parity_dice(2))
			deliver(program);
		finish();
		pass_time();
	}
	run_native();
	lanai_mock_run(lanai);
}

void
parity_rounds(const struct parity_program *program, unsigned rounds)
{
	for (unsigned round = 1; round <= rounds; round++) {
		PARITY_EACH (nic)
			g_string_truncate(nic->log, 0);
		one_round(program);
		compare(round);
	}
}

/* Any sequence of accesses to two NICs' registers, SRAM and control words leaves the simulator alive and its books
 * right.
 *
 * As a libFuzzer target (LLVMFuzzerTestOneInput) each input is a script of 8-byte steps; compiled with MMIO_FUZZ_MAIN
 * it runs scripts made from seeds, for ctest: mmio_fuzz [number of scripts]. */
#include "tests/device/board.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *script, size_t n);

enum { STEP_BYTES = 8, OPERATIONS = 8 };

/* A value that is often sensible: small numbers, SRAM addresses, frames. */
static uint32_t
likely(const uint8_t *p)
{
	uint32_t value = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];

	switch (p[0] % 4) {
	case 0:
		return value & 0x3FFFC;
	case 1:
		return value & 0x3FFC;
	case 2:
		return value & 0xFFF;
	default:
		return value;
	}
}

/* What firmware would do: without it scripts seldom get a packet through. */
static void
sensible(struct board *b, const uint8_t *p)
{
	uint32_t at = (uint32_t)p[2] << 10, words = p[3];

	if (p[1] % 2) {
		fake_write(b->core, LANAI_RMP, at);
		fake_write(b->core, LANAI_RML, at + 4 * words);
	} else {
		fake_write(b->core, LANAI_SB, b == &boards[0] ? 0x81 : 0xBF);
		fake_write(b->core, LANAI_SA, p[4]);
		fake_write(b->core, LANAI_SMP, at);
		fake_write(b->core, LANAI_SMLT, at + 4 * words);
	}
}

static void
step(const uint8_t *p)
{
	struct board *b = &boards[p[0] >> 7];
	uint32_t offset = p[1] % 0xFCu & ~3u, value = likely(p + 4);
	bool steady;

	switch (p[0] % OPERATIONS) {
	case 0:
		nic_write(b->nic, NIC_WINDOW_REGS + offset, value, 0);
		break;
	case 1:
		nic_write(b->nic, value, p[2], p[3]);
		break;
	case 2:
		if (p[1] < 8)
			nic_write(b->nic, NIC_WINDOW_CONTROL, value & ~NIC_CONTROL_RESET_OFF, 0);
		else
			nic_read(b->nic, value);
		break;
	case 3:
		calendar_step(sim_now() + (sim_time)value);
		break;
	case 4:
		board_run(sim_now() + (sim_time)value % 4096 * SIM_US / 64);
		break;
	case 5:
		sensible(b, p);
		break;
	default:
		if (fake_exists(b->core, offset, &steady))
			fake_write(b->core, offset, value);
	}
}

static uint64_t packets, delivered;

/* check: what left a NIC came in, was dropped, or is under way. */
static void
check(void)
{
	struct fabric_counts counts = fabric_counts(board_fabric);

	packets += counts.packets;
	delivered += counts.delivered;
	if (counts.delivered + counts.dropped + counts.bad_route + counts.timeouts <= counts.packets)
		return;
	fprintf(stderr, "mmio_fuzz: more packets ended than were sent\n");
	abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *script, size_t n)
{
	board_set_up(NULL);
	for (; n >= STEP_BYTES; script += STEP_BYTES, n -= STEP_BYTES)
		step(script);
	check();
	board_tear_down();
	return 0;
}

#ifdef MMIO_FUZZ_MAIN
int
main(int argc, char **argv)
{
	static uint8_t script[4096 * STEP_BYTES];
	unsigned long scripts = argc > 1 ? strtoul(argv[1], NULL, 10) : 200;
	uint64_t random = 1;

	for (unsigned long i = 0; i < scripts; i++) {
		for (size_t k = 0; k < sizeof script; k++) {
			random = random * 6364136223846793005ull + 1442695040888963407ull;
			script[k] = (uint8_t)(random >> 56);
		}
		LLVMFuzzerTestOneInput(script, sizeof script);
	}
	printf("mmio_fuzz: %lu scripts, %" PRIu64 " packets, %" PRIu64 " delivered\n", scripts, packets, delivered);
	return delivered > 0 ? EXIT_SUCCESS : EXIT_FAILURE; /* scripts that reach nothing test nothing */
}
#endif

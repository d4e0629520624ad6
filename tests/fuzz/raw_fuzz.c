/* The raw firmware between a wire that brings anything and a host that asks for anything: deposits go only into slots
 * that were given, and it goes on working.
 *
 * The input is a row of steps: a byte that says what happens, then its data.
 *   0..89     a packet: a byte of flags (1: wrong CRC; 2: a sound one), a byte with its length in words
 *             (0: LONGEST), and its words unless it is a sound one
 *   90..129   a descriptor: the control word
 *   130..149  the clock goes on by that much squared
 *   150..169  engines end what they do
 *   170..179  the same, by a bus error
 *   180..189  a network reset
 *   190..199  all slots that were taken are given again
 *   200..     one turn of the firmware */
#include "tests/fuzz/input.h"
#include "tests/raw/mock_raw.h"

#include <string.h>

enum { LONGEST = 2200, BAD_CRC = 1, SOUND = 2, PATTERN = 0xA5, SETTLE_MAX = 1000 };

#define RECEIVE_END (MOCK_RAW_RECEIVE + MOCK_RAW_SLOTS * RAW_SLOT)

struct run {
	struct mock_nic *nic;
	struct input in;
	GPtrArray *packets; /* one must last until its tail is in memory */
	uint32_t posted, given;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
deliver(struct run *run)
{
	uint8_t flags = input_byte(&run->in), *packet = g_malloc0(LONGEST * 4);
	unsigned words = input_byte(&run->in);

	g_ptr_array_add(run->packets, packet);
	words = words ? words : LONGEST;
	for (unsigned i = 0; i < words && run->in.left && !(flags & SOUND); i++) {
		uint32_t raw = GUINT32_TO_BE(input_word(&run->in));
		memcpy(packet + 4 * i, &raw, 4);
	}
	if (flags & SOUND)
		words = mock_raw_packet(packet, 1, MIN(4 * words, RAW_MTU)) / 4;
	mock_deliver(run->nic, packet, 4 * words, flags & BAD_CRC ? 0x5A : 0);
}

static void
post(struct run *run)
{
	uint32_t control = input_word(&run->in);

	if (run->posted - mock_raw_ctrl(run->nic, offsetof(struct raw_ctrl, sent)) < RAW_SENDS)
		mock_set_sram(run->nic, mock_raw_descriptor(run->posted++), control | 0x80000000u);
}

static void
give(struct run *run)
{
	run->given = mock_raw_counter(run->nic, RAW_C_RECEIVED) + MOCK_RAW_SLOTS;
	mock_raw_give(run->nic, run->given);
}

static void
step(struct run *run)
{
	uint8_t what = input_byte(&run->in);

	if (what < 90) {
		deliver(run);
	} else if (what < 130) {
		post(run);
	} else if (what < 150) {
		mock_advance(run->nic, (uint32_t)(what - 130) * (what - 130));
	} else if (what < 180) {
		mock_finish_dma(run->nic, what >= 170);
		g_free(mock_finish_send(run->nic));
	} else if (what < 190) {
		if (!mock_reset_send(run->nic) && !run->nic->rest)
			mock_reset_reception(run->nic);
	} else if (what < 200) {
		give(run);
	}
	mock_step(run->nic);
}

/* settle: until nothing happens any more. */
static void
settle(struct mock_nic *nic)
{
	unsigned turns = 0;

	for (unsigned quiet = 0; quiet < 3; quiet++) {
		mock_step(nic);
		struct mock_packet *packet = mock_finish_send(nic);
		if (mock_finish_dma(nic, false) || packet)
			quiet = 0;
		g_free(packet);
		if (++turns > SETTLE_MAX)
			g_error("the firmware does not come to rest");
	}
}

/* check_untouched: [from, to) of host memory holds its pattern. */
static void
check_untouched(const struct mock_nic *nic, uint32_t from, uint32_t to)
{
	const uint8_t *memory = nic->memory + from;

	if (memory[0] != PATTERN || memcmp(memory, memory + 1, to - from - 1) != 0)
		g_error("host memory from %x to %x, where no slot is, was written", from, to);
}

/* check_alive: it sends, and it takes what comes. */
static void
check_alive(struct run *run)
{
	static uint8_t packet[MOCK_RAW_HEADER + RAW_MTU];
	uint32_t sent = run->nic->packets, received = mock_raw_counter(run->nic, RAW_C_RECEIVED);

	if ((int32_t)(run->given - received) < 0)
		g_error("more datagrams were given to the host than it has slots for");
	give(run);
	if (run->posted - mock_raw_ctrl(run->nic, offsetof(struct raw_ctrl, sent)) != 0)
		g_error("descriptors are left");
	mock_set_sram(run->nic, mock_raw_descriptor(run->posted), RAW_CONTROL(1, 4));
	settle(run->nic);
	if (!mock_deliver(run->nic, packet, mock_raw_packet(packet, 1, 4), 0))
		g_error("no receive buffer is armed");
	settle(run->nic);
	if (run->nic->packets != sent + 1 || mock_raw_counter(run->nic, RAW_C_RECEIVED) != received + 1)
		g_error("it does not send, or does not receive");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mock_raw_options options = mock_raw_defaults();
	struct run run = {.nic = mock_new(), .in = {data, size}, .given = MOCK_RAW_SLOTS};

	run.packets = g_ptr_array_new_with_free_func(g_free);
	memset(run.nic->memory, PATTERN, MOCK_MEMORY);
	options.coalesce_count = 4;
	options.coalesce_ticks = 50;
	if (!mock_raw_start(run.nic, &options))
		g_error("the control block is refused");
	while (run.in.left)
		step(&run);
	settle(run.nic);
	check_untouched(run.nic, 0, MOCK_RAW_RECEIVE);
	check_untouched(run.nic, RECEIVE_END, MOCK_MEMORY);
	check_alive(&run);
	mock_free(run.nic);
	g_ptr_array_free(run.packets, TRUE);
	return 0;
}

/* Descriptors of a hostile process: whatever it writes into its queue, nothing of others is read, written or
 * redirected, and the other process' message and the driver's commands still do what they should.
 *
 * The input is a row of steps: a byte that says what happens, then its data.
 *   0..149   a descriptor in the next slot: control, proxy, three words of data (150..169: in any slot, any word)
 *   170..179 the driver forgets one of its pages         180..189 a good packet for the victim's export comes
 *   190..199 a good packet for its own export comes       200..219 engines work until they are idle
 *   220..    one turn of the firmware */
#include "tests/fuzz/firmware_rig.h"

#include <stdlib.h>
#include <string.h>

enum { PAYLOAD_WORDS = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct mock_nic *nic;
	uint32_t slot, sequence;
	GPtrArray *packets;
};

/* is_secret: does the word belong to a frame that the hostile process cannot name? */
UNSEEN static bool
is_secret(uint32_t word)
{
	for (unsigned i = 0; i < RIG_PAGES; i++)
		for (unsigned w = 0; w < 4; w++)
			if (word == rig_word(RIG_OWN(VICTIM) + i, w) || word == rig_word(RIG_NOBODY + i, w))
				return true;
	return false;
}

static bool victims_turn; /* its own message may be under way */

/* A packet of the hostile process must go where it may send, and carry nothing of others. */
static void
check_sent(const struct mock_packet *packet)
{
	uint32_t words = (packet->bytes - packet->route_bytes) / 4, dest, key;

	if ((host_sent_word(packet, 0) >> 8 & 0xFF) != VMMC_KIND_DATA)
		return;
	dest = host_sent_word(packet, 2);
	key = host_sent_word(packet, 3);
	if (victims_turn && VMMC_KEY_TAG(key) == VICTIM_PEER_TAG)
		return;
	if (VMMC_KEY_TAG(key) != PEER_TAG || dest / VMMC_PAGE < RIG_PEER(HOSTILE) ||
	    dest / VMMC_PAGE >= RIG_PEER(HOSTILE) + RIG_EXPORTS || dest % VMMC_PAGE + VMMC_KEY_LENGTH(key) > VMMC_PAGE)
		g_error("a packet to %#x with key %#x", dest, key);
	for (uint32_t i = 4; i < words; i++)
		if (is_secret(host_sent_word(packet, i)))
			g_error("a packet with somebody else's data");
}

static void
write_descriptor(struct run *run, struct input *in)
{
	uint32_t control = input_word(in), proxy = input_word(in), data[3];

	for (unsigned i = 0; i < 3; i++)
		data[i] = input_word(in);
	host_post(run->nic, HOSTILE, run->slot++, control, proxy, data, 3);
}

static void
write_anywhere(struct run *run, struct input *in)
{
	uint32_t at = input_word(in) % (VMMC_SLOTS * (uint32_t)sizeof(struct vmmc_slot)) & ~3u;

	mock_set_sram(run->nic, host_slot(HOSTILE, 0) + at, input_word(in));
}

static void
deliver(struct run *run, unsigned to, uint32_t offset)
{
	uint8_t *packet = g_malloc(VMMC_HEADER + 4 * PAYLOAD_WORDS);
	uint32_t dest = RIG_EXPORTED(to) * VMMC_PAGE + offset % (VMMC_PAGE - 4 * PAYLOAD_WORDS) / 4 * 4;
	uint32_t bytes = host_packet(packet, 1, run->sequence, 0, dest, VMMC_KEY(RIG_TAG(to), 0, 4 * PAYLOAD_WORDS));

	g_ptr_array_add(run->packets, packet);
	rig_run(run->nic, check_sent);
	if (mock_deliver(run->nic, packet, bytes, 0))
		run->sequence = (run->sequence + 1) & 0xFFFF;
	rig_run(run->nic, check_sent);
	if (to != VICTIM)
		return;
	for (unsigned i = 0; i < PAYLOAD_WORDS; i++)
		if (host_word(run->nic, dest + 4 * i) != 0x11 * (i + 1))
			g_error("a message for the other process did not arrive");
}

static void
forget(struct run *run, uint8_t which)
{
	uint32_t page = OWN_PAGE + which % RIG_PAGES;

	rig_run(run->nic, check_sent);
	host_no_source(run->nic, HOSTILE, page);
	host_command(run->nic, VMMC_COMMAND_FORGET, HOSTILE, page, 1);
	rig_run(run->nic, check_sent);
	host_source(run->nic, HOSTILE, page, RIG_OWN(HOSTILE) + which % RIG_PAGES);
}

static void
step(struct run *run, struct input *in)
{
	uint8_t what = input_byte(in);

	if (what < 150)
		write_descriptor(run, in);
	else if (what < 170)
		write_anywhere(run, in);
	else if (what < 180)
		forget(run, input_byte(in));
	else if (what < 190)
		deliver(run, VICTIM, input_word(in));
	else if (what < 200)
		deliver(run, HOSTILE, input_word(in));
	else if (what < 220)
		rig_run(run->nic, check_sent);
	else
		mock_step(run->nic);
}

/* The other process still gets its message out. */
static void
victim_sends(struct run *run)
{
	uint32_t word = 0x600D, before = host_proc(run->nic, VICTIM, offsetof(struct vmmc_proc, consumed));

	/* everything so far is acknowledged, so that no window is closed */
	for (unsigned i = 0; i < 40; i++) {
		uint8_t ack[VMMC_ACK_BYTES];
		uint32_t sent = run->nic->state.peers[1].next_sequence >> 16;
		mock_deliver(run->nic, ack, host_ack(ack, VMMC_KIND_ACK, 1, sent), 0);
		rig_run(run->nic, check_sent);
	}
	victims_turn = true;
	host_post(run->nic, VICTIM, 0, VMMC_CONTROL(VMMC_OP_SHORT, 0, 4), 0, &word, 1);
	rig_run(run->nic, check_sent);
	if (host_proc(run->nic, VICTIM, offsetof(struct vmmc_proc, consumed)) != before + 1)
		g_error("the other process cannot send any more");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run run = {.nic = rig_new(), .packets = g_ptr_array_new_with_free_func(g_free)};
	struct input in = {data, size};

	victims_turn = false;
	while (in.left)
		step(&run, &in);
	victim_sends(&run);
	rig_untouched(run.nic, RIG_OWN(VICTIM), RIG_PAGES);
	rig_untouched(run.nic, RIG_NOBODY, RIG_NOBODYS);
	rig_untouched(run.nic, RIG_EXPORTED(VICTIM) + 1, RIG_EXPORTS - 1);
	rig_end(run.nic, check_sent);
	g_ptr_array_free(run.packets, TRUE);
	return 0;
}

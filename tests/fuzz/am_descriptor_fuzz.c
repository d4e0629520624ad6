/* Descriptors of a hostile process: whatever it writes into its queue, nothing of others is sent or written, its
 * packets say who it is, nobody is asked more than the credits allow, and the other process gets its messages and sends
 * its own.
 *
 * The input is a row of steps: a byte that says what happens, then its data.
 *   0..149   a descriptor in the next slot: control, to, three words (150..169: in any slot, any word)
 *   170..179 a request for the victim comes, which it replies to
 *   180..189 a request for the hostile one comes        190..199 a reply for it
 *   200..219 engines work until they are idle           220..    one turn of the firmware */
#include "tests/fuzz/am_rig.h"

#include <string.h>

enum { PEER = 1, WORDS = 5 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct mock_nic *nic;
	uint32_t slot, victims_slot, sequence;
	GPtrArray *packets;
};

/* Requests of the hostile endpoint to each of the peer's that nobody has replied to. */
static int asked[AM_ENDPOINTS];
static uint32_t sent_in_all;

/* is_secret: does the word belong to a frame that the hostile process cannot name? */
UNSEEN static bool
is_secret(uint32_t word)
{
	for (unsigned frame = MOCK_AM_FRAME(VICTIM); frame < AM_RIG_NOBODY + AM_RIG_NOBODYS; frame++)
		for (unsigned w = 0; w < 4; w++)
			if (word == rig_word(frame, w))
				return true;
	return false;
}

static void
check_hostile(const struct mock_packet *packet, uint32_t words, uint32_t to, uint32_t key)
{
	unsigned other = to & 0xFF;

	if (AM_KEY_TAG(key) != AM_RIG_TAG(HOSTILE) || other >= AM_ENDPOINTS)
		g_error("a packet of the hostile endpoint with key %#x to %#x", key, to);
	for (uint32_t i = 4; i < words; i++)
		if (is_secret(host_sent_word(packet, i)))
			g_error("a packet with somebody else's data");
	if (!AM_KEY_REPLY(key) && ++asked[other] > (int)AM_CREDITS)
		g_error("more requests than credits");
}

/* A return says nothing of who refused. */
static void
check_sent(const struct mock_packet *packet)
{
	uint32_t words = (packet->bytes - packet->route_bytes) / 4, to, key;

	if ((host_sent_word(packet, 0) >> 8 & 0xFF) != LINK_KIND_DATA)
		return;
	sent_in_all++;
	to = host_sent_word(packet, 2);
	key = host_sent_word(packet, 3);
	if (words != 4 + AM_KEY_BYTES(key) / 4)
		g_error("a packet of %u words with key %#x", words, key);
	if (AM_KEY_KIND(key) == AM_KIND_RETURN)
		return;
	if ((to >> 8 & 0xFF) == HOSTILE)
		check_hostile(packet, words, to, key);
	else if ((to >> 8 & 0xFF) != VICTIM || AM_KEY_TAG(key) != AM_RIG_TAG(VICTIM))
		g_error("a packet of nobody: to %#x, key %#x", to, key);
}

static void
write_descriptor(struct run *run, struct input *in)
{
	uint32_t control = input_word(in), to = input_word(in), words[3];

	for (unsigned i = 0; i < 3; i++)
		words[i] = input_word(in);
	mock_am_post(run->nic, HOSTILE, run->slot++, control, to, words, 3);
}

static void
write_anywhere(struct run *run, struct input *in)
{
	uint32_t at = input_word(in) % (AM_SLOTS * (uint32_t)sizeof(struct am_slot)) & ~3u;

	mock_set_sram(run->nic, mock_am_slot(HOSTILE, 0) + at, input_word(in));
}

static uint32_t
refusals(const struct mock_nic *nic)
{
	return mock_am_counter(nic, AM_C_DROP_PROTECTION) + mock_am_counter(nic, AM_C_DROP_CREDIT);
}

/* arrive: acknowledges all; true if it was delivered. */
static bool
arrive(struct run *run, unsigned to, unsigned from, bool reply)
{
	uint8_t *packet = g_malloc(LINK_DATA_HEADER + 4 * WORDS);
	uint32_t key = AM_KEY(AM_RIG_PEER_TAG, AM_KIND_SHORT, reply, 4 * WORDS), refused, bytes;

	g_ptr_array_add(run->packets, packet);
	rig_run(run->nic, check_sent);
	refused = refusals(run->nic);
	bytes = host_packet(packet, PEER, run->sequence, sent_in_all & 0xFFFF, AM_TO(AM_RIG_TAG(to), from, to), key);
	if (!mock_deliver(run->nic, packet, bytes, 0))
		g_error("no buffer for what comes");
	run->sequence = (run->sequence + 1) & 0xFFFF;
	rig_run(run->nic, check_sent);
	return refusals(run->nic) == refused;
}

static void
ask_victim(struct run *run)
{
	const uint32_t word = 0x600D;
	uint32_t serial = run->nic->state.ports[VICTIM].serial + 1;
	uint32_t taken = mock_am_row(run->nic, VICTIM, offsetof(struct am_endpoint, consumed));

	if (!arrive(run, VICTIM, 0, false))
		g_error("a request for the other process did not arrive");
	if (mock_am_entry(run->nic, VICTIM, serial, 1) != serial || mock_am_entry(run->nic, VICTIM, serial, 4) != 0x11)
		g_error("the entry is not what was sent");
	mock_am_post(run->nic, VICTIM, run->victims_slot++, AM_CONTROL(AM_KIND_SHORT, 1, 0, 4),
	             AM_TO(AM_RIG_PEER_TAG, PEER, 0), &word, 1);
	rig_run(run->nic, check_sent);
	if (mock_am_row(run->nic, VICTIM, offsetof(struct am_endpoint, consumed)) != taken + 1)
		g_error("the other process cannot reply");
}

static void
reply_hostile(struct run *run, unsigned from)
{
	if (arrive(run, HOSTILE, from, true))
		asked[from]--;
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
		ask_victim(run);
	else if (what < 190)
		arrive(run, HOSTILE, input_byte(in) % AM_ENDPOINTS, false);
	else if (what < 200)
		reply_hostile(run, input_byte(in) % AM_ENDPOINTS);
	else if (what < 220)
		rig_run(run->nic, check_sent);
	else
		mock_step(run->nic);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run run = {.nic = am_rig_new(), .packets = g_ptr_array_new_with_free_func(g_free)};
	struct input in = {data, size};

	memset(asked, 0, sizeof asked);
	sent_in_all = 0;
	while (in.left)
		step(&run, &in);
	ask_victim(&run);
	am_rig_check(run.nic);
	rig_untouched(run.nic, 0, 1);
	rig_untouched(run.nic, MOCK_AM_FRAME(VICTIM) + 1, MOCK_AM_PAGES - 1);
	rig_untouched(run.nic, AM_RIG_NOBODY, AM_RIG_NOBODYS);
	am_rig_end(run.nic, check_sent);
	g_ptr_array_free(run.packets, TRUE);
	return 0;
}

/* Three nodes over wires that lose, duplicate, corrupt and truncate: everything arrives, once, in order, and nothing
 * else.
 *
 * Each process writes a counter into its own word of each receiver by short sends, and blocks of words by long ones;
 * deposits are checked one by one as they are made. */
#include "tests/firmware/mock_host.h"

#include <check.h>
#include <string.h>

#define NODES      3u
#define PROCESSES  2u
#define TAG        0x4242u
#define SOURCE     40u /* first source frame of process p is SOURCE + 4 p */
#define LONG_BYTES (2u * VMMC_PAGE)

/* Process p of node n writes to pages 8 n + 2 p, 8 n + 2 p + 1 of each other node: a stream of words, cyclic in the
 * page pair. */
#define FRAME_OF(node, p) (8u * (node) + 2u * (p))

struct wire_packet {
	uint8_t *data;
	uint32_t bytes, residue;
};

struct faults {
	unsigned lose, duplicate, corrupt, truncate; /* per thousand */
};

struct stream {
	uint32_t posted, words; /* descriptors; words sent */
};

static struct mock_nic *nics[NODES];
static GQueue wires[NODES]; /* towards each node */
static struct stream streams[NODES][PROCESSES];
static uint32_t received[NODES][NODES][PROCESSES]; /* words, at, from, process */
static GRand *random_source;

static unsigned
dice(unsigned n)
{
	return (unsigned)g_rand_int_range(random_source, 0, (gint32)n);
}

static uint32_t
word_of(unsigned node, unsigned p, uint32_t i)
{
	return node << 28 | p << 24 | (i & 0xFFFFFF);
}

static uint32_t
target_of(unsigned node, unsigned p)
{
	return (node + 1 + p) % NODES;
}

static void
set_up_world(uint32_t first_sequence)
{
	struct host_options options = host_defaults();
	options.n_nodes = NODES;
	options.first_sequence = first_sequence;
	for (unsigned i = 0; i < NODES; i++) {
		options.node = i;
		nics[i] = mock_new();
		g_queue_init(&wires[i]);
		ck_assert(host_start(nics[i], &options));
		for (unsigned p = 0; p < PROCESSES; p++) {
			host_open(nics[i], p, (60 + p) * VMMC_PAGE);
			for (uint32_t page = 0; page < 2; page++)
				host_import(nics[i], p, page, target_of(i, p), FRAME_OF(i, p) + page, TAG);
			for (uint32_t page = 0; page < 4; page++)
				host_source(nics[i], p, page, SOURCE + 4 * p + page);
		}
		for (uint32_t frame = 0; frame < 32; frame++)
			host_export(nics[i], frame, TAG, VMMC_IN_WRITE);
		mock_step(nics[i]);
	}
}

static void
free_wire_packet(gpointer item)
{
	struct wire_packet *packet = item;
	g_free(packet->data);
	g_free(packet);
}

static void
tear_down_world(void)
{
	for (unsigned i = 0; i < NODES; i++) {
		mock_free(nics[i]);
		g_queue_clear_full(&wires[i], free_wire_packet);
	}
}

/* post: the next descriptor of the stream, if its slot is free and the words that it overwrites have arrived. */
static void
post(unsigned node, unsigned p)
{
	struct stream *stream = &streams[node][p];
	struct mock_nic *nic = nics[node];
	uint32_t first = stream->words % (2 * VMMC_PAGE / 4);
	bool is_short = dice(2);
	uint32_t words = 1 + dice(is_short ? VMMC_SHORT_MAX / 4 : LONG_BYTES / 4);
	uint32_t room = is_short ? VMMC_PAGE / 4 - first % (VMMC_PAGE / 4) : 2 * VMMC_PAGE / 4 - first;
	uint32_t taken = host_proc(nic, p, offsetof(struct vmmc_proc, consumed));
	if (stream->posted - taken >= (is_short ? VMMC_SLOTS : 1) || mock_sram(nic, host_slot(p, stream->posted)))
		return;
	words = MIN(words, room);
	if (is_short) {
		uint32_t data[VMMC_SHORT_MAX / 4];
		for (uint32_t i = 0; i < words; i++)
			data[i] = word_of(node, p, stream->words + i);
		host_post(nic, p, stream->posted, VMMC_CONTROL(VMMC_OP_SHORT, 0, 4 * words), 4 * first, data, words);
	} else {
		uint32_t completed = host_word(nic, (60 + p) * VMMC_PAGE);
		if (stream->posted && completed != stream->posted)
			return; /* the source is still being fetched, or a short send came last */
		uint32_t from = 4 * dice(VMMC_PAGE / 4);
		for (uint32_t i = 0; i < words; i++) {
			uint32_t raw = GUINT32_TO_BE(word_of(node, p, stream->words + i));
			memcpy(nic->memory + (SOURCE + 4 * p) * VMMC_PAGE + from + 4 * i, &raw, 4);
		}
		host_post(nic, p, stream->posted, VMMC_CONTROL(VMMC_OP_LONG, VMMC_SEND_COMPLETE, 4 * words), 4 * first,
		          &from, 1);
	}
	stream->posted++;
	stream->words += words;
}

static void
put_on_wire(unsigned node, const struct mock_packet *packet, const struct faults *faults)
{
	struct wire_packet *copy = g_new0(struct wire_packet, 1);
	copy->bytes = packet->bytes - packet->route_bytes;
	copy->data = g_memdup2(packet->data + packet->route_bytes, copy->bytes);
	if (dice(1000) < faults->corrupt) {
		copy->data[dice(copy->bytes)] ^= (uint8_t)(1 + dice(255));
		copy->residue = 1 + dice(255);
	}
	if (dice(1000) < faults->truncate) {
		copy->bytes = 1 + dice(copy->bytes);
		copy->residue = 1 + dice(255);
	}
	g_queue_push_tail(&wires[node], copy);
}

static void
take_from_sender(unsigned from, const struct faults *faults)
{
	struct mock_packet *packet = mock_finish_send(nics[from]);
	if (!packet)
		return;
	unsigned to = packet->data[packet->route_bytes - 1] & 0x3F;
	unsigned copies = dice(1000) < faults->lose ? 0 : dice(1000) < faults->duplicate ? 2 : 1;
	while (copies--)
		put_on_wire(to, packet, faults);
	g_free(packet);
}

/* check_deposit: the transfer that ends now writes the next words of one of the streams to this node. */
static void
check_deposit(unsigned at)
{
	struct mock_nic *nic = nics[at];
	uint32_t bus = nic->regs[LANAI_EAR / 4];
	uint32_t words = nic->regs[LANAI_DMA_CTR / 4] / 4;
	if (!nic->dma_busy || nic->regs[LANAI_DMA_DIR / 4] || bus >= 60 * VMMC_PAGE)
		return;
	unsigned from = bus / VMMC_PAGE / 8;
	unsigned p = bus / VMMC_PAGE % 8 / 2;
	ck_assert_uint_lt(from, NODES);
	uint32_t *next = &received[at][from][p];
	ck_assert_uint_eq(bus, FRAME_OF(from, p) * VMMC_PAGE + 4 * (*next % (2 * VMMC_PAGE / 4)));
	for (uint32_t i = 0; i < words; i++)
		ck_assert_uint_eq(mock_sram(nic, nic->regs[LANAI_LAR / 4] + 4 * i), word_of(from, p, (*next)++));
}

static void
turn(unsigned node, const struct faults *faults)
{
	struct mock_nic *nic = nics[node];
	mock_step(nic);
	if (dice(3) == 0)
		take_from_sender(node, faults);
	if (dice(3) == 0) {
		check_deposit(node);
		mock_finish_dma(nic, false);
	}
	struct wire_packet *packet = g_queue_peek_head(&wires[node]);
	if (packet && dice(2) && mock_deliver(nic, packet->data, packet->bytes, packet->residue)) {
		mock_step(nic);
		free_wire_packet(g_queue_pop_head(&wires[node]));
	}
	mock_advance(nic, dice(4));
}

static bool
all_received(void)
{
	for (unsigned node = 0; node < NODES; node++)
		for (unsigned p = 0; p < PROCESSES; p++)
			if (received[target_of(node, p)][node][p] != streams[node][p].words)
				return false;
	return true;
}

static void
run(unsigned turns, const struct faults *faults)
{
	static const struct faults none;
	for (unsigned i = 0; i < turns; i++) {
		unsigned node = dice(NODES);
		if (dice(4) == 0)
			post(node, dice(PROCESSES));
		turn(node, faults);
	}
	for (unsigned i = 0; i < 2000000 && !all_received(); i++)
		turn(i % NODES, &none);
	ck_assert_msg(all_received(), "something was lost for good");
}

static uint32_t
total(enum vmmc_counter which)
{
	uint32_t sum = 0;
	for (unsigned i = 0; i < NODES; i++)
		sum += host_counter(nics[i], which);
	return sum;
}

static const struct faults levels[] = {
        {0, 0, 0, 0},  {20, 0, 0, 0},    {0, 50, 0, 0},        {0, 0, 50, 0},
        {0, 0, 0, 50}, {50, 50, 50, 20}, {300, 100, 100, 100},
};

START_TEST(everything_arrives_once_in_order)
{
	const struct faults *faults = &levels[_i];
	random_source = g_rand_new_with_seed(1000u + (guint32)_i);
	set_up_world(0xFF00);
	run(60000, faults);
	ck_assert_uint_gt(total(VMMC_C_DEPOSITS), faults->lose > 100 ? 200 : 1000);
	ck_assert_uint_eq(total(VMMC_C_DROP_PROTECTION) + total(VMMC_C_BAD_DESCRIPTOR) + total(VMMC_C_LONG_PACKETS), 0);
	ck_assert_uint_eq(total(VMMC_C_DROP_CRC) > 0, faults->corrupt + faults->truncate > 0);
	if (faults->duplicate)
		ck_assert_uint_gt(total(VMMC_C_DROP_DUPLICATE), 0);
	if (faults->lose) {
		ck_assert_uint_gt(total(VMMC_C_DROP_GAP), 0);
		ck_assert_uint_gt(total(VMMC_C_RETRANSMITTED), 0);
		ck_assert_uint_gt(total(VMMC_C_NACKS_RECEIVED), 0);
	}
	if (_i == 0)
		ck_assert_uint_eq(total(VMMC_C_DROP_GAP) + total(VMMC_C_NACKS_SENT), 0);
	tear_down_world();
	g_rand_free(random_source);
}
END_TEST

int
main(void)
{
	TCase *cases = tcase_create("lossy");
	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, everything_arrives_once_in_order, 0, (int)G_N_ELEMENTS(levels));
	Suite *suite = suite_create("firmware over lossy wires");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

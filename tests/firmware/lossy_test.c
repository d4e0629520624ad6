/* Three nodes over wires that lose, duplicate, corrupt and truncate: everything arrives, once, in order, and nothing
 * else.
 *
 * Each process writes a stream of words to one of the other nodes, by short sends and blocks of words by long ones;
 * deposits are checked one by one as they are made.
 *
 * In some tests wires are cut for a while, so that nodes are given up, and NICs are reset and restarted.  Then a driver
 * that learns of a node that is down withdraws what relied on it, and a stream to it begins anew, in the next
 * generation, which every word of it names: from then on no word of an older one may come, and the new one comes from
 * its beginning. */
#include "tests/firmware/mock_host.h"
#include "tests/quick_assert.h"

#include <check.h>
#include <stdio.h>
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
	uint32_t completes;     /* descriptor that is to be completed before the source may change, 0 = none */
	uint32_t generation;
};

static struct mock_nic *nics[NODES];
static GQueue wires[NODES]; /* towards each node */
static struct stream streams[NODES][PROCESSES];
static uint32_t received[NODES][NODES][PROCESSES];    /* words, at, from, process */
static uint32_t generations[NODES][NODES][PROCESSES]; /* of `received` */
static uint32_t restarts[NODES];
static unsigned cut[NODES];            /* turns for which nothing comes through to this node */
static uint32_t past[VMMC_N_COUNTERS]; /* of NICs before their restart */
static struct host_options options;
static GRand *random_source;

static unsigned
dice(unsigned n)
{
	return (unsigned)g_rand_int_range(random_source, 0, (gint32)n);
}

static uint32_t
word_of(unsigned node, unsigned p, uint32_t generation, uint32_t i)
{
	return node << 30 | p << 29 | (generation & 0xFF) << 21 | (i & 0x1FFFFF);
}

static uint32_t
target_of(unsigned node, unsigned p)
{
	return (node + 1 + p) % NODES;
}

/* set_up_node: the driver and the processes after a start; imports are there if the node is up. */
static void
set_up_node(unsigned node)
{
	struct mock_nic *nic = nics[node];
	options.node = node;
	options.incarnation = restarts[node];
	ck_assert(host_start(nic, &options));
	for (unsigned p = 0; p < PROCESSES; p++) {
		host_open(nic, p, (60 + p) * VMMC_PAGE);
		for (uint32_t page = 0; page < 2; page++)
			host_import(nic, p, page, target_of(node, p), FRAME_OF(node, p) + page, TAG);
		for (uint32_t page = 0; page < 4; page++)
			host_source(nic, p, page, SOURCE + 4 * p + page);
	}
	for (uint32_t frame = 0; frame < 32; frame++)
		host_export(nic, frame, TAG, VMMC_IN_WRITE);
	mock_step(nic);
}

static void
set_up_world(uint32_t first_sequence, uint32_t give_up)
{
	options = host_defaults();
	options.n_nodes = NODES;
	options.first_sequence = first_sequence;
	options.give_up = give_up;
	for (unsigned i = 0; i < NODES; i++) {
		nics[i] = mock_new();
		nics[i]->now = 0u - 100000; /* the clock wraps */
		g_queue_init(&wires[i]);
		set_up_node(i);
	}
}

/* begin_anew: the stream's next generation; its process starts with a free queue and nothing to be completed. */
static void
begin_anew(unsigned node, unsigned p)
{
	struct stream *stream = &streams[node][p];
	stream->generation++;
	stream->words = 0;
}

static void
restart(unsigned node)
{
	struct mock_nic *old = nics[node];
	struct mock_nic *nic = mock_new();
	nic->now = old->now;
	memcpy(nic->memory, old->memory, MOCK_MEMORY);
	for (unsigned c = 0; c < VMMC_N_COUNTERS; c++)
		past[c] += host_counter(old, c);
	mock_free(old);
	nics[node] = nic;
	restarts[node]++;
	set_up_node(node);
	for (unsigned p = 0; p < PROCESSES; p++) {
		begin_anew(node, p);
		streams[node][p].posted = streams[node][p].completes = 0;
		memset(nic->memory + (60 + p) * VMMC_PAGE, 0, sizeof(struct vmmc_status));
	}
}

/* settled: nothing that the process has posted is under way any more. */
static bool
settled(unsigned node, unsigned p)
{
	const struct stream *stream = &streams[node][p];
	uint32_t completed = host_word(nics[node], (60 + p) * VMMC_PAGE);
	return stream->posted == host_proc(nics[node], p, offsetof(struct vmmc_proc, consumed)) &&
	       (int32_t)(completed - stream->completes) >= 0;
}

/* drive: the driver looks at what is down.  It withdraws the imports, waits until what relied on them is over, puts
 * them back, and lets the link be made. */
static void
drive(unsigned node)
{
	struct mock_nic *nic = nics[node];
	uint32_t down = host_ctrl(nic, offsetof(struct vmmc_ctrl, down));
	for (unsigned other = 0; other < NODES; other++) {
		unsigned p = (other + NODES - node - 1) % NODES;
		if (!(down >> other & 1) || nic->regs[LANAI_ISR / 4] & LANAI_ISR_LAN0_SIG)
			continue;
		for (uint32_t page = 0; page < 2; page++)
			mock_set_sram(nic, VMMC_OUT_TABLE + (64 * p + page) * 8 + 4, 0);
		if (!settled(node, p))
			continue;
		for (uint32_t page = 0; page < 2; page++)
			host_import(nic, p, page, other, FRAME_OF(node, p) + page, TAG);
		begin_anew(node, p);
		host_command(nic, VMMC_COMMAND_PEER_UP, other, 0, 0);
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
	uint32_t generation = stream->generation;
	uint32_t first = stream->words % (2 * VMMC_PAGE / 4);
	if (host_ctrl(nic, offsetof(struct vmmc_ctrl, down)) >> target_of(node, p) & 1)
		return;
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
			data[i] = word_of(node, p, generation, stream->words + i);
		host_post(nic, p, stream->posted, VMMC_CONTROL(VMMC_OP_SHORT, 0, 4 * words), 4 * first, data, words);
	} else {
		if (!settled(node, p))
			return; /* the source may still be needed */
		uint32_t from = 4 * dice(VMMC_PAGE / 4);
		for (uint32_t i = 0; i < words; i++) {
			uint32_t raw = GUINT32_TO_BE(word_of(node, p, generation, stream->words + i));
			memcpy(nic->memory + (SOURCE + 4 * p) * VMMC_PAGE + from + 4 * i, &raw, 4);
		}
		host_post(nic, p, stream->posted, VMMC_CONTROL(VMMC_OP_LONG, VMMC_SEND_COMPLETE, 4 * words), 4 * first,
		          &from, 1);
		stream->completes = stream->posted + 1;
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
	while (copies-- && !cut[to] && !cut[from])
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
	uint32_t *generation = &generations[at][from][p];
	uint32_t named = mock_sram(nic, nic->regs[LANAI_LAR / 4]) >> 21 & 0xFF;
	if (named != *generation) {
		ck_assert_int_gt((int8_t)(named - *generation), 0);
		*generation = named;
		*next = 0;
	}
	ck_assert_uint_eq(bus, FRAME_OF(from, p) * VMMC_PAGE + 4 * (*next % (2 * VMMC_PAGE / 4)));
	for (uint32_t i = 0; i < words; i++)
		quick_assert_msg(mock_sram(nic, nic->regs[LANAI_LAR / 4] + 4 * i) ==
		                         word_of(from, p, *generation, (*next)++),
		                 "word %u of %u at %08x", i, words, bus);
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
	if (dice(16) == 0)
		drive(node);
	if (cut[node])
		cut[node]--;
}

static bool
stream_received(unsigned node, unsigned p)
{
	const struct stream *stream = &streams[node][p];
	unsigned target = target_of(node, p);
	return generations[target][node][p] == (stream->generation & 0xFF) &&
	       received[target][node][p] == stream->words;
}

static bool
all_received(void)
{
	for (unsigned node = 0; node < NODES; node++)
		for (unsigned p = 0; p < PROCESSES; p++)
			if (streams[node][p].words && !stream_received(node, p))
				return false;
	return true;
}

/* nudge: a stream whose node has nothing to do, but whose last words are not there, sends more: it does not know yet
 * that the other node was restarted. */
static void
nudge(void)
{
	for (unsigned node = 0; node < NODES; node++)
		for (unsigned p = 0; p < PROCESSES; p++)
			if (settled(node, p) && !stream_received(node, p))
				post(node, p);
}

/* run: for some turns with faults, and then until all is there.  `restarting`: a restart, or a wire cut, every so many
 * turns, 0 = none. */
static void
run(unsigned turns, const struct faults *faults, unsigned restarting)
{
	static const struct faults none;
	for (unsigned i = 0; i < turns; i++) {
		unsigned node = dice(NODES);
		if (dice(4) == 0)
			post(node, dice(PROCESSES));
		if (restarting && dice(restarting) == 0)
			restart(dice(NODES));
		if (restarting && dice(restarting) == 0)
			cut[dice(NODES)] = dice(10000);
		turn(node, faults);
	}
	for (unsigned i = 0; i < 2000000 && !all_received(); i++) {
		turn(i % NODES, &none);
		if (restarting && i % 20000 == 19999)
			nudge();
	}
	ck_assert_msg(all_received(), "something was lost for good");
}

static uint32_t
total(enum vmmc_counter which)
{
	uint32_t sum = past[which];
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
	set_up_world(0xFF00, 0);
	run(60000, faults, 0);
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

/* Links are made and lost all the time. */
START_TEST(restarts_and_cut_wires)
{
	static const struct faults some = {20, 20, 20, 10};
	random_source = g_rand_new_with_seed(2000u + (guint32)_i);
	set_up_world(0xFFF0, 8000);
	run(200000, &some, 4000);
	unsigned sum = 0;
	for (unsigned i = 0; i < NODES; i++)
		sum += restarts[i];
	ck_assert_uint_gt(sum, 20);
	printf("%u restarts, %u times a node down, %u deposits, %u packets of no session\n", sum,
	       total(VMMC_C_PEERS_DOWN), total(VMMC_C_DEPOSITS), total(VMMC_C_DROP_SESSION));
	fflush(stdout);
	ck_assert_uint_gt(total(VMMC_C_DEPOSITS), 1000);
	ck_assert_uint_gt(total(VMMC_C_PEERS_DOWN), sum / 2);
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
	tcase_add_loop_test(cases, restarts_and_cut_wires, 0, 8);
	Suite *suite = suite_create("firmware over lossy wires");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

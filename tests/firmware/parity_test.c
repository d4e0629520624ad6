/* The native and the LANai build of the vmmc firmware do the same.
 *
 * Both get one random script: descriptors good and bad, packets good and bad, ends of engines, time, signals.  A round
 * sets some ISR bits, or one control word: the builds poll at their own pace.  After each, when both are idle,
 * everything that they did is compared: register writes in order, packets and DMA requests with their contents, and all
 * SRAM beyond the code. */
#include "tests/firmware/lanai_mock.h"

#include <check.h>
#include <string.h>

#define TAG       0x99u
#define POSTER    1u    /* the process that exports frames 8 .. 15, */
#define EXPORTED  0x50u /* its pages from here on */
#define ROUNDS    4000u
#define STEPS_MAX 300u /* native steps until idle; a sweep through the translation cache takes 128 */

enum { NATIVE, LANAI, BUILDS };

static struct lanai_mock *lanai;
static struct mock_nic *nics[BUILDS];
static GRand *script;
static uint32_t posted[VMMC_MAX_PROCESSES];
static uint8_t packets[VMMC_ARRIVALS][MOCK_PACKET_MAX]; /* long ones must stay valid until they are drained */
static unsigned packets_made;

static uint32_t signals; /* that the driver has given */

/* The ways in which translation can be set up, one a run. */
static const struct {
	uint32_t sets, ways, prefetch, by_process, by_interrupt;
} translation[] = {
        {64, 1, 1, 0, 0},   {64, 1, 32, 1, 0},  {64, 2, 4, 0, 0}, {64, 4, 8, 1, 0},
        {1024, 4, 3, 0, 0}, {4096, 1, 2, 1, 0}, {64, 1, 1, 0, 1}, {128, 2, 1, 1, 1},
};

static uint32_t
dice(uint32_t n)
{
	return (uint32_t)g_rand_int_range(script, 0, (gint32)n);
}

/* start: both builds, with translation set up in way `way`. */
static void
start(int way)
{
	struct host_options options = host_defaults();
	options.cache_sets = translation[way].sets;
	options.cache_ways = translation[way].ways;
	options.cache_prefetch = translation[way].prefetch;
	options.cache_by_process = translation[way].by_process;
	options.by_interrupt = translation[way].by_interrupt;
	options.n_nodes = 4;
	options.first_sequence = 0xFFF8;
	lanai = lanai_mock_new("firmware/images/vmmc");
	nics[LANAI] = lanai->nic;
	nics[NATIVE] = mock_new();
	for (unsigned b = 0; b < BUILDS; b++) {
		nics[b]->log = g_string_new(NULL);
		host_control(nics[b], &options);
	}
	mock_select(nics[NATIVE]);
	ck_assert(vmmc_init());
	lanai_mock_start(lanai);
}

static void
tear_down(void)
{
	for (unsigned b = 0; b < BUILDS; b++)
		g_string_free(nics[b]->log, TRUE);
	mock_free(nics[NATIVE]);
	lanai_mock_free(lanai);
	g_rand_free(script);
}

/* run_native: steps until a step does nothing any more. */
static void
run_native(void)
{
	struct mock_nic *nic = nics[NATIVE];
	for (unsigned i = 0; i < STEPS_MAX; i++) {
		struct vmmc before = nic->state;
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
	ck_assert_msg(strcmp(nics[NATIVE]->log->str, nics[LANAI]->log->str) == 0, "round %u: native\n%sLANai\n%s",
	              round, nics[NATIVE]->log->str, nics[LANAI]->log->str);
	if (memcmp(nics[NATIVE]->sram + VMMC_CTRL, nics[LANAI]->sram + VMMC_CTRL, VMMC_SRAM_BYTES - VMMC_CTRL) == 0)
		return;
	for (uint32_t at = VMMC_CTRL; at < VMMC_SRAM_BYTES; at += 4)
		ck_assert_msg(mock_sram(nics[NATIVE], at) == mock_sram(nics[LANAI], at),
		              "round %u: SRAM %05x: native %08x, LANai %08x", round, at, mock_sram(nics[NATIVE], at),
		              mock_sram(nics[LANAI], at));
	ck_assert_mem_eq(nics[NATIVE]->memory, nics[LANAI]->memory, MOCK_MEMORY);
}

/* What the script does, each to both. -------------------------------------------------------------------------------
 */

/* random_control: mostly a length that fits the operation. */
static uint32_t
random_control(void)
{
	static const uint32_t lengths[] = {4, 8, 60, VMMC_SHORT_MAX, VMMC_SHORT_MAX + 4, 0, 6, 4000, 3 * VMMC_PAGE};
	uint32_t bytes = lengths[dice(G_N_ELEMENTS(lengths))];
	uint32_t op = bytes > VMMC_SHORT_MAX || dice(3) == 0 ? VMMC_OP_LONG : VMMC_OP_SHORT;
	return VMMC_CONTROL(dice(10) ? op : dice(16), dice(16), bytes);
}

/* random_page: of a process' memory: at its beginning, at the border of two second-level tables, at its end. */
static uint32_t
random_page(void)
{
	static const uint32_t first[] = {0, VMMC_XLATE_SPAN - 4, 0xFFFF8, 64};
	return first[dice(G_N_ELEMENTS(first))] + dice(8);
}

/* redirect: mostly a range of what POSTER exports, or the end of one. */
static uint32_t
redirect(uint32_t *proxy, uint32_t *data)
{
	static const uint32_t lengths[] = {4, 64, 600, VMMC_PAGE, 3 * VMMC_PAGE, VMMC_POST_MAX, 0, 6};
	uint32_t slot = dice(VMMC_POSTS + 1);
	*proxy = dice(8) ? (EXPORTED + dice(8)) << VMMC_PAGE_SHIFT | (4 * dice(1024)) : dice(0x7FFFFFFF);
	data[0] = random_page() << VMMC_PAGE_SHIFT | (4 * dice(1024));
	if (dice(4) == 0)
		return VMMC_CONTROL(VMMC_OP_CANCEL, slot, 0);
	return VMMC_CONTROL(VMMC_OP_POST, slot, lengths[dice(G_N_ELEMENTS(lengths))]);
}

static void
post(void)
{
	uint32_t p = dice(3);
	uint32_t data[VMMC_SHORT_MAX / 4];
	uint32_t proxy = dice(8) ? dice(9) << VMMC_PAGE_SHIFT | (4 * dice(512)) : dice(0x7FFFFFFF);
	uint32_t control = random_control();
	for (uint32_t i = 0; i < G_N_ELEMENTS(data); i++)
		data[i] = dice(0x7FFFFFFF);
	if (dice(12))
		data[0] = random_page() << VMMC_PAGE_SHIFT | (4 * dice(1024));
	if (dice(6) == 0) {
		p = POSTER;
		control = redirect(&proxy, data);
	}
	if (mock_sram(nics[NATIVE], host_slot(p, posted[p])))
		return;
	for (unsigned b = 0; b < BUILDS; b++)
		host_post(nics[b], p, posted[p], control, proxy, data, G_N_ELEMENTS(data));
	posted[p]++;
}

static void
reopen(uint32_t p, bool close)
{
	if (!close && host_proc(nics[NATIVE], p, offsetof(struct vmmc_proc, polled)))
		return;
	for (unsigned b = 0; b < BUILDS; b++) {
		if (close) {
			host_close(nics[b], p);
			continue;
		}
		host_open(nics[b], p, p ? 0x30000 + (uint32_t)sizeof(struct vmmc_status) * p : 0);
		for (uint32_t i = 0; i < 8; i++) {
			host_import(nics[b], p, i, i % 5, 5 + i, TAG);
			host_source(nics[b], p, i, 20 + i);
			host_source(nics[b], p, VMMC_XLATE_SPAN - 4 + i, 28 + i);
			host_source(nics[b], p, 0xFFFF8 + i, 36 + i);
			host_source(nics[b], p, 64 + i, 20 + i);
			if (p == POSTER)
				host_source(nics[b], p, EXPORTED + i, 8 + i);
		}
		for (uint32_t frame = 0; frame < 8; frame++) {
			host_export(nics[b], frame, TAG, frame % 4);
			host_export_by(nics[b], POSTER, 8 + frame, TAG, VMMC_IN_WRITE | (frame % 4 & VMMC_IN_NOTIFY));
		}
	}
	if (!close)
		posted[p] = 0;
}

/* quiet: the driver may give a signal. */
static bool
quiet(void)
{
	return host_ctrl(nics[NATIVE], offsetof(struct vmmc_ctrl, synced)) == signals;
}

/* pin: a page of a process leaves its table, and with that the cache, or comes back. */
static void
pin(void)
{
	uint32_t p = dice(3), page = random_page(), pages = dice(8) ? 1 + dice(3) : 100;
	bool take = dice(2);
	for (unsigned b = 0; b < BUILDS; b++) {
		if (take)
			host_no_source(nics[b], p, page);
		else
			host_source(nics[b], p, page, 20 + page % 8);
		if (take)
			host_command(nics[b], VMMC_COMMAND_FORGET, p, page, pages);
	}
	signals += take;
}

/* answer: the driver's handler of a miss, mostly. */
static void
answer(void)
{
	struct mock_nic *nic = nics[NATIVE];
	uint32_t page = host_ctrl(nic, offsetof(struct vmmc_ctrl, miss.page)) + (dice(8) == 0);
	uint32_t p = dice(8) ? host_ctrl(nic, offsetof(struct vmmc_ctrl, miss.process)) : dice(3);
	uint32_t n = host_ctrl(nic, offsetof(struct vmmc_ctrl, miss.count));
	if (!host_ctrl(nic, offsetof(struct vmmc_ctrl, miss.wanted)) && dice(8))
		return;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t entry = dice(8) ? (20 + i) << VMMC_PAGE_SHIFT | VMMC_XLATE_VALID : 0;
		for (unsigned b = 0; b < BUILDS; b++)
			mock_set_sram(nics[b], VMMC_CTRL + offsetof(struct vmmc_ctrl, command.frame) + 4 * i, entry);
	}
	for (unsigned b = 0; b < BUILDS; b++)
		host_command(nics[b], VMMC_COMMAND_INSTALL, p, page, n);
	signals++;
}

/* drive: the driver gives a signal. */
static void
drive(void)
{
	uint32_t what = dice(8);
	if (what == 0) {
		uint32_t p = dice(3);
		bool close = dice(3) == 0;
		bool open = host_proc(nics[NATIVE], p, offsetof(struct vmmc_proc, polled));
		reopen(p, close);
		signals += close || !open;
	} else if (what == 1) {
		uint32_t node = dice(4);
		if (nics[NATIVE]->state.peers[node].state != LINK_DOWN)
			return;
		for (unsigned b = 0; b < BUILDS; b++)
			host_command(nics[b], VMMC_COMMAND_PEER_UP, node, 0, 0);
		signals++;
	} else if (what < 4) {
		pin();
	} else if (nics[NATIVE]->state.by_interrupt) {
		answer();
	}
}

/* make_packet: mostly what the firmware expects next from that peer, else an acknowledgement or nonsense. */
static uint32_t
make_packet(uint8_t *packet, uint32_t *residue)
{
	uint32_t source = dice(4);
	const struct peer *peer = &nics[NATIVE]->state.peers[source];
	uint32_t sequence = dice(6) ? peer->expected : peer->expected + dice(5) - 2;
	uint32_t ack = dice(6) ? peer->next_sequence >> 16 : dice(0x10000);
	uint32_t key = VMMC_KEY(dice(8) ? TAG : dice(0x10000), dice(8), dice(8) ? 4 * dice(64) : dice(0x2000));
	uint32_t frame = dice(2) ? 8 + dice(8) : dice(17);
	uint32_t bytes =
	        host_packet(packet, source, sequence & 0xFFFF, ack & 0xFFFF, frame << 12 | (4 * dice(1024)), key);
	uint32_t kind = dice(20) ? dice(4) : dice(8);
	bool making = peer->state != LINK_UP && dice(4);
	if (making)
		kind = VMMC_KIND_SYN + dice(2);
	uint32_t type = GUINT32_TO_BE(VMMC_TYPE << 16 | kind << 8 | source);
	*residue = dice(12) ? 0 : 1 + dice(255);
	if (making || dice(3) == 0) {
		uint32_t session = GUINT32_TO_BE(source << 16 | peer->mine);
		if (kind >= VMMC_KIND_SYN)
			memcpy(packet + sizeof(type), &session, sizeof(session));
		memcpy(packet, &type, sizeof(type));
		bytes = VMMC_ACK_BYTES;
	}
	if (dice(16) == 0)
		bytes = 1 + dice(MOCK_PACKET_MAX - 1);
	return bytes;
}

static void
deliver(void)
{
	uint8_t *packet = packets[packets_made++ % VMMC_ARRIVALS];
	uint32_t residue;
	if (!nics[NATIVE]->armed || nics[NATIVE]->rest)
		return;
	uint32_t bytes = make_packet(packet, &residue);
	for (unsigned b = 0; b < BUILDS; b++)
		ck_assert(mock_deliver(nics[b], packet, bytes, residue));
}

static void
finish(void)
{
	bool dma = dice(2), send = dice(2), fail = dice(30) == 0, reset = dice(60) == 0;
	for (unsigned b = 0; b < BUILDS; b++) {
		if (dma)
			mock_finish_dma(nics[b], fail);
		if (reset && send)
			mock_reset_send(nics[b]);
		else if (reset && !nics[b]->rest)
			mock_reset_reception(nics[b]);
		else if (send)
			g_free(mock_finish_send(nics[b]));
	}
}

static void
pass_time(void)
{
	uint32_t ticks = dice(10) ? dice(50) : dice(5000);
	for (unsigned b = 0; b < BUILDS; b++)
		mock_advance(nics[b], ticks);
}

static void
one_round(void)
{
	if (dice(3) == 0) {
		post();
	} else {
		if (dice(6) == 0 && quiet())
			drive();
		if (dice(2))
			deliver();
		finish();
		pass_time();
	}
	run_native();
	lanai_mock_run(lanai);
}

START_TEST(same_script_same_actions)
{
	script = g_rand_new_with_seed(7000u + (guint32)_i);
	start(_i);
	compare(0);
	for (uint32_t p = 0; p < 3; p++)
		reopen(p, false);
	signals = 1;
	for (unsigned round = 1; round <= ROUNDS; round++) {
		for (unsigned b = 0; b < BUILDS; b++)
			g_string_truncate(nics[b]->log, 0);
		one_round();
		compare(round);
	}
	ck_assert_uint_gt(host_counter(nics[LANAI], VMMC_C_DEPOSITS), ROUNDS / 40);
	ck_assert_uint_gt(host_counter(nics[LANAI], VMMC_C_REDIRECTED_BYTES), 0);
	ck_assert_uint_gt(host_counter(nics[LANAI], VMMC_C_PACKETS_SENT), ROUNDS / 20);
	ck_assert_uint_gt(host_counter(nics[LANAI], VMMC_C_CACHE_HITS), ROUNDS / 40);
	ck_assert_uint_gt(host_counter(nics[LANAI], VMMC_C_CACHE_MISSES), ROUNDS / 100);
}
END_TEST

int
main(void)
{
	TCase *cases = tcase_create("parity");
	tcase_add_checked_fixture(cases, NULL, tear_down);
	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, same_script_same_actions, 0, (int)G_N_ELEMENTS(translation));
	Suite *suite = suite_create("firmware parity");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

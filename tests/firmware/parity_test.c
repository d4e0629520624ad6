/* The native and the LANai build of the vmmc firmware do the same (parity.h). */
#include "tests/firmware/mock_host.h"
#include "tests/firmware/parity.h"

#include <check.h>

#define TAG      0x99u
#define POSTER   1u    /* the process that exports frames 8 .. 15, */
#define EXPORTED 0x50u /* its pages from here on */
#define ROUNDS   4000u

static uint32_t posted[VMMC_MAX_PROCESSES];
static struct host_options options;

/* The ways in which translation can be set up, one a run. */
static const struct {
	uint32_t sets, ways, prefetch, by_process, by_interrupt;
} translation[] = {
        {64, 1, 1, 0, 0},   {64, 1, 32, 1, 0},  {64, 2, 4, 0, 0}, {64, 4, 8, 1, 0},
        {1024, 4, 3, 0, 0}, {4096, 1, 2, 1, 0}, {64, 1, 1, 0, 1}, {128, 2, 1, 1, 1},
};

static void
control(struct mock_nic *nic)
{
	host_control(nic, &options);
}

static const struct mock_nic *
native(void)
{
	return parity_nics[PARITY_NATIVE];
}

/* What the script does, each to both. -------------------------------------------------------------------------------
 */

/* random_control: mostly a length that fits the operation. */
static uint32_t
random_control(void)
{
	static const uint32_t lengths[] = {4, 8, 60, VMMC_SHORT_MAX, VMMC_SHORT_MAX + 4, 0, 6, 4000, 3 * VMMC_PAGE};
	uint32_t bytes = lengths[parity_dice(G_N_ELEMENTS(lengths))];
	uint32_t op = bytes > VMMC_SHORT_MAX || parity_dice(3) == 0 ? VMMC_OP_LONG : VMMC_OP_SHORT;
	return VMMC_CONTROL(parity_dice(10) ? op : parity_dice(16), parity_dice(16), bytes);
}

/* random_page: of a process' memory: at its beginning, at the border of two second-level tables, at its end. */
static uint32_t
random_page(void)
{
	static const uint32_t first[] = {0, VMMC_XLATE_SPAN - 4, 0xFFFF8, 64};
	return first[parity_dice(G_N_ELEMENTS(first))] + parity_dice(8);
}

/* redirect: mostly a range of what POSTER exports, or the end of one. */
static uint32_t
redirect(uint32_t *proxy, uint32_t *data)
{
	static const uint32_t lengths[] = {4, 64, 600, VMMC_PAGE, 3 * VMMC_PAGE, VMMC_POST_MAX, 0, 6};
	uint32_t slot = parity_dice(VMMC_POSTS + 1);
	*proxy = parity_dice(8) ? (EXPORTED + parity_dice(8)) << VMMC_PAGE_SHIFT | (4 * parity_dice(1024))
	                        : parity_dice(0x7FFFFFFF);
	data[0] = random_page() << VMMC_PAGE_SHIFT | (4 * parity_dice(1024));
	if (parity_dice(4) == 0)
		return VMMC_CONTROL(VMMC_OP_CANCEL, slot, 0);
	return VMMC_CONTROL(VMMC_OP_POST, slot, lengths[parity_dice(G_N_ELEMENTS(lengths))]);
}

static void
post(void)
{
	uint32_t p = parity_dice(3);
	uint32_t data[VMMC_SHORT_MAX / 4];
	uint32_t proxy =
	        parity_dice(8) ? parity_dice(9) << VMMC_PAGE_SHIFT | (4 * parity_dice(512)) : parity_dice(0x7FFFFFFF);
	uint32_t control = random_control();
	for (uint32_t i = 0; i < G_N_ELEMENTS(data); i++)
		data[i] = parity_dice(0x7FFFFFFF);
	if (parity_dice(12))
		data[0] = random_page() << VMMC_PAGE_SHIFT | (4 * parity_dice(1024));
	if (parity_dice(6) == 0) {
		p = POSTER;
		control = redirect(&proxy, data);
	}
	if (mock_sram(native(), host_slot(p, posted[p])))
		return;
	PARITY_EACH (nic)
		host_post(nic, p, posted[p], control, proxy, data, G_N_ELEMENTS(data));
	posted[p]++;
}

static void
reopen(uint32_t p, bool close)
{
	if (!close && host_proc(native(), p, offsetof(struct vmmc_proc, polled)))
		return;
	PARITY_EACH (nic) {
		if (close) {
			host_close(nic, p);
			continue;
		}
		host_open(nic, p, p ? 0x30000 + (uint32_t)sizeof(struct vmmc_status) * p : 0);
		for (uint32_t i = 0; i < 8; i++) {
			host_import(nic, p, i, i % 5, 5 + i, TAG);
			host_source(nic, p, i, 20 + i);
			host_source(nic, p, VMMC_XLATE_SPAN - 4 + i, 28 + i);
			host_source(nic, p, 0xFFFF8 + i, 36 + i);
			host_source(nic, p, 64 + i, 20 + i);
			if (p == POSTER)
				host_source(nic, p, EXPORTED + i, 8 + i);
		}
		for (uint32_t frame = 0; frame < 8; frame++) {
			host_export(nic, frame, TAG, frame % 4);
			host_export_by(nic, POSTER, 8 + frame, TAG, VMMC_IN_WRITE | (frame % 4 & VMMC_IN_NOTIFY));
		}
	}
	if (!close)
		posted[p] = 0;
}

/* pin: a page of a process leaves its table, and with that the cache, or comes back. */
static void
pin(void)
{
	uint32_t p = parity_dice(3), page = random_page(), pages = parity_dice(8) ? 1 + parity_dice(3) : 100;
	bool take = parity_dice(2);
	PARITY_EACH (nic) {
		if (take)
			host_no_source(nic, p, page);
		else
			host_source(nic, p, page, 20 + page % 8);
		if (take)
			host_command(nic, VMMC_COMMAND_FORGET, p, page, pages);
	}
	if (take)
		parity_signalled();
}

/* answer: the driver's handler of a miss, mostly. */
static void
answer(void)
{
	uint32_t page = host_ctrl(native(), offsetof(struct vmmc_ctrl, miss.page)) + (parity_dice(8) == 0);
	uint32_t p = parity_dice(8) ? host_ctrl(native(), offsetof(struct vmmc_ctrl, miss.process)) : parity_dice(3);
	uint32_t n = host_ctrl(native(), offsetof(struct vmmc_ctrl, miss.count));
	if (!host_ctrl(native(), offsetof(struct vmmc_ctrl, miss.wanted)) && parity_dice(8))
		return;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t entry = parity_dice(8) ? (20 + i) << VMMC_PAGE_SHIFT | VMMC_XLATE_VALID : 0;
		PARITY_EACH (nic)
			mock_set_sram(nic, VMMC_CTRL + offsetof(struct vmmc_ctrl, command.frame) + 4 * i, entry);
	}
	PARITY_EACH (nic)
		host_command(nic, VMMC_COMMAND_INSTALL, p, page, n);
	parity_signalled();
}

/* drive: the driver gives a signal. */
static void
drive(void)
{
	uint32_t what = parity_dice(8);
	if (what == 0) {
		uint32_t p = parity_dice(3);
		bool close = parity_dice(3) == 0;
		bool open = host_proc(native(), p, offsetof(struct vmmc_proc, polled));
		reopen(p, close);
		if (close || !open)
			parity_signalled();
	} else if (what == 1) {
		uint32_t node = parity_dice(4);
		if (native()->state.peers[node].state != LINK_DOWN)
			return;
		PARITY_EACH (nic)
			host_command(nic, VMMC_COMMAND_PEER_UP, node, 0, 0);
		parity_signalled();
	} else if (what < 4) {
		pin();
	} else if (native()->state.by_interrupt) {
		answer();
	}
}

/* make_packet: mostly what the firmware expects next from that peer, else an acknowledgement or nonsense. */
static uint32_t
make_packet(uint8_t *packet, uint32_t *residue)
{
	uint32_t source = parity_dice(4);
	uint32_t key = VMMC_KEY(parity_dice(8) ? TAG : parity_dice(0x10000), parity_dice(8),
	                        parity_dice(8) ? 4 * parity_dice(64) : parity_dice(0x2000));
	uint32_t frame = parity_dice(2) ? 8 + parity_dice(8) : parity_dice(17);
	uint32_t dest = frame << 12 | (4 * parity_dice(1024)), sequence = parity_sequence(source);
	uint32_t bytes = host_packet(packet, source, sequence, parity_ack(source), dest, key);
	return parity_control(packet, source, bytes, residue);
}

static const struct parity_program program = {"firmware/images/vmmc", control, post, drive, make_packet};

static void
set_translation(int way)
{
	options = host_defaults();
	options.cache_sets = translation[way].sets;
	options.cache_ways = translation[way].ways;
	options.cache_prefetch = translation[way].prefetch;
	options.cache_by_process = translation[way].by_process;
	options.by_interrupt = translation[way].by_interrupt;
	options.n_nodes = 4;
	options.first_sequence = 0xFFF8;
}

START_TEST(same_script_same_actions)
{
	set_translation(_i);
	parity_start(&program, 7000u + (uint32_t)_i);
	for (uint32_t p = 0; p < 3; p++)
		reopen(p, false);
	parity_signalled();
	parity_rounds(&program, ROUNDS);
	ck_assert_uint_gt(host_counter(native(), VMMC_C_DEPOSITS), ROUNDS / 40);
	ck_assert_uint_gt(host_counter(native(), VMMC_C_REDIRECTED_BYTES), 0);
	ck_assert_uint_gt(host_counter(native(), VMMC_C_PACKETS_SENT), ROUNDS / 20);
	ck_assert_uint_gt(host_counter(native(), VMMC_C_CACHE_HITS), ROUNDS / 40);
	ck_assert_uint_gt(host_counter(native(), VMMC_C_CACHE_MISSES), ROUNDS / 100);
}
END_TEST

int
main(void)
{
	TCase *cases = tcase_create("parity");
	tcase_add_checked_fixture(cases, NULL, parity_end);
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

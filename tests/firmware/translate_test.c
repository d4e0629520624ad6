/* Translation: the cache and its replacement, table walks, misses answered by the host, pages taken away. */
#include "tests/firmware/mock_host.h"

#include <check.h>

#define TAG    0x1234u
#define STATUS (63u * VMMC_PAGE)
#define FRAME  20u /* page i of process p lies in frame FRAME + 8 p + i % 8 */

static struct mock_nic *nic;
static struct host_options options;
static uint32_t posted[VMMC_MAX_PROCESSES], signals;

static uint32_t
frame_of(unsigned p, uint32_t page)
{
	return FRAME + 8 * p + page % 8;
}

static void
open_process(unsigned p)
{
	host_open(nic, p, STATUS + (uint32_t)sizeof(struct vmmc_status) * p);
	signals++;
	for (uint32_t i = 0; i < 64; i++)
		host_import(nic, p, i, 1, 10, TAG);
	for (uint32_t i = 0; i < 1024; i++)
		host_source(nic, p, i, frame_of(p, i));
	posted[p] = 0;
	mock_step(nic);
}

static void
start(uint32_t ways, uint32_t prefetch, uint32_t by_process)
{
	options.cache_ways = ways;
	options.cache_prefetch = prefetch;
	options.cache_by_process = by_process;
	if (nic)
		mock_free(nic);
	nic = mock_new();
	signals = 0;
	ck_assert(host_start(nic, &options));
	open_process(0);
	open_process(1);
}

static void
set_up(void)
{
	options = host_defaults();
	options.window = 24;
	start(1, 1, 0);
}

static void
tear_down(void)
{
	mock_free(nic);
}

static uint32_t
counter(enum vmmc_counter which)
{
	return host_counter(nic, which);
}

static uint32_t
errors(unsigned p)
{
	return host_proc(nic, p, offsetof(struct vmmc_proc, errors));
}

static uint32_t
synced(void)
{
	return host_ctrl(nic, offsetof(struct vmmc_ctrl, synced));
}

static uint32_t
wanted(void)
{
	return host_ctrl(nic, offsetof(struct vmmc_ctrl, miss.wanted));
}

/* post: a long send of whole pages. */
static void
post(unsigned p, uint32_t page, uint32_t pages)
{
	uint32_t source = page << VMMC_PAGE_SHIFT;
	uint32_t control = VMMC_CONTROL(VMMC_OP_LONG, VMMC_SEND_COMPLETE, pages << VMMC_PAGE_SHIFT);
	host_post(nic, p, posted[p]++, control, 0, &source, 1);
}

/* settle: until nothing happens, with what was sent acknowledged. */
static void
settle(void)
{
	uint8_t packet[VMMC_ACK_BYTES];
	host_settle(nic);
	host_deliver(nic, packet, host_ack(packet, VMMC_KIND_ACK, 1, counter(VMMC_C_PACKETS_SENT)), 0);
	host_settle(nic);
}

/* send: the walks that a long send needs. */
static uint32_t
send(unsigned p, uint32_t page, uint32_t pages)
{
	uint32_t before = counter(VMMC_C_WALKS);
	post(p, page, pages);
	settle();
	ck_assert_uint_eq(host_word(nic, STATUS + (uint32_t)sizeof(struct vmmc_status) * p), posted[p]);
	return counter(VMMC_C_WALKS) - before;
}

static void
command(enum vmmc_command op, uint32_t process, uint32_t page, uint32_t count)
{
	host_command(nic, op, process, page, count);
	signals++;
}

/* expect_dma: what the engine works on; ends it. */
static void
expect_dma(uint32_t bus, uint32_t bytes)
{
	ck_assert(nic->dma_busy);
	ck_assert_uint_eq(nic->regs[LANAI_EAR / 4], bus);
	ck_assert_uint_eq(nic->regs[LANAI_DMA_CTR / 4], bytes);
	ck_assert(mock_finish_dma(nic, false));
	mock_step(nic);
}

#define DIRECTORY (HOST_TABLES * VMMC_PAGE)        /* of process 0 */
#define ROW       ((HOST_TABLES + 1u) * VMMC_PAGE) /* of its first 1024 pages */
#define LAST_ROW  ((HOST_TABLES + 3u) * VMMC_PAGE) /* of its last ones */

START_TEST(miss_then_hit)
{
	post(0, 5, 1);
	mock_step(nic);
	expect_dma(DIRECTORY, 4);
	expect_dma(ROW + 4 * 5, 4);
	expect_dma(frame_of(0, 5) * VMMC_PAGE, VMMC_PAGE);
	settle();
	ck_assert_uint_eq(counter(VMMC_C_CACHE_MISSES), 1);
	ck_assert_uint_eq(counter(VMMC_C_CACHE_HITS), 1);
	ck_assert_uint_eq(counter(VMMC_C_WALKS), 1);
	ck_assert_uint_eq(counter(VMMC_C_ENTRIES_FETCHED), 1);
	post(0, 5, 1);
	mock_step(nic);
	expect_dma(frame_of(0, 5) * VMMC_PAGE, VMMC_PAGE);
	ck_assert_uint_eq(counter(VMMC_C_CACHE_MISSES), 1);
	ck_assert_uint_eq(counter(VMMC_C_CACHE_HITS), 2);
}
END_TEST

START_TEST(prefetch)
{
	start(1, 8, 0);
	ck_assert_uint_eq(send(0, 0, 16), 2);
	ck_assert_uint_eq(counter(VMMC_C_ENTRIES_FETCHED), 16);
	ck_assert_uint_eq(counter(VMMC_C_CACHE_HITS), 16);
	ck_assert_uint_eq(send(0, 0, 16), 0);
	/* Where the second-level table ends. */
	for (uint32_t i = 0; i < 4; i++)
		host_source(nic, 0, VMMC_XLATE_SPAN + i, frame_of(0, i));
	ck_assert_uint_eq(send(0, VMMC_XLATE_SPAN - 3, 6), 2);
	ck_assert_uint_eq(counter(VMMC_C_ENTRIES_FETCHED), 16 + 3 + 8);
	ck_assert_uint_eq(errors(0), 0);
}
END_TEST

START_TEST(end_of_the_address_space)
{
	start(1, VMMC_PREFETCH_MAX, 0);
	host_source(nic, 0, 0xFFFFE, 22);
	host_source(nic, 0, 0xFFFFF, 23);
	post(0, 0xFFFFE, 2);
	mock_step(nic);
	expect_dma(DIRECTORY + 4 * (VMMC_XLATE_SPAN - 1), 4);
	expect_dma(LAST_ROW + 4 * (VMMC_XLATE_SPAN - 2), 8);
	expect_dma(22 * VMMC_PAGE, VMMC_PAGE);
	expect_dma(23 * VMMC_PAGE, VMMC_PAGE);
	settle();
	ck_assert_uint_eq(errors(0), 0);
	post(0, 0xFFFFF, 2);
	settle();
	ck_assert_uint_eq(errors(0), 1);
}
END_TEST

/* A set keeps as many pages as it has entries, those used last; loop: 1, 2, 4 ways. */
START_TEST(replacement)
{
	uint32_t ways = 1u << _i;
	start(ways, 1, 0);
	for (uint32_t i = 0; i < ways; i++)
		ck_assert_uint_eq(send(0, i * options.cache_sets, 1), 1);
	for (uint32_t i = 0; i < ways; i++)
		ck_assert_uint_eq(send(0, i * options.cache_sets, 1), 0);
	ck_assert_uint_eq(send(0, ways * options.cache_sets, 1), 1); /* page 0 falls out */
	for (uint32_t i = 1; i <= ways; i++)
		ck_assert_uint_eq(send(0, i * options.cache_sets, 1), 0);
	ck_assert_uint_eq(send(0, options.cache_sets, 1), 0); /* now the one used last */
	ck_assert_uint_eq(send(0, 0, 1), 1);
	ck_assert_uint_eq(send(0, options.cache_sets, 1), ways == 1);
}
END_TEST

/* A page that is forgotten leaves a hole, which the next one takes. */
START_TEST(hole)
{
	start(2, 1, 0);
	send(0, 0, 1);
	send(0, options.cache_sets, 1);
	command(VMMC_COMMAND_FORGET, 0, 0, 1);
	settle();
	ck_assert_uint_eq(send(0, 2 * options.cache_sets, 1), 1);
	ck_assert_uint_eq(send(0, options.cache_sets, 1), 0);
	ck_assert_uint_eq(send(0, 2 * options.cache_sets, 1), 0);
}
END_TEST

/* Two processes name the same addresses: other frames; they share sets unless the process takes part in the index. */
START_TEST(two_processes)
{
	start(1, 1, (uint32_t)_i);
	send(0, 3, 1);
	post(1, 3, 1);
	mock_step(nic);
	ck_assert(mock_finish_dma(nic, false));
	mock_step(nic);
	ck_assert(mock_finish_dma(nic, false));
	mock_step(nic);
	expect_dma(frame_of(1, 3) * VMMC_PAGE, VMMC_PAGE);
	settle();
	ck_assert_uint_eq(send(0, 3, 1), _i ? 0 : 1);
	ck_assert_uint_eq(send(1, 3, 1), _i ? 0 : 1);
}
END_TEST

/* The two evict each other's pages all the time; both get on. */
START_TEST(two_processes_contend)
{
	for (unsigned round = 0; round < 3; round++) {
		post(0, 0, 8);
		post(1, 64, 8);
		settle();
	}
	ck_assert_uint_eq(counter(VMMC_C_CACHE_HITS), 48);
	ck_assert_uint_ge(counter(VMMC_C_WALKS), 32);
	ck_assert_uint_eq(errors(0) + errors(1), 0);
	ck_assert_uint_eq(host_word(nic, STATUS), 3);
}
END_TEST

/* A page that is not there: what is before it goes, the rest is dropped, the port goes on. */
START_TEST(invalid_entry)
{
	start(1, 8, 0);
	host_no_source(nic, 0, 2);
	uint32_t packets = nic->packets;
	send(0, 0, 8);
	ck_assert_uint_eq(nic->packets - packets, 2);
	ck_assert_uint_eq(errors(0), 1);
	ck_assert_uint_eq(host_word(nic, STATUS + 4), 1);
	ck_assert_uint_eq(send(0, 3, 5), 0); /* fetched in the same row */
	ck_assert_uint_eq(errors(0), 1);
	host_source(nic, 0, 2, frame_of(0, 2)); /* what is not there is not kept */
	ck_assert_uint_eq(send(0, 2, 1), 1);
	ck_assert_uint_eq(errors(0), 1);
}
END_TEST

START_TEST(no_table)
{
	mock_set_sram(nic, VMMC_PROCS + 2 * sizeof(struct vmmc_proc) + offsetof(struct vmmc_proc, directory), 0);
	host_open(nic, 2, STATUS + 2 * (uint32_t)sizeof(struct vmmc_status));
	mock_set_sram(nic, VMMC_PROCS + 2 * sizeof(struct vmmc_proc) + offsetof(struct vmmc_proc, directory), 0);
	host_import(nic, 2, 0, 1, 10, TAG);
	mock_step(nic);
	ck_assert_uint_eq(send(2, 0, 1), 0);
	ck_assert_uint_eq(errors(2), 1);
	ck_assert_uint_eq(send(0, 512 * VMMC_XLATE_SPAN, 1), 1); /* no second-level table */
	ck_assert_uint_eq(errors(0), 1);
	ck_assert_uint_eq(counter(VMMC_C_ENTRIES_FETCHED), 0);
}
END_TEST

/* A bus error in either step of a walk. */
START_TEST(walk_fails)
{
	post(0, 1, 1);
	mock_step(nic);
	if (_i)
		expect_dma(DIRECTORY, 4);
	ck_assert(mock_finish_dma(nic, true));
	settle();
	ck_assert_uint_eq(errors(0), 1);
	ck_assert_uint_eq(counter(VMMC_C_BUS_ERRORS), 1);
	ck_assert_uint_eq(nic->packets, 0);
	ck_assert_uint_eq(send(0, 1, 1), 1);
	ck_assert_uint_eq(errors(0), 1);
}
END_TEST

/* While one process waits for a walk the others' short sends, and their long ones that hit, go on; a second miss
 * waits. */
START_TEST(others_go_on)
{
	uint32_t word = 1;
	send(1, 7, 1);
	uint32_t packets = nic->packets;
	post(0, 0, 1);
	mock_step(nic);
	ck_assert_ptr_nonnull(nic->state.miss.port);
	host_post(nic, 1, posted[1]++, VMMC_CONTROL(VMMC_OP_SHORT, 0, 4), 0, &word, 1);
	mock_step(nic);
	ck_assert_uint_eq(nic->packets, packets + 1);
	post(1, 7, 1);
	post(1, 8, 1);
	for (unsigned i = 0; i < 4; i++)
		mock_step(nic);
	ck_assert_uint_eq(nic->state.pieces, 1);
	ck_assert_uint_eq(counter(VMMC_C_CACHE_MISSES), 2);
	settle();
	ck_assert_uint_eq(nic->packets, packets + 4);
	ck_assert_uint_eq(counter(VMMC_C_CACHE_MISSES), 3);
}
END_TEST

START_TEST(forget)
{
	start(1, 8, 0);
	send(0, 0, 8);
	host_no_source(nic, 0, 3);
	command(VMMC_COMMAND_FORGET, 0, 3, 1);
	settle();
	ck_assert_uint_eq(synced(), signals);
	ck_assert_uint_eq(send(0, 0, 3), 0);
	ck_assert_uint_eq(send(0, 4, 4), 0);
	ck_assert_uint_eq(errors(0), 0);
	ck_assert_uint_eq(send(0, 3, 1), 1);
	ck_assert_uint_eq(errors(0), 1);
}
END_TEST

/* Many pages: all of the process, nothing of another one, and the turns in between serve others. */
START_TEST(forget_many)
{
	options.cache_sets = 1024;
	start(4, 8, 1);
	send(0, 0, 8);
	send(1, 0, 8);
	uint32_t before = synced();
	command(VMMC_COMMAND_FORGET, 0, 512, VMMC_PREFETCH_MAX + 1);
	mock_step(nic);
	ck_assert_uint_eq(synced(), before);
	for (unsigned turn = 0; turn < 200 && synced() == before; turn++)
		mock_step(nic);
	ck_assert_uint_eq(synced(), before + 1);
	ck_assert_uint_eq(send(0, 0, 8), 1);
	ck_assert_uint_eq(send(1, 0, 8), 0);
}
END_TEST

/* The page is taken away while its walk is under way, in either step: the result is not used, the signal counts
 * behind it, and the send finds out by a walk of its own. */
START_TEST(forget_under_a_walk)
{
	post(0, 1, 1);
	mock_step(nic);
	if (_i)
		expect_dma(DIRECTORY, 4);
	uint32_t before = synced();
	command(VMMC_COMMAND_FORGET, 0, 1, 1);
	mock_step(nic);
	ck_assert_uint_eq(synced(), before);
	ck_assert(mock_finish_dma(nic, false)); /* the entry was still there when it was read */
	host_no_source(nic, 0, 1);
	mock_step(nic);
	ck_assert_uint_eq(synced(), before + 1);
	settle();
	ck_assert_uint_eq(counter(VMMC_C_WALKS), 2);
	ck_assert_uint_eq(errors(0), 1);
	ck_assert_uint_eq(nic->packets, 0);
}
END_TEST

/* A fetch from the page is under way: the signal counts when it is over. */
START_TEST(forget_under_a_fetch)
{
	send(0, 1, 1);
	post(0, 1, 1);
	mock_step(nic);
	uint32_t before = synced();
	command(VMMC_COMMAND_FORGET, 0, 1, 1);
	mock_step(nic);
	ck_assert_uint_eq(synced(), before);
	expect_dma(frame_of(0, 1) * VMMC_PAGE, VMMC_PAGE);
	ck_assert_uint_eq(synced(), before + 1);
}
END_TEST

/* The process closes while its miss is answered: nothing of it is under way when `polled` is 0, and the next process
 * in its place finds nothing of it in the cache. */
START_TEST(close_under_a_walk)
{
	send(0, 2, 1);
	post(0, 1, 1);
	mock_step(nic);
	if (_i)
		expect_dma(DIRECTORY, 4);
	host_close(nic, 0);
	signals++;
	for (unsigned turn = 0; turn < 10; turn++)
		mock_step(nic);
	ck_assert_uint_eq(host_proc(nic, 0, offsetof(struct vmmc_proc, polled)), 1);
	ck_assert(mock_finish_dma(nic, false));
	mock_step(nic);
	ck_assert_uint_eq(host_proc(nic, 0, offsetof(struct vmmc_proc, polled)), 0);
	ck_assert(!nic->dma_busy);
	ck_assert_uint_eq(synced(), signals);
	open_process(0);
	ck_assert_uint_eq(send(0, 2, 1), 1);
	ck_assert_uint_eq(send(0, 1, 1), 1);
	ck_assert_uint_eq(errors(0), 0);
}
END_TEST

/* A short bad descriptor behind a long send does not complete before it. */
START_TEST(completed_in_order)
{
	uint32_t word = 0;
	send(0, 0, 2);
	post(0, 0, 2);
	host_post(nic, 0, posted[0]++, VMMC_CONTROL(VMMC_OP_SHORT, VMMC_SEND_COMPLETE, 6), 0, &word, 1);
	mock_step(nic);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(errors(0), 0);
		ck_assert(mock_finish_dma(nic, false));
		mock_step(nic);
	}
	settle();
	ck_assert_uint_eq(errors(0), 1);
	ck_assert_uint_eq(host_word(nic, STATUS), 3);
	ck_assert_uint_eq(host_word(nic, STATUS + 4), 1);
}
END_TEST

/* install: what the driver's handler answers. */
static void
install(uint32_t process, uint32_t page, uint32_t count, uint32_t entry)
{
	for (uint32_t i = 0; i < count; i++)
		mock_set_sram(nic, VMMC_CTRL + offsetof(struct vmmc_ctrl, command.frame) + 4 * i,
		              entry ? entry + (i << VMMC_PAGE_SHIFT) : 0);
	command(VMMC_COMMAND_INSTALL, process, page, count);
	mock_step(nic);
}

START_TEST(by_interrupt)
{
	options.by_interrupt = 1;
	start(1, 1, 0);
	post(0, 4, 3);
	mock_step(nic);
	ck_assert(nic->regs[LANAI_ISR / 4] & LANAI_ISR_HOST_SIG);
	ck_assert_uint_eq(wanted(), 1);
	ck_assert_uint_eq(host_ctrl(nic, offsetof(struct vmmc_ctrl, miss.process)), 0);
	ck_assert_uint_eq(host_ctrl(nic, offsetof(struct vmmc_ctrl, miss.page)), 4);
	ck_assert_uint_eq(host_ctrl(nic, offsetof(struct vmmc_ctrl, miss.count)), 3);
	post(1, 9, 1);
	mock_step(nic);
	ck_assert_uint_eq(host_ctrl(nic, offsetof(struct vmmc_ctrl, miss.page)), 4);
	ck_assert(!nic->dma_busy);
	install(1, 4, 3, 30 << VMMC_PAGE_SHIFT | VMMC_XLATE_VALID); /* not what was asked for */
	install(0, 5, 3, 31 << VMMC_PAGE_SHIFT | VMMC_XLATE_VALID);
	ck_assert_uint_eq(wanted(), 1);
	install(0, 4, 3, 30 << VMMC_PAGE_SHIFT | VMMC_XLATE_VALID);
	ck_assert_uint_eq(host_ctrl(nic, offsetof(struct vmmc_ctrl, miss.page)), 9);
	for (uint32_t i = 0; i < 3; i++)
		expect_dma((30 + i) * VMMC_PAGE, VMMC_PAGE);
	ck_assert_uint_eq(wanted(), 1);
	install(1, 9, 1, 0);
	settle();
	ck_assert_uint_eq(wanted(), 0);
	ck_assert_uint_eq(errors(0), 0);
	ck_assert_uint_eq(errors(1), 1);
	ck_assert_uint_eq(counter(VMMC_C_MISS_INTERRUPTS), 2);
	ck_assert_uint_eq(counter(VMMC_C_WALKS), 0);
}
END_TEST

START_TEST(by_interrupt_closed)
{
	options.by_interrupt = 1;
	start(1, 1, 0);
	post(0, 4, 1);
	mock_step(nic);
	host_close(nic, 0);
	for (unsigned turn = 0; turn < 10; turn++)
		mock_step(nic);
	ck_assert_uint_eq(wanted(), 0);
	ck_assert_uint_eq(host_proc(nic, 0, offsetof(struct vmmc_proc, polled)), 0);
	install(0, 4, 1, 30 << VMMC_PAGE_SHIFT | VMMC_XLATE_VALID); /* too late */
	open_process(0);
	post(0, 4, 1);
	mock_step(nic);
	ck_assert_uint_eq(wanted(), 1);
}
END_TEST

int
main(void)
{
	TCase *cases = tcase_create("translate");
	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, miss_then_hit);
	tcase_add_test(cases, prefetch);
	tcase_add_test(cases, end_of_the_address_space);
	tcase_add_loop_test(cases, replacement, 0, 3);
	tcase_add_test(cases, hole);
	tcase_add_loop_test(cases, two_processes, 0, 2);
	tcase_add_test(cases, two_processes_contend);
	tcase_add_test(cases, invalid_entry);
	tcase_add_test(cases, no_table);
	tcase_add_loop_test(cases, walk_fails, 0, 2);
	tcase_add_test(cases, others_go_on);
	tcase_add_test(cases, forget);
	tcase_add_test(cases, forget_many);
	tcase_add_loop_test(cases, forget_under_a_walk, 0, 2);
	tcase_add_test(cases, forget_under_a_fetch);
	tcase_add_loop_test(cases, close_under_a_walk, 0, 2);
	tcase_add_test(cases, completed_in_order);
	tcase_add_test(cases, by_interrupt);
	tcase_add_test(cases, by_interrupt_closed);
	Suite *suite = suite_create("firmware translation");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

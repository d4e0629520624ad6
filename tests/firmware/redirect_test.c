/* Redirection: posts, the packets that they cut, their ends, and what a process may not post; natively and on the
 * LANai. */
#include "tests/firmware/lanai_mock.h"
#include "tests/firmware/posts.h"
#include "tests/quick_assert.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define BUILDS 2

/* Both ranges reach over the end of a second-level table. */
#define RANGE  (0x10400000u - 8 * VMMC_PAGE)
#define USER   (0x10800000u - 8 * VMMC_PAGE)
#define PAGES  18u /* exported, and pinned for user buffers */
#define SERIAL 0x51u
#define OPEN   ((struct post_report){0})

static struct posts *posts;
static struct lanai_mock *lanai;

static void
lanai_turn(void *owner)
{
	lanai_mock_run(owner);
}

/* set_up: build 0 is the native one. */
static void
set_up(int build)
{
	if (build) {
		struct host_options options = host_defaults();
		lanai = lanai_mock_new("firmware/images/vmmc");
		host_control(lanai->nic, &options);
		lanai_mock_start(lanai);
		posts = g_new0(struct posts, 1);
		posts_init(posts, lanai->nic, lanai_turn, lanai);
	} else {
		posts = posts_new();
	}
	posts_map(posts, 0, RANGE, PAGES * VMMC_PAGE);
	posts_map(posts, 0, USER, PAGES * VMMC_PAGE);
	posts_export(posts, 0, RANGE, PAGES * VMMC_PAGE, VMMC_IN_WRITE | VMMC_IN_NOTIFY);
}

static void
tear_down(void)
{
	if (!lanai) {
		posts_free(posts);
		return;
	}
	lanai_mock_free(lanai);
	g_free(posts);
	lanai = NULL;
}

static void
post(uint32_t slot, uint32_t offset, uint32_t user_offset, uint32_t bytes)
{
	posts_post(posts, 0, slot, SERIAL + slot, RANGE + offset, USER + user_offset, bytes);
	posts_settle(posts);
}

/* arrive: a packet with `bytes` at `offset` of the exported memory, deposited; its first value. */
static uint32_t
arrive(uint32_t offset, uint32_t bytes)
{
	uint32_t value = POSTS_VALUE + posts->value + 1;
	ck_assert(posts_arrive(posts, 0, RANGE + offset, bytes, 0));
	posts_settle(posts);
	return value;
}

static void
expect_status(uint32_t slot, uint32_t state, uint32_t first, uint32_t taken)
{
	struct post_report status = posts_status(posts, 0, slot);
	ck_assert_uint_eq(status.serial, SERIAL + slot);
	ck_assert_uint_eq(status.state, state);
	ck_assert_uint_eq(status.first, first);
	ck_assert_uint_eq(status.taken, taken);
}

static void
expect_open(uint32_t slot)
{
	ck_assert_uint_eq(posts_status(posts, 0, slot).serial, POSTS_CANARY);
}

/* expect_words: `bytes` at `address` hold values that count from `value`. */
static void
expect_words(uint32_t address, uint32_t value, uint32_t bytes)
{
	for (uint32_t at = 0; at < bytes; at += 4)
		quick_assert_msg(posts_word(posts, 0, address + at) == value + at / 4, "at %08x: %08x, expected %08x",
		                 address + at, posts_word(posts, 0, address + at), value + at / 4);
}

static void
expect_counts(uint32_t taken, uint32_t refused, uint32_t redirected)
{
	ck_assert_uint_eq(host_counter(posts->nic, VMMC_C_POSTS), taken);
	ck_assert_uint_eq(host_counter(posts->nic, VMMC_C_POSTS_REFUSED), refused);
	ck_assert_uint_eq(host_counter(posts->nic, VMMC_C_REDIRECTED_BYTES), redirected);
}

/* What arrives. -----------------------------------------------------------------------------------------------------
 */

START_TEST(whole_pages)
{
	uint32_t bytes = VMMC_POST_MAX;
	set_up(_i);
	post(1, 0, 0, bytes);
	expect_counts(1, 0, 0);
	expect_open(1);
	for (uint32_t at = 0; at < bytes; at += VMMC_PAGE) {
		uint32_t starts = posts->nic->dma_starts;
		uint32_t value = arrive(at, VMMC_PAGE);
		expect_words(USER + at, value, VMMC_PAGE);
		ck_assert_uint_eq(posts->nic->dma_starts - starts, at + VMMC_PAGE < bytes ? 1 : 2);
	}
	expect_status(1, VMMC_POST_FULL, 0, bytes);
	expect_counts(1, 0, bytes);
	ck_assert_uint_eq(posts_values(posts), bytes / 4);
	ck_assert_uint_eq(host_counter(posts->nic, VMMC_C_DEPOSITS), bytes / VMMC_PAGE);
	ck_assert_uint_eq(host_counter(posts->nic, VMMC_C_DEPOSIT_BYTES), bytes);
	for (uint32_t at = 0; at < bytes; at += VMMC_PAGE)
		ck_assert(!posts_redirected(posts, 0, RANGE + at));
	uint32_t value = arrive(0, VMMC_PAGE);
	expect_words(RANGE, value, VMMC_PAGE);
	tear_down();
}
END_TEST

START_TEST(other_alignment)
{
	set_up(_i);
	post(0, 0, 12, 2 * VMMC_PAGE);
	uint32_t starts = posts->nic->dma_starts;
	uint32_t value = arrive(0, VMMC_PAGE);
	ck_assert_uint_eq(posts->nic->dma_starts - starts, 2);
	arrive(VMMC_PAGE, VMMC_PAGE);
	expect_words(USER + 12, value, 2 * VMMC_PAGE);
	ck_assert_uint_eq(posts_word(posts, 0, USER + 8), POSTS_CANARY);
	ck_assert_uint_eq(posts_word(posts, 0, USER + 12 + 2 * VMMC_PAGE), POSTS_CANARY);
	expect_status(0, VMMC_POST_FULL, 0, 2 * VMMC_PAGE);
	tear_down();
}
END_TEST

START_TEST(partial_arrival)
{
	set_up(_i);
	uint32_t before = arrive(0, 400);
	post(0, 100, 0, 1000);
	uint32_t behind = arrive(400, 1000);
	expect_words(RANGE, before, 400);
	expect_words(USER + 300, behind, 700);
	expect_words(RANGE + 1100, behind + 700 / 4, 300);
	ck_assert_uint_eq(posts_values(posts), 1400 / 4);
	expect_status(0, VMMC_POST_FULL, 300, 700);
	tear_down();
}
END_TEST

START_TEST(straddles_the_start)
{
	set_up(_i);
	post(0, 100, 4, 200);
	uint32_t value = arrive(0, 200);
	expect_words(RANGE, value, 100);
	expect_words(USER + 4, value + 25, 100);
	ck_assert_uint_eq(posts_values(posts), 50);
	expect_open(0);
	posts_cancel(posts, 0, 0);
	posts_settle(posts);
	expect_status(0, VMMC_POST_CANCELLED, 0, 100);
	tear_down();
}
END_TEST

START_TEST(two_posts_under_one_packet)
{
	set_up(_i);
	post(0, 100, 0, 200);
	post(1, 300, 2 * VMMC_PAGE, 100);
	uint32_t value = arrive(0, 600);
	expect_words(RANGE, value, 100);
	expect_words(USER, value + 25, 200);
	expect_words(USER + 2 * VMMC_PAGE, value + 75, 100);
	expect_words(RANGE + 400, value + 100, 200);
	ck_assert_uint_eq(posts_values(posts), 150);
	expect_status(0, VMMC_POST_FULL, 0, 200);
	expect_status(1, VMMC_POST_FULL, 0, 100);
	ck_assert(!posts_redirected(posts, 0, RANGE));
	tear_down();
}
END_TEST

/* The user buffers of two posts that follow each other, as far as page and packet allow, are one transfer. */
START_TEST(posts_in_a_row)
{
	set_up(_i);
	post(0, 0, 8, 64);
	post(1, 64, 72, 64);
	uint32_t starts = posts->nic->dma_starts;
	uint32_t value = arrive(0, 128);
	ck_assert_uint_eq(posts->nic->dma_starts - starts, 3); /* and two status words */
	expect_words(USER + 8, value, 128);
	tear_down();
}
END_TEST

/* More pieces than an arrival has transfers: the user buffers of four posts, each over a page's end. */
START_TEST(many_pieces)
{
	uint32_t delivered = 0;
	set_up(_i);
	for (uint32_t slot = 0; slot < VMMC_POSTS; slot++)
		post(slot, 8 + 100 * slot, 2 * VMMC_PAGE * (slot + 1) - 8, 80);
	uint32_t starts = posts->nic->dma_starts;
	uint32_t value = arrive(0, 500);
	ck_assert_uint_eq(posts->nic->dma_starts - starts, ARRIVAL_PARTS + VMMC_POSTS);
	for (uint32_t slot = 0; slot < VMMC_POSTS; slot++) {
		struct post_report status = posts_status(posts, 0, slot);
		uint32_t in_user = 2 * VMMC_PAGE * (slot + 1) - 8, in_range = 8 + 100 * slot;
		ck_assert_uint_eq(status.state, VMMC_POST_FULL);
		ck_assert(status.taken == 0 || status.taken == 80);
		expect_words(status.taken ? USER + in_user : RANGE + in_range, value + in_range / 4, 80);
		delivered += status.taken;
	}
	ck_assert_uint_eq(posts_values(posts), 500 / 4);
	ck_assert_uint_eq(host_counter(posts->nic, VMMC_C_REDIRECTED_BYTES), delivered);
	ck_assert_uint_gt(delivered, 0);
	tear_down();
}
END_TEST

START_TEST(holes_and_repeated_places)
{
	set_up(_i);
	post(0, 0, 0, 1000);
	uint32_t first = arrive(100, 100);
	uint32_t hole = arrive(300, 100);
	uint32_t next = arrive(200, 100);
	uint32_t again = arrive(100, 200);
	uint32_t before = arrive(0, 100);
	expect_words(USER + 100, first, 100);
	expect_words(USER + 200, next, 100);
	expect_words(RANGE + 300, hole, 100);
	expect_words(RANGE + 100, again, 200);
	expect_words(RANGE, before, 100);
	uint32_t straddles = arrive(248, 100); /* begins before `next`: all of it */
	expect_words(RANGE + 248, straddles, 100);
	arrive(900, 100); /* in a hole, but it is the end */
	expect_status(0, VMMC_POST_FULL, 100, 200);
	tear_down();
}
END_TEST

START_TEST(one_word)
{
	set_up(_i);
	post(0, VMMC_PAGE - 4, 4, 4);
	uint32_t value = arrive(VMMC_PAGE - 12, 12);
	expect_words(RANGE + VMMC_PAGE - 12, value, 8);
	expect_words(USER + 4, value + 2, 4);
	expect_status(0, VMMC_POST_FULL, 0, 4);
	tear_down();
}
END_TEST

/* A random stream over a post at a random moment, several at once: every word is where the status words say, and
 * nothing else is written. */
struct stream_post {
	uint32_t offset, user, bytes, serial;
};

static void
check_stream(const struct stream_post *post, uint32_t slot, uint32_t start, uint32_t end, uint32_t value)
{
	struct post_report status = posts_status(posts, 0, slot);
	ck_assert_uint_eq(status.serial, post->serial);
	ck_assert_uint_le(status.first + status.taken, post->bytes);
	for (uint32_t place = 0; place < post->bytes; place += 4) {
		uint32_t at = post->offset + place;
		bool came = at >= start && at < end;
		bool redirected = place >= status.first && place - status.first < status.taken;
		uint32_t expected = came ? value + (at - start) / 4 : POSTS_CANARY;
		quick_assert_msg(posts_word(posts, 0, USER + post->user + place) ==
		                         (redirected ? expected : POSTS_CANARY),
		                 "slot %u, place %u in the user buffer", slot, place);
		quick_assert_msg(posts_word(posts, 0, RANGE + at) == (redirected ? POSTS_CANARY : expected),
		                 "slot %u, place %u in the range", slot, place);
	}
}

static void
random_stream(GRand *dice)
{
	struct stream_post list[VMMC_POSTS];
	uint32_t page = PAGES * VMMC_PAGE;
	uint32_t start = 4 * (uint32_t)g_rand_int_range(dice, 0, 1024), at = start;
	uint32_t border = 4 * (uint32_t)g_rand_int_range(dice, 0, 2048),
	         user = 4 * (uint32_t)g_rand_int_range(dice, 0, 8);
	uint32_t posted = 0, value = POSTS_VALUE + posts->value + 1;
	bool cancel[VMMC_POSTS] = {0};
	while (at < page) {
		if (posted < VMMC_POSTS && g_rand_int_range(dice, 0, 6) == 0) {
			uint32_t room = page - border, most = MIN(room, 5 * VMMC_PAGE) / 4;
			uint32_t bytes = most ? 4 * (uint32_t)g_rand_int_range(dice, 1, (gint32)most + 1) : 0;
			if (!bytes || user + bytes > page)
				break;
			list[posted] = (struct stream_post){border, user, bytes, SERIAL + posted};
			posts_post(posts, 0, posted, list[posted].serial, RANGE + border, USER + user, bytes);
			border += bytes + 4 * (uint32_t)(g_rand_boolean(dice) ? g_rand_int_range(dice, 0, 600) : 0);
			user += bytes + 4 * (uint32_t)g_rand_int_range(dice, 1, 4);
			posted++;
		}
		uint32_t bytes = 4 * (uint32_t)(g_rand_boolean(dice) ? g_rand_int_range(dice, 1, 1025)
		                                                     : g_rand_int_range(dice, 1, 32));
		bytes = MIN(bytes, VMMC_PAGE - at % VMMC_PAGE);
		if (posts_arrive(posts, 0, RANGE + at, bytes, 0))
			at += bytes;
		for (int n = g_rand_int_range(dice, 0, 6); n; n--)
			posts_dma(posts);
		if (posted && g_rand_int_range(dice, 0, 40) == 0) {
			uint32_t slot = (uint32_t)g_rand_int_range(dice, 0, (gint32)posted);
			if (!cancel[slot])
				posts_cancel(posts, 0, slot);
			cancel[slot] = true;
		}
	}
	for (uint32_t slot = 0; slot < posted; slot++)
		if (!cancel[slot])
			posts_cancel(posts, 0, slot);
	posts_settle(posts);
	for (uint32_t slot = 0; slot < posted; slot++)
		check_stream(&list[slot], slot, start, at, value);
	ck_assert_uint_eq(posts_values(posts), (at - start) / 4);
	for (uint32_t offset = 0; offset < page; offset += VMMC_PAGE)
		ck_assert(!posts_redirected(posts, 0, RANGE + offset));
}

START_TEST(random_streams)
{
	GRand *dice = g_rand_new_with_seed(11u + (guint32)_i);
	set_up(_i % BUILDS);
	random_stream(dice);
	tear_down();
	g_rand_free(dice);
}
END_TEST

/* The data of a redirected packet are in memory before the process is told, and the note names the default buffer. */
START_TEST(notifications)
{
	set_up(_i);
	post(0, 0, 8, 2 * VMMC_PAGE);
	ck_assert(posts_arrive(posts, 0, RANGE + 16, VMMC_PAGE - 16, VMMC_KEY_NOTIFY));
	uint32_t note = VMMC_CTRL + offsetof(struct vmmc_ctrl, note),
	         notified = VMMC_CTRL + offsetof(struct vmmc_ctrl, notified);
	while (!mock_sram(posts->nic, notified)) {
		ck_assert_uint_lt(posts_values(posts), (VMMC_PAGE - 16) / 4);
		ck_assert(posts_dma(posts));
	}
	ck_assert_uint_eq(posts_values(posts), (VMMC_PAGE - 16) / 4);
	ck_assert_uint_eq(mock_sram(posts->nic, note), posts_bus(posts, 0, RANGE + 16));
	posts_settle(posts);
	ck_assert_uint_eq(host_counter(posts->nic, VMMC_C_NOTIFICATIONS), 1);
	uint32_t value = arrive(2 * VMMC_PAGE, 64); /* the buffer's transfer is an ordinary one again */
	expect_words(RANGE + 2 * VMMC_PAGE, value, 64);
	tear_down();
}
END_TEST

/* A bus error in each of the two transfers of a packet: it is not notified, its buffer is free again; in the status
 * words: the slot can be used again. */
START_TEST(bus_errors)
{
	for (unsigned failing = 0; failing < 3; failing++) {
		set_up(_i);
		post(0, 0, 8, 2 * VMMC_PAGE);
		ck_assert(posts_arrive(posts, 0, RANGE, VMMC_PAGE, VMMC_KEY_NOTIFY));
		posts_cancel(posts, 0, 0);
		posts_turn(posts);
		for (unsigned i = 0; i < 3; i++) {
			ck_assert(mock_finish_dma(posts->nic, i == failing));
			posts_turn(posts);
		}
		ck_assert_uint_eq(host_counter(posts->nic, VMMC_C_BUS_ERRORS), 1);
		ck_assert_uint_eq(host_counter(posts->nic, VMMC_C_NOTIFICATIONS), failing == 2);
		for (uint32_t n = 0; n < 2 * VMMC_ARRIVALS; n++) {
			uint32_t value = arrive(64 * n, 64);
			expect_words(RANGE + 64 * n, value, 64);
		}
		post(0, 0, 0, 64);
		uint32_t value = arrive(0, 64);
		expect_words(USER, value, 64);
		expect_status(0, VMMC_POST_FULL, 0, 64);
		tear_down();
	}
}
END_TEST

/* How posts end. ----------------------------------------------------------------------------------------------------
 */

/* A cancel behind each of the walks' transfers, and the one behind the last of them. */
START_TEST(cancelled_walk)
{
	bool walking = true;
	for (unsigned after = 0; walking; after++) {
		set_up(_i);
		posts_post(posts, 0, 2, SERIAL + 2, RANGE + 8, USER + 4, VMMC_POST_MAX);
		posts_turn(posts);
		for (unsigned i = 0; i < after; i++)
			posts_dma(posts);
		walking = posts->nic->dma_busy;
		posts_cancel(posts, 0, 2);
		posts_settle(posts);
		expect_status(2, VMMC_POST_CANCELLED, VMMC_POST_MAX, 0);
		expect_counts(walking ? 0 : 1, walking ? 1 : 0, 0);
		for (uint32_t at = 0; at < PAGES * VMMC_PAGE; at += VMMC_PAGE)
			ck_assert(!posts_redirected(posts, 0, RANGE + at));
		uint32_t value = arrive(8, 64);
		expect_words(RANGE + 8, value, 64);
		post(2, 0, 0, 64);
		expect_counts(walking ? 1 : 2, walking ? 1 : 0, 0);
		tear_down();
	}
}
END_TEST

/* The status is behind what was under way to the user buffer. */
START_TEST(cancelled_during_a_deposit)
{
	set_up(_i);
	post(0, 0, 0, 2 * VMMC_PAGE);
	ck_assert(posts_arrive(posts, 0, RANGE, 64, 0));
	ck_assert(posts_arrive(posts, 0, RANGE + 64, 64, 0));
	posts_cancel(posts, 0, 0);
	posts_turn(posts);
	ck_assert(posts_arrive(posts, 0, RANGE + 128, 64, 0));
	posts_dma(posts);
	expect_open(0);
	posts_dma(posts);
	expect_open(0);
	posts_dma(posts);
	expect_status(0, VMMC_POST_CANCELLED, 0, 128);
	posts_settle(posts);
	expect_words(USER, POSTS_VALUE + 1, 128);
	expect_words(RANGE + 128, POSTS_VALUE + 33, 64);
	posts_cancel(posts, 0, 0); /* once more: no effect */
	uint32_t starts = posts->nic->dma_starts;
	posts_settle(posts);
	ck_assert_uint_eq(posts->nic->dma_starts, starts);
	tear_down();
}
END_TEST

static uint32_t
synced(void)
{
	return mock_sram(posts->nic, VMMC_CTRL + offsetof(struct vmmc_ctrl, synced));
}

/* A page of either range is unpinned while a packet is on its way to it. */
START_TEST(forgotten_during_a_deposit)
{
	const uint32_t pages[] = {USER >> VMMC_PAGE_SHIFT, (USER >> VMMC_PAGE_SHIFT) + 1, RANGE >> VMMC_PAGE_SHIFT};
	for (unsigned which = 0; which < G_N_ELEMENTS(pages); which++) {
		set_up(_i);
		post(0, 0, 0, VMMC_PAGE + 4);
		post(1, 8 * VMMC_PAGE, 8 * VMMC_PAGE, VMMC_PAGE); /* does not use them */
		ck_assert(posts_arrive(posts, 0, RANGE, 64, 0));
		uint32_t before = synced();
		posts_unmap(posts, 0, pages[which] << VMMC_PAGE_SHIFT);
		posts_signal(posts, VMMC_COMMAND_FORGET, 0, pages[which], 1);
		posts_turn(posts);
		ck_assert_uint_eq(synced(), before);
		ck_assert(posts_arrive(posts, 0, RANGE + 64, 64, 0));
		posts_dma(posts);
		ck_assert_uint_eq(synced(), before + 1);
		posts_settle(posts);
		expect_status(0, VMMC_POST_REVOKED, 0, 64);
		expect_open(1);
		expect_words(USER, POSTS_VALUE + 1, 64);
		expect_words(RANGE + 64, POSTS_VALUE + 17, 64);
		tear_down();
	}
}
END_TEST

/* Unpinned at each moment of the walk: never in force. */
START_TEST(forgotten_during_the_walk)
{
	bool walking = true;
	for (unsigned after = 0; walking; after++) {
		set_up(_i);
		posts_post(posts, 0, 0, SERIAL, RANGE, USER, VMMC_POST_MAX);
		posts_turn(posts);
		for (unsigned i = 0; i < after; i++)
			posts_dma(posts);
		walking = posts->nic->dma_busy;
		posts_unmap(posts, 0, USER);
		posts_signal(posts, VMMC_COMMAND_FORGET, 0, USER >> VMMC_PAGE_SHIFT, 1);
		posts_settle(posts);
		ck_assert_uint_eq(posts_status(posts, 0, 0).serial, SERIAL);
		ck_assert_uint_eq(posts_status(posts, 0, 0).state, VMMC_POST_REVOKED);
		uint32_t value = arrive(0, 64);
		expect_words(RANGE, value, 64);
		tear_down();
	}
}
END_TEST

START_TEST(export_withdrawn)
{
	set_up(_i);
	post(0, 0, 0, 2 * VMMC_PAGE);
	arrive(0, 64);
	posts_withdraw(posts, 0, RANGE + VMMC_PAGE);
	posts_signal(posts, VMMC_COMMAND_NONE, 0, 0, 0);
	posts_settle(posts);
	expect_status(0, VMMC_POST_REVOKED, 0, 64);
	ck_assert(!posts_redirected(posts, 0, RANGE));
	ck_assert_uint_eq(mock_sram(posts->nic, VMMC_IN_TABLE + 4 * (posts_bus(posts, 0, RANGE + VMMC_PAGE) >> 12)), 0);
	tear_down();
}
END_TEST

/* A process ends: at each moment of a walk, and with deposits under way. `polled` waits for all of it. */
START_TEST(closed)
{
	const size_t polled = offsetof(struct vmmc_proc, polled);
	for (unsigned after = 0; after < 14; after++) {
		set_up(_i);
		posts_post(posts, 0, 0, SERIAL, RANGE, USER, VMMC_POST_MAX);
		posts_turn(posts);
		for (unsigned i = 0; i < after; i++)
			posts_dma(posts);
		bool arrived = posts_arrive(posts, 0, RANGE, 64, 0);
		ck_assert(arrived);
		host_close(posts->nic, 0);
		posts_turn(posts);
		while (host_proc(posts->nic, 0, polled))
			ck_assert(posts_dma(posts));
		uint32_t values = posts_word(posts, 0, USER) == POSTS_VALUE + 1;
		posts_settle(posts);
		ck_assert_uint_eq(values, posts_word(posts, 0, USER) == POSTS_VALUE + 1);
		ck_assert_uint_eq(posts_status(posts, 0, 0).state, VMMC_POST_REVOKED);
		ck_assert_uint_eq(posts_values(posts), 16);
		tear_down();
	}
}
END_TEST

/* What may not be posted. -------------------------------------------------------------------------------------------
 */

static const struct {
	uint32_t range, user, bytes;
} forbidden[] = {
        {RANGE, USER, 0},
        {RANGE, USER, 2},
        {RANGE, USER, VMMC_POST_MAX + 4},
        {RANGE, USER, 0xFFFFFC},
        {RANGE + 1, USER, 64},
        {RANGE, USER + 2, 64},
        {0xFFFFFFFC, USER, 8},
        {0xFFFFF000, USER, VMMC_POST_MAX},
        {RANGE, 0xFFFFFFFC, 64},
        {RANGE, 0xFFFFFF00, 0x104},
        {0xFFFFFFFC, 0xFFFFFFFC, 4},         /* no wrap, but nothing is there */
        {RANGE, USER + PAGES *VMMC_PAGE, 4}, /* not pinned */
        {RANGE, USER + PAGES *VMMC_PAGE - 4, 8},
        {RANGE, 0, 4},
        {USER, USER, 64}, /* pinned, but not exported */
        {RANGE + PAGES * VMMC_PAGE - 4, USER, 8},
        {RANGE + 0x400, USER, 4}, /* part of an open post */
        {RANGE + 0x3FC, USER, 8},
        {RANGE + 0x4FC, USER, 8},
        {RANGE, USER, VMMC_PAGE},
};

START_TEST(refused)
{
	set_up(_i / (int)G_N_ELEMENTS(forbidden));
	uint32_t n = (uint32_t)_i % G_N_ELEMENTS(forbidden);
	post(1, 0x400, 0, 0x100);
	posts_post(posts, 0, 3, SERIAL + 3, forbidden[n].range, forbidden[n].user, forbidden[n].bytes);
	posts_settle(posts);
	expect_status(3, VMMC_POST_REFUSED, forbidden[n].bytes, 0);
	expect_counts(1, 1, 0);
	expect_open(1);
	uint32_t value = arrive(0, 0x600);
	expect_words(RANGE, value, 0x400);
	expect_words(USER, value + 0x100, 0x100);
	expect_words(RANGE + 0x500, value + 0x140, 0x100);
	expect_status(1, VMMC_POST_FULL, 0, 0x100);
	tear_down();
}
END_TEST

/* Another process' pages, pages of two exports, of one that may not be written to, of none any more. */
START_TEST(not_ones_own_export)
{
	set_up(_i);
	posts_map(posts, 1, RANGE, VMMC_PAGE);
	posts_map(posts, 1, USER, VMMC_PAGE);
	mock_set_sram(posts->nic, VMMC_IN_TABLE + 4 * (posts_bus(posts, 1, RANGE) >> 12),
	              VMMC_IN_ENTRY(POSTS_TAG, 0, VMMC_IN_WRITE)); /* exported by process 0, pinned by 1, too */
	posts_post(posts, 1, 0, 1, RANGE, USER, 64);
	posts_settle(posts);
	ck_assert_uint_eq(posts_status(posts, 1, 0).state, VMMC_POST_REFUSED);
	mock_set_sram(posts->nic, VMMC_IN_TABLE + 4 * (posts_bus(posts, 0, RANGE + VMMC_PAGE) >> 12),
	              VMMC_IN_ENTRY(POSTS_TAG + 7, 0, VMMC_IN_WRITE));
	post(0, VMMC_PAGE - 4, 0, 8);
	expect_status(0, VMMC_POST_REFUSED, 8, 0);
	posts_export(posts, 0, RANGE, VMMC_PAGE, VMMC_IN_NOTIFY);
	post(1, 0, 0, 8);
	expect_status(1, VMMC_POST_REFUSED, 8, 0);
	posts_withdraw(posts, 0, RANGE);
	post(2, 0, 0, 8);
	expect_status(2, VMMC_POST_REFUSED, 8, 0);
	expect_counts(0, 4, 0);
	tear_down();
}
END_TEST

/* What cannot be answered is a bad descriptor. */
START_TEST(bad_descriptors)
{
	set_up(_i);
	for (uint32_t slot = VMMC_POSTS; slot < 16; slot++) {
		posts_post(posts, 0, slot, SERIAL, RANGE, USER, 64);
		posts_turn(posts);
		posts_cancel(posts, 0, slot);
		posts_settle(posts);
	}
	posts_post(posts, 0, 0, 0, RANGE, USER, 64);
	posts_settle(posts);
	ck_assert_uint_eq(host_counter(posts->nic, VMMC_C_BAD_DESCRIPTOR), 2 * (16 - VMMC_POSTS) + 1);
	expect_counts(0, 0, 0);
	tear_down();
}
END_TEST

START_TEST(slot_in_use)
{
	set_up(_i);
	post(0, 0, 0, 64);
	posts_post(posts, 0, 0, SERIAL + 9, RANGE + 64, USER + 64, 32);
	posts_turn(posts);
	uint32_t value = POSTS_VALUE + posts->value + 1;
	ck_assert(posts_arrive(posts, 0, RANGE, 64, 0)); /* ends the first while the second is being refused */
	posts_dma(posts);
	ck_assert_uint_eq(posts_status(posts, 0, 0).serial, SERIAL + 9);
	ck_assert_uint_eq(posts_status(posts, 0, 0).state, VMMC_POST_REFUSED);
	posts_settle(posts);
	expect_status(0, VMMC_POST_FULL, 0, 64);
	expect_words(USER, value, 64);
	expect_counts(1, 1, 64);
	tear_down();
}
END_TEST

/* A slot is used again as soon as its status is there; thousands of times, by two processes whose walks meet. */
START_TEST(thousands_of_posts)
{
	uint32_t rounds = _i ? 100 : 3000;
	set_up(_i);
	posts_map(posts, 1, RANGE, VMMC_PAGE);
	posts_map(posts, 1, USER, VMMC_PAGE);
	posts_export(posts, 1, RANGE, VMMC_PAGE, VMMC_IN_WRITE);
	for (uint32_t n = 1; n <= rounds; n++) {
		posts_post(posts, 0, n % VMMC_POSTS, n, RANGE + 4 * (n % 1000), USER + 4 * (n % 777), 64);
		posts_post(posts, 1, (n >> 2) % VMMC_POSTS, n, RANGE, USER, 64);
		posts_settle(posts);
		uint32_t value = POSTS_VALUE + posts->value + 1;
		ck_assert(posts_arrive(posts, 0, RANGE + 4 * (n % 1000), 64, 0));
		ck_assert(posts_arrive(posts, 1, RANGE, 64, 0));
		posts_settle(posts);
		expect_words(USER + 4 * (n % 777), value, 64);
		ck_assert_uint_eq(posts_word(posts, 1, USER + 60), value + 31);
		ck_assert_uint_eq(posts_status(posts, 0, n % VMMC_POSTS).serial, n);
		ck_assert_uint_eq(posts_status(posts, 1, (n >> 2) % VMMC_POSTS).serial, n);
	}
	expect_counts(2 * rounds, 0, 2 * rounds * 64);
	tear_down();
}
END_TEST

/* A queue full of posts does not keep another process from its own. */
START_TEST(flooded_queue)
{
	set_up(_i);
	posts_map(posts, 1, RANGE, VMMC_PAGE);
	posts_map(posts, 1, USER, VMMC_PAGE);
	posts_export(posts, 1, RANGE, VMMC_PAGE, VMMC_IN_WRITE);
	for (uint32_t n = 0; n < VMMC_SLOTS; n++)
		posts_post(posts, 0, n % VMMC_POSTS, n + 1, RANGE, USER, VMMC_POST_MAX);
	posts_post(posts, 1, 0, SERIAL, RANGE, USER, 64);
	posts_turn(posts);
	for (unsigned i = 0; i < 2 * 12; i++) /* of two posts, with some room */
		posts_dma(posts);
	ck_assert(posts_redirected(posts, 1, RANGE));
	posts_settle(posts);
	tear_down();
}
END_TEST

/* The cycles of a redirected packet in a stream, whole turns and acknowledgements included: page to page, and at
 * another alignment.  tests/firmware/cycles_test.c has what a packet takes that is not redirected. */
START_TEST(cycles)
{
	static const uint32_t most[] = {660, 840}; /* one transfer, two */
	const uint32_t packets = VMMC_POST_MAX / VMMC_PAGE - 1;
	set_up(1);
	for (uint32_t which = 0; which < G_N_ELEMENTS(most); which++) {
		unsigned busy = 0;
		post(which, 0, 16 * which, VMMC_POST_MAX);
		for (uint32_t i = 0; i < packets; i++) {
			uint32_t bus = posts_bus(posts, 0, RANGE + i * VMMC_PAGE);
			uint32_t length = host_packet(posts->packet, 1, posts->sequence++, 0, bus,
			                              VMMC_KEY(POSTS_TAG, 0, VMMC_PAGE));
			ck_assert(mock_deliver(posts->nic, posts->packet, length, 0));
			busy += lanai_mock_busy_cycles(lanai);
			while (mock_finish_dma(posts->nic, false))
				busy += lanai_mock_busy_cycles(lanai);
			g_free(mock_finish_send(posts->nic));
			busy += lanai_mock_busy_cycles(lanai);
		}
		printf("4 KB packet, redirected by %u host DMA: %u cycles\n", which + 1, busy / packets);
		fflush(stdout);
		ck_assert_uint_le(busy / packets, most[which]);
		posts_cancel(posts, 0, which);
		posts_settle(posts);
		expect_status(which, VMMC_POST_CANCELLED, 0, VMMC_POST_MAX - VMMC_PAGE);
	}
	tear_down();
}
END_TEST

int
main(void)
{
	TCase *cases = tcase_create("redirect");
	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, whole_pages, 0, BUILDS);
	tcase_add_loop_test(cases, other_alignment, 0, BUILDS);
	tcase_add_loop_test(cases, partial_arrival, 0, BUILDS);
	tcase_add_loop_test(cases, straddles_the_start, 0, BUILDS);
	tcase_add_loop_test(cases, two_posts_under_one_packet, 0, BUILDS);
	tcase_add_loop_test(cases, posts_in_a_row, 0, BUILDS);
	tcase_add_loop_test(cases, many_pieces, 0, BUILDS);
	tcase_add_loop_test(cases, holes_and_repeated_places, 0, BUILDS);
	tcase_add_loop_test(cases, one_word, 0, BUILDS);
	tcase_add_loop_test(cases, random_streams, 0, 300);
	tcase_add_loop_test(cases, notifications, 0, BUILDS);
	tcase_add_loop_test(cases, bus_errors, 0, BUILDS);
	tcase_add_loop_test(cases, cancelled_walk, 0, BUILDS);
	tcase_add_loop_test(cases, cancelled_during_a_deposit, 0, BUILDS);
	tcase_add_loop_test(cases, forgotten_during_a_deposit, 0, BUILDS);
	tcase_add_loop_test(cases, forgotten_during_the_walk, 0, BUILDS);
	tcase_add_loop_test(cases, export_withdrawn, 0, BUILDS);
	tcase_add_loop_test(cases, closed, 0, BUILDS);
	tcase_add_loop_test(cases, refused, 0, BUILDS * (int)G_N_ELEMENTS(forbidden));
	tcase_add_loop_test(cases, not_ones_own_export, 0, BUILDS);
	tcase_add_loop_test(cases, bad_descriptors, 0, BUILDS);
	tcase_add_loop_test(cases, slot_in_use, 0, BUILDS);
	tcase_add_loop_test(cases, thousands_of_posts, 0, BUILDS);
	tcase_add_loop_test(cases, flooded_queue, 0, BUILDS);
	tcase_add_test(cases, cycles);
	Suite *suite = suite_create("firmware redirect");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

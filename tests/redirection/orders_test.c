/* All orders of {arrivals, post, cancel, exit, unpin}, and of the ends of host DMA, over the yield points of the native
 * firmware.
 *
 * Between two turns, and at each arch_yield() within one, any of them that may happen does.  The search is over states
 * (firmware, SRAM, host memory, and what has happened): from a state that was met before it does not go on again, but
 * the orders that lead through it are counted.  Within a turn the firmware cannot be stopped, so it is run again from
 * the state before it for each way to place actions at its yield points.
 *
 * Checked at the end of each transfer: it touches no page that was given back, and no user buffer whose status word the
 * process has seen.  Checked at each end of an order: each word that was let through is in memory exactly once, where
 * the status words say; status was written once for each post that was taken; nobody waits. */
#include "tests/firmware/posts.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RANGE   (0x10000000u + 64) /* of the default buffer */
#define USER    (0x20001000u - 32) /* over a page's end */
#define WORDS   16u                /* of the range */
#define BYTES   (4 * WORDS)
#define SERIAL  0x51u
#define PACKETS 2u

/* The stream: the first packet begins so many bytes before the range and ends in its middle, the second one ends
 * `behind` bytes behind it. */
#define BEFORE     16u
#define BEHIND_MAX 16u
#define PACKET_MAX (BYTES / 2 + BEFORE)

enum action { ARRIVE, POST, CANCEL, EXIT, UNPIN, DMA, ACTIONS };

/* What the host knows.  Part of the state. */
struct host {
	uint32_t arrived;           /* packets */
	uint32_t done;              /* bit a: action a */
	uint32_t signals;           /* given */
	uint32_t unpinning, ending; /* their signal's number; 0 = not yet, or over */
	uint32_t user_freed, all_freed;
	uint32_t seen;     /* the status has been read: the user buffer is the process' again */
	uint32_t reported; /* status words written */
};

/* A place in SRAM or host memory that changes. */
struct region {
	uint8_t *at;
	uint32_t bytes;
};
#define REGIONS_MAX 24u

struct step {
	uint32_t point;
	enum action action;
};
#define STEPS_MAX  16u
#define POINTS_MAX 64u

static struct posts *posts;
static struct mock_nic *nic;
static struct host host;
static uint32_t allowed; /* actions of this search: bits */
static uint32_t behind;
static struct region regions[REGIONS_MAX];
static unsigned n_regions;
static size_t state_bytes;

/* The turn under way. */
static struct step script[STEPS_MAX];
static unsigned steps;
static uint32_t points, enabled_at[POINTS_MAX];

/* Totals. */
static GHashTable *known; /* state -> number of orders from there on */
static GHashTable *names; /* yield points met */
static uint64_t turns, ends;

static uint32_t
packet_start(uint32_t n)
{
	return n ? BEFORE + BYTES / 2 : 0;
}

static uint32_t
packet_bytes(uint32_t n)
{
	return n ? BYTES / 2 + behind : BEFORE + BYTES / 2;
}

static uint32_t
user_bus(uint32_t i)
{
	return posts_bus(posts, 0, USER + i * BYTES / 2) & ~(VMMC_PAGE - 1);
}

/* What may happen. --------------------------------------------------------------------------------------------------
 */

static uint32_t
synced(void)
{
	return host_ctrl(nic, offsetof(struct vmmc_ctrl, synced));
}

static bool
may(enum action action)
{
	if (action == DMA)
		return nic->dma_busy;
	if (!(allowed >> action & 1))
		return false;
	if (action == ARRIVE)
		return host.arrived < PACKETS && nic->armed;
	if (host.done >> action & 1)
		return false;
	if (action == POST || action == CANCEL)
		return !(host.done >> EXIT & 1) && !mock_sram(nic, host_slot(0, posts->queued[0]));
	return host.signals == synced(); /* one signal at a time */
}

static uint32_t
enabled(void)
{
	uint32_t set = 0;
	for (enum action action = 0; action < ACTIONS; action++)
		set |= (uint32_t)may(action) << action;
	return set;
}

/* give_back: what the driver does when a signal is counted. */
static void
give_back(void)
{
	if (host.unpinning && (int32_t)(synced() - host.unpinning) >= 0) {
		host.unpinning = 0;
		host.user_freed = 1;
	}
	if (host.ending && (int32_t)(synced() - host.ending) >= 0 &&
	    !host_proc(nic, 0, offsetof(struct vmmc_proc, polled))) {
		host.ending = 0;
		host.all_freed = 1;
	}
}

static bool
in_page(uint32_t bus, uint32_t page)
{
	return bus >> VMMC_PAGE_SHIFT == page >> VMMC_PAGE_SHIFT;
}

/* finish_dma: the transfer under way ends. */
static void
finish_dma(void)
{
	uint32_t bus = nic->regs[LANAI_EAR / 4];
	bool to_user = in_page(bus, user_bus(0)) || in_page(bus, user_bus(1));
	give_back();
	ck_assert_msg(!host.all_freed, "DMA at %08x behind the end of the process", bus);
	ck_assert_msg(!(host.user_freed && in_page(bus, user_bus(1))), "DMA to an unpinned page");
	ck_assert_msg(!(host.seen && to_user), "DMA to a user buffer that was given back");
	mock_finish_dma(nic, false);
	if (bus == POSTS_STATUS(0) + offsetof(struct vmmc_status, post)) {
		host.reported++;
		host.seen = posts_status(posts, 0, 0).serial == SERIAL;
	}
}

static void
arrive(void)
{
	static uint8_t packet[PACKETS][VMMC_HEADER + PACKET_MAX];
	uint32_t n = host.arrived++;
	uint32_t bus = posts_bus(posts, 0, RANGE) - BEFORE + packet_start(n);
	uint32_t length = host_packet(packet[n], 1, n, 0, bus, VMMC_KEY(POSTS_TAG, 0, packet_bytes(n)));
	for (uint32_t at = 0; at < packet_bytes(n); at += 4) {
		uint32_t raw = GUINT32_TO_BE(POSTS_VALUE + (packet_start(n) + at) / 4);
		memcpy(packet[n] + VMMC_HEADER + at, &raw, sizeof(raw));
	}
	mock_deliver(nic, packet[n], length, 0);
}

static void
act(enum action action)
{
	host.done |= 1u << action;
	if (action == ARRIVE) {
		arrive();
	} else if (action == POST) {
		posts_post(posts, 0, 0, SERIAL, RANGE, USER, BYTES);
	} else if (action == CANCEL) {
		posts_cancel(posts, 0, 0);
	} else if (action == EXIT) {
		posts_withdraw(posts, 0, RANGE);
		host_close(nic, 0);
		host.ending = ++host.signals;
	} else if (action == UNPIN) {
		posts_unmap(posts, 0, USER + BYTES / 2);
		posts_signal(posts, VMMC_COMMAND_FORGET, 0, (USER + BYTES / 2) >> VMMC_PAGE_SHIFT, 1);
		host.unpinning = ++host.signals;
	} else {
		finish_dma();
	}
	give_back();
}

/* yield: the firmware is at a point where something may happen: the script says what. */
static void
yield(void *device, const char *point)
{
	static unsigned next;
	(void)device;
	if (!points)
		next = 0;
	g_hash_table_add(names, (gpointer)point);
	while (next < steps && script[next].point == points)
		act(script[next++].action);
	give_back();
	g_assert_cmpuint(points, <, POINTS_MAX);
	enabled_at[points++] = enabled();
}

/* States. -----------------------------------------------------------------------------------------------------------
 */

static void
add_region(void *at, size_t bytes)
{
	g_assert_cmpuint(n_regions, <, REGIONS_MAX);
	regions[n_regions++] = (struct region){.at = at, .bytes = (uint32_t)bytes};
	state_bytes += bytes;
}

static void
add_regions(void)
{
	uint32_t page = posts_bus(posts, 0, RANGE) & ~(VMMC_PAGE - 1);
	n_regions = 0;
	state_bytes = 0;
	add_region(&nic->state, sizeof(nic->state));
	add_region(nic->regs, (size_t)((uint8_t *)&nic->sending - (uint8_t *)nic->regs));
	add_region(&host, sizeof(host));
	add_region(posts->queued, sizeof(posts->queued));
	add_region(nic->sram + VMMC_CTRL, VMMC_QUEUES + 3 * sizeof(struct vmmc_slot) - VMMC_CTRL);
	add_region(nic->sram + VMMC_IN_TABLE + 4 * (page >> VMMC_PAGE_SHIFT), 4);
	add_region(nic->sram + WALK_POST_AT, 16);
	for (uint32_t i = 0; i < VMMC_ARRIVALS; i++)
		add_region(nic->sram + nic->state.arrivals[i].at, VMMC_HEADER + PACKET_MAX + 4);
	add_region(nic->memory + page, 256);
	add_region(nic->memory + user_bus(0) + VMMC_PAGE - 64, 64);
	add_region(nic->memory + user_bus(1), 64);
	add_region(nic->memory + POSTS_STATUS(0), sizeof(struct vmmc_status));
	add_region(nic->memory + posts->directory[0] + 4 * (USER >> 22), 4);
	uint32_t table = host_word(nic, posts->directory[0] + 4 * (USER >> 22)) & ~(VMMC_PAGE - 1);
	add_region(nic->memory + table, 64);
}

static void
save(uint8_t *to)
{
	for (unsigned i = 0; i < n_regions; i++) {
		memcpy(to, regions[i].at, regions[i].bytes);
		to += regions[i].bytes;
	}
}

static void
restore(const uint8_t *from)
{
	for (unsigned i = 0; i < n_regions; i++) {
		memcpy(regions[i].at, from, regions[i].bytes);
		from += regions[i].bytes;
	}
}

struct key {
	uint64_t a, b;
};

static guint
key_hash(gconstpointer key)
{
	return (guint)((const struct key *)key)->a;
}

static gboolean
key_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct key)) == 0;
}

/* key_of: two hashes of 64 bits each of a saved state (FNV-1a over words, with two multipliers). */
static struct key
key_of(const uint8_t *saved)
{
	struct key key = {0xcbf29ce484222325u, 0x9e3779b97f4a7c15u};
	for (size_t at = 0; at < state_bytes; at += sizeof(uint32_t)) {
		uint32_t word;
		memcpy(&word, saved + at, sizeof(word));
		key.a = (key.a ^ word) * 0x100000001b3u;
		key.b = (key.b ^ word) * 0xff51afd7ed558ccdu;
		key.a ^= key.a >> 29;
		key.b ^= key.b >> 31;
	}
	return key;
}

/* The end of an order. ----------------------------------------------------------------------------------------------
 */

/* word_is: how often the value is at this address: 0 or 1. */
static unsigned
word_is(uint32_t address, uint32_t value)
{
	return posts_word(posts, 0, address) == value;
}

/* outcome: what the status words say, or would say: a post that came into force behind the stream is open still. */
static struct post_report
outcome(void)
{
	const struct post *post = &nic->state.posts[0][0];
	if (post->state != POST_OPEN)
		return posts_status(posts, 0, 0);
	return (struct post_report){.first = post->first,
	                            .taken = post->first == post->bytes ? 0 : post->next - post->first};
}

static void
check_packet(uint32_t n, bool let_through)
{
	const struct post_report status = outcome();
	bool posted = host_counter(nic, VMMC_C_POSTS);
	for (uint32_t i = 0; i < packet_bytes(n); i += 4) {
		uint32_t at = packet_start(n) + i, value = POSTS_VALUE + at / 4, place = at - BEFORE;
		bool in_range = place < BYTES;
		bool to_user = in_range && posted && place >= status.first && place - status.first < status.taken;
		unsigned user = in_range ? word_is(USER + place, value) : 0;
		ck_assert_uint_eq(user, let_through && to_user);
		ck_assert_uint_eq(word_is(RANGE + place, value), let_through && !to_user);
	}
}

static void
check_end(void)
{
	uint32_t taken = host_counter(nic, VMMC_C_POSTS) + host_counter(nic, VMMC_C_POSTS_REFUSED);
	uint32_t values = 0;
	const uint32_t last = POSTS_VALUE + (BEFORE + BYTES) / 4 - 1;
	bool open = nic->state.posts[0][0].state == POST_OPEN;
	bool let_through[PACKETS];
	ends++;
	ck_assert_uint_eq(synced(), host.signals);
	ck_assert(!host.unpinning && !host.ending);
	ck_assert(!(host.done >> EXIT & 1) || host.all_freed);
	ck_assert_uint_eq(host.reported + open, taken);
	ck_assert_msg(!open || host.arrived < PACKETS || word_is(RANGE + BYTES - 4, last), "the post should be full");
	ck_assert_uint_eq(host.arrived, host_counter(nic, VMMC_C_DEPOSITS) + host_counter(nic, VMMC_C_DROP_PROTECTION));
	for (uint32_t n = 0; n < PACKETS; n++) {
		uint32_t first = packet_start(n); /* outside the range for the first, inside for the second */
		let_through[n] = n < host.arrived && (word_is(RANGE - BEFORE + first, POSTS_VALUE + first / 4) ||
		                                      word_is(USER - BEFORE + first, POSTS_VALUE + first / 4));
		values += let_through[n] ? packet_bytes(n) / 4 : 0;
		check_packet(n, let_through[n]);
	}
	ck_assert_uint_eq(values * 4, host_counter(nic, VMMC_C_DEPOSIT_BYTES));
	ck_assert(host.done >> EXIT & 1 || host.arrived == PACKETS || !(allowed >> ARRIVE & 1));
	if (!(host.done >> EXIT & 1) && allowed >> POST & 1)
		ck_assert_uint_eq(taken, 1);
}

/* The search. -------------------------------------------------------------------------------------------------------
 */

static double explore(void);

/* run_turn: one turn from the saved state, with the script. */
static void
run_turn(const uint8_t *saved)
{
	restore(saved);
	points = 0;
	turns++;
	mock_step(nic);
	give_back();
}

/* place: a turn, with all ways to place further actions behind those of the script; the number of orders. */
static double
place(const uint8_t *saved, const struct key *before)
{
	uint32_t first = steps ? script[steps - 1].point : 0;
	uint32_t sets[POINTS_MAX], n;
	uint8_t *now = g_malloc(state_bytes);
	double orders = 0;
	run_turn(saved);
	n = points;
	memcpy(sets, enabled_at, sizeof(sets));
	save(now);
	struct key after = key_of(now);
	g_free(now);
	if (steps || !key_equal(&after, before))
		orders += explore();
	for (uint32_t point = first; point < n; point++)
		for (enum action action = 0; action < ACTIONS; action++) {
			if (!(sets[point] >> action & 1))
				continue;
			g_assert_cmpuint(steps, <, STEPS_MAX);
			script[steps++] = (struct step){.point = point, .action = action};
			orders += place(saved, before);
			steps--;
		}
	return orders;
}

/* explore: everything that can follow the present state; the number of orders. */
static double
explore(void)
{
	struct step outer[STEPS_MAX];
	unsigned outer_steps = steps;
	uint8_t *saved = g_malloc(state_bytes);
	double orders = 0;
	save(saved);
	struct key key = key_of(saved);
	double *found = g_hash_table_lookup(known, &key);
	if (found) {
		g_free(saved);
		return *found;
	}
	memcpy(outer, script, sizeof(outer));
	steps = 0;
	uint32_t set = enabled();
	for (enum action action = 0; action < ACTIONS; action++) {
		if (!(set >> action & 1))
			continue;
		restore(saved);
		act(action);
		orders += explore();
	}
	orders += place(saved, &key);
	if (orders == 0) {
		restore(saved);
		check_end();
		orders = 1;
	}
	memcpy(script, outer, sizeof(outer));
	steps = outer_steps;
	g_hash_table_insert(known, g_memdup2(&key, sizeof(key)), g_memdup2(&orders, sizeof(orders)));
	g_free(saved);
	return orders;
}

static void
set_up(void)
{
	posts = posts_new();
	nic = posts->nic;
	posts_map(posts, 0, RANGE, BYTES);
	posts_map(posts, 0, USER, BYTES);
	posts_export(posts, 0, RANGE, BYTES, VMMC_IN_WRITE);
	memset(&host, 0, sizeof(host));
	host.signals = synced();
	nic->machine.yield = yield;
	known = g_hash_table_new_full(key_hash, key_equal, g_free, g_free);
	names = g_hash_table_new(g_str_hash, g_str_equal);
	add_regions();
}

static void
tear_down(void)
{
	g_hash_table_unref(known);
	g_hash_table_unref(names);
	posts_free(posts);
}

#define BIT(action) (1u << (action))

static const struct {
	const char *name;
	uint32_t actions, behind;
} searches[] = {
        {"arrivals, post", BIT(ARRIVE) | BIT(POST), BEHIND_MAX},
        {"arrivals to the end of the range, post, cancel", BIT(ARRIVE) | BIT(POST) | BIT(CANCEL), 0},
        {"arrivals, post, cancel", BIT(ARRIVE) | BIT(POST) | BIT(CANCEL), BEHIND_MAX},
        {"arrivals, post, unpin", BIT(ARRIVE) | BIT(POST) | BIT(UNPIN), BEHIND_MAX},
        {"arrivals, post, exit", BIT(ARRIVE) | BIT(POST) | BIT(EXIT), BEHIND_MAX},
        {"post, cancel, exit, unpin", BIT(POST) | BIT(CANCEL) | BIT(EXIT) | BIT(UNPIN), BEHIND_MAX},
        {"arrivals, post, cancel, exit, unpin", BIT(ARRIVE) | BIT(POST) | BIT(CANCEL) | BIT(EXIT) | BIT(UNPIN),
         BEHIND_MAX},
};

static void
print_points(void)
{
	GList *sorted = g_list_sort(g_hash_table_get_keys(names), (GCompareFunc)strcmp);
	printf("yield points:");
	for (GList *name = sorted; name; name = name->next)
		printf(" [%s]", (const char *)name->data);
	printf("\n");
	g_list_free(sorted);
}

START_TEST(all_orders)
{
	allowed = searches[_i].actions;
	behind = searches[_i].behind;
	uint8_t *first = g_malloc(state_bytes), *sram = g_memdup2(nic->sram, VMMC_SRAM_BYTES);
	uint8_t *memory = g_memdup2(nic->memory, MOCK_MEMORY);
	save(first);
	double orders = explore();
	restore(first);
	ck_assert_msg(!memcmp(sram, nic->sram, VMMC_SRAM_BYTES) && !memcmp(memory, nic->memory, MOCK_MEMORY),
	              "something changed that is not part of the state");
	g_free(first);
	g_free(sram);
	g_free(memory);
	print_points();
	printf("%s: %.0f orders: %u states, %" PRIu64 " turns run, %" PRIu64 " different ends\n", searches[_i].name,
	       orders, g_hash_table_size(known), turns, ends);
	fflush(stdout);
	ck_assert(orders > 0);
}
END_TEST

int
main(void)
{
	TCase *cases = tcase_create("orders");
	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_set_timeout(cases, 500);
	tcase_add_loop_test(cases, all_orders, 0, (int)G_N_ELEMENTS(searches));
	Suite *suite = suite_create("orders of redirection");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

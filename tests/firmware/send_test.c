/* The send side of the vmmc firmware: descriptors, checks, pieces, fetches, status words, fairness. */
#include "tests/firmware/mock_host.h"

#include <check.h>
#include <string.h>

#define TAG    0x1234u
#define STATUS (63u * VMMC_PAGE)
#define PROXY  (2u * VMMC_PAGE) /* imported page 2 leads to frame 10 of node 1 */
#define FRAME  10u

/* Pieces that a short send of another process may find in front of it: one being sent and those that wait for the
 * engine. */
#define PIECES_BEFORE 3u

static struct mock_nic *nic;
static struct host_options options;

static void
open_process(unsigned p)
{
	host_open(nic, p, STATUS + (uint32_t)sizeof(struct vmmc_status) * p);
	for (uint32_t i = 0; i < 8; i++) {
		host_import(nic, p, i, 1, FRAME - 2 + i, TAG);
		host_source(nic, p, i, 20 + i);
	}
	mock_step(nic);
}

static void
set_up(void)
{
	options = host_defaults();
	options.cache_prefetch = VMMC_PREFETCH_MAX;
	nic = mock_new();
	ck_assert(host_start(nic, &options));
	for (uint32_t i = 0; i < MOCK_MEMORY; i++)
		nic->memory[i] = (uint8_t)(i * 7 + (i >> 8));
	open_process(0);
}

static void
tear_down(void)
{
	mock_free(nic);
}

static uint32_t
errors(unsigned p)
{
	return host_proc(nic, p, offsetof(struct vmmc_proc, errors));
}

static uint32_t
consumed(unsigned p)
{
	return host_proc(nic, p, offsetof(struct vmmc_proc, consumed));
}

static void
post_short(unsigned p, uint32_t n, uint32_t flags, uint32_t bytes)
{
	uint32_t data[VMMC_SHORT_MAX / 4];
	for (uint32_t i = 0; i < bytes / 4; i++)
		data[i] = 0xA0000000u + n * 0x100 + i;
	host_post(nic, p, n, VMMC_CONTROL(VMMC_OP_SHORT, flags, bytes), PROXY + 8, data, bytes / 4);
}

static void
post_long(unsigned p, uint32_t n, uint32_t flags, uint32_t proxy, uint32_t source, uint32_t bytes)
{
	host_post(nic, p, n, VMMC_CONTROL(VMMC_OP_LONG, flags, bytes), proxy, &source, 1);
}

/* walk: finishes the table walk that the next turn starts, if it starts one. */
static void
walk(void)
{
	mock_step(nic);
	while (nic->state.miss.port) {
		ck_assert(mock_finish_dma(nic, false));
		mock_step(nic);
	}
}

/* acknowledge: everything sent so far, by an explicit acknowledgement of `expected`. */
static void
acknowledge(uint32_t expected)
{
	uint8_t packet[VMMC_ACK_BYTES];
	host_deliver(nic, packet, host_ack(packet, VMMC_KIND_ACK, 1, expected), 0);
}

START_TEST(refuses_what_it_does_not_know)
{
	static const struct {
		size_t member;
		uint32_t value;
	} wrong[] = {
	        {offsetof(struct vmmc_ctrl, magic), 1},
	        {offsetof(struct vmmc_ctrl, version), 99},
	        {offsetof(struct vmmc_ctrl, n_nodes), 0},
	        {offsetof(struct vmmc_ctrl, n_nodes), VMMC_MAX_NODES + 1},
	        {offsetof(struct vmmc_ctrl, node), 2},
	        {offsetof(struct vmmc_ctrl, window), 0},
	        {offsetof(struct vmmc_ctrl, window), 25},
	        {offsetof(struct vmmc_ctrl, ack_every), 0},
	        {offsetof(struct vmmc_ctrl, ack_delay_ticks), 0},
	        {offsetof(struct vmmc_ctrl, rto_ticks), 0},
	        {offsetof(struct vmmc_ctrl, long_packets), 1},
	        {offsetof(struct vmmc_ctrl, long_packets), VMMC_LONG_PACKETS + 1},
	        {offsetof(struct vmmc_ctrl, cache_sets), 0},
	        {offsetof(struct vmmc_ctrl, cache_sets), VMMC_CACHE_SETS / 2},
	        {offsetof(struct vmmc_ctrl, cache_sets), 3 * VMMC_CACHE_SETS},
	        {offsetof(struct vmmc_ctrl, cache_sets), 2 * VMMC_CACHE_ENTRIES},
	        {offsetof(struct vmmc_ctrl, cache_sets), 1u << 31},
	        {offsetof(struct vmmc_ctrl, cache_ways), 0},
	        {offsetof(struct vmmc_ctrl, cache_ways), 3},
	        {offsetof(struct vmmc_ctrl, cache_ways), 8},
	        {offsetof(struct vmmc_ctrl, cache_prefetch), 0},
	        {offsetof(struct vmmc_ctrl, cache_prefetch), VMMC_PREFETCH_MAX + 1},
	};
	struct mock_nic *other = mock_new();
	host_control(other, &options);
	mock_set_sram(other, VMMC_CTRL + wrong[_i].member, wrong[_i].value);
	mock_select(other);
	ck_assert_uint_eq(vmmc_init(), 0);
	ck_assert_uint_eq(mock_sram(other, VMMC_CTRL + offsetof(struct vmmc_ctrl, ready)), VMMC_REFUSED);
	mock_free(other);
}
END_TEST

START_TEST(one_word)
{
	post_short(0, 0, 0, 4);
	mock_step(nic);
	ck_assert_uint_eq(nic->packets, 1);
	struct mock_packet *packet = mock_finish_send(nic);
	ck_assert_uint_eq(packet->bytes, 1 + VMMC_HEADER + 4);
	ck_assert_uint_eq(packet->data[0], 0x81);
	ck_assert_uint_eq(host_sent_word(packet, 0), VMMC_TYPE << 16 | VMMC_KIND_DATA << 8);
	ck_assert_uint_eq(host_sent_word(packet, 1), 0);
	ck_assert_uint_eq(host_sent_word(packet, 2), FRAME * VMMC_PAGE + 8);
	ck_assert_uint_eq(host_sent_word(packet, 3), VMMC_KEY(TAG, 0, 4));
	ck_assert_uint_eq(host_sent_word(packet, 4), 0xA0000000u);
	ck_assert_uint_eq(mock_sram(nic, host_slot(0, 0)), 0);
	ck_assert_uint_eq(consumed(0), 1);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_SHORT_SENDS), 1);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_PACKETS_SENT), 1);
	ck_assert_uint_eq(nic->dma_starts, 0);
	g_free(packet);
}
END_TEST

/* Every number of hops: the route lies left-padded in front of the header, SA skips the rest of its first word. */
START_TEST(routes)
{
	struct mock_nic *other = mock_new();
	options.hops = (uint32_t)_i;
	ck_assert(host_start(other, &options));
	mock_free(nic);
	nic = other;
	open_process(0);
	post_short(0, 0, VMMC_SEND_NOTIFY, VMMC_SHORT_MAX);
	mock_step(nic);
	struct mock_packet *packet = mock_finish_send(nic);
	ck_assert_ptr_nonnull(packet);
	ck_assert_uint_eq(packet->route_bytes, options.hops);
	ck_assert_uint_eq(packet->data[options.hops - 1], 0x81);
	ck_assert_uint_eq(host_sent_word(packet, 3), VMMC_KEY(TAG, VMMC_KEY_NOTIFY, VMMC_SHORT_MAX));
	ck_assert_uint_eq(host_sent_word(packet, 3 + VMMC_SHORT_MAX / 4), 0xA0000000u + VMMC_SHORT_MAX / 4 - 1);
	g_free(packet);
}
END_TEST

/* Descriptors that a process may not give: op, length, proxy, source. */
static const struct {
	uint32_t control, proxy, source;
} hostile[] = {
        {VMMC_CONTROL(5, 0, 4), PROXY, 0},
        {VMMC_CONTROL(15, 15, 0xFFFFFF), 0xFFFFFFFF, 0xFFFFFFFF},
        {0x00000004, PROXY, 0},
        {VMMC_CONTROL(VMMC_OP_SHORT, 0, 0), PROXY, 0},
        {VMMC_CONTROL(VMMC_OP_SHORT, 0, 6), PROXY, 0},
        {VMMC_CONTROL(VMMC_OP_SHORT, 0, VMMC_SHORT_MAX + 4), PROXY, 0},
        {VMMC_CONTROL(VMMC_OP_SHORT, 0, 0xFFFFFC), PROXY, 0},
        {VMMC_CONTROL(VMMC_OP_SHORT, 0, 4), PROXY + 2, 0},
        {VMMC_CONTROL(VMMC_OP_SHORT, 0, 8), PROXY + VMMC_PAGE - 4, 0}, /* over the page end */
        {VMMC_CONTROL(VMMC_OP_SHORT, 0, 4), 64 * VMMC_PAGE, 0},        /* beyond its part of the table */
        {VMMC_CONTROL(VMMC_OP_SHORT, 0, 4), 0xFFFFF000, 0},
        {VMMC_CONTROL(VMMC_OP_SHORT, 0, 4), 20 * VMMC_PAGE, 0}, /* not valid */
        {VMMC_CONTROL(VMMC_OP_SHORT, 0, 4), 30 * VMMC_PAGE, 0}, /* node without a route */
        {VMMC_CONTROL(VMMC_OP_LONG, 0, 0), PROXY, 0},
        {VMMC_CONTROL(VMMC_OP_LONG, 0, 5), PROXY, 0},
        {VMMC_CONTROL(VMMC_OP_LONG, 0, 4), PROXY + 1, 0},
        {VMMC_CONTROL(VMMC_OP_LONG, 0, 4), PROXY, 3},
        {VMMC_CONTROL(VMMC_OP_LONG, 0, 8), 63 * VMMC_PAGE + 0xFFC, 0}, /* runs out of the table */
        {VMMC_CONTROL(VMMC_OP_LONG, 0, 8), PROXY, 0xFFFFFFFC},         /* runs out of the address space */
        {VMMC_CONTROL(VMMC_OP_LONG, 0, 0xFFFFFC), 0, 0},
        {VMMC_CONTROL(VMMC_OP_LONG, 0, 8), 0xFFFFFFFC, 0},
        {VMMC_CONTROL(VMMC_OP_LONG, 0, 4), PROXY, 0xFFFFFFFC}, /* the last word of the address space is not pinned */
        {VMMC_CONTROL(VMMC_OP_LONG, 0, 4), PROXY, 0x80000000}, /* no second-level table */
        {VMMC_CONTROL(VMMC_OP_LONG, 0, 4), 20 * VMMC_PAGE, 0}, /* not valid */
        {VMMC_CONTROL(VMMC_OP_LONG, 0, 4), PROXY, 20 * VMMC_PAGE},
        {VMMC_CONTROL(VMMC_OP_LONG, 0, 4), 30 * VMMC_PAGE, 0},
};

START_TEST(hostile_descriptors)
{
	host_import(nic, 0, 30, 1, FRAME, TAG);
	mock_set_sram(nic, VMMC_OUT_TABLE + 30 * 8 + 4, VMMC_OUT_KEY(TAG, 5));
	host_post(nic, 0, 0, hostile[_i].control, hostile[_i].proxy, &hostile[_i].source, 1);
	host_settle(nic);
	ck_assert_uint_eq(errors(0), 1);
	ck_assert_uint_eq(consumed(0), 1);
	ck_assert_uint_eq(mock_sram(nic, host_slot(0, 0)), 0);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_BAD_DESCRIPTOR), 1);
	ck_assert_uint_eq(host_word(nic, STATUS), VMMC_CONTROL_FLAGS(hostile[_i].control) & VMMC_SEND_COMPLETE);
	ck_assert_uint_eq(host_word(nic, STATUS + 4), 1);
	ck_assert_uint_eq(nic->packets, 0);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_COMPLETIONS), 1);
	post_short(0, 1, 0, 4);
	mock_step(nic);
	ck_assert_uint_eq(nic->packets, 1);
	ck_assert_uint_eq(errors(0), 1);
}
END_TEST

/* A long send, with each alignment of source and destination in the page: pieces cross a page at neither end. */
START_TEST(long_pieces)
{
	uint32_t to = PROXY + 4 * (uint32_t)(_i * 300 % 1024);
	uint32_t from = VMMC_PAGE + 4 * (uint32_t)(_i * 170 % 1024);
	uint32_t bytes = 3 * VMMC_PAGE - 64;
	uint32_t done = 0;
	post_long(0, 0, VMMC_SEND_NOTIFY, to, from, bytes);
	walk();
	for (uint32_t sequence = 0; done < bytes; sequence++) {
		mock_step(nic);
		ck_assert(mock_finish_dma(nic, false));
		mock_step(nic);
		struct mock_packet *packet = mock_finish_send(nic);
		uint32_t length = VMMC_KEY_LENGTH(host_sent_word(packet, 3));
		uint32_t dest = host_sent_word(packet, 2);
		ck_assert_uint_eq(dest, FRAME * VMMC_PAGE + to - PROXY + done);
		ck_assert_uint_le(dest % VMMC_PAGE + length, VMMC_PAGE);
		ck_assert_uint_le((from + done) % VMMC_PAGE + length, VMMC_PAGE);
		ck_assert_mem_eq(packet->data + 1 + VMMC_HEADER, nic->memory + 20 * VMMC_PAGE + from + done, length);
		done += length;
		ck_assert_uint_eq(VMMC_KEY_FLAGS(host_sent_word(packet, 3)), done == bytes ? VMMC_KEY_NOTIFY : 0);
		ck_assert_uint_eq(host_sent_word(packet, 1) >> 16, sequence);
		g_free(packet);
		acknowledge(sequence + 1);
	}
	ck_assert_uint_eq(done, bytes);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_LONG_SENDS), 1);
	ck_assert_uint_eq(nic->dma_busy, 0);
}
END_TEST

/* The next fetch runs while a piece is being sent, and one more waits behind it. */
START_TEST(fetch_and_send_overlap)
{
	post_long(0, 0, 0, 0, 0, 8 * VMMC_PAGE);
	walk();
	uint32_t starts = nic->dma_starts;
	ck_assert_msg(nic->state.dma_first->next != NULL, "a piece must wait behind the first fetch");
	mock_finish_dma(nic, false);
	mock_step(nic);
	ck_assert(nic->send_busy && nic->dma_busy);
	ck_assert_uint_eq(nic->dma_starts, starts + 1);
	mock_finish_dma(nic, false);
	mock_step(nic);
	ck_assert_msg(nic->dma_busy, "a piece must wait behind the fetch that ends");
	mock_finish_dma(nic, false);
	mock_step(nic);
	ck_assert_msg(!nic->dma_busy, "no more than PIECES_MAX pieces wait for a blocked send engine");
	g_free(mock_finish_send(nic));
	mock_step(nic);
	ck_assert(nic->send_busy && nic->dma_busy);
}
END_TEST

/* A short send of another process goes out behind the pieces that are in SRAM already, not behind the whole long send.
 */
START_TEST(short_beside_long)
{
	unsigned packets_before = 0;
	open_process(1);
	post_long(0, 0, 0, 0, 0, 8 * VMMC_PAGE);
	walk();
	for (unsigned i = 0; i < 3; i++) {
		mock_step(nic);
		mock_finish_dma(nic, false);
	}
	post_short(1, 0, 0, 4);
	mock_step(nic);
	for (;;) {
		struct mock_packet *packet = mock_finish_send(nic);
		ck_assert_ptr_nonnull(packet);
		bool is_short = VMMC_KEY_LENGTH(host_sent_word(packet, 3)) == 4;
		g_free(packet);
		if (is_short)
			break;
		packets_before++;
		mock_step(nic);
	}
	ck_assert_uint_le(packets_before, PIECES_BEFORE);
	ck_assert_uint_eq(consumed(1), 1);
}
END_TEST

/* The same process' short send must not overtake its long one. */
START_TEST(order_within_a_process)
{
	uint32_t lengths[8], n = 0;
	post_long(0, 0, 0, 0, 0, VMMC_PAGE + 4);
	post_short(0, 1, 0, 8);
	post_long(0, 2, 0, 0, 0, 16);
	for (unsigned i = 0; i < 20; i++) {
		mock_step(nic);
		mock_finish_dma(nic, false);
		struct mock_packet *packet = mock_finish_send(nic);
		if (packet)
			lengths[n++] = VMMC_KEY_LENGTH(host_sent_word(packet, 3));
		g_free(packet);
	}
	ck_assert_uint_eq(n, 4);
	ck_assert_uint_eq(lengths[0], VMMC_PAGE);
	ck_assert_uint_eq(lengths[1], 4);
	ck_assert_uint_eq(lengths[2], 8);
	ck_assert_uint_eq(lengths[3], 16);
}
END_TEST

/* A long send that cannot go on keeps the process' other sends waiting, but neither posts nor their ends. */
START_TEST(cancel_beside_long)
{
	struct mock_nic *other = mock_new();
	options.window = 1;
	ck_assert(host_start(other, &options));
	mock_free(nic);
	nic = other;
	open_process(0);
	post_long(0, 0, 0, 0, 0, 2 * VMMC_PAGE);
	host_settle(nic);
	ck_assert_uint_eq(consumed(0), 1);
	host_post(nic, 0, 1, VMMC_CONTROL(VMMC_OP_CANCEL, 0, 0), 0, NULL, 0);
	post_short(0, 2, 0, 4);
	host_settle(nic);
	ck_assert_uint_eq(consumed(0), 2);
	ck_assert_uint_eq(nic->packets, 1);
	uint32_t writes = nic->writes;
	for (unsigned i = 0; i < 5; i++)
		mock_step(nic);
	ck_assert_msg(nic->writes == writes, "a send that waits for a long one is not looked at all the time");
	acknowledge(1);
	host_settle(nic);
	ck_assert_uint_eq(consumed(0), 2);
	acknowledge(2);
	host_settle(nic);
	ck_assert_uint_eq(consumed(0), 3);
	ck_assert_uint_eq(nic->packets, 3);
	ck_assert_uint_eq(errors(0), 0);
}
END_TEST

/* Full queues are served in turn. */
START_TEST(processes_take_turns)
{
	for (unsigned p = 1; p < 4; p++)
		open_process(p);
	for (unsigned p = 0; p < 4; p++)
		for (uint32_t n = 0; n < 2; n++)
			post_short(p, n, 0, 4);
	for (unsigned i = 0; i < 4; i++)
		mock_step(nic);
	for (unsigned p = 0; p < 4; p++)
		ck_assert_uint_eq(consumed(p), 1);
}
END_TEST

/* Two long sends share the fetches page by page. */
START_TEST(long_sends_take_turns)
{
	uint32_t starts[2] = {0, 0};
	open_process(1);
	for (uint32_t i = 0; i < 8; i++)
		host_source(nic, 1, i, 40 + i);
	post_long(0, 0, 0, 0, 0, 8 * VMMC_PAGE);
	post_long(1, 0, 0, 0, 0, 8 * VMMC_PAGE);
	walk();
	for (unsigned i = 0; i < 8; i++) {
		mock_step(nic);
		ck_assert(nic->dma_busy);
		starts[nic->regs[LANAI_EAR / 4] >= 40 * VMMC_PAGE]++;
		mock_finish_dma(nic, false);
		mock_step(nic);
		g_free(mock_finish_send(nic));
	}
	ck_assert_uint_ge(starts[0], 2);
	ck_assert_uint_ge(starts[1], 2);
}
END_TEST

START_TEST(window_and_buffers)
{
	for (uint32_t n = 0; n < VMMC_SLOTS; n++)
		post_short(0, n, 0, 4);
	host_settle(nic);
	ck_assert_uint_eq(nic->packets, options.window);
	ck_assert_uint_eq(consumed(0), options.window);
	acknowledge(3);
	host_settle(nic);
	ck_assert_uint_eq(nic->packets, options.window + 3);
	acknowledge(options.window + 3);
	host_settle(nic);
	ck_assert_uint_eq(consumed(0), VMMC_SLOTS);
}
END_TEST

/* All short packets held for several peers: sends wait, and go on with the first acknowledgement. */
START_TEST(packets_run_out)
{
	options.n_nodes = 4;
	options.window = 24;
	struct mock_nic *other = mock_new();
	ck_assert(host_start(other, &options));
	mock_free(nic);
	nic = other;
	open_process(0);
	uint32_t n = 0;
	for (uint32_t node = 1; node < 4; node++) {
		host_import(nic, 0, 2, node, FRAME, TAG);
		for (unsigned i = 0; i < VMMC_SLOTS; i++)
			post_short(0, n++, 0, 4);
		host_settle(nic);
	}
	ck_assert_uint_eq(consumed(0), VMMC_SHORT_PACKETS);
	acknowledge(5);
	host_settle(nic);
	ck_assert_uint_eq(consumed(0), VMMC_SHORT_PACKETS + 5);
}
END_TEST

START_TEST(completion)
{
	post_long(0, 0, 0, 0, 0, 16);
	post_long(0, 1, VMMC_SEND_COMPLETE, 0, 0, 2 * VMMC_PAGE);
	post_short(0, 2, VMMC_SEND_COMPLETE, 4);
	walk();
	ck_assert(mock_finish_dma(nic, false));
	mock_step(nic);
	memset(nic->memory + STATUS, 0, 16);
	host_settle(nic);
	ck_assert_uint_eq(host_word(nic, STATUS), 3);
	ck_assert_uint_ge(host_counter(nic, VMMC_C_COMPLETIONS), 1);
	ck_assert_uint_eq(host_word(nic, STATUS + 4), 0);
}
END_TEST

/* A bus error in a fetch makes that long send a bad descriptor; what comes after it is served. */
START_TEST(fetch_bus_error)
{
	post_long(0, 0, VMMC_SEND_COMPLETE, 0, 0, 8 * VMMC_PAGE);
	walk();
	ck_assert(mock_finish_dma(nic, true));
	post_short(0, 1, 0, 4);
	host_settle(nic);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_BUS_ERRORS), 1);
	ck_assert_uint_eq(consumed(0), 2);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_SHORT_SENDS), 1);
	ck_assert_uint_eq(errors(0), 1);
	ck_assert_uint_eq(host_word(nic, STATUS), 1);
	ck_assert_uint_eq(host_word(nic, STATUS + 4), 1);
}
END_TEST

/* A source page that becomes invalid on the way: the pieces before it go, the rest is a bad descriptor. */
START_TEST(long_into_an_invalid_page)
{
	host_no_source(nic, 0, 2);
	post_long(0, 0, 0, 0, 0, 4 * VMMC_PAGE);
	host_settle(nic);
	ck_assert_uint_eq(nic->packets, 2);
	ck_assert_uint_eq(errors(0), 1);
	post_short(0, 1, 0, 4);
	host_settle(nic);
	ck_assert_uint_eq(consumed(0), 2);
}
END_TEST

START_TEST(close_waits_for_what_is_under_way)
{
	size_t polled = offsetof(struct vmmc_proc, polled);
	ck_assert_uint_eq(host_proc(nic, 0, polled), 1);
	post_long(0, 0, VMMC_SEND_COMPLETE, 0, 0, 8 * VMMC_PAGE);
	walk();
	host_close(nic, 0);
	mock_step(nic);
	ck_assert_uint_eq(host_proc(nic, 0, polled), 1);
	host_settle(nic);
	ck_assert_uint_eq(host_proc(nic, 0, polled), 0);
	ck_assert_uint_lt(nic->packets, 8);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_COMPLETIONS), 0);
	uint32_t before = nic->packets;
	post_short(0, 1, 0, 4);
	host_settle(nic);
	ck_assert_uint_eq(nic->packets, before);
	open_process(0);
	ck_assert_uint_eq(consumed(0), 0);
	post_short(0, 0, 0, 4);
	host_settle(nic);
	ck_assert_uint_eq(nic->packets, before + 1);
}
END_TEST

/* The idle loop changes nothing: no register, no word. */
START_TEST(idle_is_idle)
{
	post_short(0, 0, 0, 4);
	host_settle(nic);
	acknowledge(1);
	mock_advance(nic, options.rto);
	host_settle(nic);
	uint32_t writes = nic->writes;
	struct vmmc before = nic->state;
	for (unsigned i = 0; i < 10; i++)
		mock_step(nic);
	ck_assert_uint_eq(nic->writes, writes);
	ck_assert_mem_eq(&before, &nic->state, sizeof(before));
	ck_assert_msg(!nic->alarm_on, "the timer runs although nothing is unacknowledged");
}
END_TEST

int
main(void)
{
	TCase *cases = tcase_create("send");
	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_loop_test(cases, refuses_what_it_does_not_know, 0, 22);
	tcase_add_test(cases, one_word);
	tcase_add_loop_test(cases, routes, 1, VMMC_MAX_HOPS + 1);
	tcase_add_loop_test(cases, hostile_descriptors, 0, (int)G_N_ELEMENTS(hostile));
	tcase_add_loop_test(cases, long_pieces, 0, 12);
	tcase_add_test(cases, fetch_and_send_overlap);
	tcase_add_test(cases, short_beside_long);
	tcase_add_test(cases, order_within_a_process);
	tcase_add_test(cases, cancel_beside_long);
	tcase_add_test(cases, processes_take_turns);
	tcase_add_test(cases, long_sends_take_turns);
	tcase_add_test(cases, window_and_buffers);
	tcase_add_test(cases, packets_run_out);
	tcase_add_test(cases, completion);
	tcase_add_test(cases, fetch_bus_error);
	tcase_add_test(cases, long_into_an_invalid_page);
	tcase_add_test(cases, close_waits_for_what_is_under_way);
	tcase_add_test(cases, idle_is_idle);
	Suite *suite = suite_create("firmware send");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

/* The raw firmware, native, on a mock NIC: descriptors, packets, slots, interrupts. */
#include "tests/raw/mock_raw.h"

#include "tests/hostlib/main.h"

#include <string.h>

#define PEER 1u

static struct mock_nic *nic;
static uint8_t packet[MOCK_PACKET_MAX];

static void
set_up(void)
{
	struct mock_raw_options options = mock_raw_defaults();
	nic = mock_new();
	ck_assert(mock_raw_start(nic, &options));
}

static void
tear_down(void)
{
	ck_assert(nic->armed || nic->rest);
	mock_free(nic);
}

static void
steps(void)
{
	for (unsigned i = 0; i < 6; i++)
		mock_step(nic);
}

static uint32_t
counter(enum raw_counter which)
{
	return mock_raw_counter(nic, which);
}

static uint32_t
sent(void)
{
	return mock_raw_ctrl(nic, offsetof(struct raw_ctrl, sent));
}

static bool
interrupted(void)
{
	bool raised = mock_read(nic, LANAI_ISR) & LANAI_ISR_HOST_SIG;
	nic->regs[LANAI_ISR / 4] &= ~LANAI_ISR_HOST_SIG;
	return raised;
}

/* Sending. ----------------------------------------------------------------------------------------------------------
 */

START_TEST(a_datagram_leaves)
{
	static const uint32_t lengths[] = {1, 3, 4, 1500, RAW_MTU};
	uint32_t bytes = lengths[_i], whole = (bytes + 3) & ~3u;
	mock_raw_post(nic, 0, PEER, bytes);
	steps();
	ck_assert_uint_eq(sent(), 0);
	ck_assert(mock_finish_dma(nic, false));
	steps();
	ck_assert_uint_eq(sent(), 1);
	ck_assert_uint_eq(mock_sram(nic, mock_raw_descriptor(0)), 0);
	struct mock_packet *p = mock_finish_send(nic);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(p->route_bytes, 2); /* of node 1 */
	ck_assert_uint_eq(p->bytes, p->route_bytes + MOCK_RAW_HEADER + whole);
	ck_assert_uint_eq(host_sent_word(p, 0), RAW_TYPE << 16 | LINK_KIND_DATA << 8);
	ck_assert_uint_eq(host_sent_word(p, 1), bytes);
	for (uint32_t i = 0; i < bytes; i++)
		ck_assert_uint_eq(p->data[p->route_bytes + MOCK_RAW_HEADER + i], (uint8_t)i);
	g_free(p);
	ck_assert_uint_eq(counter(RAW_C_SENT), 1);
}
END_TEST

/* While the network takes nothing: RAW_PACKETS are fetched, then the ring fills; then all leave in order. */
START_TEST(the_ring_waits_for_buffers)
{
	for (uint32_t n = 0; n < RAW_SENDS; n++)
		mock_raw_post(nic, n, PEER, 8);
	for (unsigned i = 0; i < 2 * RAW_SENDS; i++) {
		steps();
		mock_finish_dma(nic, false);
	}
	ck_assert_uint_eq(sent(), RAW_PACKETS);
	for (uint32_t n = 0; n < 3 * RAW_SENDS; n++) {
		struct mock_packet *p = mock_finish_send(nic);
		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq(host_sent_word(p, 2) >> 24, n);
		g_free(p);
		if (n < 2 * RAW_SENDS)
			mock_raw_post(nic, RAW_SENDS + n, PEER, 8);
		steps();
		while (mock_finish_dma(nic, false))
			steps();
	}
	ck_assert_ptr_null(mock_finish_send(nic));
	ck_assert_uint_eq(sent(), 3 * RAW_SENDS);
}
END_TEST

START_TEST(bad_descriptors_are_counted_in_order)
{
	mock_raw_post(nic, 0, PEER, 8);
	mock_raw_post(nic, 1, 0, 8);
	mock_raw_post(nic, 2, 2, 8);
	mock_raw_post(nic, 3, PEER, 0);
	mock_raw_post(nic, 4, PEER, RAW_MTU + 1);
	mock_raw_post(nic, 5, PEER, 8);
	steps();
	ck_assert_uint_eq(sent(), 0); /* the first is still being fetched */
	host_settle(nic);
	ck_assert_uint_eq(sent(), 6);
	ck_assert_uint_eq(counter(RAW_C_BAD_DESCRIPTOR), 4);
	ck_assert_uint_eq(nic->packets, 2);
}
END_TEST

START_TEST(a_network_reset_loses_one_packet)
{
	mock_raw_post(nic, 0, PEER, 8);
	mock_raw_post(nic, 1, PEER, 8);
	for (unsigned i = 0; i < 3; i++) {
		steps();
		mock_finish_dma(nic, false);
	}
	ck_assert(mock_reset_send(nic));
	steps();
	ck_assert_uint_eq(counter(RAW_C_NETWORK_RESETS), 1);
	struct mock_packet *p = mock_finish_send(nic);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(host_sent_word(p, 2) >> 24, 1);
	g_free(p);
	steps();
	ck_assert(mock_reset_reception(nic));
	steps();
	ck_assert(nic->armed);
}
END_TEST

/* Receiving. --------------------------------------------------------------------------------------------------------
 */

START_TEST(a_datagram_comes_to_its_slot)
{
	static const uint32_t lengths[] = {1, 3, 4, 1500, RAW_MTU};
	for (uint32_t serial = 1; serial <= 3 * MOCK_RAW_SLOTS; serial++) {
		uint32_t bytes = lengths[serial % G_N_ELEMENTS(lengths)];
		host_deliver(nic, packet, mock_raw_packet(packet, PEER, bytes), 0);
		ck_assert(!interrupted());
		ck_assert(mock_finish_dma(nic, false));
		steps();
		ck_assert(interrupted());
		ck_assert_uint_eq(mock_raw_entry(nic, serial, 0), serial);
		ck_assert_uint_eq(mock_raw_entry(nic, serial, 1), PEER << 16 | bytes);
		ck_assert_mem_eq(nic->memory + MOCK_RAW_RECEIVE + (serial - 1) % MOCK_RAW_SLOTS * RAW_SLOT +
		                         sizeof(struct raw_entry),
		                 packet + MOCK_RAW_HEADER, bytes);
		mock_raw_give(nic, MOCK_RAW_SLOTS + serial);
	}
	ck_assert_uint_eq(counter(RAW_C_RECEIVED), 3 * MOCK_RAW_SLOTS);
}
END_TEST

START_TEST(without_slots_it_is_dropped)
{
	for (unsigned i = 0; i < MOCK_RAW_SLOTS + 3; i++) {
		host_deliver(nic, packet, mock_raw_packet(packet, PEER, 8), 0);
		mock_finish_dma(nic, false);
		steps();
	}
	ck_assert_uint_eq(counter(RAW_C_RECEIVED), MOCK_RAW_SLOTS);
	ck_assert_uint_eq(counter(RAW_C_DROP_NO_BUFFER), 3);
	mock_raw_give(nic, MOCK_RAW_SLOTS + 1);
	host_deliver(nic, packet, mock_raw_packet(packet, PEER, 8), 0);
	ck_assert_uint_eq(counter(RAW_C_RECEIVED), MOCK_RAW_SLOTS + 1);
}
END_TEST

/* The host's bus is busy: all buffers fill, and the engine takes more when the first is free again. */
START_TEST(a_busy_bus_holds_the_network)
{
	for (unsigned i = 0; i < RAW_ARRIVALS; i++) {
		mock_raw_give(nic, MOCK_RAW_SLOTS + i);
		host_deliver(nic, packet, mock_raw_packet(packet, PEER, 8), 0);
	}
	ck_assert(!nic->armed);
	ck_assert(mock_finish_dma(nic, false));
	steps();
	ck_assert(nic->armed);
}
END_TEST

static const struct {
	const char *what;
	uint32_t type, length, bytes, residue;
	enum raw_counter counter;
} bad[] = {
        {"a wrong CRC", RAW_TYPE << 16 | 0x101, 8, 16, 0x5A, RAW_C_DROP_CRC},
        {"another type", 0x0250u << 16 | 0x101, 8, 16, 0, RAW_C_DROP_TYPE},
        {"another kind", RAW_TYPE << 16 | 0x201, 8, 16, 0, RAW_C_DROP_TYPE},
        {"a node that cannot be", RAW_TYPE << 16 | 0x140, 8, 16, 0, RAW_C_DROP_TYPE},
        {"too short for its length", RAW_TYPE << 16 | 0x101, 13, 16, 0, RAW_C_DROP_TYPE},
        {"too long for its length", RAW_TYPE << 16 | 0x101, 4, 16, 0, RAW_C_DROP_TYPE},
        {"a length of 0", RAW_TYPE << 16 | 0x101, 0, 8, 0, RAW_C_DROP_TYPE},
        {"a length that wraps", RAW_TYPE << 16 | 0x101, 0xFFFFFFFF, 8, 0, RAW_C_DROP_TYPE},
        {"a length that is negative", RAW_TYPE << 16 | 0x101, 0xFFFFFFF8, 4, 0, RAW_C_DROP_TYPE},
        {"no whole words", RAW_TYPE << 16 | 0x101, 7, 15, 0, RAW_C_DROP_TYPE},
        {"no whole words and a wrong CRC", RAW_TYPE << 16 | 0x101, 7, 15, 1, RAW_C_DROP_CRC},
        {"nothing", 0, 0, 0, 0, RAW_C_DROP_TYPE},
        {"more than any buffer takes", RAW_TYPE << 16 | 0x101, RAW_MTU, RAW_MTU + 100, 0, RAW_C_LONG_PACKETS},
        {"more than two buffers take", RAW_TYPE << 16 | 0x101, 8, MOCK_PACKET_MAX, 0, RAW_C_LONG_PACKETS},
};

START_TEST(what_is_no_datagram_is_dropped)
{
	uint32_t header[2] = {GUINT32_TO_BE(bad[_i].type), GUINT32_TO_BE(bad[_i].length)};
	uint8_t good[64];
	memcpy(packet, header, sizeof(header));
	host_deliver(nic, packet, bad[_i].bytes, bad[_i].residue);
	ck_assert_msg(counter(bad[_i].counter) == 1, "%s", bad[_i].what);
	ck_assert_uint_eq(counter(RAW_C_RECEIVED), 0);
	host_deliver(nic, good, mock_raw_packet(good, PEER, 8), 0);
	ck_assert_uint_eq(counter(RAW_C_RECEIVED), 1);
}
END_TEST

/* What is left of a packet when a buffer is full looks like a datagram. */
START_TEST(the_rest_of_a_long_packet_is_none)
{
	uint32_t rest = mock_raw_packet(packet + ARRIVAL_BYTES, PEER, 8);
	mock_raw_packet(packet, PEER, RAW_MTU);
	host_deliver(nic, packet, ARRIVAL_BYTES + rest, 0);
	ck_assert_uint_eq(counter(RAW_C_LONG_PACKETS), 1);
	ck_assert_uint_eq(counter(RAW_C_RECEIVED), 0);
	host_deliver(nic, packet, mock_raw_packet(packet, PEER, 8), 0);
	ck_assert_uint_eq(counter(RAW_C_RECEIVED), 1);
}
END_TEST

/* Interrupts and start. ---------------------------------------------------------------------------------------------
 */

static void
arrive(void)
{
	host_deliver(nic, packet, mock_raw_packet(packet, PEER, 8), 0);
	ck_assert(mock_finish_dma(nic, false));
	steps();
}

START_TEST(interrupts_are_coalesced)
{
	struct mock_raw_options options = mock_raw_defaults();
	mock_free(nic);
	nic = mock_new();
	options.coalesce_count = 3;
	options.coalesce_ticks = 100;
	ck_assert(mock_raw_start(nic, &options));
	arrive();
	mock_advance(nic, 90);
	arrive();
	steps();
	ck_assert(!interrupted());
	arrive();
	ck_assert(interrupted());
	mock_advance(nic, 20); /* the timer of the first: nothing is untold */
	steps();
	ck_assert(!interrupted());
	arrive();
	ck_assert(!interrupted());
	mock_advance(nic, 100);
	steps();
	ck_assert(interrupted());
	ck_assert_uint_eq(counter(RAW_C_INTERRUPTS), 2);
}
END_TEST

START_TEST(a_bad_control_block_is_refused)
{
	static const struct {
		size_t member;
		uint32_t value;
	} wrong[] = {
	        {offsetof(struct raw_ctrl, magic), 0},         {offsetof(struct raw_ctrl, version), 2},
	        {offsetof(struct raw_ctrl, n_nodes), 0},       {offsetof(struct raw_ctrl, n_nodes), LINK_MAX_NODES + 1},
	        {offsetof(struct raw_ctrl, node), 2},          {offsetof(struct raw_ctrl, receive_slots), 0},
	        {offsetof(struct raw_ctrl, coalesce_count), 0}};
	struct mock_raw_options options = mock_raw_defaults();
	for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
		struct mock_nic *other = mock_new();
		mock_raw_control(other, &options);
		mock_set_sram(other, RAW_CTRL + (uint32_t)wrong[i].member, wrong[i].value);
		mock_select(other);
		ck_assert(!raw_init());
		ck_assert_uint_eq(mock_raw_ctrl(other, offsetof(struct raw_ctrl, ready)), RAW_REFUSED);
		mock_free(other);
	}
	ck_assert_uint_eq(mock_raw_ctrl(nic, offsetof(struct raw_ctrl, ready)), RAW_MAGIC);
}
END_TEST

static void
add_cases(TCase *cases)
{
	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_loop_test(cases, a_datagram_leaves, 0, 5);
	tcase_add_test(cases, the_ring_waits_for_buffers);
	tcase_add_test(cases, bad_descriptors_are_counted_in_order);
	tcase_add_test(cases, a_network_reset_loses_one_packet);
	tcase_add_test(cases, a_datagram_comes_to_its_slot);
	tcase_add_test(cases, without_slots_it_is_dropped);
	tcase_add_test(cases, a_busy_bus_holds_the_network);
	tcase_add_loop_test(cases, what_is_no_datagram_is_dropped, 0, (int)G_N_ELEMENTS(bad));
	tcase_add_test(cases, the_rest_of_a_long_packet_is_none);
	tcase_add_test(cases, interrupts_are_coalesced);
	tcase_add_test(cases, a_bad_control_block_is_refused);
}

int
main(void)
{
	return run_suite("raw firmware", add_cases);
}

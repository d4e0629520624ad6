/* Sessions of the vmmc firmware's link, seen from node 0: giving up, handshakes, restarted nodes, clocks and numbers
 * near their wrap, and the mode without reliability. */
#include "tests/firmware/mock_host.h"

#include <check.h>

#define TAG   0x99u
#define FRAME 5u
#define DEST  (FRAME * VMMC_PAGE)

#define WORD(own, other) ((uint32_t)(own) << 16 | (uint32_t)(other)) /* link word of SYN and SYNACK */

static struct mock_nic *nic;
static struct host_options options;
static uint32_t posted;

/* start: node 0 of three; page i of process 0's proxies leads to node 1 + i. */
static void
start(void)
{
	nic = mock_new();
	ck_assert(host_start(nic, &options));
	host_open(nic, 0, 0x30000);
	host_import(nic, 0, 0, 1, FRAME, TAG);
	host_import(nic, 0, 1, 2, FRAME, TAG);
	host_export(nic, FRAME, TAG, VMMC_IN_WRITE);
	mock_step(nic);
	posted = 0;
}

static void
set_up(void)
{
	options = host_defaults();
	options.n_nodes = 3;
	options.give_up = 20000;
	start();
}

static void
tear_down(void)
{
	mock_free(nic);
}

static void
again(void)
{
	tear_down();
	start();
}

static uint32_t
count_of(enum vmmc_counter which)
{
	return host_counter(nic, which);
}

static const struct peer *
peer(unsigned node)
{
	return &nic->state.peers[node];
}

static bool
is_down(unsigned node)
{
	return host_ctrl(nic, offsetof(struct vmmc_ctrl, down)) >> node & 1;
}

static void
send_to(unsigned node)
{
	uint32_t data = posted;
	host_post(nic, 0, posted++, VMMC_CONTROL(VMMC_OP_SHORT, 0, 4), (node - 1) << VMMC_PAGE_SHIFT, &data, 1);
	mock_step(nic);
}

/* sent: the packet that is being sent ends; its kind must be this one.  Returns its link word. */
static uint32_t
sent(uint32_t kind)
{
	struct mock_packet *packet = mock_finish_send(nic);
	ck_assert_ptr_nonnull(packet);
	uint32_t link = host_sent_word(packet, 1);
	ck_assert_uint_eq(host_sent_word(packet, 0) >> 8 & 0xFF, kind);
	g_free(packet);
	mock_step(nic);
	return link;
}

/* nothing_sent: whatever the engine had to do is over. */
static void
nothing_sent(void)
{
	ck_assert(!nic->send_busy);
}

static void
control(uint32_t kind, uint32_t link)
{
	uint8_t packet[VMMC_ACK_BYTES];
	host_deliver(nic, packet, host_ack(packet, kind, 1, link), 0);
}

static void
data_arrives(uint32_t sequence, uint32_t ack)
{
	uint8_t packet[VMMC_HEADER + 4];
	host_deliver(nic, packet, host_packet(packet, 1, sequence, ack, DEST, VMMC_KEY(TAG, 0, 4)), 0);
	mock_finish_dma(nic, false);
	mock_step(nic);
}

/* pass: time goes by; what is sent is lost. Returns the ticks until node 1 was down, or `ticks`. */
static uint32_t
pass(uint32_t ticks)
{
	for (uint32_t i = 0; i < ticks; i++) {
		if (is_down(1))
			return i;
		mock_advance(nic, 1);
		mock_step(nic);
		while (nic->send_busy) {
			g_free(mock_finish_send(nic));
			mock_step(nic);
		}
	}
	return ticks;
}

static unsigned
free_packets(const struct packet *list)
{
	unsigned n = 0;
	for (; list; list = list->next)
		n++;
	return n;
}

static void
take_signal(void)
{
	ck_assert(nic->regs[LANAI_ISR / 4] & LANAI_ISR_HOST_SIG);
	nic->regs[LANAI_ISR / 4] &= ~LANAI_ISR_HOST_SIG;
}

static void
peer_up(void)
{
	host_command(nic, VMMC_COMMAND_PEER_UP, 1, 0, 0);
	mock_step(nic);
	mock_step(nic);
	ck_assert(!is_down(1));
}

/* Where the clock starts: it wraps during the first time-out, between time-outs, when the peer is given up, and never.
 */
static const uint32_t clocks[] = {0,          0xFFFFFFFFu,       0xFFFFFFFFu - 1000, 0xFFFFFFFFu - 9000,
                                  0u - 20000, 0x7FFFFFFFu - 9000};

START_TEST(gives_up_in_time)
{
	nic->now = clocks[_i];
	unsigned free = free_packets(nic->state.free_short);
	send_to(1);
	sent(VMMC_KIND_DATA);
	send_to(1);
	sent(VMMC_KIND_DATA);
	ck_assert_uint_eq(pass(10 * options.give_up), options.give_up);
	take_signal();
	ck_assert_uint_eq(count_of(VMMC_C_PEERS_DOWN), 1);
	ck_assert_uint_eq(free_packets(nic->state.free_short), free);
	ck_assert(!nic->alarm_on);
	send_to(1);
	nothing_sent();
	ck_assert_uint_eq(count_of(VMMC_C_UNREACHABLE), 1);
	ck_assert_uint_eq(host_proc(nic, 0, offsetof(struct vmmc_proc, errors)), 1);
	send_to(2);
	sent(VMMC_KIND_DATA);
}
END_TEST

START_TEST(never_gives_up)
{
	options.give_up = 0;
	again();
	send_to(1);
	sent(VMMC_KIND_DATA);
	ck_assert_uint_eq(pass(300000), 300000);
	ck_assert_uint_gt(count_of(VMMC_C_RETRANSMITTED), 10);
	control(VMMC_KIND_ACK, 1);
	ck_assert_ptr_null(peer(1)->oldest);
}
END_TEST

START_TEST(progress_puts_giving_up_off)
{
	nic->now = clocks[_i];
	for (unsigned i = 0; i < 3; i++) {
		send_to(1);
		sent(VMMC_KIND_DATA);
	}
	for (uint32_t i = 1; i < 3; i++) {
		ck_assert_uint_eq(pass(options.give_up - 1), options.give_up - 1);
		control(VMMC_KIND_ACK, i);
	}
	ck_assert_uint_eq(pass(options.give_up + 1), options.give_up);
}
END_TEST

/* Who blocks the send engine is given up; who waits behind him is not. */
START_TEST(a_blocked_engine_has_one_culprit)
{
	send_to(1);
	send_to(2);
	for (uint32_t i = 0; i <= options.give_up; i++) {
		mock_advance(nic, 1);
		mock_step(nic);
	}
	ck_assert(is_down(1));
	ck_assert(!is_down(2));
	struct packet *first = nic->state.sending;
	for (struct packet *free = nic->state.free_short; free; free = free->next)
		ck_assert_ptr_ne(free, first);
	mock_reset_send(nic);
	mock_step(nic);
	ck_assert_ptr_eq(nic->state.sending->peer, peer(2));
	ck_assert_uint_eq(sent(VMMC_KIND_DATA), 0);
}
END_TEST

/* A peer that was restarted asks; nothing is answered or taken before the driver has agreed. */
START_TEST(restarted_peer)
{
	send_to(1);
	sent(VMMC_KIND_DATA);
	data_arrives(0, 1);
	control(VMMC_KIND_SYN, WORD(0x501, 0));
	take_signal();
	ck_assert(is_down(1));
	control(VMMC_KIND_SYN, WORD(0x501, 0));
	data_arrives(1, 1);
	data_arrives(0, 0);
	control(VMMC_KIND_ACK, 1);
	nothing_sent();
	ck_assert_uint_eq(count_of(VMMC_C_DEPOSITS), 1);
	ck_assert_uint_eq(count_of(VMMC_C_DROP_SESSION), 4);

	peer_up();
	uint32_t own = sent(VMMC_KIND_SYN) >> 16;
	ck_assert_uint_ne(own, 0);
	data_arrives(0, 0);
	ck_assert_uint_eq(count_of(VMMC_C_DEPOSITS), 1);
	control(VMMC_KIND_SYN, WORD(0x501, own));
	ck_assert_uint_eq(sent(VMMC_KIND_SYNACK), WORD(own, 0x501));
	data_arrives(0, 0);
	ck_assert_uint_eq(count_of(VMMC_C_DEPOSITS), 2);
	send_to(1);
	ck_assert_uint_eq(sent(VMMC_KIND_DATA), 1);
	ck_assert_uint_eq(peer(1)->room, options.window - 1);
}
END_TEST

static void
restart(uint32_t incarnation)
{
	options.incarnation = incarnation;
	again();
}

START_TEST(restarted_node_is_asked)
{
	restart(7);
	control(VMMC_KIND_SYN, WORD(0x100, 0));
	uint32_t own = sent(VMMC_KIND_SYN);
	ck_assert_uint_eq(own & 0xFFFF, 0x100);
	ck_assert_uint_eq(own >> 24, 7);
	data_arrives(0, 0);
	ck_assert_uint_eq(count_of(VMMC_C_DEPOSITS), 0);
	control(VMMC_KIND_SYNACK, WORD(0x100, own >> 16));
	nothing_sent();
	data_arrives(0, 0);
	ck_assert_uint_eq(count_of(VMMC_C_DEPOSITS), 1);
	ck_assert(!is_down(1));
}
END_TEST

/* A descriptor waits for the link that it needs; another peer's does not wait for it. */
START_TEST(restarted_node_asks)
{
	restart(7);
	send_to(1);
	uint32_t own = sent(VMMC_KIND_SYN);
	ck_assert_uint_eq(own & 0xFFFF, 0);
	nothing_sent();
	control(VMMC_KIND_SYN, WORD(0x100, own >> 16));
	ck_assert_uint_eq(sent(VMMC_KIND_SYNACK), WORD(own >> 16, 0x100));
	ck_assert_uint_eq(sent(VMMC_KIND_DATA), 0);
	ck_assert_uint_eq(count_of(VMMC_C_BAD_DESCRIPTOR), 0);
}
END_TEST

/* What is left of an old session makes a restarted node ask, so that its peer learns of the restart. */
START_TEST(strays_make_a_restarted_node_ask)
{
	restart(7);
	if (_i == 0)
		data_arrives(5, 3);
	else
		control(_i == 1 ? VMMC_KIND_ACK : VMMC_KIND_NACK, 3);
	sent(VMMC_KIND_SYN);
	ck_assert_uint_eq(count_of(VMMC_C_DROP_SESSION), 1);
	ck_assert_uint_eq(count_of(VMMC_C_DEPOSITS), 0);
}
END_TEST

START_TEST(lost_syns)
{
	uint32_t own, syns = 0;
	restart(7);
	nic->now = clocks[_i];
	send_to(1);
	own = sent(VMMC_KIND_SYN);
	for (uint32_t i = 0; i < options.give_up - 1; i++) {
		mock_advance(nic, 1);
		mock_step(nic);
		if (!nic->send_busy)
			continue;
		ck_assert_uint_eq(sent(VMMC_KIND_SYN), own);
		syns++;
	}
	ck_assert_uint_ge(syns, 3);
	ck_assert(!is_down(1));
	ck_assert_uint_eq(pass(10), 1);
	take_signal();
	mock_step(nic);
	ck_assert_uint_eq(count_of(VMMC_C_UNREACHABLE), 1);
	ck_assert_uint_eq(host_proc(nic, 0, offsetof(struct vmmc_proc, consumed)), 1);
	peer_up();
	nothing_sent(); /* nobody wants it */
	send_to(1);
	ck_assert_uint_ne(sent(VMMC_KIND_SYN), own);
}
END_TEST

/* Both ask at once, SYNACK is lost, everything comes twice. */
START_TEST(crossing_lost_and_repeated)
{
	restart(7);
	send_to(1);
	uint32_t own = sent(VMMC_KIND_SYN) >> 16;
	for (unsigned i = 0; i < 2; i++) {
		control(VMMC_KIND_SYN, WORD(0x100, 0));
		ck_assert_uint_eq(sent(VMMC_KIND_SYN), WORD(own, 0x100));
	}
	control(VMMC_KIND_SYN, WORD(0x100, own));
	ck_assert_uint_eq(sent(VMMC_KIND_SYNACK), WORD(own, 0x100));
	sent(VMMC_KIND_DATA);
	control(VMMC_KIND_SYN, WORD(0x100, own));
	ck_assert_uint_eq(sent(VMMC_KIND_SYNACK), WORD(own, 0x100));
	control(VMMC_KIND_SYN, WORD(0x100, 0));
	control(VMMC_KIND_SYN, WORD(0x100, own - 1));
	control(VMMC_KIND_SYNACK, WORD(0x100, own));
	control(VMMC_KIND_SYNACK, WORD(0x100, own));
	nothing_sent();
	ck_assert(!is_down(1));
	ck_assert_uint_eq(peer(1)->room, options.window - 1);
}
END_TEST

START_TEST(old_synack_makes_nothing)
{
	restart(7);
	send_to(1);
	uint32_t own = sent(VMMC_KIND_SYN) >> 16;
	control(VMMC_KIND_SYNACK, WORD(0x100, own - 1));
	ck_assert_uint_eq(sent(VMMC_KIND_SYN), WORD(own, 0x100));
	ck_assert_uint_eq(peer(1)->state, LINK_MAKING);
}
END_TEST

/* A node's number is never 0 and not the one before. */
START_TEST(numbers_wrap)
{
	restart(0x700);
	uint32_t before = 0;
	nic->state.sessions = 253;
	for (unsigned i = 0; i < 5; i++) {
		send_to(1);
		uint32_t own = sent(VMMC_KIND_SYN) >> 16;
		ck_assert_uint_ne(own, 0);
		ck_assert_uint_ne(own, before);
		before = own;
		pass(options.give_up);
		peer_up();
	}
}
END_TEST

/* Sequence numbers begin anew in a session, near their wrap, too. */
START_TEST(sequences_begin_anew)
{
	options.first_sequence = 0xFFFE;
	restart(0);
	for (unsigned round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 4; i++) {
			send_to(1);
			ck_assert_uint_eq(sent(VMMC_KIND_DATA) >> 16, (0xFFFE + i) & 0xFFFF);
			data_arrives((0xFFFE + i) & 0xFFFF, (0xFFFE + i + 1) & 0xFFFF);
		}
		while (nic->send_busy)
			sent(VMMC_KIND_ACK);
		control(VMMC_KIND_SYN, WORD(0x200 + round, 0));
		peer_up();
		uint32_t own = sent(VMMC_KIND_SYN) >> 16;
		control(VMMC_KIND_SYNACK, WORD(0x200 + round, own));
	}
	ck_assert_uint_eq(count_of(VMMC_C_DEPOSITS), 12);
}
END_TEST

/* Pieces of a long send that are being fetched when the peer goes down, and are done when it is up again. */
START_TEST(pieces_of_a_lost_session)
{
	uint32_t from = 0;
	for (uint32_t i = 0; i < 4; i++) {
		host_import(nic, 0, i, 1, FRAME, TAG);
		host_source(nic, 0, i, 20 + i);
	}
	unsigned free = free_packets(nic->state.free_long);
	host_post(nic, 0, posted++, VMMC_CONTROL(VMMC_OP_LONG, VMMC_SEND_COMPLETE, 4 * VMMC_PAGE), 0, &from, 1);
	for (unsigned i = 0; i < 20 && nic->state.pieces < 2; i++) {
		mock_step(nic);
		if (nic->state.pieces < 2)
			mock_finish_dma(nic, false);
	}
	ck_assert_uint_eq(nic->state.pieces, 2);
	control(VMMC_KIND_SYN, WORD(0x300, 0));
	for (uint32_t i = 0; i < 4; i++)
		mock_set_sram(nic, VMMC_OUT_TABLE + i * sizeof(struct vmmc_out) + offsetof(struct vmmc_out, key), 0);
	while (nic->send_busy)
		sent(VMMC_KIND_DATA);
	uint32_t before = count_of(VMMC_C_PACKETS_SENT);
	peer_up();
	uint32_t own = sent(VMMC_KIND_SYN) >> 16;
	control(VMMC_KIND_SYNACK, WORD(0x300, own));
	host_settle(nic);
	ck_assert_uint_eq(free_packets(nic->state.free_long), free);
	ck_assert_uint_eq(nic->state.pieces, 0);
	ck_assert_uint_eq(peer(1)->room, options.window);
	ck_assert_uint_eq(count_of(VMMC_C_PACKETS_SENT), before);
	ck_assert_uint_eq(host_word(nic, 0x30000), 1);
	ck_assert_uint_eq(host_word(nic, 0x30004), 1);
}
END_TEST

/* One network reset can take a packet that is sent and one that comes in. */
START_TEST(reset_of_both_directions)
{
	send_to(1);
	ck_assert(mock_reset_reception(nic));
	ck_assert(mock_reset_send(nic));
	mock_step(nic);
	ck_assert(nic->armed);
	nothing_sent();
	data_arrives(0, 0);
	ck_assert_uint_eq(count_of(VMMC_C_DEPOSITS), 1);
}
END_TEST

/* What a hung node blocks is free again before others behind it are taken for dead. */
START_TEST(network_resets_before_giving_up)
{
	static const uint32_t give_up[] = {0, 1, 124999, 500000, 1999999, 0xFFFFFFFF}, period[] = {3, 0, 0, 1, 1, 3};
	options.give_up = give_up[_i];
	again();
	ck_assert_uint_eq(nic->regs[LANAI_TIMEOUT / 4], period[_i]);
}
END_TEST

/* The shortest time-out is over before the timer is set. */
START_TEST(shortest_time_out)
{
	options.rto = 1;
	options.give_up = 100;
	again();
	nic->hurry = 3;
	send_to(1);
	nic->hurry = 0;
	sent(VMMC_KIND_DATA);
	ck_assert_uint_le(pass(1000), 110);
}
END_TEST

static void
without_reliability(void)
{
	options.reliable = 0;
	options.incarnation = 3;
	again();
}

/* kept: packets of the peer that are not free, sent or not. */
static unsigned
kept(const struct peer *peer)
{
	unsigned n = 0;
	for (const struct packet *packet = peer->oldest; packet; packet = packet->next)
		n++;
	return n;
}

/* Packets are kept until somebody lacks one; none is lost. */
START_TEST(unreliable_sends)
{
	options.window = _i;
	without_reliability();
	unsigned free = free_packets(nic->state.free_short);
	for (unsigned i = 0; i < 3 * options.window; i++) {
		for (unsigned burst = 0; burst <= i % 3; burst++)
			send_to(1);
		if (i % 5 == 4)
			ck_assert(mock_reset_send(nic));
		else
			sent(VMMC_KIND_DATA);
		mock_step(nic);
		while (nic->send_busy)
			sent(VMMC_KIND_DATA);
		ck_assert_ptr_null(peer(1)->unsent);
		ck_assert_uint_eq(free_packets(nic->state.free_short) + kept(peer(1)), free);
		ck_assert_uint_eq(peer(1)->room + kept(peer(1)), options.window);
	}
	ck_assert(!nic->alarm_on);
	ck_assert_uint_eq(count_of(VMMC_C_SHORT_SENDS), posted);
	ck_assert_uint_eq(count_of(VMMC_C_PACKETS_SENT), posted);
	ck_assert_uint_eq(count_of(VMMC_C_RETRANSMITTED), 0);
}
END_TEST

/* Every sound packet is taken, whatever its number; nothing is answered. */
START_TEST(unreliable_takes)
{
	static const uint32_t numbers[] = {0, 1, 5, 2, 2, 0xFFFF, 0x8000, 3};
	without_reliability();
	for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++) {
		data_arrives(numbers[i], numbers[i] + 1);
		nothing_sent();
	}
	control(VMMC_KIND_SYN, WORD(5, 0));
	control(VMMC_KIND_NACK, 1);
	mock_advance(nic, 10 * options.rto);
	mock_step(nic);
	nothing_sent();
	ck_assert_uint_eq(count_of(VMMC_C_DEPOSITS), G_N_ELEMENTS(numbers));
	ck_assert(!is_down(1));
	ck_assert_ptr_nonnull(nic->state.armed);
	send_to(1);
	sent(VMMC_KIND_DATA);
}
END_TEST

/* An acknowledgement cannot free what is still in the send engine; nor can lacking room. */
START_TEST(unreliable_ignores_acknowledgements)
{
	without_reliability();
	send_to(1);
	send_to(1);
	for (uint32_t i = 0; i < 4; i++) {
		control(VMMC_KIND_ACK, i);
		data_arrives(i, i);
	}
	ck_assert_uint_eq(peer(1)->room, options.window - 2);
	while (peer(1)->room)
		send_to(1);
	send_to(1);
	ck_assert_uint_eq(peer(1)->room, 0);
	ck_assert_uint_eq(kept(peer(1)), options.window);
	for (unsigned i = 0; i < posted; i++)
		sent(VMMC_KIND_DATA);
	ck_assert_uint_eq(count_of(VMMC_C_PACKETS_SENT), posted);
	ck_assert_uint_eq(peer(1)->room + kept(peer(1)), options.window);
}
END_TEST

int
main(void)
{
	TCase *cases = tcase_create("session");
	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_loop_test(cases, gives_up_in_time, 0, (int)G_N_ELEMENTS(clocks));
	tcase_add_test(cases, never_gives_up);
	tcase_add_loop_test(cases, progress_puts_giving_up_off, 0, (int)G_N_ELEMENTS(clocks));
	tcase_add_test(cases, a_blocked_engine_has_one_culprit);
	tcase_add_test(cases, restarted_peer);
	tcase_add_test(cases, restarted_node_is_asked);
	tcase_add_test(cases, restarted_node_asks);
	tcase_add_loop_test(cases, strays_make_a_restarted_node_ask, 0, 3);
	tcase_add_loop_test(cases, lost_syns, 0, (int)G_N_ELEMENTS(clocks));
	tcase_add_test(cases, crossing_lost_and_repeated);
	tcase_add_test(cases, old_synack_makes_nothing);
	tcase_add_test(cases, numbers_wrap);
	tcase_add_test(cases, sequences_begin_anew);
	tcase_add_test(cases, pieces_of_a_lost_session);
	tcase_add_test(cases, reset_of_both_directions);
	tcase_add_loop_test(cases, network_resets_before_giving_up, 0, 6);
	tcase_add_test(cases, shortest_time_out);
	tcase_add_loop_test(cases, unreliable_sends, 1, 9);
	tcase_add_test(cases, unreliable_takes);
	tcase_add_test(cases, unreliable_ignores_acknowledgements);
	Suite *suite = suite_create("firmware sessions");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

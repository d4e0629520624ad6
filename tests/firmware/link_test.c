/* The reliable link of the vmmc firmware, seen from one node: acknowledgements, time-outs, going back, wrap-around. */
#include "tests/firmware/mock_host.h"

#include <check.h>
#include <string.h>

#define TAG   0x99u
#define FRAME 5u
#define DEST  (FRAME * VMMC_PAGE)

static struct mock_nic *nic;
static struct host_options options;
static uint32_t posted, arrived;

static void
start(void)
{
	nic = mock_new();
	ck_assert(host_start(nic, &options));
	host_open(nic, 0, 0);
	host_import(nic, 0, 0, 1, FRAME, TAG);
	host_export(nic, FRAME, TAG, VMMC_IN_WRITE);
	mock_step(nic);
	posted = arrived = 0;
}

static void
set_up(void)
{
	options = host_defaults();
	start();
}

static void
tear_down(void)
{
	mock_free(nic);
}

static uint32_t
count_of(enum vmmc_counter which)
{
	return host_counter(nic, which);
}

static void
send_one(void)
{
	uint32_t data = posted;
	host_post(nic, 0, posted++, VMMC_CONTROL(VMMC_OP_SHORT, 0, 4), 0, &data, 1);
	mock_step(nic);
}

/* sent: the packet that is being sent, ended; its link word. The test fails if there is none. */
static uint32_t
sent(uint32_t *kind)
{
	struct mock_packet *packet = mock_finish_send(nic);
	ck_assert_ptr_nonnull(packet);
	uint32_t link = host_sent_word(packet, 1);
	if (kind)
		*kind = host_sent_word(packet, 0) >> 8 & 0xFF;
	g_free(packet);
	mock_step(nic);
	return link;
}

/* data_arrives: the next data packet from node 1, acknowledging `ack`; the deposit is done. */
static void
data_arrives(uint32_t ack)
{
	uint8_t packet[VMMC_HEADER + 4];
	uint32_t sequence = (options.first_sequence + arrived++) & 0xFFFF;
	host_deliver(nic, packet, host_packet(packet, 1, sequence, ack, DEST, VMMC_KEY(TAG, 0, 4)), 0);
	mock_finish_dma(nic, false);
	mock_step(nic);
}

static void
control_arrives(uint32_t kind, uint32_t ack)
{
	uint8_t packet[VMMC_ACK_BYTES];
	host_deliver(nic, packet, host_ack(packet, kind, 1, ack), 0);
}

START_TEST(explicit_after_ack_every)
{
	uint32_t kind;
	for (uint32_t i = 1; i < options.ack_every; i++)
		data_arrives(0);
	ck_assert(!nic->send_busy);
	data_arrives(0);
	ck_assert_uint_eq(sent(&kind), options.ack_every);
	ck_assert_uint_eq(kind, VMMC_KIND_ACK);
	ck_assert_uint_eq(count_of(VMMC_C_ACKS_SENT), 1);
	ck_assert(!nic->send_busy);
}
END_TEST

START_TEST(explicit_after_ack_delay)
{
	data_arrives(0);
	mock_advance(nic, options.ack_delay - 1);
	mock_step(nic);
	ck_assert(!nic->send_busy);
	mock_advance(nic, 1);
	mock_step(nic);
	ck_assert_uint_eq(sent(NULL), 1);
	ck_assert(!nic->alarm_on);
}
END_TEST

/* Another packet puts the acknowledgement off, once more for as long. */
START_TEST(ack_delay_begins_again)
{
	data_arrives(0);
	mock_advance(nic, options.ack_delay / 2);
	data_arrives(0);
	mock_advance(nic, options.ack_delay - options.ack_delay / 2);
	mock_step(nic);
	ck_assert(!nic->send_busy);
	mock_advance(nic, options.ack_delay);
	mock_step(nic);
	ck_assert_uint_eq(sent(NULL), 2);
	ck_assert(!nic->alarm_on);
}
END_TEST

/* What is owed waits for two delays at most, however many packets come meanwhile. */
START_TEST(ack_delay_begins_again_once)
{
	tear_down();
	options.ack_every = 24;
	start();
	for (unsigned i = 0; i < 4; i++) {
		data_arrives(0);
		uint32_t ticks = i < 2 ? options.ack_delay - 1 : 1;
		ck_assert(!nic->send_busy);
		while (ticks--) {
			mock_advance(nic, 1);
			mock_step(nic);
		}
	}
	ck_assert_uint_eq(sent(NULL), 4);
}
END_TEST

/* An acknowledgement that went with data leaves a deadline behind; what is owed from then on is not acknowledged by it,
 * nor later than after two delays of its own. */
START_TEST(deadline_of_what_was_piggy_backed)
{
	uint32_t waited = 0;
	data_arrives(0);
	mock_advance(nic, options.ack_delay / 2);
	mock_step(nic);
	send_one();
	sent(NULL);
	data_arrives(1);
	for (; !nic->send_busy; waited++) {
		mock_advance(nic, 1);
		mock_step(nic);
	}
	ck_assert_uint_ge(waited, options.ack_delay);
	ck_assert_uint_le(waited, 2 * options.ack_delay);
	ck_assert_uint_eq(sent(NULL), 2);
	ck_assert_uint_eq(count_of(VMMC_C_ACKS_SENT), 1);
}
END_TEST

START_TEST(piggy_backed)
{
	uint32_t kind;
	data_arrives(0);
	data_arrives(0);
	send_one();
	ck_assert_uint_eq(sent(&kind), 2);
	ck_assert_uint_eq(kind, VMMC_KIND_DATA);
	mock_advance(nic, options.ack_delay);
	mock_step(nic);
	ck_assert_msg(!nic->send_busy, "what went with data must not be acknowledged again");
	ck_assert_uint_eq(count_of(VMMC_C_ACKS_SENT), 0);
}
END_TEST

/* An acknowledgement that waits for the send engine goes before data that wait for it. */
START_TEST(acknowledgements_first)
{
	uint32_t kind;
	send_one();
	send_one();
	for (uint32_t i = 0; i < options.ack_every; i++)
		data_arrives(0);
	sent(&kind);
	ck_assert_uint_eq(kind, VMMC_KIND_DATA);
	ck_assert_uint_eq(sent(&kind), options.ack_every);
	ck_assert_uint_eq(kind, VMMC_KIND_ACK);
	ck_assert_uint_eq(sent(&kind) >> 16, 1);
	ck_assert_uint_eq(kind, VMMC_KIND_DATA);
}
END_TEST

START_TEST(explicit_acknowledgement_frees)
{
	for (unsigned i = 0; i < 5; i++) {
		send_one();
		sent(NULL);
	}
	control_arrives(VMMC_KIND_ACK, 3);
	ck_assert_uint_eq(nic->state.peers[1].room, options.window - 2);
	data_arrives(5);
	ck_assert_uint_eq(nic->state.peers[1].room, options.window);
	ck_assert_ptr_null(nic->state.peers[1].oldest);
	ck_assert_uint_eq(count_of(VMMC_C_ACKS_RECEIVED), 1);
}
END_TEST

/* Acknowledgements that cannot be: of the past, of what was never sent. */
START_TEST(nonsense_is_ignored)
{
	static const uint32_t nonsense[] = {0, 0xFFFF, 4, 100, 0x8000, 0x7FFF};
	for (unsigned i = 0; i < 3; i++) {
		send_one();
		sent(NULL);
	}
	control_arrives(VMMC_KIND_ACK, 1);
	control_arrives(VMMC_KIND_ACK, nonsense[_i]);
	ck_assert_uint_eq(nic->state.peers[1].room, options.window - 2);
	control_arrives(VMMC_KIND_ACK, 3);
	ck_assert_uint_eq(nic->state.peers[1].room, options.window);
}
END_TEST

START_TEST(time_out_goes_back)
{
	for (unsigned i = 0; i < 3; i++) {
		send_one();
		sent(NULL);
	}
	control_arrives(VMMC_KIND_ACK, 1);
	mock_advance(nic, options.rto);
	mock_step(nic);
	ck_assert_uint_eq(count_of(VMMC_C_TIMEOUTS), 1);
	ck_assert_uint_eq(sent(NULL) >> 16, 1);
	ck_assert_uint_eq(sent(NULL) >> 16, 2);
	ck_assert(!nic->send_busy);
	ck_assert_uint_eq(count_of(VMMC_C_RETRANSMITTED), 2);
	ck_assert_uint_eq(count_of(VMMC_C_PACKETS_SENT), 3);
	for (unsigned again = 1; again < 6; again++) {
		uint32_t delay = options.rto << MIN(again, 3); /* twice as long each time, up to eight times */
		mock_advance(nic, delay - 1);
		mock_step(nic);
		ck_assert(!nic->send_busy);
		mock_advance(nic, 1);
		mock_step(nic);
		sent(NULL);
		sent(NULL);
	}
	control_arrives(VMMC_KIND_ACK, 2);
	mock_advance(nic, options.rto);
	mock_step(nic);
	ck_assert_msg(nic->send_busy, "after progress the time-out is as at first");
}
END_TEST

/* Progress restarts the time-out; when nothing is left, no timer runs. */
START_TEST(progress_restarts_the_time_out)
{
	send_one();
	sent(NULL);
	send_one();
	sent(NULL);
	mock_advance(nic, options.rto - 10);
	mock_step(nic);
	control_arrives(VMMC_KIND_ACK, 1);
	mock_advance(nic, 20);
	mock_step(nic);
	ck_assert_uint_eq(count_of(VMMC_C_TIMEOUTS), 0);
	control_arrives(VMMC_KIND_ACK, 2);
	mock_advance(nic, 10 * options.rto);
	mock_step(nic);
	mock_advance(nic, 10 * options.rto);
	mock_step(nic);
	ck_assert_uint_eq(count_of(VMMC_C_TIMEOUTS), 0);
	ck_assert(!nic->alarm_on);
}
END_TEST

START_TEST(nack_goes_back_at_once)
{
	for (unsigned i = 0; i < 4; i++) {
		send_one();
		sent(NULL);
	}
	control_arrives(VMMC_KIND_NACK, 2);
	ck_assert_uint_eq(count_of(VMMC_C_NACKS_RECEIVED), 1);
	ck_assert_uint_eq(sent(NULL) >> 16, 2);
	ck_assert_uint_eq(sent(NULL) >> 16, 3);
	ck_assert(!nic->send_busy);
	control_arrives(VMMC_KIND_NACK, 4);
	ck_assert_msg(!nic->send_busy, "nothing is missing");
}
END_TEST

/* The first packet behind a gap is answered, the others are dropped silently; after progress the next gap is answered.
 */
START_TEST(gap_is_answered_once)
{
	uint8_t packet[VMMC_HEADER + 4];
	uint32_t kind;
	for (uint32_t sequence = 1; sequence < 4; sequence++)
		host_deliver(nic, packet, host_packet(packet, 1, sequence, 0, DEST, VMMC_KEY(TAG, 0, 4)), 0);
	ck_assert_uint_eq(sent(&kind), 0);
	ck_assert_uint_eq(kind, VMMC_KIND_NACK);
	ck_assert(!nic->send_busy);
	ck_assert_uint_eq(count_of(VMMC_C_DROP_GAP), 3);
	data_arrives(0);
	host_deliver(nic, packet, host_packet(packet, 1, 3, 0, DEST, VMMC_KEY(TAG, 0, 4)), 0);
	ck_assert_uint_eq(sent(&kind), 1);
	ck_assert_uint_eq(kind, VMMC_KIND_NACK);
	ck_assert_uint_eq(count_of(VMMC_C_NACKS_SENT), 2);
}
END_TEST

START_TEST(duplicate_is_acknowledged_again)
{
	uint8_t packet[VMMC_HEADER + 4];
	data_arrives(0);
	data_arrives(0);
	uint32_t deposits = nic->dma_starts;
	host_deliver(nic, packet, host_packet(packet, 1, 0, 0, DEST, VMMC_KEY(TAG, 0, 4)), 0);
	ck_assert_uint_eq(sent(NULL), 2);
	ck_assert_uint_eq(nic->dma_starts, deposits);
	ck_assert_uint_eq(count_of(VMMC_C_DROP_DUPLICATE), 1);
}
END_TEST

/* A packet that is acknowledged while it is being sent again must not be used for another before the engine is done. */
START_TEST(acknowledged_while_being_sent_again)
{
	send_one();
	sent(NULL);
	mock_advance(nic, options.rto);
	mock_step(nic);
	ck_assert(nic->send_busy);
	struct packet *packet = nic->state.sending;
	control_arrives(VMMC_KIND_ACK, 1);
	for (struct packet *free = nic->state.free_short; free; free = free->next)
		ck_assert_ptr_ne(free, packet);
	sent(NULL);
	ck_assert_ptr_eq(nic->state.free_short, packet);
}
END_TEST

/* While the engine is blocked nothing is known to be lost; each packet goes once. */
START_TEST(blocked_engine_is_no_time_out)
{
	uint32_t n = 0;
	send_one();
	send_one();
	send_one();
	for (unsigned i = 0; i < 3; i++) {
		mock_advance(nic, options.rto);
		mock_step(nic);
	}
	for (; nic->send_busy; n++)
		ck_assert_uint_eq(sent(NULL) >> 16, n);
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(count_of(VMMC_C_TIMEOUTS), 0);
	mock_advance(nic, options.rto);
	mock_step(nic);
	ck_assert_uint_eq(sent(NULL) >> 16, 0);
	ck_assert_uint_eq(count_of(VMMC_C_TIMEOUTS), 1);
}
END_TEST

START_TEST(sequence_wraps)
{
	tear_down();
	options.first_sequence = 0xFFFC;
	start();
	for (uint32_t i = 0; i < 10; i++) {
		send_one();
		ck_assert_uint_eq(sent(NULL) >> 16, (0xFFFC + i) & 0xFFFF);
		data_arrives((0xFFFC + i + 1) & 0xFFFF);
		ck_assert_uint_eq(nic->state.peers[1].room, options.window);
		g_free(mock_finish_send(nic));
		mock_step(nic);
	}
	ck_assert_uint_eq(count_of(VMMC_C_DEPOSITS), 10);
	ck_assert_uint_eq(nic->state.peers[1].expected, 6);
}
END_TEST

/* The clock wraps every 36 minutes. */
START_TEST(clock_wraps)
{
	nic->now = 0xFFFFFFF0u;
	send_one();
	sent(NULL);
	data_arrives(0);
	mock_advance(nic, options.ack_delay);
	mock_step(nic);
	ck_assert_uint_eq(sent(NULL), 1);
	mock_advance(nic, options.rto - options.ack_delay - 1);
	mock_step(nic);
	ck_assert_uint_eq(count_of(VMMC_C_TIMEOUTS), 0);
	mock_advance(nic, 1);
	mock_step(nic);
	ck_assert_uint_eq(count_of(VMMC_C_TIMEOUTS), 1);
}
END_TEST

int
main(void)
{
	TCase *cases = tcase_create("link");
	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, explicit_after_ack_every);
	tcase_add_test(cases, explicit_after_ack_delay);
	tcase_add_test(cases, ack_delay_begins_again);
	tcase_add_test(cases, ack_delay_begins_again_once);
	tcase_add_test(cases, deadline_of_what_was_piggy_backed);
	tcase_add_test(cases, piggy_backed);
	tcase_add_test(cases, acknowledgements_first);
	tcase_add_test(cases, explicit_acknowledgement_frees);
	tcase_add_loop_test(cases, nonsense_is_ignored, 0, 6);
	tcase_add_test(cases, time_out_goes_back);
	tcase_add_test(cases, progress_restarts_the_time_out);
	tcase_add_test(cases, nack_goes_back_at_once);
	tcase_add_test(cases, gap_is_answered_once);
	tcase_add_test(cases, duplicate_is_acknowledged_again);
	tcase_add_test(cases, acknowledged_while_being_sent_again);
	tcase_add_test(cases, blocked_engine_is_no_time_out);
	tcase_add_test(cases, sequence_wraps);
	tcase_add_test(cases, clock_wraps);
	Suite *suite = suite_create("firmware link");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

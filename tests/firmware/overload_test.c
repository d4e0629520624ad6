/* Fifteen nodes send to one, faster than it can take: nobody waits for ever, and everybody gets his share.
 *
 * Wires have little room, as real ones: a packet that finds none blocks the sender's engine.  The receiver's wires take
 * turns at its port, and its host DMA is slow.  The clock runs through its wrap meanwhile. */
#include "tests/firmware/mock_host.h"

#include <check.h>
#include <string.h>

#define NODES    16u
#define RECEIVER 0u
#define TAG      0x1717u
#define ROOM     1u /* packets in the wire from each sender */

#define SHORT_BYTES VMMC_SHORT_MAX
#define ROUNDS      400u /* deposits of each sender, on average */

static struct mock_nic *nics[NODES];
static GQueue to_receiver[NODES], from_receiver[NODES];
static uint32_t posted[NODES], deposited[NODES];
static bool longs;

static void
set_up_world(uint32_t give_up)
{
	struct host_options options = host_defaults();
	options.n_nodes = NODES;
	options.first_sequence = 0xFFF0;
	options.give_up = give_up;
	for (unsigned i = 0; i < NODES; i++) {
		options.node = i;
		nics[i] = mock_new();
		nics[i]->now = 0u - 30000;
		g_queue_init(&to_receiver[i]);
		g_queue_init(&from_receiver[i]);
		ck_assert(host_start(nics[i], &options));
		host_open(nics[i], 0, 0);
		host_import(nics[i], 0, 0, RECEIVER, i, TAG);
		host_source(nics[i], 0, 0, 20);
		host_export(nics[i], i, TAG, VMMC_IN_WRITE);
		mock_step(nics[i]);
		posted[i] = deposited[i] = 0;
	}
	for (unsigned i = 0; i < NODES; i++)
		host_export(nics[RECEIVER], i, TAG, VMMC_IN_WRITE);
}

static void
tear_down_world(void)
{
	for (unsigned i = 0; i < NODES; i++) {
		mock_free(nics[i]);
		g_queue_clear_full(&to_receiver[i], g_free);
		g_queue_clear_full(&from_receiver[i], g_free);
	}
}

/* post: the next message, if there is room for its descriptor; its first word counts. */
static void
post(unsigned node)
{
	struct mock_nic *nic = nics[node];
	uint32_t data[SHORT_BYTES / 4] = {posted[node]};
	if (mock_sram(nic, host_slot(0, posted[node])))
		return;
	if (!longs) {
		host_post(nic, 0, posted[node]++, VMMC_CONTROL(VMMC_OP_SHORT, 0, SHORT_BYTES), 0, data,
		          SHORT_BYTES / 4);
		return;
	}
	data[0] = 0;
	host_post(nic, 0, posted[node]++, VMMC_CONTROL(VMMC_OP_LONG, 0, VMMC_PAGE), 0, data, 1);
}

static void
sender_turn(unsigned node)
{
	struct mock_nic *nic = nics[node];
	post(node);
	mock_step(nic);
	mock_finish_dma(nic, false);
	if (nic->send_busy && to_receiver[node].length < ROOM)
		g_queue_push_tail(&to_receiver[node], mock_finish_send(nic));
	struct mock_packet *packet = g_queue_peek_head(&from_receiver[node]);
	if (!packet)
		return;
	if (mock_deliver(nic, packet->data + packet->route_bytes, packet->bytes - packet->route_bytes, 0)) {
		mock_step(nic);
		g_free(g_queue_pop_head(&from_receiver[node]));
	}
}

/* deposit: the transfer that ends now; messages of a sender come in order. */
static void
deposit(void)
{
	struct mock_nic *nic = nics[RECEIVER];
	unsigned node = nic->regs[LANAI_EAR / 4] / VMMC_PAGE;
	if (!nic->dma_busy || node >= NODES)
		return;
	if (!longs)
		ck_assert_uint_eq(mock_sram(nic, nic->regs[LANAI_LAR / 4]), deposited[node]);
	deposited[node]++;
	mock_finish_dma(nic, false);
}

/* receiver_turn: the wires take turns; host DMA takes longer than a packet. */
static void
receiver_turn(bool slow)
{
	static unsigned served;
	struct mock_nic *nic = nics[RECEIVER];
	mock_step(nic);
	if (!slow)
		deposit();
	for (unsigned i = 0; i < NODES; i++) {
		unsigned port = (served + 1 + i) % NODES;
		GQueue *wire = &to_receiver[port];
		struct mock_packet *packet = g_queue_peek_head(wire);
		if (!packet)
			continue;
		if (mock_deliver(nic, packet->data + packet->route_bytes, packet->bytes - packet->route_bytes, 0)) {
			mock_step(nic);
			g_free(g_queue_pop_head(wire));
			served = port;
		}
		break;
	}
	struct mock_packet *sent = mock_finish_send(nic);
	if (sent)
		g_queue_push_tail(&from_receiver[sent->data[sent->route_bytes - 1] & 0x3F], sent);
}

static uint32_t
sum(void)
{
	uint32_t all = 0;
	for (unsigned i = 0; i < NODES; i++)
		all += deposited[i];
	return all;
}

static void
turn(unsigned i)
{
	for (unsigned node = 1; node < NODES; node++)
		sender_turn(node);
	receiver_turn(i % 4);
	for (unsigned node = 0; node < NODES; node++)
		mock_advance(nics[node], 20);
}

static void
check_shares(void)
{
	uint32_t share = sum() / (NODES - 1);
	for (unsigned node = 1; node < NODES; node++) {
		ck_assert_uint_ge(2 * deposited[node], share);
		ck_assert_uint_le(deposited[node], 2 * share);
		ck_assert_uint_eq(host_counter(nics[node], VMMC_C_PEERS_DOWN), 0);
	}
}

START_TEST(everybody_gets_a_share)
{
	longs = _i;
	set_up_world(20000);
	unsigned turns = 0;
	while (sum() < ROUNDS * (NODES - 1)) {
		turn(turns++);
		ck_assert_msg(turns < 100 * ROUNDS * NODES, "deadlock, or as good as");
	}
	check_shares();
	tear_down_world();
}
END_TEST

/* The receiver stops for a while; network resets take the packets that are stuck; then all goes on. */
START_TEST(hung_receiver)
{
	longs = _i;
	set_up_world(0);
	for (unsigned i = 0; i < 4000; i++)
		turn(i);
	uint32_t before = sum();
	for (unsigned i = 0; i < 4000; i++) {
		for (unsigned node = 1; node < NODES; node++) {
			sender_turn(node);
			if (i % 500 == 30 * node)
				mock_reset_send(nics[node]);
		}
		for (unsigned node = 0; node < NODES; node++)
			mock_advance(nics[node], 20);
	}
	ck_assert_uint_eq(sum(), before);
	for (unsigned turns = 0; sum() < before + ROUNDS * (NODES - 1); turns++) {
		turn(turns);
		ck_assert_msg(turns < 100 * ROUNDS * NODES, "deadlock, or as good as");
	}
	check_shares();
	tear_down_world();
}
END_TEST

int
main(void)
{
	TCase *cases = tcase_create("overload");
	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, everybody_gets_a_share, 0, 2);
	tcase_add_loop_test(cases, hung_receiver, 0, 2);
	Suite *suite = suite_create("sixteen to one");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

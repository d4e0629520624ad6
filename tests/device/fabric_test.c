/* The fabric alone: NICs are records of what was called when. Dates are checked to the picosecond against closed forms.
 */
#include "nic-sim/calendar.h"
#include "nic-sim/crc8.h"
#include "nic-sim/fabric.h"
#include "tests/device/net.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NODES = 8, CABLE = NET_CABLE, SWITCH = NET_SWITCH, BYTE = NET_BYTE, SLACK = NET_SLACK, TRAILER = 2 };

struct end {
	unsigned node;
	bool armed;
	uint32_t room; /* what the buffer takes; 0: anything */
	sim_time head, tail, sent, reset, patience;
	unsigned heads, tails, sents, resets, chunks;
	uint32_t bytes, tag;
	uint8_t residue;
	uint64_t send_rate, receive_rate;
	uint8_t data[16384];
};

static struct platform *platform;
static struct fabric *fabric;
static struct end ends[MAX_NODES];

static uint32_t
take(void *nic, uint32_t left, uint32_t tag)
{
	struct end *e = nic;

	if (!e->armed)
		return FABRIC_NO_BUFFER;
	e->head = sim_now();
	e->heads++;
	e->tag = tag;
	e->armed = false;
	return e->room && e->room < left ? e->room : left;
}

static void
taken(void *nic, const uint8_t *data, uint32_t bytes, bool last, uint8_t residue, uint32_t tag)
{
	struct end *e = nic;

	(void)tag;
	memcpy(e->data + e->bytes, data, bytes);
	e->bytes += bytes;
	e->chunks++;
	if (!last)
		return;
	e->tail = sim_now();
	e->tails++;
	e->residue = residue;
}

static void
sent(void *nic)
{
	struct end *e = nic;

	e->sent = sim_now();
	e->sents++;
}

static void
flow(void *nic, bool sending, uint64_t rate)
{
	struct end *e = nic;

	*(sending ? &e->send_rate : &e->receive_rate) = rate;
}

static void
reset(void *nic, bool sending)
{
	struct end *e = nic;

	(void)sending;
	e->reset = sim_now();
	e->resets++;
}

static sim_time
patience(void *nic)
{
	return ((struct end *)nic)->patience;
}

static uint32_t
more(void *nic, uint32_t left)
{
	const struct end *e = nic;

	return e->room && e->room < left ? e->room : left;
}

static void
set_up(struct platform *p)
{
	char *error = NULL;

	platform = p;
	fabric = fabric_new(p, false, &error);
	ck_assert_msg(fabric != NULL, "%s", error);
	for (unsigned i = 0; i < p->n_nodes; i++) {
		const struct fabric_port port = {&ends[i], take, taken, sent, flow, reset, patience, more, NULL};

		ends[i] = (struct end){.node = i, .armed = true, .patience = 4 * SIM_S};
		fabric_attach(fabric, i, &port);
	}
}

static void
tear_down(void)
{
	fabric_free(fabric);
	net_free(platform);
	calendar_reset();
}

/* send: a packet of `bytes` behind its route, payload 0, 1, 2...; returns the number of route bytes. */
static unsigned
send_to(unsigned from, unsigned to, uint32_t bytes)
{
	uint8_t packet[16384];
	unsigned hops = fabric_route(fabric, from, to, packet, FABRIC_MAX_HOPS);

	for (uint32_t i = 0; i < bytes; i++)
		packet[hops + i] = (uint8_t)(i & 0x7F);
	ck_assert(fabric_send(fabric, from, packet, hops + bytes, true, 7));
	return hops;
}

static void
run_until(sim_time t)
{
	while (calendar_step(t))
		;
}

static sim_time
way(unsigned switches)
{
	return (switches + 1) * CABLE + switches * SWITCH;
}

/* Unhindered. ------------------------------------------------------------------------------ */

START_TEST(timing_closed_form)
{
	unsigned switches = (unsigned)_i + 1;

	set_up(net_line(switches, 2));
	unsigned to = switches * 2 - 1, hops = send_to(0, to, 1000);
	sim_time length = (hops + 1000 + TRAILER) * BYTE;

	ck_assert_uint_eq(hops, switches);
	run_until(SIM_MS);
	ck_assert_uint_eq(ends[to].head, way(switches));
	ck_assert_uint_eq(ends[to].tail, way(switches) + length);
	ck_assert_uint_eq(ends[0].sent, length);
	ck_assert_uint_eq(ends[to].bytes, 1000);
	ck_assert_uint_eq(ends[to].tag, 7);
	ck_assert_uint_eq(ends[to].residue, 0);
	for (unsigned i = 0; i < 1000; i++)
		ck_assert_uint_eq(ends[to].data[i], i & 0x7F);
	tear_down();
}
END_TEST

START_TEST(short_packet_leaves_before_its_head_arrives)
{
	set_up(net_line(3, 2));
	unsigned hops = send_to(0, 5, 8);

	run_until(SIM_MS);
	ck_assert_uint_eq(ends[0].sent, (hops + 8 + TRAILER) * BYTE);
	ck_assert_uint_lt(ends[0].sent, ends[5].head);
	ck_assert_uint_eq(ends[5].tail, way(3) + (hops + 8 + TRAILER) * BYTE);
	tear_down();
}
END_TEST

START_TEST(lookahead_is_the_shortest_way)
{
	set_up(net_line(3, 2));
	ck_assert_uint_eq(fabric_lookahead(fabric), way(1));
	tear_down();
}
END_TEST

START_TEST(back_to_back_packets_use_the_link_fully)
{
	set_up(net_line(1, 2));
	sim_time length = (1 + 500 + TRAILER) * BYTE;

	for (unsigned n = 0; n < 3; n++) {
		ck_assert_uint_eq(sim_now(), n * length);
		ends[1].armed = true;
		send_to(0, 1, 500);
		run_until((n + 1) * length);
		ck_assert_uint_eq(ends[0].sents, n + 1);
		ck_assert_uint_eq(ends[1].tails, n);
	}
	run_until(3 * length + way(1));
	ck_assert_uint_eq(ends[1].tails, 3);
	tear_down();
}
END_TEST

/* Pieces. ---------------------------------------------------------------------------------- */

START_TEST(pieces_make_one_packet)
{
	uint8_t route, body[400];

	set_up(net_line(1, 2));
	memset(body, 0x11, sizeof body);
	fabric_route(fabric, 0, 1, &route, 1);
	ck_assert(fabric_send(fabric, 0, &route, 1, false, 0));
	run_until(100 * SIM_NS);
	ck_assert(fabric_sending(fabric, 0));
	ck_assert(fabric_send(fabric, 0, body, sizeof body, true, 9));
	ck_assert(!fabric_send(fabric, 0, body, sizeof body, true, 9)); /* not before sent() */
	run_until(SIM_MS);
	/* The head left with the route byte, the body 100 ns later. */
	ck_assert_uint_eq(ends[1].head, way(1));
	ck_assert_uint_eq(ends[0].sent, 100 * SIM_NS + (sizeof body + TRAILER) * BYTE);
	ck_assert_uint_eq(ends[1].tail, ends[0].sent + way(1));
	ck_assert_uint_eq(ends[1].tag, 9);
	tear_down();
}
END_TEST

START_TEST(late_tail_makes_the_worm_wait)
{
	uint8_t routes[2], body[100] = {1};

	set_up(net_line(2, 1));

	ck_assert_uint_eq(fabric_route(fabric, 0, 1, routes, 2), 2);
	ck_assert(fabric_send(fabric, 0, routes, 1, false, 0)); /* the second route byte is not there yet */
	run_until(SIM_US);
	ck_assert(fabric_send(fabric, 0, routes + 1, 1, false, 0));
	run_until(3 * SIM_US);
	ck_assert_uint_eq(ends[1].heads, 0);
	ck_assert(fabric_send(fabric, 0, body, sizeof body, true, 0));
	run_until(SIM_MS);
	ck_assert_uint_eq(ends[1].tail, 3 * SIM_US + (sizeof body + TRAILER) * BYTE + way(2));
	tear_down();
}
END_TEST

/* Blocked. --------------------------------------------------------------------------------- */

START_TEST(unarmed_receiver_holds_the_way)
{
	set_up(net_line(1, 3));
	ends[2].armed = false;
	send_to(0, 2, 4000);
	send_to(1, 2, 4000);
	run_until(500 * SIM_US);
	ck_assert_uint_eq(ends[2].heads, 0);
	ck_assert_uint_eq(ends[0].sents + ends[1].sents, 0);
	ck_assert_uint_eq(ends[0].send_rate, 0);
	ends[2].armed = true;
	fabric_accept(fabric, 2);
	run_until(SIM_MS);
	sim_time tail = 500 * SIM_US + (4000 + TRAILER) * BYTE;

	ck_assert_uint_eq(ends[2].tail, tail);
	/* the switch's slack buffer took in the last of it */
	ck_assert_uint_eq(ends[0].sent, tail - way(1) - SLACK * BYTE);
	/* node 1's head gets the channel when the tail has entered it, and finds no buffer */
	ck_assert_uint_eq(ends[1].sents, 0);
	ends[2].armed = true;
	fabric_accept(fabric, 2);
	run_until(2 * SIM_MS);
	ck_assert_uint_eq(ends[2].tail, SIM_MS + (4000 + TRAILER) * BYTE);
	tear_down();
}
END_TEST

START_TEST(busy_output_is_first_come_first_served)
{
	set_up(net_line(1, 4));
	send_to(0, 3, 1000);
	run_until(10 * SIM_NS);
	send_to(2, 3, 1000); /* comes before node 1's */
	run_until(20 * SIM_NS);
	send_to(1, 3, 1000);
	sim_time length = (1 + 1000 + TRAILER) * BYTE, first = way(1) + length;

	run_until(first - 1);
	ends[3].armed = true;
	run_until(first);
	ck_assert_uint_eq(ends[3].tail, first);
	/* it follows the first tail through the switch; its route byte stays there */
	sim_time second = first + (1000 + TRAILER) * BYTE;

	run_until(second - 1);
	ck_assert_uint_eq(ends[2].sents, 1);
	ck_assert_uint_eq(ends[1].sents, 0);
	ends[3].armed = true;
	run_until(second);
	ck_assert_uint_eq(ends[3].tail, second);
	run_until(SIM_MS);
	ck_assert_uint_eq(ends[3].tail, second + (1000 + TRAILER) * BYTE);
	tear_down();
}
END_TEST

START_TEST(same_instant_goes_by_port)
{
	set_up(net_line(1, 4));
	send_to(2, 3, 100); /* posted first, higher port */
	send_to(1, 3, 100);
	run_until(SIM_US);
	ck_assert_uint_eq(ends[3].tails, 1);
	ck_assert_uint_eq(ends[1].sents, 1);
	ck_assert_uint_eq(ends[2].sents, 0);
	tear_down();
}
END_TEST

START_TEST(blocked_worm_blocks_others_on_its_way)
{
	set_up(net_line(2, 2)); /* 0, 1 left; 2, 3 right */
	ends[2].armed = false;
	send_to(0, 2, 4000);
	run_until(SIM_US);
	send_to(1, 3, 4000); /* same trunk, free receiver */
	run_until(SIM_MS);
	ck_assert_uint_eq(ends[3].heads, 0);
	ends[2].armed = true;
	fabric_accept(fabric, 2);
	run_until(SIM_MS + 4100 * (sim_time)BYTE);
	ck_assert_uint_eq(ends[2].tails, 1);
	ck_assert_uint_eq(ends[3].heads, 1);
	tear_down();
}
END_TEST

START_TEST(slack_takes_a_short_packet_from_its_sender)
{
	set_up(net_line(1, 2));
	ends[1].armed = false;
	send_to(0, 1, SLACK - TRAILER); /* just fits into the switch's slack buffer */
	run_until(SIM_MS);
	ck_assert_uint_eq(ends[0].sent, (1 + SLACK) * BYTE);
	tear_down();

	set_up(net_line(1, 2));
	ends[1].armed = false;
	send_to(0, 1, SLACK - TRAILER + 1);
	run_until(SIM_MS);
	ck_assert_uint_eq(ends[0].sents, 0);
	tear_down();
}
END_TEST

START_TEST(network_reset_after_timeout)
{
	set_up(net_line(1, 3));
	ends[2].armed = false;
	ends[0].patience = SIM_S / 16;
	send_to(0, 2, 4000);
	run_until(SIM_S / 16 + way(1) - 1);
	ck_assert_uint_eq(ends[0].resets, 0);
	run_until(SIM_S / 16 + way(1));
	ck_assert_uint_eq(ends[0].resets, 1);
	ck_assert_uint_eq(fabric_counts(fabric).timeouts, 1);
	ck_assert(!fabric_sending(fabric, 0));
	ends[2].armed = true;
	send_to(1, 2, 100); /* the way is free again */
	run_until(SIM_S);
	ck_assert_uint_eq(ends[2].bytes, 100);
	ck_assert_uint_eq(ends[0].sents, 0);
	tear_down();
}
END_TEST

START_TEST(full_buffer_stops_in_the_middle)
{
	const uint8_t *data;

	set_up(net_line(1, 2));
	ends[1].room = 1000;
	send_to(0, 1, 3000);
	run_until(SIM_MS);
	ck_assert_uint_eq(ends[1].chunks, 1);
	ck_assert_uint_eq(ends[1].bytes, 1000);
	ck_assert_uint_eq(ends[0].sents, 0);
	ends[1].armed = true;
	fabric_accept(fabric, 1);
	run_until(SIM_MS + 500 * (sim_time)BYTE);
	ck_assert_uint_eq(fabric_progress(fabric, 1, &data), 500);
	ck_assert_uint_eq(data[0], 1000 & 0x7F);
	run_until(2 * SIM_MS);
	ends[1].room = 0;
	ends[1].armed = true;
	fabric_accept(fabric, 1);
	run_until(3 * SIM_MS);
	ck_assert_uint_eq(ends[1].tail, 2 * SIM_MS + (1000 + TRAILER) * BYTE);
	ck_assert_uint_eq(ends[1].bytes, 3000);
	for (unsigned i = 0; i < 3000; i++)
		ck_assert_uint_eq(ends[1].data[i], i & 0x7F);
	tear_down();
}
END_TEST

/* Rates. ----------------------------------------------------------------------------------- */

START_TEST(slow_sender_sets_the_pace)
{
	set_up(net_line(1, 2));
	fabric_limit(fabric, 0, true, NET_RATE / 2);
	send_to(0, 1, 1000);
	run_until(SIM_MS);
	ck_assert_uint_eq(ends[0].sent, 2 * (1 + 1000 + TRAILER) * BYTE);
	ck_assert_uint_eq(ends[1].tail, ends[0].sent + way(1));
	tear_down();
}
END_TEST

START_TEST(slow_receiver_holds_the_sender)
{
	set_up(net_line(1, 2));
	fabric_limit(fabric, 1, false, NET_RATE / 4);
	send_to(0, 1, 1000);
	run_until(SIM_US);
	ck_assert_uint_eq(ends[1].receive_rate, NET_RATE / 4);
	ck_assert_uint_eq(ends[0].send_rate, NET_RATE / 4);
	run_until(SIM_MS);
	ck_assert_uint_eq(ends[1].tail, way(1) + 4 * (1000 + TRAILER) * BYTE);
	ck_assert_uint_eq(ends[0].sent, ends[1].tail - way(1) - SLACK * BYTE);
	tear_down();
}
END_TEST

START_TEST(rate_change_moves_the_rest)
{
	set_up(net_line(1, 2));
	send_to(0, 1, 1000);
	run_until(way(1) + 500 * BYTE);
	fabric_limit(fabric, 1, false, NET_RATE / 2);
	run_until(SIM_MS);
	sim_time rest = (1000 + TRAILER - 500) * BYTE;

	ck_assert_uint_eq(ends[1].tail, way(1) + 500 * BYTE + 2 * rest);
	tear_down();
}
END_TEST

START_TEST(senders_change_is_felt_after_the_way)
{
	set_up(net_line(2, 1));
	send_to(0, 1, 1000);
	sim_time change = way(2) + 100 * SIM_NS;

	run_until(change);
	fabric_limit(fabric, 0, true, NET_RATE / 2);
	run_until(change + way(2) - 1);
	ck_assert_uint_eq(ends[1].receive_rate, NET_RATE);
	run_until(change + way(2));
	ck_assert_uint_eq(ends[1].receive_rate, NET_RATE / 2);
	run_until(SIM_MS);
	ck_assert_uint_eq(ends[0].sent, change + 2 * ((2 + 1000 + TRAILER) * BYTE - change));
	ck_assert_uint_eq(ends[1].tail, ends[0].sent + way(2));
	tear_down();
}
END_TEST

START_TEST(receivers_change_is_felt_after_the_way_back)
{
	set_up(net_line(1, 2));
	ends[1].armed = false;
	send_to(0, 1, 1000);
	run_until(SIM_MS);
	ends[1].armed = true;
	fabric_accept(fabric, 1);
	run_until(SIM_MS + way(1) - 1);
	ck_assert_uint_eq(ends[0].send_rate, 0);
	run_until(SIM_MS + way(1));
	ck_assert_uint_eq(ends[0].send_rate, NET_RATE);
	tear_down();
}
END_TEST

/* Routes. ---------------------------------------------------------------------------------- */

START_TEST(route_bytes_are_port_differences)
{
	uint8_t bytes[FABRIC_MAX_HOPS];

	set_up(net_line(2, 2)); /* ports of a switch: its nodes, then its trunk */
	ck_assert_uint_eq(fabric_route(fabric, 0, 1, bytes, 8), 1);
	ck_assert_uint_eq(bytes[0], 0x81);
	ck_assert_uint_eq(fabric_route(fabric, 1, 0, bytes, 8), 1);
	ck_assert_uint_eq(bytes[0], 0x80 | (-1 & 0x3F));
	ck_assert_uint_eq(fabric_route(fabric, 0, 3, bytes, 8), 2);
	ck_assert_uint_eq(bytes[0], 0x82);
	ck_assert_uint_eq(bytes[1], 0x80 | (-1 & 0x3F));
	ck_assert_uint_eq(fabric_route(fabric, 0, 0, bytes, 8), 0);
	ck_assert_uint_eq(fabric_route(fabric, 0, 3, bytes, 1), 0);
	tear_down();
}
END_TEST

START_TEST(forged_routes)
{
	static const uint8_t back[] = {0x80, 1, 2, 3}, no_port[] = {0x9F, 1}, no_msb[] = {0x01, 1, 2};
	uint8_t turns[32];

	set_up(net_line(1, 2));
	fabric_send(fabric, 0, back, sizeof back, true, 0); /* out of the port that it came in by: self test */
	run_until(SIM_US);
	ck_assert_uint_eq(ends[0].bytes, 3);
	ck_assert_uint_eq(ends[0].tail, way(1) + (sizeof back + TRAILER) * BYTE);
	fabric_send(fabric, 0, no_port, sizeof no_port, true, 0);
	run_until(2 * SIM_US);
	fabric_send(fabric, 0, no_msb, sizeof no_msb, true, 0);
	run_until(3 * SIM_US);
	fabric_send(fabric, 0, no_msb, 0, true, 0); /* nothing but a tail */
	run_until(4 * SIM_US);
	ck_assert_uint_eq(fabric_counts(fabric).bad_route, 3);
	ck_assert_uint_eq(ends[0].sents, 4);
	memset(turns, 0x80, sizeof turns);
	fabric_send(fabric, 0, turns, sizeof turns, true,
	            0); /* leaves at once by the way it came: arrives with route bytes left */
	run_until(5 * SIM_US);
	ck_assert_uint_eq(ends[0].sents, 5);
	ck_assert_uint_eq(fabric_counts(fabric).packets, 5);
	tear_down();
}
END_TEST

START_TEST(deadlock_is_named)
{
	struct platform *p = net_ring();
	char *error = NULL;

	ck_assert_ptr_null(fabric_new(p, false, &error));
	ck_assert_ptr_nonnull(strstr(error, "trunk0_UP -> trunk1_UP -> trunk2_UP -> trunk0_UP"));
	g_free(error);
	fabric = fabric_new(p, true, &error);
	ck_assert_ptr_nonnull(fabric);
	platform = p;
	tear_down();
}
END_TEST

START_TEST(impossible_topologies)
{
	struct platform *p = net_line(1, 2);
	char *error = NULL;

	/* a link used twice in a row would make both NICs one */
	p->routes[1].links[1] = p->routes[1].links[0];
	ck_assert_ptr_null(fabric_new(p, false, &error));
	ck_assert_ptr_nonnull(strstr(error, "pc-0 and pc-1"));
	g_free(error);
	net_free(p);

	/* a backbone that leads from a switch to itself: over the right trunk and back into the same switch */
	p = net_line(1, 2);
	p->routes[1].n_links = 3;
	p->routes[1].links = g_renew(unsigned, p->routes[1].links, 3);
	p->routes[1].links[2] = p->routes[1].links[1];
	p->routes[1].links[1] = p->n_links;
	p->links = g_renew(struct platform_link, p->links, p->n_links + 1);
	p->links[p->n_links++] = (struct platform_link){g_strdup("backbone"), NET_RATE, CABLE};
	ck_assert_ptr_null(fabric_new(p, false, &error));
	ck_assert_ptr_nonnull(strstr(error, "link backbone would start and end at the same place"));
	g_free(error);
	net_free(p);

	/* too many switches */
	p = net_line(9, 1);
	ck_assert_ptr_null(fabric_new(p, false, &error));
	ck_assert_ptr_nonnull(strstr(error, "crosses 9 switches"));
	g_free(error);
	net_free(p);
}
END_TEST

/* Resets. ---------------------------------------------------------------------------------- */

START_TEST(reset_sender_truncates)
{
	set_up(net_line(1, 2));
	send_to(0, 1, 4000);
	run_until(10 * SIM_US);
	fabric_abort(fabric, 0);
	run_until(11 * SIM_US);
	ck_assert_uint_eq(ends[1].tails, 1);
	ck_assert_uint_lt(ends[1].bytes, 2000);
	ck_assert_uint_ne(ends[1].residue, 0);
	ck_assert(!fabric_sending(fabric, 0));
	ends[1].armed = true;
	ends[1].bytes = 0;
	send_to(0, 1, 100);
	run_until(SIM_MS);
	ck_assert_uint_eq(ends[1].bytes, 100);
	tear_down();
}
END_TEST

START_TEST(reset_receiver_drains)
{
	set_up(net_line(1, 2));
	send_to(0, 1, 4000);
	run_until(10 * SIM_US);
	fabric_abort(fabric, 1);
	run_until(SIM_MS);
	ck_assert_uint_eq(ends[1].tails, 0);
	ck_assert_uint_eq(ends[0].sents, 1);
	ck_assert_uint_eq(fabric_counts(fabric).dropped, 1);
	tear_down();
}
END_TEST

/* Everything at once: nothing is lost, every channel is free in the end. ------------------- */

START_TEST(many_to_many_comes_through)
{
	unsigned n = 0, left[6] = {0};
	uint32_t x = 12345;

	set_up(net_line(3, 2));
	for (unsigned i = 0; i < 6; i++)
		left[i] = 200;
	for (sim_time t = 0; t < 100 * SIM_MS; t += 3 * SIM_US) {
		run_until(t);
		for (unsigned i = 0; i < 6; i++) {
			x = x * 1664525 + 1013904223;
			ends[i].bytes = 0;
			if (!ends[i].armed && x >> 31) {
				ends[i].armed = true;
				fabric_accept(fabric, i);
			}
			if (x >> 28 & 1)
				fabric_limit(fabric, i, x >> 27 & 1, NET_RATE / (1 + (x >> 25 & 3)));
			if (left[i] && !fabric_sending(fabric, i)) {
				send_to(i, (i + 1 + (x >> 16) % 5) % 6, 4 + (x >> 8) % 5000);
				left[i]--;
				n++;
			}
		}
	}
	run_until(200 * SIM_MS);
	ck_assert_uint_eq(n, 1200);
	ck_assert_uint_eq(fabric_counts(fabric).delivered, 1200);
	ck_assert_uint_eq(calendar_next(), SIM_NEVER);
	for (unsigned i = 0; i < 6; i++)
		ck_assert_uint_eq(ends[i].sents, 200);
	tear_down();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("fabric");
	TCase *tc = tcase_create("fabric");

	tcase_add_loop_test(tc, timing_closed_form, 0, 3);
	tcase_add_test(tc, short_packet_leaves_before_its_head_arrives);
	tcase_add_test(tc, lookahead_is_the_shortest_way);
	tcase_add_test(tc, back_to_back_packets_use_the_link_fully);
	tcase_add_test(tc, pieces_make_one_packet);
	tcase_add_test(tc, late_tail_makes_the_worm_wait);
	tcase_add_test(tc, unarmed_receiver_holds_the_way);
	tcase_add_test(tc, busy_output_is_first_come_first_served);
	tcase_add_test(tc, same_instant_goes_by_port);
	tcase_add_test(tc, blocked_worm_blocks_others_on_its_way);
	tcase_add_test(tc, slack_takes_a_short_packet_from_its_sender);
	tcase_add_test(tc, network_reset_after_timeout);
	tcase_add_test(tc, full_buffer_stops_in_the_middle);
	tcase_add_test(tc, slow_sender_sets_the_pace);
	tcase_add_test(tc, slow_receiver_holds_the_sender);
	tcase_add_test(tc, rate_change_moves_the_rest);
	tcase_add_test(tc, senders_change_is_felt_after_the_way);
	tcase_add_test(tc, receivers_change_is_felt_after_the_way_back);
	tcase_add_test(tc, route_bytes_are_port_differences);
	tcase_add_test(tc, forged_routes);
	tcase_add_test(tc, deadlock_is_named);
	tcase_add_test(tc, impossible_topologies);
	tcase_add_test(tc, reset_sender_truncates);
	tcase_add_test(tc, reset_receiver_drains);
	tcase_add_test(tc, many_to_many_comes_through);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Workloads over VMMC: ping-pong and stream. */
#include "experiments/pair.h"
#include "experiments/redirect.h"
#include "experiments/workload.h"
#include "host-lib/driver.h"
#include "nic-sim/trace.h"

#include <glib.h>
#include <string.h>

#define WORD    4u
#define LARGEST (1u << 20)  /* B of a message */
#define PATTERN 0x9E3779B9u /* spreads the index of a word over its bits */

static uint32_t
pattern(uint32_t word)
{
	return (word + 1) * PATTERN;
}

static void
fill(struct pair_end *end)
{
	uint32_t n = MAX(end->pair->sources, 1), stride = pair_stride(end);
	for (uint32_t k = 0; k < n; k++) {
		uint32_t *words = pair_words(end, end->sources + (uint64_t)k * stride);
		for (uint32_t i = 0; i < end->bytes / WORD; i++)
			words[i] = pattern(i);
	}
}

/* Has the other's whole message of `bytes` at `at` arrived, but for the last `skip` words? */
static void
verify(const struct pair_end *end, uint32_t at, uint32_t bytes, uint32_t skip)
{
	const uint32_t *words = pair_words(end, end->here);
	for (uint32_t i = at / WORD; i + skip < (at + bytes) / WORD; i++)
		if (words[i] != pattern(i)) {
			simulate_fail(end->simulation, "host %u: word %u of the message is %08x, not %08x", end->node,
			              i, words[i], pattern(i));
			return;
		}
}

/* More buffers than the translation cache has entries, or than may be pinned, make every message miss. */
#define SOURCES                                                                                                        \
	{                                                                                                              \
		"sources", "1", 1, 4096, 0, NULL, "buffers that the messages are sent from, as if at random"           \
	}

/* Ping-pong. ----------------------------------------------------------------------------------------- */

struct pingpong {
	struct pair pair;
	struct redirect redirect[2]; /* of either end, if wanted */
	uint32_t bytes, places;      /* of a message, and how many the buffer has */
	uint32_t rounds, warm_up;
	sim_time began, ended;
	uint32_t pieces, misses; /* of the translation cache of host 0's NIC, until the beginning and then from it on */
	bool both, trace, redirects;
};

/* Messages of one direction are numbered from 1 on and go round in the places of the buffer. */
static uint32_t
place(const struct pingpong *p, uint32_t number)
{
	return (number - 1) % p->places * p->bytes;
}

static bool
is_first(const struct pair_end *end)
{
	return end->node == 0 || ((const struct pingpong *)end->pair)->both;
}

/* One post covers all places: it is time for the next one when they are used up. */
static bool
expect(struct pair_end *end, uint32_t number)
{
	struct pingpong *p = (struct pingpong *)end->pair;
	return !p->redirects || place(p, number) > 0 || redirect_again(&p->redirect[end->node]);
}

/* The last word of a message is its number.  An answer says that the source has been read; where both send at once, the
 * send itself waits for that. */
static bool
say(struct pair_end *end, uint32_t number)
{
	const struct pingpong *p = (const struct pingpong *)end->pair;
	uint32_t at = place(p, number);
	pair_next_source(end);
	pair_words(end, end->source)[(at + p->bytes) / WORD - 1] = number;
	return p->both ? pair_send_done(end, at, p->bytes) : pair_send_part(end, at, p->bytes);
}

/* Where both send at once, the next message may have come meanwhile. */
static bool
hear(struct pair_end *end, uint32_t number)
{
	const struct pingpong *p = (const struct pingpong *)end->pair;
	if (!pair_wait_past(end, place(p, number) + p->bytes - WORD, number))
		return false;
	trace_point(vmmc_last_trace(end->other->v), TRACE_STAGE_DETECT, end->node);
	trace_point(vmmc_last_trace(end->other->v), TRACE_STAGE_RETURN, end->node);
	return true;
}

static bool
play_round(struct pair_end *end, uint32_t number)
{
	if (is_first(end))
		return say(end, number) && expect(end, number) && hear(end, number);
	return hear(end, number) && say(end, number) && expect(end, number + 1);
}

static void
count_misses(struct pingpong *p)
{
	const struct host *host = p->pair.ends[0].process->host;
	p->pieces = driver_counter(host, "cache_hits") - p->pieces;
	p->misses = driver_counter(host, "cache_misses") - p->misses;
}

static void
begin(struct pingpong *p)
{
	p->began = sim_now();
	count_misses(p);
	trace_record(p->trace);
}

static void
play(struct pair_end *end)
{
	struct pingpong *p = (struct pingpong *)end->pair;
	struct redirect *r = &p->redirect[end->node];
	fill(end);
	if (p->redirects && !redirect_begin(r, end))
		return;
	if (!is_first(end) && !expect(end, 1))
		return;
	for (uint32_t i = 1; i <= p->warm_up + p->rounds; i++) {
		if (i == p->warm_up + 1 && end->node == 0)
			begin(p);
		if (!play_round(end, i))
			return;
	}
	if (end->node == 0) {
		p->ended = sim_now();
		count_misses(p);
	}
	if (p->redirects && !redirect_end(r))
		return;
	redirect_collect(r);
	if (end->node == 0)
		verify(end, place(p, p->warm_up + p->rounds), p->bytes, 1);
}

static void
measure_pingpong(struct simulation *s, struct results *results)
{
	const struct pingpong *p = s->arg;
	double round_trip = sim_to_us(p->ended - p->began) / p->rounds;
	if (p->both) /* a round is one way */
		round_trip *= 2;
	results_set(results, "round_trip_us", round_trip);
	results_set(results, "one_way_us", round_trip / 2);
	results_set(results, "miss_share", p->pieces > 0 ? (double)p->misses / p->pieces : 0);
	results_set(results, "redirected_share", (double)p->redirect[0].bytes / (p->warm_up + p->rounds) / p->bytes);
}

static enum exit_code
run_pingpong(const struct point *point, struct results *results, char **error)
{
	struct pingpong p = {.pair = {.sources = (uint32_t)point_number(point, "sources"), .body = play},
	                     .bytes = (uint32_t)point_number(point, "size_B"),
	                     .both = point_is(point, "direction", "both-ways"),
	                     .redirects = point_is(point, "redirection", "on"),
	                     .rounds = (uint32_t)point_number(point, "rounds"),
	                     .warm_up = (uint32_t)point_number(point, "warm_up"),
	                     .trace = point->breakdown};
	p.places = p.redirects ? MAX(REDIRECT_BYTES / p.bytes, 1) : 1;
	p.pair.bytes = p.places * p.bytes;
	return simulate(point, results, pair_start, measure_pingpong, &p, error);
}

const struct workload vmmc_pingpong = {
        .name = "vmmc-pingpong",
        .hosts = 2,
        .doc = "two processes send a message back and forth, or each to the other at once; the receiver polls its last "
               "word",
        .parameters =
                (const struct workload_parameter[]){
                        {"size_B", "4", WORD, LARGEST, WORD, NULL, "size of a message, B"},
                        SOURCES,
                        {"direction", "one-way", 0, 0, 0, "one-way both-ways", "in turn, or both at once"},
                        {"redirection", "off", 0, 0, 0, "off on",
                         "the receiver posts for 64 KB of messages to come, or a message, 256 KB of it at most"},
                        {"rounds", "50", 1, 1000000, 0, NULL, "round trips that are measured"},
                        {"warm_up", "2", 1, 1000000, 0, NULL, "round trips before (the first pin the pages)"},
                        SIMULATE_PARAMETERS,
                        {0},
                },
        .metrics =
                (const struct workload_metric[]){
                        {"one_way_us", "half of the round trip, or, both at once, from the call of a send to the "
                                       "other's message seen, "
                                       "mean, us"},
                        {"round_trip_us", "from the call of a send to the answer seen, mean, us; both at once: twice "
                                          "the above"},
                        {"miss_share", "pieces of messages whose page the translation cache of host 0 did not have"},
                        {"redirected_share", "bytes that went straight to the user buffer of host 0"},
                        {0},
                },
        .run = run_pingpong,
};

/* Stream. -------------------------------------------------------------------------------------------- */

/* Values of the flag, behind pair_start's 1. */
enum { WARM_FLAG = 2, START_FLAG, LAST_FLAG };

struct stream {
	struct pair pair;
	uint32_t messages;
	bool both;
	sim_time began, ended;
};

/* Sends the messages and, behind them, the flag: what is sent in order arrives in order. */
static bool
pour(struct pair_end *end, uint32_t messages, uint32_t flag)
{
	for (uint32_t i = 0; i < messages; i++, pair_next_source(end))
		if (!pair_send(end))
			return false;
	return pair_flag(end, flag);
}

/* Host 0, then host 1 sends one message, which pins the pages; then host 0 says that it begins.  So nothing is under
 * way when the time starts. */
static bool
warm_up(struct pair_end *end, bool sends)
{
	if (end->node == 0)
		return pour(end, sends, WARM_FLAG) && pair_wait_flag(end, WARM_FLAG) && pair_flag(end, START_FLAG);
	return pair_wait_flag(end, WARM_FLAG) && pour(end, sends, WARM_FLAG) && pair_wait_flag(end, START_FLAG);
}

static void
flow(struct pair_end *end)
{
	struct stream *s = (struct stream *)end->pair;
	bool sends = s->both || end->node == 0, receives = s->both || end->node == 1;
	fill(end);
	if (!warm_up(end, sends))
		return;
	if (end->node == 0)
		s->began = sim_now();
	if (sends && !pour(end, s->messages, LAST_FLAG))
		return;
	if (!receives || !pair_wait_flag(end, LAST_FLAG))
		return;
	s->ended = MAX(s->ended, sim_now());
	verify(end, 0, end->bytes, 0);
}

static void
measure_stream(struct simulation *simulation, struct results *results)
{
	const struct stream *s = simulation->arg;
	double bytes = (double)s->pair.bytes * s->messages * (s->both ? 2 : 1);
	double us = sim_to_us(s->ended - s->began);
	results_set(results, "bandwidth_MB_s", bytes / us);
	results_set(results, "message_us", us / s->messages);
}

static enum exit_code
run_stream(const struct point *point, struct results *results, char **error)
{
	struct stream s = {.pair = {.bytes = (uint32_t)point_number(point, "size_B"),
	                            .sources = (uint32_t)point_number(point, "sources"),
	                            .body = flow},
	                   .both = point_is(point, "direction", "both-ways")};
	uint64_t wanted = point_number(point, "total_B") / s.pair.bytes;
	s.messages =
	        (uint32_t)CLAMP(wanted, point_number(point, "least_messages"), point_number(point, "most_messages"));
	return simulate(point, results, pair_start, measure_stream, &s, error);
}

const struct workload vmmc_stream = {
        .name = "vmmc-stream",
        .hosts = 2,
        .doc = "a process sends messages one after the other, or two processes to each other; the last is followed by "
               "a flag",
        .parameters =
                (const struct workload_parameter[]){
                        {"size_B", "4096", WORD, LARGEST, WORD, NULL, "size of a message, B"},
                        SOURCES,
                        {"direction", "one-way", 0, 0, 0, "one-way both-ways", "who sends"},
                        {"total_B", "2097152", WORD, 1u << 30, 0, NULL, "bytes each way, within the next two"},
                        {"least_messages", "4", 1, 1000000, 0, NULL, "messages at the largest sizes"},
                        {"most_messages", "1000", 1, 1000000, 0, NULL, "messages at the smallest sizes"},
                        SIMULATE_PARAMETERS,
                        {0},
                },
        .metrics =
                (const struct workload_metric[]){
                        {"bandwidth_MB_s",
                         "user data over the time from the first send to the last flag seen, both ways together, MB/s"},
                        {"message_us", "that time for each message of a direction, us"},
                        {0},
                },
        .run = run_stream,
};

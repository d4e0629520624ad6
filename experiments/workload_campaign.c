/* The fault campaign: a long stream whose every byte is checked, over VMMC or over sockets. */
#include "experiments/pair.h"
#include "experiments/stream_check.h"
#include "experiments/talk.h"
#include "experiments/workload.h"
#include "host-lib/driver.h"

#include <glib.h>

#define WINDOW        4            /* chunks in the ring of a VMMC stream */
#define LARGEST_CHUNK (256u << 10) /* B: a window of them is what a process may import */
#define FIRST_FLAG    2            /* pair_start() has used 1 */
#define SIZE_SPREAD   2654435761u  /* Knuth's multiplicative hash: sizes of messages that follow no pattern */

/* What both kinds of stream have. */
struct campaign {
	uint64_t total;
	uint32_t chunk; /* B of a piece; of the largest message over sockets */
	struct stream_check check;
	sim_time began, ended;
};

static void
begin(struct campaign *c)
{
	c->began = sim_now();
}

static void
take(struct campaign *c, const uint8_t *bytes, uint32_t n)
{
	check_take(&c->check, bytes, n);
	c->ended = sim_now();
}

/* Over VMMC: chunks go round in a ring in the receiver's memory; behind each a flag with its number, which the receiver
 * sends back when it has taken the chunk. ------------------------------------------------------------- */

struct vmmc_campaign {
	struct pair pair;
	struct campaign c;
};

static uint32_t
chunks_of(const struct campaign *c)
{
	return (uint32_t)((c->total + c->chunk - 1) / c->chunk);
}

static uint32_t
chunk_bytes(const struct campaign *c, uint32_t i)
{
	return (uint32_t)MIN(c->total - (uint64_t)i * c->chunk, c->chunk);
}

static bool
send_chunk(struct pair_end *end, struct campaign *c, uint32_t i)
{
	uint32_t at = i % WINDOW * c->chunk, n = chunk_bytes(c, i);
	if (i >= WINDOW && !pair_wait_flag_past(end, FIRST_FLAG + i - WINDOW))
		return false;
	stream_fill((uint8_t *)pair_words(end, end->source) + at, (uint64_t)i * c->chunk, n);
	return pair_send_part(end, at, n) && pair_flag(end, FIRST_FLAG + i);
}

static bool
take_chunk(struct pair_end *end, struct campaign *c, uint32_t i)
{
	if (!pair_wait_flag_past(end, FIRST_FLAG + i))
		return false;
	take(c, (uint8_t *)pair_words(end, end->here) + i % WINDOW * c->chunk, chunk_bytes(c, i));
	return pair_flag(end, FIRST_FLAG + i);
}

static void
stream_over_vmmc(struct pair_end *end)
{
	struct campaign *c = &((struct vmmc_campaign *)end->pair)->c;
	if (end->node == 0)
		begin(c);
	for (uint32_t i = 0; i < chunks_of(c); i++)
		if (!(end->node == 0 ? send_chunk(end, c, i) : take_chunk(end, c, i)))
			return;
	if (end->node == 0)
		pair_wait_flag_past(end, FIRST_FLAG + chunks_of(c) - 1);
}

/* Over sockets: messages of all sizes up to the chunk. ------------------------------------------------ */

struct socket_campaign {
	struct talk talk;
	struct campaign c;
};

static void
pour(struct talk *talk, int fd, uint8_t *buffer)
{
	struct campaign *c = &((struct socket_campaign *)talk)->c;
	begin(c);
	uint32_t n;
	for (uint64_t at = 0; at < c->total; at += n) {
		n = (uint32_t)MIN(c->total - at, 1 + ((uint32_t)at + 1) * SIZE_SPREAD % c->chunk);
		stream_fill(buffer, at, n);
		if (!talk_send(talk, fd, buffer, n))
			return;
	}
}

static void
drain(struct talk *talk, int fd, uint8_t *buffer)
{
	struct campaign *c = &((struct socket_campaign *)talk)->c;
	uint32_t n;
	while ((n = talk_drain(talk, fd, buffer, c->chunk)) > 0)
		take(c, buffer, n);
}

/* Both. ----------------------------------------------------------------------------------------------- */

static void
measure_kind(void *results, const char *kind, uint64_t n)
{
	char *metric = g_strconcat("faults_", kind, NULL);
	results_set(results, metric, (double)n);
	g_free(metric);
}

static void
measure_counts(const struct simulation *s, struct results *results)
{
	const struct machine *m = s->testbed->machine;
	struct fault_counts injected = machine_faults(m);
	uint64_t again = 0;
	for (unsigned i = 0; i < m->n_hosts; i++)
		again += driver_counter(&m->hosts[i], "retransmitted");
	results_set(results, "packets", (double)fabric_counts(m->fabric).packets);
	results_set(results, "packets_again", (double)again);
	fault_counts_each(&injected, measure_kind, results);
}

static void
measure_campaign(struct simulation *s, struct campaign *c, struct results *results)
{
	uint64_t moved = c->check.taken;
	struct stream_faults faults = check_end(&c->check);
	results_set(results, "goodput_MB_s", (double)moved / sim_to_us(c->ended - c->began));
	results_set(results, "moved_B", (double)moved);
	results_set(results, "wrong_B", (double)faults.wrong);
	results_set(results, "lost_B", (double)faults.lost);
	results_set(results, "repeated_B", (double)faults.repeated);
	results_set(results, "reordered_B", (double)faults.reordered);
	measure_counts(s, results);
}

static void
measure_vmmc(struct simulation *s, struct results *results)
{
	measure_campaign(s, &((struct vmmc_campaign *)s->arg)->c, results);
}

static void
measure_socket(struct simulation *s, struct results *results)
{
	measure_campaign(s, &((struct socket_campaign *)s->arg)->c, results);
}

static struct campaign
campaign_of(const struct point *point)
{
	struct campaign c = {.total = point_number(point, "total_B"), .chunk = (uint32_t)point_number(point, "size_B")};
	check_begin(&c.check, c.total);
	return c;
}

static enum exit_code
run(const struct point *point, struct results *results, char **error)
{
	if (point_is(point, "over", "vmmc")) {
		struct vmmc_campaign v = {.c = campaign_of(point)};
		v.pair = (struct pair){.bytes = WINDOW * v.c.chunk, .body = stream_over_vmmc};
		return simulate(point, results, pair_start, measure_vmmc, &v, error);
	}
	struct socket_campaign k = {.c = campaign_of(point)};
	k.talk = (struct talk){.bytes = k.c.chunk, .serve = drain, .ask = pour};
	return simulate(point, results, talk_start, measure_socket, &k, error);
}

#define FAULT_METRIC(name, meaning) {"faults_" #name, "injected: " meaning},

const struct workload campaign = {
        .name = "campaign",
        .doc = "a long stream from host to host, over VMMC or over sockets, whose every byte is checked: was it wrong, "
               "lost, "
               "repeated, at another place",
        .hosts = 2,
        .parameters =
                (const struct workload_parameter[]){
                        {"over", "vmmc", 0, 0, 0, "vmmc sockets", "what carries the stream"},
                        {"size_B", "65536", 4, LARGEST_CHUNK, 4, NULL,
                         "size of a chunk (VMMC), of the largest message (sockets), B"},
                        {"total_B", "1048576", 8, 1u << 30, 8, NULL, "length of the stream, B"},
                        TALK_PROTOCOL,
                        SIMULATE_PARAMETERS,
                        {0},
                },
        .metrics =
                (const struct workload_metric[]){
                        {"goodput_MB_s",
                         "bytes of the stream over the time from the first send to the last byte, MB/s"},
                        {"moved_B", "bytes that came"},
                        {"wrong_B", "bytes that were not what was sent"},
                        {"lost_B", "bytes that never came"},
                        {"repeated_B", "bytes that came again"},
                        {"reordered_B", "bytes that came at another place"},
                        {"packets", "on the wire, acknowledgements too"},
                        {"packets_again", "sent again by the link protocol"},
                        FAULT_KINDS(FAULT_METRIC){0},
                },
        .run = run,
};

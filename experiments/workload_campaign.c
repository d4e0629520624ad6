/* The fault campaign: a long stream whose every byte is checked, over VMMC or over sockets. */
#include "experiments/lasting.h"
#include "experiments/stream_check.h"
#include "experiments/talk.h"
#include "experiments/workload.h"
#include "host-lib/driver.h"
#include "sockets/nsock.h"

#include <glib.h>

#define LARGEST_CHUNK (256u << 10) /* B: what a process may import holds a ring of them */
#define SIZE_SPREAD   2654435761u  /* Knuth's multiplicative hash: sizes of messages that follow no pattern */

/* What both kinds of stream have. */
struct campaign {
	uint64_t total;
	uint32_t chunk; /* B of a piece; of the largest message over sockets */
	struct stream_check check;
	sim_time began, ended;
};

static void
take(struct campaign *c, const uint8_t *bytes, uint32_t n)
{
	check_take(&c->check, bytes, n);
	c->ended = sim_now();
}

/* Over VMMC. ------------------------------------------------------------------------------------------ */

struct vmmc_campaign {
	struct lasting stream;
	struct campaign c;
};

static uint32_t
chunk_bytes(const struct campaign *c, uint32_t i)
{
	return (uint32_t)MIN(c->total - (uint64_t)i * c->chunk, c->chunk);
}

static uint32_t
fill_chunk(struct lasting *stream, uint32_t i, uint8_t *bytes)
{
	struct campaign *c = &((struct vmmc_campaign *)stream)->c;
	uint32_t n = chunk_bytes(c, i);
	if (c->began == 0)
		c->began = sim_now();
	stream_fill(bytes, (uint64_t)i * c->chunk, n);
	return n;
}

static void
take_chunk(struct lasting *stream, uint32_t i, const uint8_t *bytes)
{
	struct campaign *c = &((struct vmmc_campaign *)stream)->c;
	take(c, bytes, chunk_bytes(c, i));
}

/* Over sockets: messages of all sizes up to the chunk. ------------------------------------------------ */

struct socket_campaign {
	struct talk talk;
	struct campaign c;
	uint32_t asked, resumed; /* connections over which the client went on, and all but the first */
};

static bool
has_all(const struct talk *talk)
{
	const struct campaign *c = &((const struct socket_campaign *)talk)->c;
	return c->check.taken == c->total;
}

/* The server says first how much it has: there the client goes on.  At the end it waits for the server's end. */
static void
pour(struct talk *talk, int fd, uint8_t *buffer)
{
	struct socket_campaign *k = (struct socket_campaign *)talk;
	uint64_t at;
	if (!talk_receive(talk, fd, (uint8_t *)&at, sizeof at))
		return;
	if (k->c.began == 0)
		k->c.began = sim_now();
	k->resumed += k->asked++ > 0;
	for (uint32_t n; at < k->c.total; at += n) {
		n = (uint32_t)MIN(k->c.total - at, 1 + ((uint32_t)at + 1) * SIZE_SPREAD % k->c.chunk);
		stream_fill(buffer, at, n);
		if (!talk_send(talk, fd, buffer, n))
			return;
	}
	ns_shutdown(fd, SHUT_WR);
	talk_drain(talk, fd, buffer, 1);
}

static void
drain(struct talk *talk, int fd, uint8_t *buffer)
{
	struct campaign *c = &((struct socket_campaign *)talk)->c;
	uint64_t at = c->check.taken;
	uint32_t n;
	if (!talk_send(talk, fd, (const uint8_t *)&at, sizeof at))
		return;
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
	const struct vmmc_campaign *v = s->arg;
	measure_campaign(s, &((struct vmmc_campaign *)s->arg)->c, results);
	results_set(results, "resumed", v->stream.resumed);
}

static void
measure_socket(struct simulation *s, struct results *results)
{
	const struct socket_campaign *k = s->arg;
	measure_campaign(s, &((struct socket_campaign *)s->arg)->c, results);
	results_set(results, "resumed", k->resumed);
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
		v.stream = (struct lasting){.chunk = v.c.chunk,
		                            .chunks = (uint32_t)((v.c.total + v.c.chunk - 1) / v.c.chunk),
		                            .fill = fill_chunk,
		                            .take = take_chunk};
		return simulate(point, results, lasting_start, measure_vmmc, &v, error);
	}
	struct socket_campaign k = {.c = campaign_of(point)};
	k.talk = (struct talk){.protocol = point_text(point, "over"),
	                       .bytes = k.c.chunk,
	                       .serve = drain,
	                       .ask = pour,
	                       .finished = has_all};
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
                        {"over", "vmmc", 0, 0, 0, "vmmc " TALK_PROTOCOLS,
                         "what carries the stream: VMMC, or sockets by that protocol"},
                        {"size_B", "65536", 4, LARGEST_CHUNK, 4, NULL,
                         "size of a chunk (VMMC), of the largest message (sockets), B"},
                        {"total_B", "1048576", 8, 1u << 30, 8, NULL, "length of the stream, B"},
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
                        {"resumed", "times that the sender asked the receiver where to go on"},
                        FAULT_KINDS(FAULT_METRIC){0},
                },
        .run = run,
};

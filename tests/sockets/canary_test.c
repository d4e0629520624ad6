/* No protocol writes beside the bytes it was asked for, at any alignment: messages of all short lengths and of lengths
 * about those of records, pages, pieces and rings, from all alignments to all alignments, and streams cut at random,
 * with time-outs. Data, and canaries around both buffers, are looked at after every call; the counts tell that
 * zero-copy went its way.
 */
#include "experiments/testbed.h"
#include "host-lib/firmware_image.h"
#include "sockets/nsock.h"
#include "sockets/ports.h"
#include "sockets/socket.h"

#include <check.h>
#include <errno.h>
#include <glib.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define PORT  5000
#define LIMIT (1000 * SIM_S)

enum { ALIGNMENTS = 8, SHORT = 300, MOST = 70000 };
enum { CANARY = 64, STREAM = 1 << 20, CANARY_BYTE = 0xA5 };

#define MEMORY "myrinet-pc", FIRMWARE_VMMC, NULL
#define VMMC   "myrinet-pc", FIRMWARE_VMMC, FIRMWARE_IMAGE_VMMC
#define AM     "myrinet-ultra", FIRMWARE_AM, FIRMWARE_IMAGE_AM
#define RAW    "myrinet-ultra", FIRMWARE_RAW, FIRMWARE_IMAGE_RAW
static const struct {
	const char *platform;
	enum firmware firmware;
	const char *image;
	enum sock_protocol protocol;
} runs[] = {
        {MEMORY, SOCK_AUTOMATIC}, {MEMORY, SOCK_TWO_COPY}, {MEMORY, SOCK_ONE_COPY}, {MEMORY, SOCK_ZERO_COPY},
        {VMMC, SOCK_AUTOMATIC},   {VMMC, SOCK_TWO_COPY},   {VMMC, SOCK_ONE_COPY},   {VMMC, SOCK_ZERO_COPY},
        {AM, SOCK_FAST},          {AM, SOCK_FAST_SENDER},  {MEMORY, SOCK_TCP},      {RAW, SOCK_TCP},
};
enum { RUNS = G_N_ELEMENTS(runs) };

/* Lengths about which something changes: one_copy_min, zero_copy_min, pages, pieces, a quarter of the ring, the ring.
 */
static const size_t borders[] = {2048, 4096, 8192, 16384, 65536};
enum { AROUND = 5 }; /* lengths tried at each: -2 to 2 */

static uint64_t expected_direct; /* bytes of messages that zero-copy can redirect */

static struct sockaddr_in
server_address(void)
{
	return (struct sockaddr_in){
	        .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(HOST_NETWORK + 1)};
}

static uint8_t
content(uint64_t i)
{
	return (uint8_t)(i * 7 + i / 251 + i / 65537);
}

/* A buffer between canaries. */
struct guarded {
	uint8_t *memory, *bytes;
	size_t length;
};

static void
guard(struct guarded *g, uint8_t *memory, unsigned alignment, size_t length)
{
	*g = (struct guarded){memory, memory + CANARY + alignment, length};
	memset(memory, CANARY_BYTE, length + alignment + 2 * CANARY);
}

/* Asserting costs a system call, so it is done once a buffer. */
static void
check_canaries(const struct guarded *g)
{
	bool whole = true;

	for (const uint8_t *p = g->memory; p < g->bytes; p++)
		whole = whole && *p == CANARY_BYTE;
	for (unsigned i = 0; i < CANARY; i++)
		whole = whole && g->bytes[g->length + i] == CANARY_BYTE;
	ck_assert_msg(whole, "something is written beside a buffer of %zu bytes", g->length);
}

static void
fill(const struct guarded *g, uint64_t at)
{
	for (size_t i = 0; i < g->length; i++)
		g->bytes[i] = content(at + i);
}

static void
check_content(const struct guarded *g, size_t length, uint64_t at)
{
	size_t i = 0;

	while (i < length && g->bytes[i] == content(at + i))
		i++;
	ck_assert_msg(i == length, "byte %zu of %zu, stream position %lu", i, g->length, at + i);
}

/* Messages. ---------------------------------------------------------------------------------------------------------
 */

struct end {
	int fd;
	uint8_t *memory;
	uint64_t position;
	bool sends;
};

static void
send_message(struct end *e, unsigned alignment, size_t length)
{
	struct guarded g;

	guard(&g, e->memory, alignment, length);
	fill(&g, e->position);
	ck_assert_int_eq(ns_send(e->fd, g.bytes, length, 0), (ssize_t)length);
	check_content(&g, length, e->position);
	check_canaries(&g);
}

static void
receive_message(struct end *e, unsigned alignment, size_t length)
{
	struct guarded g;

	guard(&g, e->memory, alignment, length);
	ck_assert_int_eq(ns_recv(e->fd, g.bytes, length, MSG_WAITALL), (ssize_t)length);
	check_content(&g, length, e->position);
	check_canaries(&g);
}

/* message: from alignment `way` / ALIGNMENTS to alignment `way` % ALIGNMENTS. */
static void
message(struct end *e, unsigned way, size_t length)
{
	if (e->sends)
		send_message(e, way / ALIGNMENTS, length);
	else
		receive_message(e, way % ALIGNMENTS, length);
	e->position += length;
}

/* meet: the sender waits until the receiver is ready, and some time more, so that it waits. */
static void
meet(struct end *e)
{
	char byte = 0;

	if (!e->sends) {
		ck_assert_int_eq(ns_send(e->fd, &byte, 1, 0), 1);
		return;
	}
	ck_assert_int_eq(ns_recv(e->fd, &byte, 1, 0), 1);
	cpu_block("a pause", sim_now() + SIM_MS);
}

static void
all_messages(struct end *e)
{
	for (unsigned way = 0; way < ALIGNMENTS * ALIGNMENTS; way++) {
		for (size_t length = 1; length <= SHORT; length++)
			message(e, way, length);
		for (unsigned i = 0; i < AROUND * sizeof borders / sizeof *borders; i++) {
			size_t length = borders[i / AROUND] + i % AROUND - AROUND / 2;

			meet(e);
			message(e, way, length);
			if (e->sends && way / ALIGNMENTS % 4 == 0 && way % 4 == 0 && length >= borders[1])
				expected_direct += length;
		}
	}
}

/* Streams. ----------------------------------------------------------------------------------------------------------
 */

/* random_below: a seeded generator (Knuth's MMIX), each end its own. */
static uint32_t
random_below(uint64_t *state, uint32_t n)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((*state >> 33) % n);
}

/* random_length: of all magnitudes. */
static size_t
random_length(uint64_t *state, uint64_t left)
{
	uint64_t most = 1ull << (1 + random_below(state, 17));
	uint64_t length = 1 + random_below(state, (uint32_t)(most < MOST ? most : MOST));

	return length < left ? length : left;
}

/* set_patience: for a call: of less than a piece takes to arrive, more, or without end. */
static void
set_patience(const struct end *e, uint64_t *state)
{
	struct timeval patience = {.tv_usec = random_below(state, 3) * random_below(state, 300)};

	ck_assert_int_eq(ns_setsockopt(e->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
}

/* random_call: bytes that were moved; none when time was over. */
static ssize_t
random_call(struct end *e, const struct guarded *g, uint64_t *state)
{
	ssize_t n;

	if (e->sends) {
		fill(g, e->position);
		return ns_send(e->fd, g->bytes, g->length, 0);
	}
	set_patience(e, state);
	n = ns_recv(e->fd, g->bytes, g->length, random_below(state, 2) ? MSG_WAITALL : 0);
	if (n < 0 && errno == EAGAIN)
		return 0;
	ck_assert_int_gt(n, 0);
	check_content(g, (size_t)n, e->position);
	return n;
}

static void
random_stream(struct end *e)
{
	uint64_t state = e->sends ? 11 : 12, end = e->position + STREAM;

	while (e->position < end) {
		struct guarded g;
		ssize_t n;

		guard(&g, e->memory, random_below(&state, 3) ? random_below(&state, ALIGNMENTS) : 0,
		      random_length(&state, end - e->position));
		n = random_call(e, &g, &state);
		ck_assert_int_ge(n, e->sends ? 1 : 0);
		ck_assert_int_le(n, (ssize_t)g.length);
		check_canaries(&g);
		e->position += (uint64_t)n;
		if (random_below(&state, 8) == 0)
			cpu_block("a pause", sim_now() + random_below(&state, 1000) * SIM_US);
	}
}

/* Programs. ---------------------------------------------------------------------------------------------------------
 */

static void
talk(int fd, bool sends)
{
	struct end e = {.fd = fd, .memory = ns_alloc(MOST + 2 * CANARY + ALIGNMENTS), .sends = sends};

	ck_assert_ptr_nonnull(e.memory);
	all_messages(&e);
	random_stream(&e);
	ns_free(e.memory);
	ns_close(fd);
}

static void
server(void *arg)
{
	struct sockaddr_in here = server_address();
	int listener = ns_socket(AF_INET, SOCK_STREAM, 0), fd;

	(void)arg;
	ck_assert_int_eq(ns_bind(listener, (struct sockaddr *)&here, sizeof here), 0);
	ck_assert_int_eq(ns_listen(listener, 1), 0);
	fd = ns_accept(listener, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	talk(fd, false);
}

static void
client(void *arg)
{
	struct sockaddr_in there = server_address();
	int fd = ns_socket(AF_INET, SOCK_STREAM, 0);

	(void)arg;
	cpu_block("a pause", sim_now() + 50 * SIM_MS);
	ck_assert_int_eq(ns_connect(fd, (struct sockaddr *)&there, sizeof there), 0);
	talk(fd, true);
}

static void
check_counts(const struct sock_counts *c, enum sock_protocol protocol)
{
	printf("protocol %d: %lu bytes, %lu direct, %lu copied out, %lu copied back\n", (int)protocol,
	       c->bytes_received, c->bytes_direct, c->bytes_copied_out, c->bytes_copied_back);
	ck_assert_uint_eq(c->bytes_received, c->bytes_sent);
	ck_assert_uint_eq(c->bytes_direct + c->bytes_copied_out, c->bytes_received);
	switch (protocol) {
	case SOCK_AUTOMATIC:
	case SOCK_ZERO_COPY:
		ck_assert_uint_gt(c->bytes_direct, expected_direct / 4 * 3);
		ck_assert_uint_gt(c->bytes_copied_back, 0);
		break;
	case SOCK_FAST:
	case SOCK_FAST_SENDER:
		ck_assert_uint_gt(c->bytes_direct, expected_direct);
		ck_assert_uint_eq(c->bytes_copied_back, 0);
		break;
	default:
		ck_assert_uint_eq(c->bytes_direct, 0);
		ck_assert_uint_eq(c->bytes_copied_back, 0);
	}
}

START_TEST(canaries)
{
	char *error = NULL;
	struct lanai_image *image = runs[_i].image ? firmware_image(FIRMWARE_IMAGE_LIB, runs[_i].image, &error) : NULL;
	struct testbed *t = testbed_with(runs[_i].firmware, runs[_i].platform, NULL, 0, image, &error);
	struct sock_counts counts;

	ck_assert_msg(t != NULL, "%s", error);
	sock_start(t->machine, runs[_i].protocol);
	task_start(process_new(&t->machine->hosts[0], "server"), "server", false, server, NULL);
	task_start(process_new(&t->machine->hosts[1], "client"), "client", false, client, NULL);
	ck_assert_int_eq(sim_run(LIMIT), SIM_DONE);
	counts = sock_counts(t->machine);
	check_counts(&counts, runs[_i].protocol);
	sock_stop(t->machine);
	testbed_free(t);
	lanai_image_free(image);
}
END_TEST

/* canary_test [FIRST END]: of the runs only these. */
int
main(int argc, char **argv)
{
	Suite *suite = suite_create("canary");
	TCase *cases = tcase_create("canary");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(cases, 100);
	tcase_add_loop_test(cases, canaries, argc > 2 ? atoi(argv[1]) : 0, argc > 2 ? atoi(argv[2]) : RUNS);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

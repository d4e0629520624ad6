/* A long stream through a network that loses and corrupts one packet in a hundred each: every byte arrives, once, in
 * order, and a second run does the same to the picosecond.  Usage: stream_under_fire [MB [automatic | two-copy |
 * one-copy | zero-copy]] */
#include "experiments/testbed.h"
#include "host-lib/driver.h"
#include "host-lib/firmware_image.h"
#include "nic-sim/trace.h"
#include "sockets/nsock.h"
#include "sockets/socket.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT       5000
#define MEGABYTE   1000000u
#define PIECE      50001u /* odd: not all pieces can go without a copy, and records are ragged */
#define LIMIT      (1000 * SIM_S)
#define DEFAULT_MB 4

static const char *const protocols[] = {"automatic", "two-copy", "one-copy", "zero-copy"};
static enum sock_protocol protocol = SOCK_AUTOMATIC;

static const char *const sets[] = {"net.corrupt_rate=0.01", "net.drop_rate=0.01"};

struct stream {
	uint64_t bytes, received;
	sim_time start, end;
	const char *mistake; /* NULL: none */
};

struct outcome {
	uint64_t fingerprint, corrupted, dropped, direct, copied_back;
	uint32_t retransmitted, drop_crc;
	sim_time took;
};

static uint8_t
content(uint64_t i)
{
	return (uint8_t)(i * 7 + i / 251 + i / 65537);
}

static struct sockaddr_in
server_address(void)
{
	return (struct sockaddr_in){
	        .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = {inet_addr("10.0.0.1")}};
}

static void
take(struct stream *s, int fd)
{
	uint8_t *piece = ns_alloc(PIECE);
	ssize_t n;

	while ((n = ns_recv(fd, piece, PIECE, protocol == SOCK_ZERO_COPY ? MSG_WAITALL : 0)) > 0)
		for (ssize_t i = 0; i < n; i++)
			if (piece[i] != content(s->received++))
				s->mistake = "a byte is wrong";
	if (n < 0)
		s->mistake = "recv failed";
	ns_free(piece);
}

static void
receiver(void *arg)
{
	struct stream *s = arg;
	struct sockaddr_in address = server_address();
	int listener = ns_socket(AF_INET, SOCK_STREAM, 0);

	if (ns_bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || ns_listen(listener, 1) < 0)
		s->mistake = "nobody can listen";
	int fd = ns_accept(listener, NULL, NULL);
	s->start = sim_now();
	take(s, fd);
	s->end = sim_now();
	ns_close(fd);
}

static void
sender(void *arg)
{
	struct stream *s = arg;
	struct sockaddr_in address = server_address();
	int fd = ns_socket(AF_INET, SOCK_STREAM, 0);
	uint8_t *piece = ns_alloc(PIECE);

	while (ns_connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		cpu_block("a listener", sim_now() + SIM_MS);
	for (uint64_t sent = 0; sent < s->bytes;) {
		uint64_t length = s->bytes - sent < PIECE ? s->bytes - sent : PIECE;
		for (uint64_t i = 0; i < length; i++)
			piece[i] = content(sent + i);
		if (ns_send(fd, piece, length, MSG_NOSIGNAL) != (ssize_t)length)
			s->mistake = "send failed";
		sent += length;
	}
	ns_free(piece);
	ns_close(fd);
}

static void
fail(const char *why)
{
	fprintf(stderr, "stream_under_fire: %s\n", why);
	_exit(EXIT_FAILURE);
}

static struct outcome
results(const struct machine *machine, const struct stream *s)
{
	struct fabric_counts counts = fabric_counts(machine->fabric);
	struct sock_counts moved = sock_counts(machine);

	return (struct outcome){.fingerprint = trace_fingerprint(),
	                        .corrupted = counts.corrupted,
	                        .dropped = counts.dropped,
	                        .direct = moved.bytes_direct,
	                        .copied_back = moved.bytes_copied_back,
	                        .retransmitted = driver_counter(&machine->hosts[1], "retransmitted"),
	                        .drop_crc = driver_counter(&machine->hosts[0], "drop_crc"),
	                        .took = s->end - s->start};
}

static struct outcome
simulate(uint64_t bytes)
{
	struct stream s = {.bytes = bytes};
	char *error = NULL;
	struct lanai_image *image = firmware_image(FIRMWARE_IMAGE_LIB, FIRMWARE_IMAGE_VMMC, &error);
	struct testbed *t = image ? testbed_new("myrinet-pc", sets, sizeof sets / sizeof *sets, image, &error) : NULL;

	if (!t)
		fail(error);
	sock_start(t->machine, protocol);
	task_start(process_new(&t->machine->hosts[0], "receiver"), "receiver", false, receiver, &s);
	task_start(process_new(&t->machine->hosts[1], "sender"), "sender", false, sender, &s);
	if (sim_run(LIMIT) != SIM_DONE)
		fail("the run did not end");
	if (s.mistake || s.received != bytes)
		fail(s.mistake ? s.mistake : "bytes are missing");
	return results(t->machine, &s);
}

/* In a process of its own, as SimGrid's engine demands. */
static struct outcome
simulate_apart(uint64_t bytes)
{
	struct outcome o;
	int ends[2], status;
	pid_t child = -1;

	if (pipe(ends) < 0 || (child = fork()) < 0)
		fail("no pipe or no process");
	if (child == 0) {
		o = simulate(bytes);
		_exit(write(ends[1], &o, sizeof o) == sizeof o ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	close(ends[1]);
	if (read(ends[0], &o, sizeof o) != sizeof o || waitpid(child, &status, 0) != child || status != 0)
		fail("a run failed");
	close(ends[0]);
	return o;
}

/* protocol_by_name: ends the program if there is none. */
static enum sock_protocol
protocol_by_name(const char *name)
{
	for (unsigned i = 0; i < sizeof protocols / sizeof *protocols; i++)
		if (strcmp(name, protocols[i]) == 0)
			return (enum sock_protocol)i;
	fail("the protocol is automatic, two-copy, one-copy or zero-copy");
	return SOCK_AUTOMATIC;
}

static void
check(const struct outcome *o, const struct outcome *again)
{
	if (o->corrupted == 0 || o->dropped == 0 || o->drop_crc == 0 || o->retransmitted == 0)
		fail("the network was not bad");
	if (protocol == SOCK_ZERO_COPY && o->direct == 0)
		fail("nothing was redirected");
	if (o->fingerprint != again->fingerprint)
		fail("a second run is different");
}

int
main(int argc, char **argv)
{
	uint64_t bytes = (argc > 1 ? strtoull(argv[1], NULL, 10) : DEFAULT_MB) * MEGABYTE;
	struct outcome o, again;

	if (argc > 2)
		protocol = protocol_by_name(argv[2]);
	o = simulate_apart(bytes);
	again = simulate_apart(bytes);
	printf("%s, %lu bytes: %.2f MB/s; %lu packets corrupted, %lu lost; %u refused by CRC, %u retransmitted; "
	       "%lu bytes redirected, %lu copied back; "
	       "fingerprint %016lx\n",
	       protocols[protocol], bytes, (double)bytes / MEGABYTE / ((double)o.took / (double)SIM_S), o.corrupted,
	       o.dropped, o.drop_crc, o.retransmitted, o.direct, o.copied_back, o.fingerprint);
	check(&o, &again);
	return EXIT_SUCCESS;
}

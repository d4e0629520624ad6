/* Makes a number of identical socket calls on two simulated hosts over the memory NIC; count_instructions.sh runs it
 * under callgrind.
 *
 *   count_socket_instructions send|transfer <calls> <bytes> <two-copy 1 | one-copy 2>
 *   count_socket_instructions look <calls> 0 0                non-blocking recv() that finds nothing
 *   count_socket_instructions poll <calls> <descriptors> 0    poll() that finds nothing and does not wait
 *
 * All is sent before anything is received, so that nobody waits.  The difference between two numbers of calls is what
 * the calls themselves execute. */
#include "host-lib/driver.h"
#include "nic-sim/engine.h"
#include "sockets/portable.h"
#include "sockets/ports.h"
#include "sockets/socket.h"

#include <glib.h>

#define PORT  7
#define BYTES (64u << 10)
#define PAUSE (20 * SIM_MS) /* longer than anything here takes */

#define DESCRIPTORS 64u

static struct {
	const char *what;
	unsigned calls, bytes;
	int protocol;
} run;

static bool
is_run(const char *what)
{
	return g_strcmp0(run.what, what) == 0;
}

static void
pause_for(sim_time t)
{
	sim_time end = sim_now() + t;

	while (cpu_block("a pause", end))
		;
}

static void
must(ssize_t result)
{
	if (result < 0)
		g_error("%s", g_strerror(errno));
}

static struct sockaddr_in
server_address(void)
{
	return (struct sockaddr_in){
	        .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(HOST_NETWORK + 2)};
}

static void
receiver(void *arg)
{
	struct sockaddr_in here = server_address();
	int listener = socket(AF_INET, SOCK_STREAM, 0), s;
	void *buffer = ns_alloc(BYTES);

	(void)arg;
	must(bind(listener, (struct sockaddr *)&here, sizeof here));
	must(listen(listener, 1));
	s = accept(listener, NULL, NULL);
	must(s);
	pause_for((run.calls + 2) * PAUSE);
	for (unsigned i = 0; is_run("transfer") && i < run.calls; i++)
		must(recv(s, buffer, run.bytes, 0));
}

static void
look(int s)
{
	char byte;

	for (unsigned i = 0; i < run.calls; i++)
		recv(s, &byte, 1, MSG_DONTWAIT);
}

static void
poll_many(int s)
{
	struct pollfd fds[DESCRIPTORS];

	for (unsigned i = 0; i < run.bytes; i++)
		fds[i] = (struct pollfd){.fd = s, .events = POLLIN};
	for (unsigned i = 0; i < run.calls; i++)
		must(poll(fds, run.bytes, 0));
}

static void
send_many(int s)
{
	void *buffer = ns_alloc(BYTES);

	for (unsigned i = 0; i < run.calls; i++) {
		must(send(s, buffer, run.bytes, 0));
		pause_for(PAUSE);
	}
}

static void
sender(void *arg)
{
	struct sockaddr_in there = server_address();
	int s = socket(AF_INET, SOCK_STREAM, 0);

	(void)arg;
	pause_for(PAUSE);
	must(setsockopt(s, SOL_NICSIM, SO_NICSIM_PROTOCOL, &run.protocol, sizeof run.protocol));
	must(connect(s, (struct sockaddr *)&there, sizeof there));
	(is_run("look") ? look : is_run("poll") ? poll_many : send_many)(s);
	pause_for((run.calls + 2) * PAUSE);
}

static unsigned
number(const char *text)
{
	return (unsigned)g_ascii_strtoull(text, NULL, 10);
}

int
main(int argc, char **argv)
{
	struct platform *platform;
	struct machine *m = NULL;
	char *error = NULL;

	if (argc < 5)
		g_error("usage: count_socket_instructions <what> <calls> <bytes> <0 | 1 | 2>");
	run.what = argv[1];
	run.calls = number(argv[2]);
	run.bytes = MIN(number(argv[3]), is_run("poll") ? DESCRIPTORS : BYTES);
	run.protocol = (int)number(argv[4]);
	engine_init();
	platform = platform_load("myrinet-pc", NULL, 0, &error);
	m = platform ? machine_new(platform, false, &error) : NULL;
	if (!m || !driver_start(m, NULL, DRIVER_PROCESSES, &error))
		g_error("%s", error);
	sock_start(m, SOCK_AUTOMATIC);
	task_start(process_new(&m->hosts[1], "receiver"), "receiver", false, receiver, NULL);
	task_start(process_new(&m->hosts[0], "sender"), "sender", false, sender, NULL);
	return sim_run(SIM_TIME_MAX) == SIM_DONE ? 0 : 1;
}

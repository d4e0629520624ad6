#define _GNU_SOURCE
#include "tests/sockets/run_body.h"

#include "experiments/testbed.h"
#include "host-lib/firmware_image.h"
#include "nic-sim/sanitizer.h"

#include <arpa/inet.h>
#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIMULATED_PORT  5000
#define SIMULATED_LIMIT (20 * SIM_S)

/* Logs are files without names, that children write and this process reads. */
struct run {
	struct body_context server, client;
};

static void
prepare(struct run *r, const char *address, uint16_t port, void (*meet)(struct body_context *c))
{
	struct body_context c = {.meet = meet};

	c.address.sin_family = AF_INET;
	c.address.sin_addr.s_addr = inet_addr(address);
	c.address.sin_port = htons(port);
	r->server = r->client = c;
	r->server.log = tmpfile();
	r->client.log = tmpfile();
	ck_assert(r->server.log && r->client.log);
}

static char *
take_log(FILE *log)
{
	GString *text = g_string_new(NULL);
	int character;

	rewind(log);
	while ((character = getc(log)) != EOF)
		g_string_append_c(text, (char)character);
	fclose(log);
	return g_string_free(text, FALSE);
}

static struct body_logs
take_logs(struct run *r)
{
	return (struct body_logs){take_log(r->server.log), take_log(r->client.log)};
}

static void
wait_for(pid_t child, const char *name)
{
	int status;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(status == 0, "%s: a program or the simulation failed (status %x)", name, (unsigned)status);
}

/* Natively. */

static void
meet_natively(struct body_context *c)
{
	int fd = *(int *)c->harness;
	char byte = 0;

	if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1)
		_exit(EXIT_FAILURE);
}

/* A port that the kernel would give to somebody without wishes. */
static uint16_t
free_port(void)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof name;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, length), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&name, &length), 0);
	close(fd);
	return ntohs(name.sin_port);
}

static pid_t
start_natively(void (*program)(struct body_context *c), struct body_context *c, int *ends, unsigned mine)
{
	struct rlimit descriptors = {1024, 1024}; /* the usual limit, which is the simulator's */
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		setrlimit(RLIMIT_NOFILE, &descriptors);
		close(ends[1 - mine]);
		c->harness = &ends[mine];
		alarm(60);
		program(c);
		fflush(c->log);
		_exit(EXIT_SUCCESS);
	}
	return child;
}

struct body_logs
run_native(const struct body *body)
{
	struct run r;
	int ends[2];
	pid_t server, client;

	prepare(&r, "127.0.0.1", free_port(), meet_natively);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	server = start_natively(body->server, &r.server, ends, 0);
	client = start_natively(body->client, &r.client, ends, 1);
	close(ends[0]);
	close(ends[1]);
	wait_for(server, body->name);
	wait_for(client, body->name);
	return take_logs(&r);
}

/* Simulated. */

struct meeting {
	struct task *task;
	unsigned count;
	struct meeting *other;
};

struct program {
	void (*body)(struct body_context *c);
	struct body_context *context;
};

static void
meet_simulated(struct body_context *c)
{
	struct meeting *m = c->harness;

	m->task = task_self();
	m->count++;
	if (m->other->task)
		cpu_poke(m->other->task);
	while (m->other->count < m->count)
		cpu_block("the other program", SIM_NEVER);
}

static void
run_program(void *arg)
{
	struct program *p = arg;

	p->body(p->context);
}

/* build: `image` lives as long as the testbed. */
static struct testbed *
build(const struct way *way, struct lanai_image **image, char **error)
{
	static const char *const images[N_FIRMWARES] = {
	        [FIRMWARE_VMMC] = FIRMWARE_IMAGE_VMMC,
	        [FIRMWARE_AM] = FIRMWARE_IMAGE_AM,
	        [FIRMWARE_RAW] = FIRMWARE_IMAGE_RAW,
	};

	*image = way->lanai ? firmware_image(FIRMWARE_IMAGE_LIB, images[way->firmware], error) : NULL;
	if (way->lanai && !*image)
		return NULL;
	return testbed_with(way->firmware, way->platform, NULL, 0, *image, error);
}

/* end_child: with what a program leaves behind when it has ended, but not when it was cut off. */
static void
end_child(struct testbed *t, struct lanai_image *image, enum sim_outcome outcome)
{
	testbed_free(t);
	lanai_image_free(image);
	if (outcome == SIM_DONE)
		sanitizer_find_leaks();
	_exit((int)outcome);
}

static void
simulate(const struct body *body, struct run *r, const struct way *way)
{
	struct meeting meetings[2] = {{.other = &meetings[1]}, {.other = &meetings[0]}};
	struct program server = {body->server, &r->server}, client = {body->client, &r->client};
	char *error = NULL;
	struct lanai_image *image;
	struct testbed *t = build(way, &image, &error);

	if (!t) {
		fprintf(stderr, "%s\n", error);
		_exit(EXIT_FAILURE);
	}
	r->server.harness = &meetings[0];
	r->client.harness = &meetings[1];
	sock_start(t->machine, way->protocol);
	task_start(process_new(&t->machine->hosts[0], "server"), "server", false, run_program, &server);
	task_start(process_new(&t->machine->hosts[1], "client"), "client", false, run_program, &client);
	enum sim_outcome outcome = sim_run(SIMULATED_LIMIT);
	fflush(r->server.log);
	fflush(r->client.log);
	end_child(t, image, outcome);
}

struct body_logs
run_simulated(const struct body *body, const struct way *way)
{
	struct run r;
	pid_t child;

	prepare(&r, "10.0.0.1", SIMULATED_PORT, meet_simulated);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		simulate(body, &r, way);
	wait_for(child, body->name);
	return take_logs(&r);
}

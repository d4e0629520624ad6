/* Every application, as it is, over the operating system's sockets: each program a process, all answers checked. */
#include "experiments/app_files.h"
#include "experiments/app_ftp.h"
#include "experiments/app_ftp_line.h"
#include "experiments/app_jacobi.h"
#include "experiments/app_pipeline.h"
#include "experiments/app_requests.h"
#include "experiments/app_transactions.h"

#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#define FIRST_PORT 5000
#define LONGEST_S  60

/* What the processes share. */
struct meeting {
	pthread_barrier_t barrier;
	unsigned units; /* of work that were done */
};

struct native {
	struct app app; /* first */
	struct meeting *meeting;
	uint32_t group; /* an address of its own for each test, so that several can run at once */
};

static struct sockaddr_in
address(struct app *app, unsigned rank)
{
	const struct native *n = (const struct native *)app;

	return (struct sockaddr_in){.sin_family = AF_INET,
	                            .sin_port = htons((uint16_t)(FIRST_PORT + rank)),
	                            .sin_addr.s_addr = htonl(0x7f000001u + ((n->group & 0xffff) << 8))};
}

static void
rest(struct app *app, double us)
{
	const struct timespec t = {0, (long)(us * 1000)};

	(void)app;
	nanosleep(&t, NULL);
}

static void
compute(struct app *app, double us)
{
	(void)app;
	(void)us; /* nobody measures it */
}

static double
now_us(struct app *app)
{
	struct timespec t;

	(void)app;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
meet(struct app *app)
{
	pthread_barrier_wait(&((struct native *)app)->meeting->barrier);
}

static void
took(struct app *app, double us)
{
	if (us >= 0)
		__atomic_add_fetch(&((struct native *)app)->meeting->units, 1, __ATOMIC_SEQ_CST);
}

static void
failed(struct app *app, const char *what)
{
	fprintf(stderr, "program %u: %s\n", app->rank, what);
}

static struct meeting *
new_meeting(unsigned n)
{
	struct meeting *m = mmap(NULL, sizeof *m, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_barrierattr_t shared;

	ck_assert(m != MAP_FAILED);
	pthread_barrierattr_init(&shared);
	pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&m->barrier, &shared, n);
	return m;
}

static pid_t
start(void (*program)(struct app *app), struct native n)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child > 0)
		return child;
	alarm(LONGEST_S);
	program(&n.app);
	_exit(n.app.has_failed ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* Runs n programs, of which the last has a job of its own; true if all ended well.  *units: of work. */
static bool
run(void (*program)(struct app *app), const void *job, const void *last, unsigned n, unsigned *units)
{
	struct meeting *m = new_meeting(n);
	pid_t children[APP_CLIENTS_MOST + 1];
	bool well = true;

	for (unsigned i = 0; i < n; i++) {
		struct app app = {i,      n,    i + 1 < n ? job : last, address, compute, rest, now_us, meet, took,
		                  failed, false};

		children[i] = start(program, (struct native){app, m, (uint32_t)getpid()});
	}
	for (unsigned left = n; left > 0; left--) {
		int status;
		waitpid(-1, &status, 0);
		if (status != 0 && well) /* the others wait for it in vain */
			for (unsigned i = 0; i < n; i++)
				kill(children[i], SIGKILL);
		well = well && status == 0;
	}
	*units = m->units;
	munmap(m, sizeof *m);
	return well;
}

START_TEST(requests)
{
	const struct app_requests job = {.requests = 50, .request_bytes = 100, .reply_bytes = 3000};
	unsigned units;

	ck_assert(run(app_requests, &job, &job, 4, &units));
	ck_assert_uint_eq(units, 150);
}
END_TEST

START_TEST(pipeline)
{
	const struct app_pipeline job = {.items = 100, .item_bytes = 1024};
	unsigned units;

	ck_assert(run(app_pipeline, &job, &job, 5, &units));
	ck_assert_uint_eq(units, 100);
}
END_TEST

START_TEST(files)
{
	const struct app_files job = {.smallest = 1000, .largest = 1000000, .gets = 10};
	unsigned units;

	ck_assert(run(app_files, &job, &job, 4, &units));
	ck_assert_uint_eq(units, 30);
}
END_TEST

START_TEST(jacobi)
{
	const struct app_jacobi job = {.cells = 50, .steps = 200};
	unsigned units;

	ck_assert(run(app_jacobi, &job, &job, 4, &units));
	ck_assert_uint_eq(units, 200);
}
END_TEST

START_TEST(transactions)
{
	const struct app_transactions jobs[] = {
	        {.transactions = 200, .request_bytes = 1, .reply_bytes = 10000},
	        {.transactions = 50, .request_bytes = 3000, .reply_bytes = 1, .anew = true}};
	unsigned units;

	ck_assert(run(app_transactions, &jobs[_i], &jobs[_i], 2, &units));
	ck_assert_uint_eq(units, jobs[_i].transactions);
}
END_TEST

static const uint32_t ftp_sizes[] = {1, FTP_PIECE - 1, FTP_PIECE, 100003, FTP_FILE_MOST};

START_TEST(ftp)
{
	const struct app_ftp job = {.file_bytes = ftp_sizes[_i], .files = 3};
	unsigned units;

	ck_assert(run(app_ftp, &job, &job, 4, &units));
	ck_assert_uint_eq(units, 27); /* each of three clients: put, get back, get, of three files */
}
END_TEST

/* What the server says to commands that are wrong, in this order over one connection. */
static const struct {
	const char *line;
	unsigned code;
} dialogue[] = {{"RETR file-10", 530}, {"PASS x", 503},
                {"USER", 501},         {"USER me", 331},
                {"PASV", 530},         {"pass x", 230},
                {"TYPE A", 504},       {"type i", 200},
                {"HELO you", 500},     {"", 500},
                {"RETR file-10", 425}, {"RETR file--1", 550},
                {"RETR passwd", 550},  {"RETR file-99999999999", 550},
                {"STOR", 553},         {"STOR x", 425},
                {"RETR x", 425},       {"PASV", 227},
                {"NOOP", 200},         {"QUIT", 221}};

/* The client of the dialogue, in place of FTP's own. */
static void
talk_nonsense(struct app *app)
{
	struct ftp_line line = {0};
	char reply[FTP_LINE], long_line[2 * FTP_LINE];

	app->meet(app);
	line.fd = app_connect(app, 0);
	if (!ftp_take(&line, reply) || strtoul(reply, NULL, 10) != 220)
		app_fail(app, "no greeting");
	memset(long_line, 'x', sizeof long_line);
	if (!app_send(app, line.fd, long_line, sizeof long_line) || !app_send(app, line.fd, "\n", 1))
		return;
	for (unsigned i = 0; i < 3; i++) /* it is cut into three */
		if (!ftp_take(&line, reply) || strtoul(reply, NULL, 10) != 500)
			app_fail(app, "'%s' to a line that is too long", reply);
	for (unsigned i = 0; i < sizeof dialogue / sizeof *dialogue; i++)
		if (!ftp_say(&line, "%s", dialogue[i].line) || !ftp_take(&line, reply) ||
		    strtoul(reply, NULL, 10) != dialogue[i].code)
			app_fail(app, "'%s' to '%s'", reply, dialogue[i].line);
	if (ftp_take(&line, reply))
		app_fail(app, "'%s' after QUIT", reply);
	close(line.fd);
	app->meet(app);
}

static void
server_and_nonsense(struct app *app)
{
	if (app->rank == 0)
		app_ftp_server(app);
	else
		talk_nonsense(app);
}

START_TEST(ftp_nonsense)
{
	const struct app_ftp job = {.file_bytes = 10, .files = 1};
	unsigned units;

	ck_assert(run(server_and_nonsense, &job, &job, 2, &units));
}
END_TEST

START_TEST(ftp_addresses)
{
	static const char *const wrong[] = {"", "227 nothing", "227 (1,2,3,4,5)", "227 (1,2,3,4,5,256)",
	                                    "227 (1,2,3,4,5,6"};
	struct sockaddr_in a = {.sin_port = htons(0x1234), .sin_addr.s_addr = htonl(0x0a0000ff)}, b;
	char text[FTP_ADDRESS], reply[FTP_LINE];

	ftp_address_text(&a, text);
	ck_assert_str_eq(text, "10,0,0,255,18,52");
	snprintf(reply, sizeof reply, "227 Entering Passive Mode (%s).", text);
	ck_assert(ftp_address(reply, &b) && b.sin_port == a.sin_port && b.sin_addr.s_addr == a.sin_addr.s_addr);
	for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ck_assert_msg(!ftp_address(wrong[i], &b), "%s", wrong[i]);
}
END_TEST

/* Where the programs do not do the same job, the check of the answer finds it. */

START_TEST(wrong_files)
{
	const struct app_files job = {.smallest = 1000, .largest = 1000000, .gets = 4};
	const struct app_files other = {.smallest = 1004, .largest = 1000000, .gets = 4};
	unsigned units;

	ck_assert(!run(app_files, &job, &other, 2, &units));
}
END_TEST

START_TEST(wrong_transactions)
{
	const struct app_transactions job = {.transactions = 10, .request_bytes = 10, .reply_bytes = 10};
	const struct app_transactions other = {.transactions = 10, .request_bytes = 10, .reply_bytes = 9};
	unsigned units;

	ck_assert(!run(app_transactions, &job, &other, 2, &units));
}
END_TEST

START_TEST(wrong_rod)
{
	const struct app_jacobi job = {.cells = 50, .steps = 200};
	const struct app_jacobi other = {.cells = 49, .steps = 200};
	unsigned units;

	ck_assert(!run(app_jacobi, &job, &other, 2, &units));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("applications, natively");
	TCase *cases = tcase_create("applications, natively");
	SRunner *runner = srunner_create(suite);
	int failures;

	tcase_set_timeout(cases, LONGEST_S);
	tcase_add_test(cases, requests);
	tcase_add_test(cases, pipeline);
	tcase_add_test(cases, files);
	tcase_add_test(cases, jacobi);
	tcase_add_loop_test(cases, transactions, 0, 2);
	tcase_add_loop_test(cases, ftp, 0, sizeof ftp_sizes / sizeof *ftp_sizes);
	tcase_add_test(cases, ftp_nonsense);
	tcase_add_test(cases, ftp_addresses);
	tcase_add_test(cases, wrong_files);
	tcase_add_test(cases, wrong_transactions);
	tcase_add_test(cases, wrong_rod);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* What happens when the fast network, a NIC or a host does not do its part.
 *
 * A FIN comes over the Ethernet, and the end words never come over a fast network that loses everything: the connection
 * is reset, after the time that is granted to them and not before.  While it works, nothing is reset however late the
 * reader comes.  A peer whose NIC hangs or forgets everything, and an own NIC that does: who sends and who waits are
 * told.
 */
#include "experiments/testbed.h"
#include "host-lib/driver.h"
#include "host-lib/firmware_image.h"
#include "sockets/nsock.h"
#include "sockets/ports.h"
#include "sockets/socket.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#define PORT  5000
#define LIMIT (20 * SIM_S)
/* docs/protocols.md, BREAK_GRACE, and what an Ethernet segment may take beside it. */
#define GRACE     (200 * SIM_MS)
#define TOLERANCE (5 * SIM_MS)

/* Until the server listens: it opens its NIC first. */
#define OPENING (50 * SIM_MS)

struct reader {
	sim_time patience; /* before it reads */
	ssize_t result;
	int error;
	sim_time closed, told; /* when the peer closed; when recv() returned */
};

static struct sockaddr_in
server_address(void)
{
	return (struct sockaddr_in){
	        .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(HOST_NETWORK + 1)};
}

static void
pause_for(sim_time t)
{
	sim_time end = sim_now() + t;

	while (sim_now() < end)
		cpu_block("a pause", end);
}

static void
server(void *arg)
{
	struct reader *r = arg;
	struct sockaddr_in here = server_address();
	int listener = ns_socket(AF_INET, SOCK_STREAM, 0), fd;
	char byte;

	ck_assert_int_eq(ns_bind(listener, (struct sockaddr *)&here, sizeof here), 0);
	ck_assert_int_eq(ns_listen(listener, 1), 0);
	fd = ns_accept(listener, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	pause_for(r->patience);
	r->result = ns_recv(fd, &byte, 1, 0);
	r->error = r->result < 0 ? errno : 0;
	r->told = sim_now();
	if (r->result > 0)
		ck_assert_int_eq(ns_recv(fd, &byte, 1, 0), 0);
	ns_close(fd);
}

static void
client(void *arg)
{
	struct reader *r = arg;
	struct sockaddr_in there = server_address();
	int fd = ns_socket(AF_INET, SOCK_STREAM, 0);

	pause_for(OPENING);
	ck_assert_int_eq(ns_connect(fd, (struct sockaddr *)&there, sizeof there), 0);
	ck_assert_int_eq(ns_send(fd, "x", 1, MSG_NOSIGNAL), 1);
	pause_for(10 * SIM_MS);
	r->closed = sim_now();
	ck_assert_int_eq(ns_close(fd), 0);
}

/* What is broken, or not. */
enum board { MEMORY, LANAI, ACTIVE_MESSAGES, NICS };

static struct testbed *
build(enum board nic, const char *set, struct lanai_image **image)
{
	bool am = nic == ACTIVE_MESSAGES;
	char *error = NULL;
	struct testbed *t = NULL;

	*image = nic == MEMORY
	                 ? NULL
	                 : firmware_image(FIRMWARE_IMAGE_LIB, am ? FIRMWARE_IMAGE_AM : FIRMWARE_IMAGE_VMMC, &error);
	if (nic == MEMORY || *image)
		t = testbed_with(am ? FIRMWARE_AM : FIRMWARE_VMMC, am ? "myrinet-ultra" : "myrinet-pc", &set,
		                 set ? 1 : 0, *image, &error);
	ck_assert_msg(t != NULL, "%s", error);
	sock_start(t->machine, SOCK_AUTOMATIC);
	return t;
}

static void
end(struct testbed *t, struct lanai_image *image)
{
	sock_stop(t->machine);
	testbed_free(t);
	lanai_image_free(image);
}

static void
simulate(struct reader *r, enum board nic, const char *set)
{
	struct lanai_image *image;
	struct testbed *t = build(nic, set, &image);

	task_start(process_new(&t->machine->hosts[0], "server"), "server", false, server, r);
	task_start(process_new(&t->machine->hosts[1], "client"), "client", false, client, r);
	ck_assert_int_eq(sim_run(LIMIT), SIM_DONE);
	end(t, image);
}

START_TEST(lost_end_words)
{
	struct reader r = {0};

	simulate(&r, _i, "net.drop_rate=1");
	ck_assert_int_eq(r.result, -1);
	ck_assert_int_eq(r.error, ECONNRESET);
	ck_assert_uint_ge(r.told - r.closed, GRACE);
	ck_assert_uint_le(r.told - r.closed, GRACE + TOLERANCE);
}
END_TEST

START_TEST(late_reader)
{
	struct reader r = {.patience = 3 * GRACE};

	simulate(&r, _i, NULL);
	ck_assert_int_eq(r.result, 1);
	ck_assert_uint_ge(r.told - r.closed, 2 * GRACE);
}
END_TEST

/* NICs that break. --------------------------------------------------------------------------------------------------
 */

enum { BIG = 20000 };
/* Beyond vmmc.give_up_us: time-outs of the link, signs of life, the restart. */
#define SLACK (60 * SIM_MS)

/* A client of which one task sends and another waits in recv(). */
static struct patient {
	struct machine *machine;
	void (*break_it)(struct machine *machine, enum board nic);
	enum board nic;
	int fd, send_error, receive_error; /* errors: 0: none */
	ssize_t received;
	sim_time broken, sent, told;
} patient;

static void
break_peer(struct machine *machine, enum board nic)
{
	if (nic != MEMORY)
		nic_hang(machine->hosts[0].nic, true);
	else
		driver_nic_reset(&machine->hosts[0]);
}

static void
break_own(struct machine *machine, enum board nic)
{
	(void)nic;
	nic_break(machine->hosts[1].nic, true, 1);
}

static void
silent_server(void *arg)
{
	struct sockaddr_in here = server_address();
	int listener = ns_socket(AF_INET, SOCK_STREAM, 0), fd;
	char *buffer = ns_alloc(BIG);

	(void)arg;
	ck_assert_int_eq(ns_bind(listener, (struct sockaddr *)&here, sizeof here), 0);
	ck_assert_int_eq(ns_listen(listener, 1), 0);
	fd = ns_accept(listener, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	while (ns_recv(fd, buffer, BIG, 0) > 0) /* until the client's kernel tells of its end */
		;
	ns_close(fd);
}

static void
waiting_task(void *arg)
{
	char *buffer = ns_alloc(BIG);

	(void)arg;
	patient.received = ns_recv(patient.fd, buffer, BIG, 0);
	patient.receive_error = patient.received < 0 ? errno : 0;
	patient.told = sim_now();
}

static void
sending_client(void *arg)
{
	struct sockaddr_in there = server_address();
	char *buffer = ns_alloc(BIG);

	(void)arg;
	patient.fd = ns_socket(AF_INET, SOCK_STREAM, 0);
	pause_for(OPENING);
	ck_assert_int_eq(ns_connect(patient.fd, (struct sockaddr *)&there, sizeof there), 0);
	task_start(task_process(task_self()), "waiting", false, waiting_task, NULL);
	ck_assert_int_eq(ns_send(patient.fd, buffer, BIG, 0), BIG);
	pause_for(10 * SIM_MS);
	patient.break_it(patient.machine, patient.nic);
	patient.broken = sim_now();
	while (ns_send(patient.fd, buffer, BIG, 0) > 0)
		;
	patient.send_error = errno;
	patient.sent = sim_now();
	while (!patient.told)
		pause_for(SIM_MS);
	ns_close(patient.fd);
}

/* One of the two takes the error; afterwards sending is a broken pipe and receiving finds the end. */
static void
check_patient(int error, sim_time within)
{
	if (patient.send_error == error) {
		ck_assert_int_eq(patient.received, 0);
	} else {
		ck_assert_int_eq(patient.send_error, EPIPE);
		ck_assert_int_eq(patient.receive_error, error);
	}
	ck_assert_uint_le(patient.sent - patient.broken, within);
	ck_assert_uint_le(patient.told - patient.broken, within);
}

static void
simulate_breakage(void (*break_it)(struct machine *machine, enum board nic), enum board nic, int error)
{
	struct lanai_image *image;
	struct testbed *t = build(nic, NULL, &image);

	patient = (struct patient){.machine = t->machine, .break_it = break_it, .nic = nic};
	task_start(process_new(&t->machine->hosts[0], "server"), "server", false, silent_server, NULL);
	task_start(process_new(&t->machine->hosts[1], "client"), "client", false, sending_client, NULL);
	ck_assert_int_eq(sim_run(LIMIT), SIM_DONE);
	check_patient(error, t->machine->hosts[1].params->give_up + SLACK);
	end(t, image);
}

START_TEST(silent_peer)
{
	simulate_breakage(break_peer, _i, ETIMEDOUT);
}
END_TEST

START_TEST(own_nic_resets)
{
	simulate_breakage(break_own, _i, ECONNRESET);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("breakage");
	TCase *cases = tcase_create("breakage");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, lost_end_words, LANAI, NICS);
	tcase_add_loop_test(cases, late_reader, MEMORY, NICS);
	tcase_add_loop_test(cases, silent_peer, 0, NICS);
	tcase_add_loop_test(cases, own_nic_resets, 0, NICS);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#include "tests/waiting/real.h"

#include "experiments/testbed.h"
#include "host-lib/firmware_image.h"
#include "host-lib/vmmc.h"
#include "sockets/nsock.h"
#include "sockets/ports.h"
#include "sockets/socket.h"

#include <check.h>
#include <glib.h>
#include <netinet/in.h>
#include <poll.h>

#define PORT     5000
#define NAME     7
#define BEGIN    (20 * SIM_MS) /* connections are made before */
#define LIMIT    (60 * SIM_S)
#define GRAIN    (5 * SIM_US) /* of the competitor's work */
#define PATIENCE SIM_S
#define LINES    2

static struct real *run;
static struct machine *machine;
static bool over;

/* Either end of VMMC, or of the connections. */
struct end {
	struct vmmc *v;
	struct vmmc_proxy *proxy;
	uint64_t address;
	int fds[LINES];
};

static void
pause_until(sim_time date)
{
	cpu_settle();
	while (sim_now() < date)
		cpu_block("a date", date);
}

static sim_time
wait_date(unsigned k)
{
	return BEGIN + (k + 1) * run->period;
}

static unsigned
line_of(unsigned k)
{
	return run->way == REAL_POLL ? k % LINES : 0;
}

/* The beginning. -----------------------------------------------------------------------------------------------------
 */

static struct sockaddr_in
server_address(void)
{
	return (struct sockaddr_in){
	        .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(HOST_NETWORK + 2)};
}

static void
accept_lines(struct end *e)
{
	struct sockaddr_in here = server_address();
	int listener = ns_socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(ns_bind(listener, (struct sockaddr *)&here, sizeof here), 0);
	ck_assert_int_eq(ns_listen(listener, LINES), 0);
	for (unsigned i = 0; i < LINES; i++)
		ck_assert_int_ge(e->fds[i] = ns_accept(listener, NULL, NULL), 0);
}

static void
connect_lines(struct end *e)
{
	struct sockaddr_in there = server_address();

	pause_until(SIM_MS);
	for (unsigned i = 0; i < LINES; i++) {
		ck_assert_int_ge(e->fds[i] = ns_socket(AF_INET, SOCK_STREAM, 0), 0);
		ck_assert_int_eq(ns_connect(e->fds[i], (struct sockaddr *)&there, sizeof there), 0);
	}
}

static void
export_page(struct end *e)
{
	struct process *me = task_process(task_self());
	struct vmmc_export *export;

	e->address = umem_alloc(me->memory, UMEM_PAGE);
	ck_assert_int_eq(vmmc_open(me, &e->v), VMMC_OK);
	ck_assert_int_eq(vmmc_export(e->v, e->address, UMEM_PAGE, NAME, VMMC_ANY_NODE, &export), VMMC_OK);
}

static void
import_page(struct end *e)
{
	ck_assert_int_eq(vmmc_open(task_process(task_self()), &e->v), VMMC_OK);
	pause_until(SIM_MS);
	ck_assert_int_eq(vmmc_import(e->v, 1, NAME, &e->proxy), VMMC_OK);
}

/* Messages: a number. ------------------------------------------------------------------------------------------------
 */

static void
send_number(struct end *e, unsigned k)
{
	uint32_t number = k + 1;

	if (run->way == REAL_VMMC)
		ck_assert_int_eq(vmmc_send_inline(e->v, &number, e->proxy, 0, sizeof number), VMMC_OK);
	else
		ck_assert_int_eq(ns_send(e->fds[line_of(k)], &number, sizeof number, 0), sizeof number);
}

struct expected {
	struct end *end;
	uint32_t number;
};

static bool
has_come(void *arg)
{
	const struct expected *x = arg;
	const struct process *me = machine->hosts[1].processes;
	uint32_t found;

	while (me->nic_queue != x->end->v)
		me = me->next;
	memcpy(&found, umem_pointer(me->memory, x->end->address, sizeof found), sizeof found);
	return found == x->number;
}

static void
wait_vmmc(struct end *e, unsigned k)
{
	const struct umem_range word = {e->address, sizeof(uint32_t)};
	struct expected x = {e, k + 1};

	ck_assert_int_eq(vmmc_wait(e->v, has_come, &x, &word, 1, sim_now() + PATIENCE), VMMC_OK);
}

static void
wait_recv(struct end *e, unsigned k)
{
	uint32_t number = 0;

	ck_assert_int_eq(ns_recv(e->fds[line_of(k)], &number, sizeof number, MSG_WAITALL), sizeof number);
	ck_assert_uint_eq(number, k + 1);
}

static void
wait_poll(struct end *e, unsigned k)
{
	struct pollfd fds[LINES];

	for (unsigned i = 0; i < LINES; i++)
		fds[i] = (struct pollfd){e->fds[i], POLLIN, 0};
	ck_assert_int_eq(ns_poll(fds, LINES, (int)(PATIENCE / SIM_MS)), 1);
	ck_assert_int_eq(fds[line_of(k)].revents, POLLIN);
	wait_recv(e, k);
}

static void
wait_number(struct end *e, unsigned k)
{
	static void (*const ways[REAL_N_WAYS])(struct end *, unsigned) = {wait_vmmc, wait_recv, wait_poll};

	ways[run->way](e, k);
	cpu_settle();
}

/* Programs. ----------------------------------------------------------------------------------------------------------
 */

static struct cpu_times
difference(struct cpu_times a, struct cpu_times b)
{
	for (unsigned i = 0; i < CPU_N_ACCOUNTS; i++)
		a.account[i] -= b.account[i];
	a.idle -= b.idle;
	return a;
}

static void
one_wait(struct end *e, unsigned k)
{
	pause_until(wait_date(k));
	run->began[k] = sim_now();
	wait_number(e, k);
	run->ended[k] = sim_now();
	run->took[k] = run->ended[k] - run->began[k];
}

static void
receiver(void *unused)
{
	struct end e = {0};
	struct cpu_times before;
	sim_time competed;

	(void)unused;
	if (run->way == REAL_VMMC)
		export_page(&e);
	else
		accept_lines(&e);
	pause_until(BEGIN);
	before = cpu_times(machine->hosts[1].cpus);
	competed = run->competed;
	run->elapsed = sim_now();
	for (unsigned k = 0; k < run->waits; k++)
		one_wait(&e, k);
	run->elapsed = sim_now() - run->elapsed;
	run->used = difference(cpu_times(machine->hosts[1].cpus), before);
	run->competed -= competed;
	run->waiter = task_times(task_self());
	run->counts = vmmc_wait_state(task_process(task_self())->nic_queue)->counts;
	over = true;
}

static void
sender(void *unused)
{
	struct end e = {0};

	(void)unused;
	if (run->way == REAL_VMMC)
		import_page(&e);
	else
		connect_lines(&e);
	for (unsigned k = 0; k < run->waits; k++) {
		pause_until(wait_date(k) - run->period + run->send_from + k * run->send_step);
		send_number(&e, k);
	}
	while (!over)
		pause_until(sim_now() + SIM_MS);
}

static void
competitor(void *unused)
{
	(void)unused;
	while (!over) {
		cpu_charge(CPU_USER, GRAIN);
		cpu_settle();
		run->competed += GRAIN;
	}
}

/* Runs. --------------------------------------------------------------------------------------------------------------
 */

static void
start_programs(void)
{
	struct host *host = &machine->hosts[1];

	over = false;
	task_start(process_new(host, "receiver"), "receiver", false, receiver, NULL);
	task_start(process_new(&machine->hosts[0], "sender"), "sender", false, sender, NULL);
	if (run->competitor)
		task_start(process_new(host, "competitor"), "competitor", false, competitor, NULL);
}

void
real_run(struct real *r)
{
	struct lanai_image *image;
	struct testbed *t;
	char *error = NULL;
	size_t n = 0;

	while (r->sets && r->sets[n])
		n++;
	image = r->memory_nic ? NULL : firmware_image(FIRMWARE_IMAGE_LIB, FIRMWARE_IMAGE_VMMC, &error);
	ck_assert_msg(r->memory_nic || image, "%s", error);
	t = testbed_new("myrinet-pc", r->sets, n, image, &error);
	ck_assert_msg(t != NULL, "%s", error);
	run = r;
	machine = t->machine;
	sock_start(machine, SOCK_AUTOMATIC);
	start_programs();
	ck_assert_int_eq(sim_run(LIMIT), SIM_DONE);
	r->arrivals = arrival_counts(&machine->hosts[1]);
	r->interrupts = driver_counter(&machine->hosts[1], "interrupts");
	r->watchdogs = driver_counter(&machine->hosts[1], "watchdogs");
	sock_stop(machine);
	testbed_free(t);
	if (image)
		lanai_image_free(image);
}

sim_time
real_busy(const struct cpu_times *t)
{
	sim_time sum = 0;

	for (unsigned i = 0; i < CPU_N_ACCOUNTS; i++)
		sum += t->account[i];
	return sum;
}

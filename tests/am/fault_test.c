/* What is wrong is refused, counted and told; everybody else goes on. */
#include "tests/am/rig.h"
#include "tests/hostlib/main.h"

#include "host-lib/am_state.h"

#define ECHO   1u
#define ECHOED 2u

static struct am_name client_name, server_name, gone_name, deaf_name;
static bool done, all_done;                             /* the client; the bystander as well */
static unsigned theirs[AM_N_FAULTS], ours[AM_N_FAULTS]; /* as the server and as the client were told */
static struct machine *machine;

static void
server_fault(void *arg, struct am_name peer, enum am_fault what, bool own)
{
	(void)arg;
	ck_assert(!own);
	ck_assert_uint_eq(peer.tag, client_name.tag);
	theirs[what]++;
}

static void
client_fault(void *arg, struct am_name peer, enum am_fault what, bool own)
{
	(void)arg;
	ck_assert(own);
	ck_assert_uint_eq(peer.node, 1);
	ours[what]++;
}

static void
echo(struct am *am, void *arg, const struct am_message *m)
{
	(void)arg;
	ck_assert_int_eq(am_reply(am, ECHOED, m->arg, m->n_args), AM_OK);
}

static void
echoed(struct am *am, void *arg, const struct am_message *m)
{
	(void)am;
	(void)m;
	++*(unsigned *)arg;
}

static void
server(void *arg)
{
	struct am *am = rig_open(AM_MAX, &server_name);

	(void)arg;
	am_handle(am, ECHO, echo, NULL);
	am_on_fault(am, server_fault, NULL);
	rig_serve(am, &all_done);
}

/* Has an endpoint for a while. */
static void
guest(void *arg)
{
	struct am *am = rig_open(0, &gone_name);

	(void)arg;
	am_close(am);
}

/* Has nothing to do with it: whatever goes wrong, all its requests are answered. */
static void
bystander(void *arg)
{
	struct am_name name;
	struct am *am = rig_open(0, &name);
	unsigned asked = 0, answered = 0;

	(void)arg;
	rig_wait_open(&server_name);
	am_handle(am, ECHOED, echoed, &answered);
	while (!done) {
		for (unsigned i = 0; i < AM_OUTSTANDING; i++, asked++)
			ck_assert_int_eq(am_request(am, server_name, ECHO, &i, 1), AM_OK);
		ck_assert_int_eq(am_quiet(am, sim_now() + 20 * SIM_MS), AM_OK);
		ck_assert_uint_eq(answered, asked);
		rig_pause(20 * SIM_US);
	}
	ck_assert_uint_ge(asked, 2 * AM_OUTSTANDING);
	all_done = true;
}

struct client {
	struct am *am;
	unsigned echoes;
	uint64_t data;
};

static void
client_open(struct client *c)
{
	c->am = rig_open(0, &client_name);
	c->data = umem_alloc(task_process(task_self())->memory, AM_MAX);
	c->echoes = 0;
	rig_wait_open(&server_name);
	am_handle(c->am, ECHOED, echoed, &c->echoes);
	am_on_fault(c->am, client_fault, NULL);
}

static void
quiet(struct client *c)
{
	ck_assert_int_eq(am_quiet(c->am, sim_now() + 20 * SIM_MS), AM_OK);
}

/* It still works. */
static void
works(struct client *c)
{
	unsigned before = c->echoes;

	for (unsigned i = 0; i < 2 * AM_OUTSTANDING; i++)
		ck_assert_int_eq(am_request(c->am, server_name, ECHO, NULL, 0), AM_OK);
	quiet(c);
	ck_assert_uint_eq(c->echoes, before + 2 * AM_OUTSTANDING);
}

static void
wrong_handler(void *arg)
{
	struct client c;

	(void)arg;
	client_open(&c);
	for (unsigned i = 0; i < 6; i++)
		ck_assert_int_eq(am_request(c.am, server_name, AM_HANDLERS - 1 - i, NULL, 0), AM_OK);
	quiet(&c);
	ck_assert_uint_eq(theirs[AM_FAULT_HANDLER], 6);
	ck_assert_uint_eq(ours[AM_FAULT_HANDLER], 6);
	ck_assert_uint_eq(am_counts(c.am).fault[AM_FAULT_HANDLER], 6);
	ck_assert_int_eq(am_request(c.am, server_name, AM_HANDLERS, NULL, 0), AM_EINVAL);
	ck_assert_int_eq(am_request(c.am, server_name, 0, NULL, 0), AM_EINVAL);
	works(&c);
	done = true;
}

/* A request that the library did not make: its words from the first on. */
static void
raw_request(struct client *c, const uint32_t *words, unsigned n)
{
	uint32_t slot[3 + AM_SHORT_ARGS] = {AM_CONTROL(AM_KIND_SHORT, 0, 0, 4 * n),
	                                    AM_TO(server_name.tag, server_name.node, server_name.endpoint)};

	for (unsigned i = 0; i < n; i++)
		slot[2 + i] = words[i];
	c->am->out[server_name.node][server_name.endpoint]++;
	c->am->outstanding++;
	ck_assert_int_eq(am_queue_room(c->am->queue), AM_OK);
	am_queue_give(c->am->queue, slot, 2 + n);
	quiet(c);
}

static void
wrong_version(void *arg)
{
	struct client c;

	(void)arg;
	client_open(&c);
	raw_request(&c, (uint32_t[]){AM_HEAD(AM_VERSION + 1, ECHO, 0)}, 1);
	ck_assert_uint_eq(theirs[AM_FAULT_VERSION], 1);
	ck_assert_uint_eq(ours[AM_FAULT_VERSION], 1);
	raw_request(&c, (uint32_t[]){AM_HEAD(AM_VERSION, ECHO, AM_SHORT_SIZES(7, 0))}, 1);
	raw_request(&c, (uint32_t[]){AM_HEAD(AM_VERSION, ECHO, AM_SHORT_SIZES(0, 5)), 0}, 2);
	raw_request(&c, (uint32_t[]){AM_HEAD(AM_VERSION, ECHO, 0xFFFF), 0}, 2);
	ck_assert_uint_eq(theirs[AM_FAULT_MALFORMED], 3);
	ck_assert_uint_eq(ours[AM_FAULT_MALFORMED], 3);
	works(&c);
	done = true;
}

/* Those that nobody takes come back. */
static void
wrong_name(void *arg)
{
	struct am_name wrong_tag, nobody;
	struct client c;

	(void)arg;
	client_open(&c);
	rig_wait_open(&gone_name);
	wrong_tag = nobody = server_name;
	wrong_tag.tag ^= 0x5555;
	nobody.endpoint = AM_ENDPOINTS - 1;
	for (unsigned i = 0; i < 3 * AM_OUTSTANDING; i++) {
		ck_assert_int_eq(am_request(c.am, wrong_tag, ECHO, NULL, 0), AM_OK);
		ck_assert_int_eq(am_request_medium(c.am, nobody, ECHO, NULL, 0, c.data, 100), AM_OK);
		ck_assert_int_eq(am_request(c.am, gone_name, ECHO, NULL, 0), AM_OK);
	}
	quiet(&c);
	ck_assert_uint_eq(ours[AM_FAULT_RETURNED], 9 * AM_OUTSTANDING);
	nobody.endpoint = AM_ENDPOINTS;
	ck_assert_int_eq(am_request(c.am, nobody, ECHO, NULL, 0), AM_EINVAL);
	nobody = client_name;
	ck_assert_int_eq(am_request(c.am, nobody, ECHO, NULL, 0), AM_EINVAL);
	works(&c);
	done = true;
}

/* Never polls, and closes when requests wait. */
static void
deaf(void *arg)
{
	struct am *am = rig_open(0, &deaf_name);

	(void)arg;
	rig_pause(SIM_MS);
	am_close(am);
}

static void
closed(void *arg)
{
	struct client c;

	(void)arg;
	client_open(&c);
	rig_program(1, "deaf", deaf, NULL);
	rig_wait_open(&deaf_name);
	for (unsigned i = 0; i < 2 * AM_OUTSTANDING; i++)
		ck_assert_int_eq(am_request(c.am, deaf_name, ECHO, NULL, 0), AM_OK);
	quiet(&c);
	ck_assert_uint_eq(ours[AM_FAULT_RETURNED], 2 * AM_OUTSTANDING);
	works(&c);
	done = true;
}

/* The node's NIC hangs: its requests come back, those of others do not care. */
static void
down(void *arg)
{
	struct client c;

	(void)arg;
	client_open(&c);
	works(&c);
	rig_wait_open(&gone_name);
	rig_pause(5 * SIM_MS);
	nic_write(machine->hosts[1].nic, NIC_WINDOW_CONTROL, NIC_CONTROL_RESET_ON, 0);
	for (unsigned i = 0; i < 3 * AM_OUTSTANDING; i++)
		ck_assert_int_eq(am_request_medium(c.am, server_name, ECHO, NULL, 0, c.data, 64), AM_OK);
	ck_assert_int_eq(am_quiet(c.am, sim_now() + SIM_S), AM_OK);
	ck_assert_uint_eq(ours[AM_FAULT_RETURNED], 3 * AM_OUTSTANDING);
	ck_assert_uint_ge(am_nic_counter(&machine->hosts[0], "peers_down"), 1);
	done = all_done = true;
}

static void
wrong_place(void *arg)
{
	static const uint32_t at[] = {AM_MAX, AM_MAX - 4, 4 * AM_MAX, 0x80000000u, UINT32_MAX - 3};
	struct client c;

	(void)arg;
	client_open(&c);
	for (unsigned i = 0; i < G_N_ELEMENTS(at); i++)
		ck_assert_int_eq(am_request_bulk(c.am, server_name, ECHO, NULL, 0, c.data, 8, at[i]), AM_OK);
	quiet(&c);
	ck_assert_uint_eq(ours[AM_FAULT_RETURNED], G_N_ELEMENTS(at));
	ck_assert_uint_eq(am_nic_counter(&machine->hosts[1], "drop_protection"), G_N_ELEMENTS(at));
	ck_assert_int_eq(am_request_bulk(c.am, server_name, ECHO, NULL, 0, c.data, 8, 2), AM_EINVAL);
	works(&c);
	done = true;
}

/* Descriptors that no library would write. */
static void
hostile(void *arg)
{
	struct am_queue *q;
	uint32_t to, bad;
	struct client c;

	(void)arg;
	client_open(&c);
	q = c.am->queue;
	to = AM_TO(server_name.tag, server_name.node, server_name.endpoint);
	const uint32_t words[][3] = {
	        {AM_CONTROL(AM_KIND_SHORT, 0, 0, 0), to, 0},
	        {AM_CONTROL(AM_KIND_SHORT, 0, 0, 3), to, 0},
	        {AM_CONTROL(AM_KIND_SHORT, 0, 0, 36), to, 0},
	        {AM_CONTROL(AM_KIND_SHORT, 0, 0, 0xFFFFFC), to, 0},
	        {AM_CONTROL(AM_KIND_SHORT, 0, 1, 4), to, 0},
	        {AM_CONTROL(AM_KIND_SHORT, 1, 0, 4), to, 0},
	        {AM_CONTROL(AM_KIND_SHORT, 0, 0, 4), 0xFFFFFFFF, 0},
	        {AM_CONTROL(AM_KIND_SHORT, 0, 0, 4), to | 0x80, 0},
	        {AM_CONTROL(AM_KIND_MEDIUM, 0, 0, 0), to, 0},
	        {AM_CONTROL(AM_KIND_MEDIUM, 0, 0, 4100), to, 0},
	        {AM_CONTROL(AM_KIND_BULK, 1, 0, 4096), to, 0},
	        {AM_CONTROL(9, 0, 0, 4), to, 0},
	        {0x00FFFFFF, to, 0},
	};
	const uint32_t pages[] = {q->pages, AM_PAGES - 1, AM_PAGES, 2 * AM_PAGES - 1};
	for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
		ck_assert_int_eq(am_queue_room(q), AM_OK);
		am_queue_give(q, words[i], 3);
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(pages); i++) {
		uint32_t slot[3] = {AM_CONTROL(AM_KIND_MEDIUM, 0, pages[i], 4096), to};
		ck_assert_int_eq(am_queue_room(q), AM_OK);
		am_queue_give(q, slot, 3);
	}
	am_queue_give(q, (uint32_t[]){AM_CONTROL(AM_KIND_SHORT, 0, 0, 4), to & ~0xFF00u, 0}, 3); /* the own node */
	works(&c);
	ck_assert_uint_eq(am_nic_counter(&machine->hosts[0], "unreachable"), 1);
	bad = am_nic_counter(&machine->hosts[0], "bad_descriptor");
	ck_assert_uint_eq(bad, G_N_ELEMENTS(words) + G_N_ELEMENTS(pages));
	ck_assert_uint_eq(am_nic_counter(&machine->hosts[1], "drop_credit"), 0);
	done = true;
}

/* More requests than there are credits, and a flood of them: the firmware refuses. */
static void
greedy(void *arg)
{
	struct client c;
	uint32_t refused;

	(void)arg;
	client_open(&c);
	for (unsigned i = 0; i < 400; i++) {
		const uint32_t slot[] = {AM_CONTROL(AM_KIND_SHORT, 0, 0, 4),
		                         AM_TO(server_name.tag, server_name.node, server_name.endpoint),
		                         AM_HEAD(AM_VERSION, ECHO, 0)};
		ck_assert_int_eq(am_queue_room(c.am->queue), AM_OK);
		am_queue_give(c.am->queue, slot, 3);
	}
	rig_pause(2 * SIM_MS);
	refused = am_nic_counter(&machine->hosts[0], "bad_descriptor");
	ck_assert_uint_gt(refused, 0);
	ck_assert_uint_eq(am_nic_counter(&machine->hosts[1], "drop_credit"), 0);
	done = true;
}

static void (*const bodies[])(void *) = {wrong_handler, wrong_version, wrong_name, wrong_place,
                                         hostile,       greedy,        closed,     down};

START_TEST(test_fault)
{
	static const char *const sets[] = {"host.cpus=2", NULL};

	machine = rig_start("myrinet-ultra", sets);
	rig_program(1, "server", server, NULL);
	rig_program(1, "guest", guest, NULL);
	rig_program(0, "client", bodies[_i], NULL);
	if (bodies[_i] != down) /* which is the server's end, too */
		rig_program(0, "bystander", bystander, NULL);
	rig_run();
	rig_end();
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, test_fault, 0, (int)G_N_ELEMENTS(bodies));
}

int
main(void)
{
	return run_suite("fault", add_tests);
}

/* Receive overload: all the other hosts of sixteen send to one as fast as they can, over the firmware.  Nothing is
 * lost, nobody starves, and it ends. */
#include "tests/hostlib/rig.h"

#include <string.h>

enum { HOSTS = 16, SENDERS = HOSTS - 1, MESSAGES = 40, MESSAGE = UMEM_PAGE, NAME = 7 };

struct sender {
	uint32_t node;
	sim_time ended;
};
static struct sender senders[HOSTS];
static struct rig_receiver receiver;
static unsigned ready, finished;

static bool
all_are_ready(void *unused)
{
	(void)unused;
	return ready == SENDERS;
}

/* Each has a page of the receiver's buffer; the word behind each message is its number. */
static void
send_all(void *arg)
{
	struct sender *s = arg;
	uint32_t place = (s->node - 1) * MESSAGE;
	struct rig_client c;

	rig_client_open(&c, &receiver, 0, MESSAGE);
	ready++;
	rig_until(all_are_ready, NULL);
	for (int i = 1; i <= MESSAGES; i++)
		ck_assert_int_eq(rig_send(&c, 0, place, MESSAGE, i), VMMC_OK);
	s->ended = sim_now();
	finished++;
}

static bool
everything_is_there(void *unused)
{
	(void)unused;
	for (uint32_t i = 0; i < SENDERS; i++)
		if (receiver.buffer[i * MESSAGE + MESSAGE - 1] != MESSAGES)
			return false;
	return true;
}

static void
receive_all(void *unused)
{
	struct umem_range range;

	(void)unused;
	rig_receiver_open(&receiver);
	range = (struct umem_range){receiver.address, receiver.bytes};
	ck_assert_int_eq(vmmc_wait(receiver.v, everything_is_there, NULL, &range, 1, SIM_NEVER), VMMC_OK);
	for (uint32_t i = 0; i < SENDERS * MESSAGE; i++)
		ck_assert_int_eq(receiver.buffer[i], MESSAGES);
}

static const char *const *const faults[] = {
        (const char *const[]){NULL},
        (const char *const[]){"net.drop_rate=0.01", "net.corrupt_rate=0.01", NULL},
        (const char *const[]){"vmmc.window=1", "vmmc.ack_every=1", NULL},
};

START_TEST(sixteen_to_one)
{
	sim_time first = SIM_NEVER, last = 0;

	rig_start_on("myrinet-pc-16", RIG_LANAI, faults[_i]);
	receiver = (struct rig_receiver){.name = NAME, .node = VMMC_ANY_NODE, .bytes = SENDERS * MESSAGE};
	rig_program(0, "receiver", receive_all, NULL);
	for (uint32_t i = 1; i < HOSTS; i++) {
		senders[i].node = i;
		rig_program(i, "sender", send_all, &senders[i]);
	}
	rig_run();
	ck_assert_uint_eq(finished, SENDERS);
	for (uint32_t i = 1; i < HOSTS; i++) {
		first = senders[i].ended < first ? senders[i].ended : first;
		last = senders[i].ended > last ? senders[i].ended : last;
	}
	ck_assert_msg(first >= last / 2, "one sender was done at %.1f us, another at %.1f us", sim_to_us(first),
	              sim_to_us(last));
	rig_end();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("overload");
	TCase *t = tcase_create("overload");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 100);
	tcase_add_loop_test(t, sixteen_to_one, 0, sizeof faults / sizeof faults[0]);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

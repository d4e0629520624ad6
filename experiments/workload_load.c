/* Messages that come whether or not the receiver keeps up: how many it handles, how late, at how many interrupts.
 *
 * The process on host 1 sends at given times; the one on host 0 handles one message after the other, of the `ring` that
 * its memory holds; what comes when that is full is lost.  It waits by the platform's strategy (wait.*), or has each
 * message announced by a notification, which is an interrupt and a signal for each. */
#include "experiments/competitor.h"
#include "experiments/delay.h"
#include "experiments/pair.h"
#include "experiments/quantile.h"
#include "experiments/workload.h"
#include "host-lib/driver.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#define FIRST_VALUE 2u /* of the messages: they are counted up from there */

struct account {
	struct cpu_times times;
	sim_time competed, at;
	uint32_t handled, lost, interrupts;
};

struct load {
	struct pair pair; /* first: the ends cast back */
	struct delay gaps;
	struct competitors competitors;
	uint32_t messages, warm_up, ring;
	sim_time work;
	bool notify;

	struct task *receiver;
	sim_time *sent;         /* when each message was */
	uint32_t handled, lost; /* the next message is their sum */
	struct account first, last;
	struct samples latency;
};

static struct load *
load_of(const struct pair_end *end)
{
	return (struct load *)end->pair;
}

/* The sender, which also looks at what the receiver's host does meanwhile. --------------------------- */

static struct account
account_now(const struct pair_end *end)
{
	const struct load *l = load_of(end);

	return (struct account){.times = cpu_times(end->other->process->host->cpus),
	                        .competed = competitors_used(&l->competitors),
	                        .at = sim_now(),
	                        .handled = l->handled,
	                        .lost = l->lost,
	                        .interrupts = driver_counter(end->other->process->host, "interrupts")};
}

static bool
send_one(struct pair_end *end, uint32_t i)
{
	uint64_t ticket;

	*pair_words(end, end->source) = FIRST_VALUE + i;
	if (!load_of(end)->notify)
		return pair_send_part(end, 0, sizeof(uint32_t));
	if (vmmc_send_notify(end->v, end->source, end->there, 0, sizeof(uint32_t), &ticket) == VMMC_OK)
		return true;
	simulate_fail(end->simulation, "vmmc_send_notify failed");
	return false;
}

static void
send_all(struct pair_end *end)
{
	struct load *l = load_of(end);
	double at = sim_to_us(sim_now());

	for (uint32_t i = 0; i < l->warm_up + l->messages; i++) {
		at += delay_next(&l->gaps);
		for (sim_time when = (sim_time)llround(at * SIM_US); sim_now() < when;)
			cpu_block("the time to send", when);
		if (i == l->warm_up)
			l->first = account_now(end);
		l->sent[i] = sim_now();
		if (!send_one(end, i))
			return;
		cpu_settle();
	}
	l->last = account_now(end);
}

/* The receiver. --------------------------------------------------------------------------------------- */

static void
announced(void *arg, uint32_t offset)
{
	const struct load *l = arg;

	(void)offset;
	cpu_poke(l->receiver);
}

static uint32_t
n_come(const struct pair_end *end)
{
	return *pair_words(end, end->here) < FIRST_VALUE ? 0 : *pair_words(end, end->here) - FIRST_VALUE + 1;
}

static bool
wait_for_next(struct pair_end *end)
{
	const struct load *l = load_of(end);
	uint32_t next = l->handled + l->lost;

	if (!l->notify)
		return pair_wait_past(end, 0, FIRST_VALUE + next);
	while (n_come(end) <= next)
		cpu_block("a notification", SIM_NEVER);
	return true;
}

static void
handle_next(struct pair_end *end)
{
	struct load *l = load_of(end);
	uint32_t waiting = n_come(end) - l->handled - l->lost, next;

	if (waiting > l->ring)
		l->lost += waiting - l->ring;
	next = l->handled + l->lost;
	cpu_charge(CPU_USER, l->work);
	cpu_settle();
	if (next >= l->warm_up)
		samples_add(&l->latency, sim_to_us(sim_now() - l->sent[next]));
	l->handled++;
}

static void
body(struct pair_end *end)
{
	struct load *l = load_of(end);
	char *error = NULL;

	if (end->node == 1) {
		send_all(end);
		return;
	}
	l->receiver = task_self();
	if (l->notify && vmmc_notify(end->export, announced, l) != VMMC_OK)
		simulate_fail(end->simulation, "vmmc_notify failed");
	if (!competitors_start(&l->competitors, end->simulation->point, end->process->host->machine, &error))
		simulate_fail(end->simulation, "%s", error);
	g_free(error);
	while (!end->simulation->error && l->handled + l->lost < l->warm_up + l->messages && wait_for_next(end))
		handle_next(end);
}

/* Results. -------------------------------------------------------------------------------------------- */

static double
share(const struct load *l, enum cpu_account account)
{
	return (double)(l->last.times.account[account] - l->first.times.account[account]) /
	       (double)(l->last.at - l->first.at);
}

static void
measure(struct simulation *s, struct results *results)
{
	struct load *l = s->arg;
	double time = sim_to_us(l->last.at - l->first.at), handled = l->last.handled - l->first.handled;
	double interrupts = l->last.interrupts - l->first.interrupts;

	results_set(results, "offered_per_s", l->messages / time * 1e6);
	results_set(results, "handled_per_s", handled / time * 1e6);
	results_set(results, "lost_share", (double)l->lost / (l->warm_up + l->messages));
	results_set(results, "latency_p50_us", samples_quantile(&l->latency, 0.5));
	results_set(results, "latency_p99_us", samples_quantile(&l->latency, 0.99));
	results_set(results, "interrupts_per_s", interrupts / time * 1e6);
	results_set(results, "messages_per_interrupt", interrupts > 0 ? l->messages / interrupts : 0);
	results_set(results, "user_share", share(l, CPU_USER) - sim_to_us(l->last.competed - l->first.competed) / time);
	results_set(results, "system_share", share(l, CPU_SYSTEM));
	results_set(results, "interrupt_share", share(l, CPU_INTERRUPT));
	results_set(results, "spin_share", share(l, CPU_SPIN));
	results_set(results, "competitor_share", sim_to_us(l->last.competed - l->first.competed) / time);
}

static enum exit_code
run(const struct point *point, struct results *results, char **error)
{
	struct load l = {.pair = {.bytes = sizeof(uint32_t), .body = body},
	                 .messages = (uint32_t)point_number(point, "messages"),
	                 .warm_up = (uint32_t)point_number(point, "warm_up"),
	                 .ring = (uint32_t)point_number(point, "ring"),
	                 .work = point_number(point, "work_us") * SIM_US,
	                 .notify = point_is(point, "receive", "notify")};
	enum exit_code code = EXIT_BAD_INPUT;

	l.sent = g_new0(sim_time, l.messages + l.warm_up);
	if (delay_init(&l.gaps, point, error))
		code = simulate(point, results, pair_start, measure, &l, error);
	delay_clear(&l.gaps);
	samples_free(&l.latency);
	g_free(l.sent);
	return code;
}

const struct workload load_workload = {
        .name = "load",
        .hosts = 2,
        .doc = "messages come at given times whether or not the receiver keeps up, who handles one after the other",
        .parameters =
                (const struct workload_parameter[]){
                        DELAY_PARAMETERS("the time between two messages"),
                        {"messages", "1000", 1, 1000000, 0, NULL, "that are measured"},
                        {"warm_up", "100", 0, 1000000, 0, NULL, "messages before"},
                        {"work_us", "10", 0, 1000000, 0, NULL, "processor time to handle a message, us"},
                        {"ring", "64", 1, 1000000, 0, NULL, "messages that there is room for; more are lost"},
                        {"receive", "wait", 0, 0, 0, "wait notify", "by the strategy of wait.*, or by notifications"},
                        COMPETITOR_PARAMETERS,
                        SIMULATE_PARAMETERS,
                        {0},
                },
        .metrics =
                (const struct workload_metric[]){
                        {"offered_per_s", "messages sent a second"},
                        {"handled_per_s", "messages handled a second, while they were sent"},
                        {"lost_share", "of the messages, those for which there was no room"},
                        {"latency_p50_us", "from the sender's call until it was handled, median, us"},
                        {"latency_p99_us", "the same, 99th percentile, us"},
                        {"interrupts_per_s", "interrupts of the receiving host a second"},
                        {"messages_per_interrupt", "messages for each of them; 0: there were none"},
                        {"user_share", "of the receiving host's processor: handling messages"},
                        {"system_share", "system calls, driver, wake-ups and signals"},
                        {"interrupt_share", "interrupts and what the driver reads for them"},
                        {"spin_share", "polling"},
                        {"competitor_share", "the competing processes, together"},
                        {0},
                },
        .run = run,
};

#include "experiments/app_run.h"

#include "sockets/socket.h"

#include <glib.h>
#include <math.h>

#define FIRST_PORT    5000        /* of program 0; the others' follow */
#define FIRST_ADDRESS 0x0a000001u /* 10.0.0.1, host 0 */

struct app_program {
	struct app app; /* first: what the program has */
	struct app_run *run;
	struct task *task;
	unsigned meetings;
};

static struct app_program *
program_of(struct app *app)
{
	return (struct app_program *)app;
}

static unsigned
host_of(const struct app_run *run, unsigned rank)
{
	if (run->placing == APP_IN_TURN)
		return rank % run->hosts;
	if (run->placing == APP_TWO_HOSTS)
		return rank == 0 ? run->server_host : run->client_host;
	return rank == 0 ? 0 : 1 + (rank - 1) % (run->hosts - 1);
}

/* What a program asks for. ---------------------------------------------------------------------------- */

static struct sockaddr_in
address(struct app *app, unsigned rank)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
	                            .sin_port = htons((uint16_t)(FIRST_PORT + rank)),
	                            .sin_addr.s_addr = htonl(FIRST_ADDRESS + host_of(program_of(app)->run, rank))};
}

static sim_time
to_time(double us)
{
	return (sim_time)llround(us * SIM_US);
}

static void
compute(struct app *app, double us)
{
	(void)app;
	cpu_charge(CPU_USER, to_time(us));
}

static void
sleep_us(struct app *app, double us)
{
	(void)app;
	cpu_settle();
	for (sim_time until = sim_now() + to_time(us); sim_now() < until;)
		cpu_block("its sleep", until);
}

static double
now_us(struct app *app)
{
	(void)app;
	cpu_settle();
	return sim_to_us(sim_now());
}

static void
snapshot(const struct app_run *run, struct cpu_times *times)
{
	const struct machine *m = run->simulation->testbed->machine;

	for (unsigned i = 0; i < m->n_hosts; i++)
		times[i] = cpu_times(m->hosts[i].cpus);
}

/* All have met: the first time the measurement begins, the second time it ends. */
static void
all_met(struct app_run *run)
{
	bool first = run->met == run->n;

	*(first ? &run->began : &run->ended) = sim_now();
	snapshot(run, first ? run->at_begin : run->at_end);
	run->competed = competitors_used(&run->competitors) - run->competed;
	for (unsigned i = 0; i < run->n; i++)
		cpu_poke(run->programs[i].task);
}

static void
meet(struct app *app)
{
	struct app_program *p = program_of(app);
	struct app_run *run = p->run;
	unsigned everybody = ++p->meetings * run->n;

	cpu_settle();
	if (++run->met == everybody)
		all_met(run);
	while (run->met < everybody)
		cpu_block("the other programs", SIM_NEVER);
}

static void
took(struct app *app, double us)
{
	samples_add(&program_of(app)->run->took, us);
}

static void
failed(struct app *app, const char *what)
{
	simulate_fail(program_of(app)->run->simulation, "program %u: %s", app->rank, what);
}

/* The run. -------------------------------------------------------------------------------------------- */

static void
program(void *arg)
{
	struct app_program *p = arg;

	p->run->program(&p->app);
}

static void
start_program(struct app_run *run, unsigned rank)
{
	struct app_program *p = &run->programs[rank];
	struct machine *m = run->simulation->testbed->machine;
	char *name = g_strdup_printf("program-%u", rank);

	*p = (struct app_program){.app = {.rank = rank,
	                                  .n = run->n,
	                                  .job = run->job,
	                                  .address = address,
	                                  .compute = compute,
	                                  .sleep = sleep_us,
	                                  .now_us = now_us,
	                                  .meet = meet,
	                                  .took = took,
	                                  .failed = failed},
	                          .run = run};
	p->task = task_start(process_new(&m->hosts[host_of(run, rank)], name), name, false, program, p);
	g_free(name);
}

static void
start(struct simulation *s)
{
	struct app_run *run = s->arg;
	struct machine *m = s->testbed->machine;
	char *error = NULL;

	run->simulation = s;
	if (run->hosts > m->n_hosts) {
		simulate_fail(s, "hosts=%u: the platform has only %u", run->hosts, m->n_hosts);
		return;
	}
	if (!competitors_start(&run->competitors, s->point, m, &error)) {
		simulate_fail(s, "%s", error);
		g_free(error);
		return;
	}
	run->at_begin = g_new0(struct cpu_times, m->n_hosts);
	run->at_end = g_new0(struct cpu_times, m->n_hosts);
	run->programs = g_new0(struct app_program, run->n);
	sock_start(m, talk_protocol(s->point));
	for (unsigned i = 0; i < run->n; i++)
		start_program(run, i);
}

static double
used_us(const struct app_run *run, unsigned host, unsigned account)
{
	return sim_to_us(run->at_end[host].account[account] - run->at_begin[host].account[account]);
}

/* measure_hosts: the accounts of each; the sum of all that are not idle.  *spin: of these, polling. */
static double
measure_hosts(const struct app_run *run, struct results *results, double *spin)
{
	static const char *const names[CPU_N_ACCOUNTS] = {"user", "system", "interrupt", "spin"};
	unsigned n = run->simulation->testbed->machine->n_hosts;
	double sum = 0;

	*spin = 0;
	for (unsigned h = 0; h < APP_RUN_HOSTS; h++) {
		char name[40];

		for (unsigned k = 0; k < CPU_N_ACCOUNTS; k++) {
			g_snprintf(name, sizeof name, "host%u_%s_us", h, names[k]);
			results_set(results, name, h < n ? used_us(run, h, k) : 0);
		}
		g_snprintf(name, sizeof name, "host%u_idle_us", h);
		results_set(results, name, h < n ? sim_to_us(run->at_end[h].idle - run->at_begin[h].idle) : 0);
	}
	for (unsigned h = 0; h < n; h++) {
		*spin += used_us(run, h, CPU_SPIN);
		for (unsigned k = 0; k < CPU_N_ACCOUNTS; k++)
			sum += used_us(run, h, k);
	}
	return sum;
}

static void
measure(struct simulation *s, struct results *results)
{
	struct app_run *run = s->arg;
	double time = sim_to_us(run->ended - run->began), n = (double)run->took.n, spin, competed;
	double cpu = measure_hosts(run, results, &spin);

	competed = sim_to_us(run->competed);
	results_set(results, "time_us", time);
	results_set(results, "rate_per_s", n / time * 1e6);
	results_set(results, "latency_us", samples_mean(&run->took));
	results_set(results, "latency_p50_us", samples_quantile(&run->took, 0.5));
	results_set(results, "latency_p99_us", samples_quantile(&run->took, 0.99));
	results_set(results, "cpu_us", (cpu - competed) / n);
	results_set(results, "spin_share", cpu - competed > 0 ? spin / (cpu - competed) : 0);
	results_set(results, "competitor_share", competed / time);
	carried_results(s->testbed->machine, results);
}

enum exit_code
app_run(struct app_run *run, const struct point *point, struct results *results, char **error)
{
	enum exit_code code = simulate(point, results, start, measure, run, error);

	g_free(run->at_begin);
	g_free(run->at_end);
	g_free(run->programs);
	samples_free(&run->took);
	return code;
}

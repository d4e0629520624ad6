/* What the host model costs in real time: host_bench [rounds] prints nanoseconds a call. Not a test. */
#include "tests/host/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct rig *rig;
static unsigned long rounds;

static double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
print(const char *what, double start)
{
	printf("%-44s %8.1f ns\n", what, (cpu_seconds() - start) * 1e9 / (double)rounds);
}

static void
measure_memory(void)
{
	double start = cpu_seconds();
	uint64_t a = rig_word()->address;
	uint32_t word = 0, sum = 0;

	for (unsigned long i = 0; i < rounds; i++)
		umem_write(rig_space(), a + i % 1000 * 4, &word, 4);
	print("umem_write of a word, no watch", start);
	start = cpu_seconds();
	for (unsigned long i = 0; i < rounds; i++)
		sum += umem_load_be32(rig_space(), a + i % 1000 * 4);
	print(sum ? "?" : "umem_load_be32", start);
}

static void
measure_processor(void *unused)
{
	double start = cpu_seconds();

	(void)unused;
	for (unsigned long i = 0; i < rounds; i++)
		cpu_charge(CPU_USER, SIM_NS);
	print("cpu_charge", start);
	cpu_settle();
	start = cpu_seconds();
	for (unsigned long i = 0; i < rounds; i++) {
		cpu_charge(CPU_USER, SIM_US);
		cpu_settle();
	}
	print("cpu_settle of 1 us", start);
	start = cpu_seconds();
	for (unsigned long i = 0; i < rounds; i++) {
		rig_store(0);
		cpu_charge(CPU_USER, 100 * SIM_NS);
		rig_store_at(sim_now() + SIM_US, 1);
		cpu_spin(rig_word_is_set, NULL, rig_space(), rig_word(), 1, SIM_NEVER);
	}
	print("cpu_spin round: debt, store by event, wake", start);
	rig_store(1);
	start = cpu_seconds();
	for (unsigned long i = 0; i < rounds; i++)
		cpu_spin(rig_word_is_set, NULL, rig_space(), rig_word(), 1, SIM_NEVER);
	print("cpu_spin on what is true", start);
}

int
main(int argc, char **argv)
{
	rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
	rig = rig_start(1);
	measure_memory();
	task_start_on(rig->host.cpus, NULL, "bench", false, measure_processor, NULL);
	rig_run();
	rig_end();
	return 0;
}

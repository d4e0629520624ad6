#include "experiments/bench.h"
#include "experiments/firmware_choice.h"
#include "experiments/verb.h"
#include "nic-sim/lanai_bench.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#define KERNELS "firmware/bench/bench.c"

#define SECONDS_A_KERNEL 0.3

static const struct verb_help help = {
        NULL,
        "How fast the simulator is.  All rates are per second of CPU time, what is delivered is verified.\n"
        "  S  stream    256 MB by VMMC from host to host through a switch, in packets of 4 KB\n"
        "  P  pingpong  100,000 round trips of 64 B (a message is one way)\n"
        "  M  mesh      16 hosts, each sending 4 MB to every other, in packets of 4 KB\n"
        "Machines differ and are shared: compare ratios of runs in turn, not single figures.",
        "Examples:\n  nicsim bench\n  nicsim bench --json | jq .stream_packets_per_cpu_s",
};

static gboolean json;

static const GOptionEntry options[] = {
        {"json", 'j', 0, G_OPTION_ARG_NONE, &json, "as an object", NULL},
        G_OPTION_ENTRY_NULL,
};

struct figure {
	const char *key, *text;
	double value;
};

/* kernels_speed: simulated instructions a CPU second over a mix of kernels; 0 and *error. */
static double
kernels_speed(char **error)
{
	struct lanai_bench_result results[LANAI_BENCH_KERNELS];
	struct lanai_image *image = NULL;
	char *folder = NULL;
	double speed = 0;

	if (firmware_choose(KERNELS, &folder, error))
		image = firmware_load(folder, error);
	if (image) {
		speed = lanai_bench(image, SECONDS_A_KERNEL, results);
		if (speed == 0)
			*error = g_strdup(KERNELS ": does not run to its end on the simulated LANai");
		lanai_image_free(image);
	}
	if (folder)
		firmware_forget(folder);
	return speed;
}

static bool
run_works(const struct lanai_image *image, struct bench_result results[3], char **error)
{
	static const struct bench_work *const works[] = {&bench_stream, &bench_pingpong, &bench_mesh};

	for (unsigned i = 0; i < G_N_ELEMENTS(works); i++) {
		if (!bench_run(works[i], image, &results[i], error))
			return false;
		if (!results[i].verified) {
			*error = g_strdup_printf("%s: what arrived is not what was sent", works[i]->name);
			return false;
		}
	}
	return true;
}

static double
per_cpu_s(const struct bench_result *r, uint64_t n)
{
	return (double)n / r->cpu_s;
}

static void
print_text(const struct figure *figures, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%14.*f  %s\n", figures[i].value < 1000 ? 2 : 0, figures[i].value, figures[i].text);
}

static void
print_json(const struct figure *figures, size_t n)
{
	cJSON *object = cJSON_CreateObject();
	char *text;

	for (size_t i = 0; i < n; i++)
		cJSON_AddNumberToObject(object, figures[i].key, figures[i].value);
	text = cJSON_Print(object);
	puts(text);
	free(text);
	cJSON_Delete(object);
}

static void
print_figures(double speed, const struct bench_result r[3])
{
	const struct bench_result *s = &r[0], *p = &r[1], *m = &r[2];
	double all_cpu = s->cpu_s + p->cpu_s + m->cpu_s;
	const struct figure figures[] = {
	        {"instructions_per_cpu_s", "simulated instructions a CPU second, mix of kernels", speed},
	        {"stream_instructions_per_cpu_s", "  in S, everything else included", per_cpu_s(s, s->instructions)},
	        {"events_per_cpu_s", "hardware events a CPU second, S, P and M together",
	         (double)(s->events + p->events + m->events) / all_cpu},
	        {"stream_packets_per_cpu_s", "S: packets of 4 KB a CPU second", per_cpu_s(s, s->units)},
	        {"stream_sim_s_per_wall_s", "S: simulated seconds a second", s->sim_s / s->wall_s},
	        {"pingpong_messages_per_cpu_s", "P: messages of 64 B a CPU second", per_cpu_s(p, p->units)},
	        {"mesh_packets_per_cpu_s", "M: packets of 4 KB a CPU second", per_cpu_s(m, m->units)},
	        {"stream_instructions_per_packet", "S: instructions executed for a packet, both NICs",
	         (double)s->instructions / (double)s->units},
	        {"stream_events_per_packet", "S: hardware events for a packet", (double)s->events / (double)s->units},
	        {"peak_MiB", "S and P: largest memory, MiB", MAX(s->peak_MiB, p->peak_MiB)},
	        {"mesh_peak_MiB", "M: largest memory, MiB", m->peak_MiB},
	};

	(json ? print_json : print_text)(figures, G_N_ELEMENTS(figures));
}

enum exit_code
verb_bench(int argc, char **argv)
{
	enum exit_code code = verb_parse(argc, argv, options, &help, 0);
	struct bench_result results[3];
	struct lanai_image *image;
	char *error = NULL;
	double speed;

	if (code != EXIT_DONE)
		return code;
	image = firmware_load(NULL, &error);
	speed = image ? kernels_speed(&error) : 0;
	if (speed != 0 && run_works(image, results, &error))
		print_figures(speed, results);
	lanai_image_free(image);
	return error ? verb_fail(EXIT_FAILED, error) : EXIT_DONE;
}

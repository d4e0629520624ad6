#include "experiments/simulate.h"

#include "experiments/breakdown.h"
#include "experiments/firmware_choice.h"
#include "nic-sim/trace.h"

#include <glib.h>

void
simulate_fail(struct simulation *s, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	if (s->error == NULL)
		s->error = text;
	else
		g_free(text);
}

static struct testbed *
build(const struct point *point, const struct lanai_image *image, char **error)
{
	char **sets = point_sets(point);
	const char *const *texts = (const char *const *)sets, *platform = point->experiment->platform;
	struct testbed *t = testbed_with(firmware_of(point), platform, texts, g_strv_length(sets), image, error);
	g_strfreev(sets);
	return t;
}

static enum exit_code
judge(struct simulation *s, enum sim_outcome outcome, char **error)
{
	if (s->error != NULL) {
		*error = s->error;
		return EXIT_FAILED;
	}
	if (outcome == SIM_DEADLOCK)
		*error = g_strdup("deadlock: every simulated program waits");
	else if (outcome == SIM_TIME_LIMIT)
		*error = g_strdup_printf("the simulated-time limit of %s ms is over (--set limit_ms=)",
		                         point_text(s->point, "limit_ms"));
	return (enum exit_code)outcome;
}

enum exit_code
simulate(const struct point *point, struct results *results, void (*start)(struct simulation *s),
         void (*measure)(struct simulation *s, struct results *results), void *arg, char **error)
{
	struct simulation s = {.point = point, .arg = arg};
	struct lanai_image *image; /* lives as long as the testbed */
	if (!firmware_load_for(point, &image, error))
		return EXIT_BAD_INPUT;
	s.testbed = build(point, image, error);
	if (s.testbed == NULL) {
		lanai_image_free(image);
		return EXIT_BAD_INPUT;
	}
	start(&s);
	enum exit_code code = judge(&s, sim_run(point_number(point, "limit_ms") * SIM_MS), error);
	if (code == EXIT_DONE) {
		results->fingerprint = trace_fingerprint();
		results->saturated = g_strdup(machine_saturated(s.testbed->machine, &results->utilisation));
		if (point->breakdown)
			breakdown_take(results);
		measure(&s, results);
	}
	testbed_free(s.testbed);
	lanai_image_free(image);
	return code;
}

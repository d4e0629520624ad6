#include "experiments/experiment.h"
#include "experiments/reference.h"
#include "experiments/verb.h"
#include "nic-sim/platform.h"

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

static const struct verb_help help = {
        NULL,
        "Lists the experiments with their axes and metrics; with an option, the workloads that\n"
        "an experiment may name, or the platform parameters that --set takes.",
        "Examples:\n  nicsim list\n  nicsim list --workloads\n  nicsim list --parameters | grep nic.",
};

static gboolean workloads, parameters;

static const GOptionEntry options[] = {
        {"workloads", 'w', 0, G_OPTION_ARG_NONE, &workloads, "workloads, their parameters and metrics", NULL},
        {"parameters", 'p', 0, G_OPTION_ARG_NONE, &parameters, "platform parameters, with what is allowed", NULL},
        G_OPTION_ENTRY_NULL,
};

static void
print_workload(const struct workload *w)
{
	printf("%s: %s\n", w->name, w->doc);
	for (const struct workload_parameter *p = w->parameters; p->name != NULL; p++) {
		printf("  %-16s %s; ", p->name, p->doc);
		if (g_strcmp0(p->choices, WORKLOAD_TEXT) == 0)
			printf("a text (%s)\n", p->value);
		else if (p->choices != NULL)
			printf("one of %s (%s)\n", p->choices, p->value);
		else
			printf("%.0f to %.0f (%s)\n", p->min, p->max, p->value);
	}
	for (const struct workload_metric *m = w->metrics; m->name != NULL; m++)
		printf("  -> %-13s %s\n", m->name, m->doc);
}

static void
print_values(const struct axis *a)
{
	if (a->n > 4)
		printf(" %s=%s..%s (%u)", a->name, a->values[0], a->values[a->n - 1], a->n);
	for (unsigned i = 0; i < a->n && a->n <= 4; i++)
		printf(i == 0 ? " %s=%s" : "%.0s,%s", a->name, a->values[i]);
}

static void
print_experiment(const struct experiment *e)
{
	printf("%s: %s\n", e->name, e->title);
	char *figure = experiment_figure(e);
	if (figure != NULL)
		printf("  %s: run fig%s\n", figure, e->figure);
	g_free(figure);
	printf("  platform %s, workload %s\n  axes", e->platform, e->workload->name);
	for (unsigned i = 0; i < e->n_axes; i++)
		print_values(&e->axes[i]);
	printf("\n  measures");
	for (unsigned i = 0; e->metrics[i] != NULL; i++)
		printf(" %s", e->metrics[i]);
	printf("\n");
}

static enum exit_code
list_experiments(void)
{
	char **names = experiment_names(), *error = NULL;
	for (unsigned i = 0; names[i] != NULL && error == NULL; i++) {
		struct experiment *e = experiment_load(names[i], NULL, &error);
		if (e != NULL)
			print_experiment(e);
		experiment_free(e);
	}
	g_strfreev(names);
	return error == NULL ? EXIT_DONE : verb_fail(EXIT_BAD_INPUT, error);
}

enum exit_code
verb_list(int argc, char **argv)
{
	enum exit_code code = verb_parse(argc, argv, options, &help, 0);
	if (code != EXIT_DONE)
		return code;
	for (unsigned i = 0; workloads && workload_at(i) != NULL; i++)
		print_workload(workload_at(i));
	if (parameters)
		platform_print_keys(stdout);
	return workloads || parameters ? EXIT_DONE : list_experiments();
}

#include "experiments/workload.h"

#include "nic-sim/params.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#define WORKLOAD(symbol) extern const struct workload symbol;
#include "experiments/workloads.def"
#undef WORKLOAD

#define MAX_WORKLOADS 64

static const struct workload *workloads[MAX_WORKLOADS] = {
#define WORKLOAD(symbol) &(symbol),
#include "experiments/workloads.def"
#undef WORKLOAD
};

const struct workload *
workload_at(unsigned i)
{
	return i < MAX_WORKLOADS ? workloads[i] : NULL;
}

const struct workload *
workload_find(const char *name)
{
	for (unsigned i = 0; workload_at(i) != NULL; i++)
		if (strcmp(workloads[i]->name, name) == 0)
			return workloads[i];
	return NULL;
}

void
workload_add(const struct workload *w)
{
	unsigned i = 0;
	while (workload_at(i) != NULL)
		i++;
	g_assert(i + 1 < MAX_WORKLOADS);
	workloads[i] = w;
}

char *
workload_names(void)
{
	GString *names = g_string_new(NULL);
	for (unsigned i = 0; workload_at(i) != NULL; i++)
		g_string_append_printf(names, "%s%s", i > 0 ? " " : "", workloads[i]->name);
	return g_string_free(names, FALSE);
}

const struct workload_parameter *
workload_parameter(const struct workload *w, const char *name)
{
	for (const struct workload_parameter *p = w->parameters; p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

const struct workload_metric *
workload_metric(const struct workload *w, const char *name)
{
	for (const struct workload_metric *m = w->metrics; m->name != NULL; m++)
		if (strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

static bool
is_choice(const char *choices, const char *value)
{
	char **words = g_strsplit(choices, " ", -1);
	bool found = g_strv_contains((const char *const *)words, value);
	g_strfreev(words);
	return found;
}

char *
workload_check(const struct workload_parameter *p, const char *value)
{
	if (g_strcmp0(p->choices, WORKLOAD_TEXT) == 0)
		return NULL;
	if (p->choices != NULL)
		return is_choice(p->choices, value)
		               ? NULL
		               : g_strdup_printf("'%s' is not allowed; allowed: %s", value, p->choices);
	double number;
	if (param_number(value, &number) && number == floor(number) && number >= p->min && number <= p->max &&
	    (p->multiple == 0 || fmod(number, p->multiple) == 0))
		return NULL;
	GString *why = g_string_new(NULL);
	g_string_printf(why, "'%s' is not allowed; allowed: a whole number from %.0f to %.0f", value, p->min, p->max);
	if (p->multiple > 1)
		g_string_append_printf(why, ", a multiple of %u", p->multiple);
	return g_string_free(why, FALSE);
}

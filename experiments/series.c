#include "experiments/series.h"

#include "experiments/axis.h"

#include <glib.h>
#include <string.h>

/* One "PARAMETER=VALUE", with the value in its usual spelling; NULL and *why. */
static char *
read_setting(const struct workload *w, const char *text, char **why)
{
	const char *equals = strchr(text, '=');
	if (equals == NULL || equals == text) {
		*why = g_strdup_printf("'%s' is not allowed; allowed: PARAMETER=VALUE ... | legend", text);
		return NULL;
	}
	char *name = g_strndup(text, (gsize)(equals - text)), *setting = NULL;
	struct axis axis;
	if (axis_read(w, name, equals + 1, &axis, why)) {
		setting = g_strdup_printf("%s=%s", name, axis.values[0]);
		g_free(axis.name);
		g_strfreev(axis.values);
	}
	g_free(name);
	return setting;
}

static bool
read_settings(const struct workload *w, struct series *s, const char *text, char **why)
{
	s->settings = axis_words(text);
	for (unsigned i = 0; s->settings[i] != NULL; i++) {
		char *setting = read_setting(w, s->settings[i], why);
		if (setting == NULL)
			return false;
		g_free(s->settings[i]);
		s->settings[i] = setting;
	}
	return true;
}

bool
series_read(struct experiment *e, const char *name, const char *text, char **why)
{
	if (strpbrk(name, " \t,=|") != NULL) {
		*why = g_strdup("the name of a series has no blank, comma, = or |; a legend stands behind the |");
		return false;
	}
	e->series = g_renew(struct series, e->series, e->n_series + 1);
	struct series *s = &e->series[e->n_series++];
	char **halves = g_strsplit(text, "|", 2);
	const char *settings = halves[0] != NULL ? halves[0] : "", *legend = halves[0] != NULL ? halves[1] : NULL;
	*s = (struct series){.name = g_strdup(name), .legend = g_strstrip(g_strdup(legend != NULL ? legend : name))};
	bool ok = read_settings(e->workload, s, settings, why);
	g_strfreev(halves);
	return ok;
}

static char *
names_of(const struct experiment *e)
{
	GString *names = g_string_new(NULL);
	for (unsigned i = 0; i < e->n_series; i++)
		g_string_append_printf(names, "%s%s", i > 0 ? " " : "", e->series[i].name);
	return g_string_free(names, FALSE);
}

bool
series_axis(const struct experiment *e, const char *text, struct axis *axis, char **why)
{
	char *all = names_of(e), **values = axis_words(text != NULL ? text : all);
	for (unsigned i = 0; *why == NULL && values[i] != NULL; i++)
		if (series_find(e, values[i]) == NULL)
			*why = g_strdup_printf("there is no series '%s'; allowed: %s", values[i], all);
		else if (g_strv_contains((const char *const *)values + i + 1, values[i]))
			*why = g_strdup_printf("'%s' stands there twice", values[i]);
	if (*why == NULL && values[0] == NULL)
		*why = g_strdup("has no value");
	g_free(all);
	if (*why != NULL) {
		g_strfreev(values);
		return false;
	}
	*axis = (struct axis){.name = g_strdup(SERIES_AXIS), .values = values, .n = g_strv_length(values)};
	return true;
}

bool
series_sets(const struct experiment *e, const char *parameter)
{
	for (unsigned i = 0; i < e->n_series; i++)
		if (series_value(&e->series[i], parameter) != NULL)
			return true;
	return false;
}

const struct series *
series_find(const struct experiment *e, const char *name)
{
	for (unsigned i = 0; i < e->n_series; i++)
		if (strcmp(e->series[i].name, name) == 0)
			return &e->series[i];
	return NULL;
}

const char *
series_value(const struct series *s, const char *parameter)
{
	size_t length = strlen(parameter);
	for (unsigned i = 0; s->settings[i] != NULL; i++)
		if (strncmp(s->settings[i], parameter, length) == 0 && s->settings[i][length] == '=')
			return s->settings[i] + length + 1;
	return NULL;
}

void
series_free_all(struct series *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		g_free(list[i].name);
		g_free(list[i].legend);
		g_strfreev(list[i].settings);
	}
	g_free(list);
}

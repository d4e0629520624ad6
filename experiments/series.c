#include "experiments/series.h"

#include "experiments/axis.h"
#include "nic-sim/params.h"

#include <glib.h>
#include <string.h>

#define VARIABLE '$'

static char *
malformed(const char *text, char **why)
{
	*why = g_strdup_printf(
	        "'%s' is not allowed; allowed: PARAMETER=VALUE ... | legend, where VALUE may be $AXIS or "
	        "$AXIS*FACTOR",
	        text);
	return NULL;
}

/* "$rate" or "$rate*2" */
static bool
is_variable(const char *value)
{
	double factor;
	const char *times = strchr(value, '*');
	return value[1] != '\0' && value[1] != '*' && (times == NULL || param_number(times + 1, &factor));
}

/* One "PARAMETER=VALUE", with the value in its usual spelling; NULL and *why. */
static char *
read_setting(const struct workload *w, const char *text, char **why)
{
	const char *equals = strchr(text, '=');
	if (equals == NULL || equals == text)
		return malformed(text, why);
	if (equals[1] == VARIABLE)
		return is_variable(equals + 1) ? g_strdup(text) : malformed(text, why);
	char *name = g_strndup(text, (gsize)(equals - text)), *setting = NULL;
	struct axis axis;
	if (axis_read_one(w, name, equals + 1, &axis, why)) {
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

char *
series_variable_in(const char *value)
{
	return *value == VARIABLE ? g_strndup(value + 1, strcspn(value + 1, "*")) : NULL;
}

static char *
variable_of(const char *setting)
{
	return series_variable_in(strchr(setting, '=') + 1);
}

/* A setting of any series for which test() is true; NULL: none. */
static const char *
find_setting(const struct experiment *e, bool (*test)(const char *setting, const void *arg), const void *arg)
{
	for (unsigned i = 0; i < e->n_series; i++)
		for (unsigned k = 0; e->series[i].settings[k] != NULL; k++)
			if (test(e->series[i].settings[k], arg))
				return e->series[i].settings[k];
	return NULL;
}

static bool
names_variable(const char *setting, const void *name)
{
	char *variable = variable_of(setting);
	bool same = g_strcmp0(variable, name) == 0;
	g_free(variable);
	return same;
}

bool
series_variable(const struct experiment *e, const char *name)
{
	return find_setting(e, names_variable, name) != NULL;
}

static bool
has_no_axis(const char *setting, const void *arg)
{
	const struct experiment *e = arg;
	char *variable = variable_of(setting);
	bool none = variable != NULL && axis_find(e->axes, e->n_axes, variable) == NULL;
	g_free(variable);
	return none;
}

char *
series_without_axis(const struct experiment *e)
{
	const char *setting = find_setting(e, has_no_axis, e);
	return setting != NULL ? variable_of(setting) : NULL;
}

char *
series_resolve(const char *value, const char *of_variable)
{
	const char *factor = strchr(value, '*');
	if (factor == NULL)
		return g_strdup(of_variable);
	return g_strdup_printf("%.15g", g_ascii_strtod(of_variable, NULL) * g_ascii_strtod(factor + 1, NULL));
}

/* Would the setting take all values of the variable's axis? */
static bool
takes_all(const struct workload *w, const char *setting, const struct axis *axis, char **why)
{
	const char *equals = strchr(setting, '=');
	for (unsigned i = 0; i < axis->n; i++) {
		char *value = series_resolve(equals + 1, axis->values[i]);
		char *resolved = g_strdup_printf("%.*s=%s", (int)(equals - setting), setting, value);
		char *read = read_setting(w, resolved, why);
		g_free(read);
		g_free(resolved);
		g_free(value);
		if (*why != NULL)
			return false;
	}
	return true;
}

bool
series_variable_axis(const struct experiment *e, const char *name, const char *text, struct axis *axis, char **why)
{
	if (!axis_values(name, text, axis, why))
		return false;
	for (unsigned i = 0; i < e->n_series; i++)
		for (unsigned k = 0; e->series[i].settings[k] != NULL; k++)
			if (names_variable(e->series[i].settings[k], name) &&
			    !takes_all(e->workload, e->series[i].settings[k], axis, why)) {
				g_free(axis->name);
				g_strfreev(axis->values);
				return false;
			}
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

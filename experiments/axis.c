#include "experiments/axis.h"

#include "experiments/range.h"
#include "nic-sim/params.h"
#include "nic-sim/platform.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#define BLANKS " \t,"
#define QUOTES "\"'"

/* Takes a word at *text: up to a blank or comma that does not stand between quotes, which fall away. */
static char *
take_word(const char **text)
{
	GString *word = g_string_new(NULL);
	char quote = '\0';
	for (; **text != '\0' && (quote != '\0' || strchr(BLANKS, **text) == NULL); ++*text) {
		if (quote == '\0' && strchr(QUOTES, **text) != NULL)
			quote = **text;
		else if (quote != '\0' && **text == quote)
			quote = '\0';
		else
			g_string_append_c(word, **text);
	}
	return g_string_free(word, FALSE);
}

char **
axis_words(const char *text)
{
	GPtrArray *words = g_ptr_array_new();
	for (text += strspn(text, BLANKS); *text != '\0'; text += strspn(text, BLANKS))
		g_ptr_array_add(words, take_word(&text));
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

/* What is wrong with a value of the parameter, or NULL. */
static char *
check_value(const struct workload *w, const char *name, const char *value)
{
	if (strchr(name, '.') == NULL)
		return workload_check(workload_parameter(w, name), value);
	char *error = NULL, *set = g_strdup_printf("%s=%s", name, value);
	char *prefix = g_strdup_printf("--set %s: ", set);
	if (!platform_check_set(set, &error) && g_str_has_prefix(error, prefix))
		memmove(error, error + strlen(prefix), strlen(error) - strlen(prefix) + 1);
	g_free(prefix);
	g_free(set);
	return error;
}

static char *
check_name(const struct workload *w, const char *name)
{
	if (strchr(name, '.') != NULL || workload_parameter(w, name) != NULL)
		return NULL; /* a platform's key is checked with its value */
	GString *why = g_string_new(NULL);
	g_string_printf(why, "workload '%s' has no parameter '%s'; allowed:", w->name, name);
	for (const struct workload_parameter *p = w->parameters; p->name != NULL; p++)
		g_string_append_printf(why, " %s", p->name);
	g_string_append(why, ", and platform parameters");
	return g_string_free(why, FALSE);
}

/* "log2 FROM TO": FROM, 2 FROM, 4 FROM, ... up to TO. */
static char **
expand_log2(char **words, char **why)
{
	double from, to;
	if (g_strv_length(words) != 3 || !param_number(words[1], &from) || !param_number(words[2], &to) || from <= 0 ||
	    to < from || to / from > 1e9) {
		*why = g_strdup("a range is 'log2 FROM TO', two numbers with 0 < FROM <= TO");
		return NULL;
	}
	GPtrArray *values = g_ptr_array_new();
	for (int i = 0; ldexp(from, i) <= to; i++)
		g_ptr_array_add(values, g_strdup_printf("%.15g", ldexp(from, i)));
	g_ptr_array_add(values, NULL);
	return (char **)g_ptr_array_free(values, FALSE);
}

/* The words, with the values of a range where one stood; NULL and *why. */
static char **
expand_ranges(char **words, char **why)
{
	GPtrArray *values = g_ptr_array_new_with_free_func(g_free);
	for (unsigned i = 0; *why == NULL && words[i] != NULL; i++) {
		if (range_is(words[i]))
			range_expand(words[i], values, why);
		else
			g_ptr_array_add(values, g_strdup(words[i]));
	}
	g_ptr_array_add(values, NULL);
	return (char **)g_ptr_array_free(values, FALSE);
}

/* The first value that stands there before; NULL: none. */
static const char *
find_twice(char **values)
{
	GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);
	const char *twice = NULL;
	for (unsigned i = 0; twice == NULL && values[i] != NULL; i++)
		if (!g_hash_table_add(seen, values[i]))
			twice = values[i];
	g_hash_table_destroy(seen);
	return twice;
}

/* Numbers in one spelling, so that 1e3 and 1000 are the same value in CSV, rules and manifests. */
static void
normalise(char **values)
{
	for (unsigned i = 0; values[i] != NULL; i++) {
		double number;
		if (!param_number(values[i], &number))
			continue;
		g_free(values[i]);
		values[i] = g_strdup_printf("%.15g", number);
	}
}

bool
axis_values(const char *name, const char *text, struct axis *axis, char **why)
{
	char **words = axis_words(text);
	bool doubling = words[0] != NULL && strcmp(words[0], "log2") == 0;
	if (words[0] == NULL)
		*why = g_strdup("has no value");
	char **values = doubling ? expand_log2(words, why) : expand_ranges(words, why);
	g_strfreev(words);
	if (*why == NULL)
		normalise(values);
	const char *twice = *why == NULL ? find_twice(values) : NULL;
	if (twice != NULL)
		*why = g_strdup_printf("'%s' stands there twice", twice);
	if (*why != NULL) {
		g_strfreev(values);
		return false;
	}
	*axis = (struct axis){.name = g_strdup(name), .values = values, .n = g_strv_length(values)};
	return true;
}

static bool
check_all(const struct workload *w, const char *name, struct axis *axis, char **why)
{
	for (unsigned i = 0; *why == NULL && i < axis->n; i++)
		*why = check_value(w, name, axis->values[i]);
	if (*why == NULL)
		return true;
	g_free(axis->name);
	g_strfreev(axis->values);
	return false;
}

/* A platform parameter that is a text with blanks in it, such as net.faults? */
static bool
is_text(const char *name)
{
	int parameter = param_find(name, strlen(name));
	return parameter >= 0 && param_defs[parameter].kind == PARAM_TEXT;
}

bool
axis_read(const struct workload *w, const char *name, const char *text, struct axis *axis, char **why)
{
	if (is_text(name) && strpbrk(text, QUOTES) == NULL) /* else each value stands between quotes */
		return axis_read_one(w, name, text, axis, why);
	*why = check_name(w, name);
	return *why == NULL && axis_values(name, text, axis, why) && check_all(w, name, axis, why);
}

bool
axis_read_one(const struct workload *w, const char *name, const char *text, struct axis *axis, char **why)
{
	*why = check_name(w, name);
	if (*why != NULL)
		return false;
	*axis = (struct axis){.name = g_strdup(name), .values = g_new0(char *, 2), .n = 1};
	axis->values[0] = g_strdup(text);
	normalise(axis->values);
	return check_all(w, name, axis, why);
}

struct axis *
axis_add(struct axis **axes, unsigned *n)
{
	*axes = g_renew(struct axis, *axes, *n + 1);
	return &(*axes)[(*n)++];
}

struct axis *
axis_find(struct axis *axes, unsigned n, const char *name)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(axes[i].name, name) == 0)
			return &axes[i];
	return NULL;
}

void
axis_free_all(struct axis *axes, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		g_free(axes[i].name);
		g_strfreev(axes[i].values);
	}
	g_free(axes);
}

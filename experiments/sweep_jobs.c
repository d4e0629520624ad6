#include "experiments/sweep_jobs.h"

#include "experiments/axis.h"

#include <glib.h>
#include <string.h>

#define PLAIN G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-./=,:+@%"

/* Appends a word as a shell reads it. */
static void
append_word(GString *line, const char *word)
{
	char *quoted = word[strspn(word, PLAIN)] == '\0' && *word != '\0' ? g_strdup(word) : g_shell_quote(word);
	g_string_append_printf(line, "%s%s", line->len > 0 ? " " : "", quoted);
	g_free(quoted);
}

/* An option whose value is `name`=`value`, or one word if `value` is NULL. */
static void
append_option(GString *line, const char *option, const char *name, const char *value)
{
	char *text = value != NULL ? g_strconcat(name, "=", value, NULL) : g_strdup(name);
	append_word(line, option);
	append_word(line, text);
	g_free(text);
}

/* The value of an axis as axis_words() reads it as one: between quotes if blanks or the other quote are in it. */
static void
append_axis(GString *line, const char *name, const char *value)
{
	const char *quote = value[strcspn(value, " \t,\"'")] == '\0' ? "" : strchr(value, '"') == NULL ? "\"" : "'";
	char *text = g_strconcat(quote, value, quote, NULL);
	append_option(line, "--axis", name, text);
	g_free(text);
}

/* What --set and --platform said and no axis says. */
static void
append_overrides(GString *line, const struct experiment *e)
{
	for (unsigned i = 0; e->overrides[i] != NULL; i++) {
		char **pair = g_strsplit(e->overrides[i], "=", 2);
		if (g_str_has_prefix(pair[0], "--"))
			append_word(line, e->overrides[i]);
		else if (axis_find(e->axes, e->n_axes, g_strstrip(pair[0])) == NULL)
			append_option(line, "--set", e->overrides[i], NULL);
		g_strfreev(pair);
	}
}

char *
sweep_job(const struct point *p, const char *firmware, const char *folder)
{
	const struct experiment *e = p->experiment;
	char *program = g_file_read_link("/proc/self/exe", NULL),
	     *root = g_strconcat("NICSIM_ROOT=", nicsim_root(), NULL);
	GString *line = g_string_new(NULL);
	append_word(line, "env");
	append_word(line, root);
	append_word(line, program != NULL ? program : "nicsim-bin");
	append_word(line, "sweep");
	append_word(line, e->path);
	append_overrides(line, e);
	for (unsigned i = 0; i < e->n_axes; i++)
		append_axis(line, e->axes[i].name, point_text(p, e->axes[i].name));
	if (firmware != NULL) {
		char *path = g_canonicalize_filename(firmware, NULL);
		append_option(line, "--firmware", path, NULL);
		g_free(path);
	}
	append_option(line, "--out", folder, NULL);
	append_word(line, "--points-only");
	g_free(root);
	g_free(program);
	return g_string_free(line, FALSE);
}

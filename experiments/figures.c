#define _GNU_SOURCE /* memmem */
#include "experiments/figures.h"

#include "experiments/curves.h"

#include <glib.h>
#include <string.h>
#include <sys/wait.h>

const char *const figure_formats[] = {"svg", "png", "pdf", NULL};

/* A text as gnuplot reads it between single quotes. */
static char *
quoted(const char *text)
{
	char **parts = g_strsplit(text, "'", -1);
	char *joined = g_strjoinv("''", parts), *result = g_strdup_printf("'%s'", joined);
	g_free(joined);
	g_strfreev(parts);
	return result;
}

static char *
prologue(const char *name, const char *more, const char *plot, const char *format)
{
	char *plots = g_build_filename(nicsim_root(), "plots", NULL);
	char *q_plots = quoted(plots), *q_name = quoted(name);
	char *id = g_strcanon(g_strdup(plot), G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS, '_');
	char *text = g_strdup_printf("experiment=%s; figure='%s'; id='\"%s\"'; format='%s'; plots=%s; %s", q_name, plot,
	                             id, format, q_plots, more);
	g_free(id);
	g_free(q_name);
	g_free(q_plots);
	g_free(plots);
	return text;
}

/* The first line of what gnuplot complains about that is not a picture of the place. */
static char *
complaint(const char *messages)
{
	char **lines = g_strsplit(messages, "\n", -1), *found = NULL;
	for (unsigned i = 0; lines[i] != NULL && found == NULL; i++)
		if (strstr(lines[i], "line ") != NULL)
			found = g_strstrip(g_strdup(lines[i]));
	g_strfreev(lines);
	return found != NULL ? found : g_strdup("gnuplot failed");
}

/* The PDF says when it was made; the same figure should be the same bytes, so that is always this. */
#define DATE_KEY   "/CreationDate (D:"
#define DATE_VALUE "19980101000000" /* the thesis' year */

static void
fix_date(const char *path)
{
	char *bytes, *at;
	gsize length;
	if (!g_file_get_contents(path, &bytes, &length, NULL))
		return;
	at = memmem(bytes, length, DATE_KEY, strlen(DATE_KEY));
	if (at != NULL && (gsize)(at - bytes) + strlen(DATE_KEY DATE_VALUE) <= length) {
		for (gsize i = 0; i < strlen(DATE_VALUE); i++)
			at[strlen(DATE_KEY) + i] = DATE_VALUE[i];
		g_file_set_contents(path, bytes, (gssize)length, NULL);
	}
	g_free(bytes);
}

bool
figure_table(const char *folder, const char *name, const char *more, const char *plot, const char *format, char **error)
{
	char *script = g_strdup_printf("%s/plots/%s.gp", nicsim_root(), plot),
	     *variables = prologue(name, more, plot, format);
	char *arguments[] = {"gnuplot", "-e", variables, script, NULL}, *messages = NULL;
	int status = 0;
	GError *why = NULL;
	bool ok = g_spawn_sync(folder, arguments, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL,
	                       NULL, &messages, &status, &why);
	if (!ok) {
		*error = g_strdup_printf("gnuplot: %s", why->message);
	} else if (!(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
		char *said = complaint(messages);
		*error = g_strdup_printf("%s: %s", script, said);
		g_free(said);
		ok = false;
	}
	if (ok && strcmp(format, "pdf") == 0) {
		char *path = g_strdup_printf("%s/%s.%s", folder, plot, format);
		fix_date(path);
		g_free(path);
	}
	g_clear_error(&why);
	g_free(messages);
	g_free(variables);
	g_free(script);
	return ok;
}

bool
figure_draw(const char *folder, const struct experiment *e, const char *plot, const char *format, char **error)
{
	char *curves = curves_script(e);
	bool ok = figure_table(folder, e->name, curves, plot, format, error);
	g_free(curves);
	return ok;
}

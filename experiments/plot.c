#include "experiments/plot.h"

#include "experiments/curves.h"
#include "experiments/figures.h"
#include "experiments/output.h"
#include "experiments/plot_choice.h"
#include "experiments/table.h"
#include "experiments/units.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#define TABLE   "data" /* the table that the script gets */
#define ROOM    72     /* characters on an axis */
#define FORMATS "file.svg, file.png or file.pdf"

/* What the rows of one place in the figure have. */
struct cell {
	unsigned n;
	double sum, low, high;
};

struct figure {
	const struct plot_order *order;
	struct plot_choice choice;
	struct cell *cells; /* x varies fastest */
	unsigned n_x, n_curves, most;
	bool x_log, y_log;
};

static struct cell *
cell_at(const struct figure *f, unsigned curve, unsigned x)
{
	return &f->cells[curve * f->n_x + x];
}

static void
take(struct cell *c, double value)
{
	c->low = c->n == 0 ? value : fmin(c->low, value);
	c->high = c->n == 0 ? value : fmax(c->high, value);
	c->sum += value;
	c->n++;
}

static bool
gather(struct figure *f, char **error)
{
	const struct plot_choice *c = &f->choice;
	f->n_x = c->values[c->x].n;
	f->n_curves = c->by != PLOT_NONE ? c->values[c->by].n : 1;
	f->cells = g_new0(struct cell, f->n_x * f->n_curves);
	for (unsigned row = 0; row < c->table->n_rows; row++) {
		double value;
		if (!c->rows[row] || !table_number(c->table, row, c->table->columns[c->y], &value))
			continue;
		struct cell *cell =
		        cell_at(f, c->by != PLOT_NONE ? c->values[c->by].places[row] : 0, c->values[c->x].places[row]);
		take(cell, value);
		f->most = MAX(f->most, cell->n);
	}
	if (f->most == 0)
		*error =
		        g_strdup_printf("%s: column '%s' has no numbers there", f->order->csv, c->table->columns[c->y]);
	return f->most > 0;
}

/* Do the values grow by one factor? */
static bool
is_geometric(const struct plot_values *v)
{
	if (!v->numbers || v->n < 3)
		return false;
	double first = g_ascii_strtod(v->texts[0], NULL), step = log(g_ascii_strtod(v->texts[1], NULL) / first);
	bool geometric = first > 0 && isfinite(step) && step != 0;
	for (unsigned i = 2; geometric && i < v->n; i++) {
		double here = log(g_ascii_strtod(v->texts[i], NULL) / first);
		geometric = fabs(here / (step * i) - 1) < 0.01;
	}
	return geometric;
}

/* More than a factor of 100, all above 0: a straight scale would show the largest values only. */
static bool
spans_much(const struct figure *f)
{
	double low = INFINITY, high = -INFINITY;
	for (unsigned i = 0; i < f->n_x * f->n_curves; i++)
		if (f->cells[i].n > 0) {
			low = fmin(low, f->cells[i].low);
			high = fmax(high, f->cells[i].high);
		}
	return low > 0 && high > 100 * low;
}

/* The data. ------------------------------------------------------------------------------------------ */

/* The text of a value, if there is room for it on the axis. */
static const char *
tick(const struct plot_values *v, unsigned i)
{
	size_t longest = 0;
	for (unsigned k = 0; k < v->n; k++)
		longest = MAX(longest, strlen(v->texts[k]));
	size_t labels = MAX(ROOM / (longest + 2), 1);
	return i % ((v->n + labels - 1) / labels) == 0 ? v->texts[i] : "";
}

static void
add_row(struct table *t, const struct figure *f, unsigned curve, unsigned x)
{
	const struct plot_choice *c = &f->choice;
	const struct cell *cell = cell_at(f, curve, x);
	bool by_place = f->order->heat || !c->values[c->x].numbers;
	char *const cells[] = {g_strdup_printf("%u", curve + 1),
	                       g_strdup(c->by != PLOT_NONE ? tick(&c->values[c->by], curve) : ""),
	                       by_place ? g_strdup_printf("%u", x + 1) : g_strdup(c->values[c->x].texts[x]),
	                       g_strdup(tick(&c->values[c->x], x)),
	                       g_strdup_printf("%.9g", cell->sum / cell->n),
	                       g_strdup_printf("%.9g", cell->low),
	                       g_strdup_printf("%.9g", cell->high)};
	table_add(t, (const char *const *)cells);
	for (unsigned i = 0; i < G_N_ELEMENTS(cells); i++)
		g_free(cells[i]);
}

static bool
write_data(const struct figure *f, const char *folder, char **error)
{
	static const char *const columns[] = {"curve", "curve_text", "x", "x_text", "mean", "low", "high", NULL};
	struct table *t = table_new(columns);
	for (unsigned curve = 0; curve < f->n_curves; curve++)
		for (unsigned x = 0; x < f->n_x; x++)
			if (cell_at(f, curve, x)->n > 0)
				add_row(t, f, curve, x);
	char *csv = table_csv(t), *path = g_build_filename(folder, TABLE ".csv", NULL);
	GError *why = NULL;
	bool ok = g_file_set_contents(path, csv, -1, &why);
	if (!ok)
		*error = g_strdup(why->message);
	g_clear_error(&why);
	g_free(path);
	g_free(csv);
	table_free(t);
	return ok;
}

/* What the script is told. --------------------------------------------------------------------------- */

static void
append_text(GString *script, const char *variable, const char *text)
{
	GString *quoted = g_string_new(NULL);
	curves_quote(quoted, text);
	g_string_append_printf(script, "%s=%s; ", variable, quoted->str);
	g_string_free(quoted, TRUE);
}

static void
append_label(GString *script, const char *variable, const char *column)
{
	char *label = unit_label(column);
	append_text(script, variable, label);
	g_free(label);
}

static void
append_legends(GString *script, const struct figure *f)
{
	const struct plot_choice *c = &f->choice;
	GString *legends = g_string_new(NULL);
	for (unsigned i = 0; i < f->n_curves; i++) {
		char *legend = c->by == PLOT_NONE ? g_strdup("")
		                                  : g_strdup_printf("%s = %s", c->table->columns[c->by],
		                                                    c->values[c->by].texts[i]);
		curves_quote(legends, legend);
		g_free(legend);
	}
	g_string_append_printf(script, "curves=%u; array LEGEND[%u]=[%s]; in_curve(i)=column('curve')==i; ",
	                       f->n_curves, f->n_curves, legends->str);
	g_string_free(legends, TRUE);
}

/* What the figure is of besides its axes. */
static char *
note_of(const struct figure *f)
{
	GString *note = g_string_new(NULL);
	for (unsigned i = 0; f->order->at != NULL && f->order->at[i] != NULL; i++)
		g_string_append_printf(note, "%s%s", i > 0 ? ", " : "", f->order->at[i]);
	if (f->most > 1)
		g_string_append_printf(note, "%smean of %u%s", note->len > 0 ? "; " : "", f->most,
		                       f->order->heat ? "" : ", bars from the smallest to the largest");
	return g_string_free(note, FALSE);
}

static char *
script_of(const struct figure *f)
{
	const struct plot_choice *c = &f->choice;
	GString *script = g_string_new(NULL);
	char *note = note_of(f);
	append_legends(script, f);
	append_label(script, "x_label", c->table->columns[c->x]);
	append_label(script, "y_label", c->table->columns[c->y]);
	append_label(script, "by_label", c->by != PLOT_NONE ? c->table->columns[c->by] : "");
	append_text(script, "note", note);
	g_string_append_printf(script, "columns=%u; x_log=%d; x_words=%d; y_log=%d; spread=%d", f->n_x, f->x_log,
	                       !c->values[c->x].numbers, f->y_log, f->most > 1);
	g_free(note);
	return g_string_free(script, FALSE);
}

/* Drawing. ------------------------------------------------------------------------------------------- */

static char *
default_out(const struct figure *f)
{
	const char *csv = f->order->csv;
	size_t length = strlen(csv) - (g_str_has_suffix(csv, ".csv") ? strlen(".csv") : 0);
	return g_strdup_printf("%.*s-%s.svg", (int)length, csv, f->choice.table->columns[f->choice.y]);
}

/* The format that a file's name asks for; NULL and *error: none. */
static const char *
format_of(const char *out, char **error)
{
	const char *dot = strrchr(out, '.');
	for (unsigned i = 0; dot != NULL && figure_formats[i] != NULL; i++)
		if (strcmp(dot + 1, figure_formats[i]) == 0)
			return figure_formats[i];
	*error = g_strdup_printf("--out %s: allowed: " FORMATS, out);
	return NULL;
}

/* The picture appears whole or not at all. */
static bool
move_picture(const char *from, const char *to, char **error)
{
	char *bytes = NULL;
	gsize length;
	GError *why = NULL;
	bool ok = g_file_get_contents(from, &bytes, &length, &why) &&
	          g_file_set_contents(to, bytes, (gssize)length, &why);
	if (!ok)
		*error = g_strdup(why->message);
	g_clear_error(&why);
	g_free(bytes);
	return ok;
}

/* In a temporary folder, which goes away. */
static bool
draw(const struct figure *f, const char *format, const char *out, char **error)
{
	GError *why = NULL;
	char *folder = g_dir_make_tmp("nicsim-XXXXXX", &why);
	if (folder == NULL) {
		*error = g_strdup(why->message);
		g_error_free(why);
		return false;
	}
	const char *plot = f->order->heat ? "generic-heat" : "generic-lines";
	char *script = script_of(f), *picture = g_strdup_printf("%s/%s.%s", folder, plot, format);
	bool ok = write_data(f, folder, error) && figure_table(folder, TABLE, script, plot, format, error) &&
	          (out == NULL || move_picture(picture, out, error));
	output_remove_folder(folder);
	g_free(picture);
	g_free(script);
	g_free(folder);
	return ok;
}

static enum exit_code
draw_table(struct figure *f, const struct table *t, char **drawn, char **error)
{
	const struct plot_order *o = f->order;
	if (!plot_choose(&f->choice, t, o, error) || !gather(f, error))
		return EXIT_BAD_INPUT;
	const struct plot_values *x = &f->choice.values[f->choice.x];
	if (o->heat && f->choice.by == PLOT_NONE) {
		*error = g_strdup_printf("%s: --heat wants two axes", o->csv);
		return EXIT_BAD_INPUT;
	}
	f->x_log = is_geometric(x);
	f->y_log = o->log_y || (f->x_log && spans_much(f));
	bool terminal = g_strcmp0(o->out, "-") == 0;
	char *out = terminal ? NULL : o->out != NULL ? g_strdup(o->out) : default_out(f);
	const char *format = terminal ? "dumb" : format_of(out, error);
	*drawn = out;
	if (format == NULL)
		return EXIT_BAD_INPUT;
	return draw(f, format, out, error) ? EXIT_DONE : EXIT_FAILED;
}

enum exit_code
plot_draw(const struct plot_order *order, char **drawn, char **error)
{
	struct figure f = {.order = order};
	struct table *t = table_load(order->csv, error);
	*drawn = NULL;
	if (t == NULL)
		return EXIT_BAD_INPUT;
	enum exit_code code = draw_table(&f, t, drawn, error);
	plot_choice_free(&f.choice);
	g_free(f.cells);
	table_free(t);
	return code;
}

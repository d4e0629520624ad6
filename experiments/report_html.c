/* report/index.html: the report as one page, figures inline. */
#include "experiments/manifest.h"
#include "experiments/output.h"
#include "experiments/report.h"

#include <cjson/cJSON.h>
#include <glib.h>
#include <math.h>
#include <string.h>

static const char head[] =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>nicsim: report</title>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<style>\n"
        "body{font:16px/1.5 system-ui,sans-serif;color:#222;max-width:62rem;margin:2rem auto;padding:0 1rem}\n"
        "h1{font-size:1.7rem}h2{margin-top:2.5rem;border-bottom:1px solid #ccc}h3{margin-top:2rem}\n"
        "table{border-collapse:collapse;font-size:.9rem;margin:1rem 0}\n"
        "th,td{padding:.25rem .6rem;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}\n"
        "th{border-bottom:2px solid "
        "#888}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
        "figure{margin:1rem 0}figure svg{max-width:100%;height:auto}\n"
        "code,pre{background:#f4f4f4;padding:.1rem .3rem;overflow-x:auto}pre{padding:.6rem}\n"
        ".none{color:#888}.changed{color:#a00}.scroll{overflow-x:auto}\n</style></head><body>\n";

/* put: as printf, with texts escaped. */
static void put(GString *html, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
put(GString *html, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *text = g_markup_vprintf_escaped(format, arguments);
	va_end(arguments);
	g_string_append(html, text);
	g_free(text);
}

static void
put_number(GString *html, bool known, const char *format, double value)
{
	char text[32] = "";
	if (known)
		g_snprintf(text, sizeof text, format, value); // NOLINT(clang-diagnostic-format-nonliteral)
	g_string_append_printf(html, known ? "<td class=n>%s</td>" : "<td class=\"n none\">%s&ndash;</td>", text);
}

static void
put_simulated(GString *html, const struct report_row *row)
{
	if (isfinite(row->half))
		put(html, "<td class=n>%.5g<br><small>\u00b1 %.3g, fitted</small></td>", row->simulated, row->half);
	else
		put_number(html, row->measured, "%.5g", row->simulated);
}

static void
put_row(GString *html, const struct report_row *row)
{
	const struct reference *f = row->reference;
	put(html, "<tr><td>%s</td><td>%s", f->id, f->quantity);
	if (row->rule != NULL && row->rule->partial != NULL)
		put(html, " <em>(partial: %s)</em>", row->rule->partial);
	char *changes = row->result != NULL ? report_changes(row->result) : g_strdup("");
	if (*changes != '\0')
		put(html, " <strong class=changed>not the tree's parameters: %s</strong>", changes);
	g_free(changes);
	if (f->note[0] != '\0')
		put(html, " <small>(%s)</small>", f->note);
	put(html, "<br><small>%s</small></td>", f->work);
	if (strcmp(f->bound, "range") == 0)
		put(html, "<td class=n>%.6g&#8211;%.6g %s</td>", f->value, f->upper, f->unit);
	else
		put(html, "<td class=n>%s%.6g %s</td>", f->bound[0] != '\0' ? "> " : "", f->value, f->unit);
	put_simulated(html, row);
	put_number(html, row->measured, "%+.1f&nbsp;%%", 100 * row->error);
	put(html, "<td>%s</td><td>%s</td></tr>\n", f->sure, row->kind);
}

static void
put_values(GString *html, const struct report *r)
{
	g_string_append(
	        html,
	        "<h2>Published and simulated values</h2>\n"
	        "<p><b>Sure</b> says how well the published value is known: A, read in the abstract, report page or "
	        "project page "
	        "of the work itself; B, recalled with high confidence; C, recalled with medium or low confidence; R, a "
	        "reconstruction. <b>Kind</b>: <i>predicted</i>, nothing was fitted to it; <i>calibrated</i>, a "
	        "parameter of "
	        "the platform was adjusted to it; <i>input</i>, it is itself a parameter; <i>context</i>, there is no "
	        "platform for it yet. <b>Error</b> is relative to the published value; where that is a bound, 0 if the "
	        "bound is "
	        "met, else the distance to it.</p>\n<div class=scroll><table><tr><th>id</th><th>quantity</th><th "
	        "class=n>published</th>"
	        "<th class=n>simulated</th><th class=n>error</th><th>sure</th><th>kind</th></tr>\n");
	for (unsigned i = 0; i < r->n_rows; i++)
		put_row(html, &r->rows[i]);
	g_string_append(html, "</table></div>\n");
}

/* Ids are unique in a page, and gnuplot gives all its pictures the same ones. */
static char *
with_own_ids(const char *svg, const char *plot)
{
	GRegex *ids = g_regex_new("(\\bid=['\"]|href=['\"]#|url\\(['\"]?#)", 0, 0, NULL);
	char *replacement = g_strdup_printf("\\1%s-", plot);
	char *own = g_regex_replace(ids, svg, -1, 0, replacement, 0, NULL);
	g_free(replacement);
	g_regex_unref(ids);
	return own;
}

/* An SVG file without what stands before its first element. */
static void
put_figure(GString *html, const char *folder, const char *plot)
{
	char *path = g_strdup_printf("%s/%s.svg", folder, plot), *svg = NULL;
	const char *start = g_file_get_contents(path, &svg, NULL, NULL) ? strstr(svg, "<svg") : NULL;
	if (start != NULL) {
		char *own = with_own_ids(start, plot);
		g_string_append_printf(html, "<figure>%s</figure>\n", own);
		g_free(own);
	}
	g_free(svg);
	g_free(path);
}

/* The point at which a resource was busiest of all, in a line. */
static void
put_busiest(GString *html, const struct report_result *result)
{
	const cJSON *point, *busiest = NULL;
	double most = -1;
	cJSON_ArrayForEach(point, manifest_item(result->manifest, "points"))
	{
		const cJSON *utilisation = manifest_item(point, "utilisation");
		if (!cJSON_IsNumber(utilisation) || utilisation->valuedouble <= most)
			continue;
		most = utilisation->valuedouble;
		busiest = point;
	}
	put(html, "Saturated resource: %s, %.0f %%, at", manifest_string(busiest, "saturated"), 100 * most);
	for (unsigned i = 0; i < result->experiment->n_axes; i++)
		put(html, " %s = %s", result->experiment->axes[i].name,
		    manifest_string(busiest, result->experiment->axes[i].name));
	g_string_append(html, " (all points: open)");
}

/* What was busiest at each point. */
static void
put_saturated(GString *html, const struct report_result *result)
{
	const cJSON *points = manifest_item(result->manifest, "points"), *point;
	g_string_append(html, "<div class=scroll><table><tr>");
	for (unsigned i = 0; i < result->experiment->n_axes; i++)
		put(html, "<th class=n>%s</th>", result->experiment->axes[i].name);
	g_string_append(html, "<th>resource</th><th class=n>utilisation</th></tr>\n");
	cJSON_ArrayForEach(point, points)
	{
		g_string_append(html, "<tr>");
		for (unsigned i = 0; i < result->experiment->n_axes; i++)
			put(html, "<td class=n>%s</td>", manifest_string(point, result->experiment->axes[i].name));
		const cJSON *utilisation = manifest_item(point, "utilisation");
		put(html, "<td>%s</td>", manifest_string(point, "saturated"));
		put_number(html, cJSON_IsNumber(utilisation), "%.0f&nbsp;%%",
		           cJSON_IsNumber(utilisation) ? 100 * utilisation->valuedouble : 0);
		g_string_append(html, "</tr>\n");
	}
	g_string_append(html, "</table></div>\n");
}

/* value ± half of the interval, with its unit; and what was published. */
static void
put_coefficient(GString *html, const struct report *r, const struct report_result *result, const struct fitted *fit,
                unsigned i)
{
	const struct experiment *e = result->experiment;
	const struct fit_coefficient *is = &fit->coefficients[i].is;
	put(html, "<td class=n>%s = %.4g", fit->coefficients[i].name, is->value);
	if (isfinite(is->half))
		put(html, " \u00b1 %.3g", is->half);
	put(html, " %s", fit->coefficients[i].unit);
	for (unsigned k = 0; k < e->n_rules; k++)
		if (fits_is(e, result->table, fit, i, &e->rules[k].selection)) {
			const struct reference *published = reference_find(r->references, e->rules[k].id);
			put(html, "; published %.4g (%s)", published->value, published->sure);
		}
	g_string_append(html, "</td>");
}

static void
put_fit(GString *html, const struct report *r, const struct report_result *result, const struct fitted *fit)
{
	char *series = fits_series(result->experiment, result->table, fit);
	put(html, "<tr><td>%s</td><td>%s</td><td>%s", fit->rule->metric, series,
	    fit->rule->kind == FIT_LINE ? "t0 + c n" : "r_inf n / (n_half + n)");
	if (fit->below)
		put(html, ", n < %d B", FITS_SHORT);
	g_string_append(html, "</td>");
	for (unsigned i = 0; i < FITS_COEFFICIENTS; i++)
		put_coefficient(html, r, result, fit, i);
	put(html, "<td class=n>%zu</td></tr>\n", fit->count);
	g_free(series);
}

static void
put_fits(GString *html, const struct report *r, const struct report_result *result)
{
	struct fits f = fits_of(result->experiment, result->table);
	if (f.n > 0)
		g_string_append(html, "<p>Fits, by least squares, with 95&nbsp;% confidence intervals:</p><div "
		                      "class=scroll><table><tr><th>metric</th><th>series</th><th>curve</th><th "
		                      "colspan=2>coefficients</th><th class=n>points</th></tr>\n");
	for (unsigned i = 0; i < f.n; i++)
		put_fit(html, r, result, &f.list[i]);
	if (f.n > 0)
		g_string_append(html, "</table></div>\n");
	fits_free(&f);
}

static void
put_result(GString *html, const struct report *r, const struct report_result *result)
{
	const struct experiment *e = result->experiment;
	put(html, "<h3 id=\"%s\">%s</h3>\n<p>", e->name, e->title);
	char *figure = experiment_figure(e);
	if (figure != NULL)
		put(html, "This is %s. ", figure);
	g_free(figure);
	put(html, "%s</p>\n", e->text);
	if (result->table == NULL) {
		put(html, "<p class=none>Not run yet: <code>./nicsim run %s</code></p>\n", e->name);
		return;
	}
	char *changes = report_changes(result);
	if (*changes != '\0')
		put(html, "<p class=changed><strong>These results were made with other parameters: %s</strong></p>\n",
		    changes);
	g_free(changes);
	for (unsigned i = 0; e->plots != NULL && e->plots[i] != NULL; i++)
		put_figure(html, result->folder, e->plots[i]);
	char *sums = manifest_sums(result->manifest);
	if (*sums != '\0')
		put(html, "<p>Over all points: %s.</p>\n", sums);
	g_free(sums);
	put_fits(html, r, result);
	g_string_append(html, "<details><summary>");
	put_busiest(html, result);
	g_string_append(html, "</summary>\n");
	put_saturated(html, result);
	g_string_append(html, "</details>\n");
	const cJSON *firmware = manifest_item(result->manifest, "firmware");
	put(html,
	    "<p><small>Platform %s. Firmware: %s, SHA-256 <code>%s</code>. Fingerprint <code>%s</code>. Again: "
	    "<code>./nicsim run %s</code>",
	    manifest_string(result->manifest, "platform"), manifest_string(firmware, "name"),
	    manifest_string(firmware, "sha256"), manifest_string(result->manifest, "fingerprint"), e->name);
	g_string_append(html, "</small></p>\n");
}

/* Parameters that were fitted, over all platforms in use; each once. */
static void
put_calibrated(GString *html, const struct report *r)
{
	GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_string_append(html, "<h2>Calibrated parameters</h2>\n<p>Adjusted, within the range, until the named "
	                      "published numbers came out. All other "
	                      "parameters stand as their sources have them.</p>\n<div "
	                      "class=scroll><table><tr><th>platform</th><th>parameter</th>"
	                      "<th class=n>value</th><th>range</th><th>fitted to</th><th>source</th></tr>\n");
	for (unsigned i = 0; i < r->n_results; i++) {
		const char *platform = manifest_string(r->results[i].manifest, "platform");
		const cJSON *p;
		cJSON_ArrayForEach(p, manifest_item(r->results[i].manifest, "parameters"))
		{
			char *key = g_strdup_printf("%s %s", platform, manifest_string(p, "key"));
			if (manifest_string(p, "fitted_to")[0] == '\0')
				g_free(key);
			else if (g_hash_table_add(seen, key))
				put(html,
				    "<tr><td>%s</td><td><code>%s</code></td><td class=n>%s "
				    "%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n",
				    platform, manifest_string(p, "key"), manifest_string(p, "value"),
				    manifest_string(p, "unit"), manifest_string(p, "range"),
				    manifest_string(p, "fitted_to"), manifest_string(p, "source"));
		}
	}
	g_hash_table_destroy(seen);
	g_string_append(html, "</table></div>\n");
}

static void
put_repeat(GString *html)
{
	g_string_append(html,
	                "<h2>How to repeat this</h2>\n<pre>./nicsim reproduce --all     # everything on this page\n"
	                "./nicsim report --json       # the table of values\n"
	                "./nicsim run vmmc-latency --set nic.lanai_mhz=66   # and vary it</pre>\n"
	                "<p>Every result folder <code>out/EXPERIMENT/</code> has the measured points (CSV), the "
	                "figures and a manifest "
	                "with every parameter, its source and certainty, the firmware's hash and a fingerprint of each "
	                "point.</p>\n");
}

static char *
page(const struct report *r)
{
	GString *html = g_string_new(head);
	put(html,
	    "<h1>nicsim: published and simulated</h1>\n<p>Version %s. Firmware runs instruction by instruction on a "
	    "simulated Myrinet-style "
	    "network interface; nothing on this page is typed in by hand.</p>\n",
	    NICSIM_VERSION);
	put_values(html, r);
	g_string_append(html, "<h2>Experiments</h2>\n");
	for (unsigned i = 0; i < r->n_results; i++)
		put_result(html, r, &r->results[i]);
	put_calibrated(html, r);
	put_repeat(html);
	g_string_append(html, "</body></html>\n");
	return g_string_free(html, FALSE);
}

bool
report_write_html(const struct report *r, char **error)
{
	char *folder = g_build_filename(nicsim_root(), "report", NULL), *html = page(r);
	struct output *out = output_begin(folder, error);
	bool ok = out != NULL && output_write(out, "index.html", html, error);
	if (ok)
		ok = output_commit(out, error);
	else
		output_abandon(out);
	g_free(html);
	g_free(folder);
	return ok;
}

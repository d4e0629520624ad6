/* Figures by gnuplot: plots/NAME.gp reads the tables in a folder and leaves NAME.svg, NAME.png, NAME.pdf there.
 *
 * A script gets the names of its tables and its format in variables (plots/style.gp says which) and holds no numbers.
 */
#ifndef EXPERIMENTS_FIGURES_H
#define EXPERIMENTS_FIGURES_H

#include "experiments/experiment.h"

#include <stdbool.h>

/* Files of a figure end in these. */
extern const char *const figure_formats[]; /* up to NULL */

/* figure_draw: figure `plot` of the experiment with one format, in `folder`; format "dumb" goes to standard output as
 * text. False and *error (one line, g_free it). */
bool figure_draw(const char *folder, const struct experiment *e, const char *plot, const char *format, char **error);
/* figure_table: the same for a table that is of no experiment: `name`.csv in `folder`; `variables`: more assignments in
 * gnuplot's language that the script wants. */
bool figure_table(const char *folder, const char *name, const char *variables, const char *plot, const char *format,
                  char **error);

#endif

/* An experiment: a workload, a platform, fixed parameters and swept axes, as a description file (experiments/NAME.exp)
 * has them, and as --set and --platform changed them.  docs/experiments.md describes the file.
 *
 * Names with a dot (nic.lanai_mhz) are platform parameters; the others are the workload's.  Both kinds can be fixed or
 * be an axis.  The points are the product of the axes, the last one varying fastest; the axis "series", if there is
 * one, is the first. */
#ifndef EXPERIMENTS_EXPERIMENT_H
#define EXPERIMENTS_EXPERIMENT_H

#include "experiments/workload.h"

#include <stdbool.h>

#define EXPERIMENT_MAX_POINTS 100000

struct keyfile;
struct keyfile_entry;
struct references;

/* One or more values of a parameter: an axis, or a fixed parameter with one. */
struct axis {
	char *name;
	char **values;
	unsigned n;
};

/* A named list of settings: one value of the axis "series", which stands before the others, and a curve of its own with
 * its legend.  Where mechanisms are compared, each is a series: vmmc.window=1, or three parameters together. */
#define SERIES_AXIS "series"
struct series {
	char *name, *legend;
	char **settings; /* texts "parameter=value" */
};

/* The axis of repeats: its value n makes n the seed of a point, for everything in it that is random: the faults and
 * what the workload draws.  What EXPERIMENT_SEEDS names then has no other value. */
#define REPEAT_AXIS "repeat"
#define EXPERIMENT_SEEDS                                                                                               \
	(const char *const[])                                                                                          \
	{                                                                                                              \
		"net.fault_seed", "seed", NULL                                                                         \
	}

/* Which rows of the result: metric, largest or smallest or the only one, among those that have the values of `at`; or
 * a coefficient of the curve that is fitted to them. */
enum selection_kind { SELECT_ONE, SELECT_MAX, SELECT_MIN, SELECT_FIT };
struct selection {
	enum selection_kind kind;
	char *coefficient; /* SELECT_FIT: its name (fits.h); else NULL */
	char *metric;
	char **at; /* texts "axis=value" */
};

/* What in this experiment corresponds to a published number. */
struct reference_rule {
	char *id; /* or id:quantity */
	struct selection selection;
	char *partial; /* what is missing yet, or NULL */
};

/* Curves of the papers: LINE t = t0 + c n; HYPERBOLA y = r_inf n / (n_half + n). */
enum fit_kind { FIT_LINE, FIT_HYPERBOLA };
struct fit_rule {
	enum fit_kind kind;
	char *metric, *axis;
};

struct experiment {
	char *name, *path;
	char *title, *text;
	char *platform, *platform_given; /* and where: "FILE:LINE: key 'platform'", or "--platform NAME" */
	const struct workload *workload;
	char **metrics;
	char **plots;     /* scripts in plots/, without .gp */
	char **breakdown; /* the points whose latency is shown by stage, as texts "axis=value"; NULL: none */
	char *figure;     /* its number in the thesis: "17", or "22a"; in Fast Sockets: "F4"; NULL: none */
	char *x;          /* the axis along which curves run; NULL: there is none, each point stands for itself */
	char **sums;      /* metrics that are also added up over all points; NULL: none */
	bool in_report;
	struct axis *axes, *fixed;
	unsigned n_axes, n_fixed;
	struct series *series;
	unsigned n_series;
	struct reference_rule *rules;
	unsigned n_rules;
	struct fit_rule *fits;
	unsigned n_fits;
	char **overrides; /* as given to experiment_set() */
};

/* experiment_load: `name` is that of a file in experiments/, fig17 for the one that has figure 17, or a path (with a /
 * or ending in .exp).
 * `references` (may be NULL) are the published numbers that it may name.  NULL and *error (one line, g_free it). */
struct experiment *experiment_load(const char *name, const struct references *references, char **error);
void experiment_free(struct experiment *e);
/* experiment_set: "name=value" of --set; the value may be a list, and then makes an axis. */
bool experiment_set(struct experiment *e, const char *set, char **error);
/* experiment_axis: "name=values" of --axis: an axis, also if there is one value only. */
bool experiment_axis(struct experiment *e, const char *axis, char **error);
/* experiment_set_platform: another platform, by name or path, which need not be right yet. */
void experiment_set_platform(struct experiment *e, const char *platform);
/* experiment_override: all of the --set (up to NULL; may be NULL) and --platform (NULL: none) of a command line. */
bool experiment_override(struct experiment *e, char *const *sets, const char *platform, char **error);
/* experiment_names: of all files in experiments/, sorted; g_strfreev it. */
char **experiment_names(void);
unsigned experiment_points(const struct experiment *e);
/* experiment_figure: "figure 17 of the thesis (reconstructed list)"; NULL: it has none; g_free it. */
#define EXPERIMENT_FAST_SOCKETS 'F'
char *experiment_figure(const struct experiment *e);

/* One point. */
struct point {
	const struct experiment *experiment;
	unsigned index;
	bool breakdown;       /* the latency by stage is wanted */
	const char *firmware; /* folder of the objects to load; NULL: the reference image */
};
/* point_text: value of a parameter at this point: by axis, series, fixed, or the workload's own. */
const char *point_text(const struct point *p, const char *name);
uint64_t point_number(const struct point *p, const char *name);
bool point_is(const struct point *p, const char *name, const char *value);
/* point_sets: platform parameters of the point, as "key=value"; g_strfreev it. */
char **point_sets(const struct point *p);
/* point_label: "size_B=4 direction=both-ways"; g_free it. */
char *point_label(const struct point *p);
/* point_matches: has the point all these "axis=value"? */
bool point_matches(const struct point *p, char **at);

/* nicsim_root: the folder of the tree, from NICSIM_ROOT or the build. */
const char *nicsim_root(void);

#endif

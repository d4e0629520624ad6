/* The table of model parameters as code: one struct param_def for each line of params.def, and how a value is read.
 * Used by the platform loader, --set and the page about platforms; everybody else reads struct params (platform.h). */
#ifndef NIC_SIM_PARAMS_H
#define NIC_SIM_PARAMS_H

#include "nic-sim/platform.h"

enum param_kind { PARAM_INTEGER, PARAM_POWER, PARAM_WORDS, PARAM_REAL, PARAM_DURATION, PARAM_RATE, PARAM_TEXT };

struct param_def {
	const char *key, *unit, *doc;
	double min, max; /* in unit; of a text: of its length */
	enum param_kind kind;
	size_t offset; /* in struct params */
};

enum {
#define PARAM_U(member, ...) PARAM_INDEX_##member,
#define PARAM_F              PARAM_U
#define PARAM_S              PARAM_U
#define PARAM_P              PARAM_U
#define PARAM_W              PARAM_U
#define PARAM_T              PARAM_U
#define PARAM_B              PARAM_U
#include "nic-sim/params.def"
#undef PARAM_U
#undef PARAM_F
#undef PARAM_S
#undef PARAM_P
#undef PARAM_W
#undef PARAM_T
#undef PARAM_B
	N_PARAMS
};

extern const struct param_def param_defs[N_PARAMS];

/* param_find: index of `key` (of the given length) in param_defs, -1 if there is no such key. */
int param_find(const char *key, size_t length);
/* param_closest: the known key that takes the fewest edits to become `key`. */
const char *param_closest(const char *key);
/* param_allowed: what a value may be, in words ("1 to 1000 MHz"); g_free it. */
char *param_allowed(const struct param_def *def);
/* param_number: reads a whole text as a decimal number; false if it is not one. */
bool param_number(const char *text, double *number);
#define PARAM_NONE "none" /* the text that stands for no text */
/* param_parse: reads `text` into its member of *into (which may be NULL: only checks).  NULL if all is well, else what
 * is wrong, in words, with what is allowed; g_free it. */
char *param_parse(const struct param_def *def, const char *text, struct params *into);

#endif

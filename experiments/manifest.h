/* The manifest of a run: everything one needs to know to believe it and to repeat it, as JSON.
 *
 * Nothing in it depends on wall-clock time or on the machine that ran it, except the hash of the program. */
#ifndef EXPERIMENTS_MANIFEST_H
#define EXPERIMENTS_MANIFEST_H

#include "experiments/experiment.h"
#include "experiments/results.h"

struct cJSON;

struct manifest_facts {
	const struct experiment *experiment;
	const struct results *results; /* one a point */
	const struct cJSON *probed;    /* platform and firmware: probe.h */
	const struct cJSON *inputs;    /* inputs.h */
	const char *firmware;          /* as --firmware had it; NULL: the reference image */
	const char *const *outputs;    /* names and hashes of the tables, in turn, up to NULL */
};

char *manifest_text(const struct manifest_facts *facts); /* g_free it */
/* manifest_load: of a result folder; NULL if there is none that can be read; cJSON_Delete it. */
struct cJSON *manifest_load(const char *folder);
/* manifest_string: of an object; "" if it is not there. */
const char *manifest_string(const struct cJSON *object, const char *key);
/* manifest_sums: "moved_B 1048576, lost_B 0"; "" if the experiment adds nothing up; g_free it. */
char *manifest_sums(const struct cJSON *manifest);
const struct cJSON *manifest_item(const struct cJSON *object, const char *key);

#endif

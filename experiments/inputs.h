/* Everything that a result depends on, as hashes: the result is stale when they differ. */
#ifndef EXPERIMENTS_INPUTS_H
#define EXPERIMENTS_INPUTS_H

#include "experiments/experiment.h"

struct cJSON;

/* inputs_of: an object with the SHA-256 of experiment file, platform file (with all XML beside it), program, firmware
 * and plot scripts, what --set said, and "hash" over all of that; cJSON_Delete it. `firmware`: folder of its objects,
 * NULL: the reference image. */
struct cJSON *inputs_of(const struct experiment *e, const char *firmware);

#endif

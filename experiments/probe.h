/* The platform and the firmware as a run will see them, found out in a child process before the run, so that bad input
 * costs one line and nothing else. */
#ifndef EXPERIMENTS_PROBE_H
#define EXPERIMENTS_PROBE_H

#include "experiments/exit_code.h"
#include "experiments/experiment.h"

struct cJSON;

/* probe: *found (cJSON_Delete it): "platform", "nodes", "parameters" (a list of objects with key, value, unit, doc,
 * source, sure, range, fitted_to, overridden), "firmware_sha256" (of all that points load, with commas).
 * `firmware`: folder of its objects, NULL: the reference images. */
enum exit_code probe(const struct experiment *e, const char *firmware, struct cJSON **found, char **error);
/* probe_start: does the firmware of --firmware start?  EXIT_BAD_INPUT and *error if it does not follow the contract of
 * the vmmc program; `file` is its name. */
enum exit_code probe_start(const struct experiment *e, const char *firmware, const char *file, char **error);

#endif

/* Between the two halves of experiment.h: what an experiment is, and how it is read from a file. */
#ifndef EXPERIMENTS_EXPERIMENT_FILE_H
#define EXPERIMENTS_EXPERIMENT_FILE_H

#include "experiments/experiment.h"

/* experiment_read_file: fills in what the file says; false and *error (one line with file, line, key). */
bool experiment_read_file(struct experiment *e, const char *path, const struct references *references, char **error);
bool experiment_few_enough(const struct experiment *e);

#endif

/* A workload without a machine, for tests of what stands around workloads; and temporary folders and files. */
#ifndef TESTS_EXPERIMENTS_TOY_H
#define TESTS_EXPERIMENTS_TOY_H

#include "experiments/workload.h"

/* toy: size_B 4 to 1048576 by 4; mode works, fails (code 1), dead (code 3), crashes or stays silent; each at size_B = 8
 * only. Measures double_us = 2 * size_B and square_us. */
extern const struct workload toy;

char *toy_folder(void);                               /* a new temporary folder, removed at exit; g_free it */
char *toy_file(const char *name, const char *text);   /* a new file of that name; its path; g_free it */
char *toy_read(const char *folder, const char *name); /* NULL if it is not there; g_free it */
unsigned toy_count(const char *folder);               /* entries in it; 0 if it is not there */

/* A whole description with the toy workload: `heading` are more lines of [experiment], `axes` the lines of [axes].
 * g_free it. */
char *toy_experiment(const char *heading, const char *axes);

#endif

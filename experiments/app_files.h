/* A file server: program 0 has files of several sizes; the others get them, one after the other, and compare the
 * contents.  The server sends to all of them at the same time, as fast as each takes it. */
#ifndef EXPERIMENTS_APP_FILES_H
#define EXPERIMENTS_APP_FILES_H

#include "experiments/app.h"

#define APP_FILE_MOST         (1u << 22) /* B */
#define APP_FILE_CLIENTS_MOST 32u

struct app_files {
	uint32_t smallest, largest; /* B: sizes are smallest, 4 smallest, ... up to largest */
	uint32_t gets;              /* of each client */
};

/* app_file_sizes: how many; app_file_size: of file i. */
unsigned app_file_sizes(const struct app_files *job);
uint32_t app_file_size(const struct app_files *job, unsigned i);
/* app_file_of: which file client `rank` gets as its i-th. */
unsigned app_file_of(const struct app_files *job, unsigned rank, uint32_t i);

void app_files(struct app *app);

#endif

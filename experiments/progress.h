/* A progress line on standard error, with the time left; nothing if that is no terminal. */
#ifndef EXPERIMENTS_PROGRESS_H
#define EXPERIMENTS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what;
	int64_t began; /* us, monotonic */
	bool on;
};

void progress_begin(struct progress *p, const char *what, bool on);
void progress_show(const struct progress *p, unsigned done, unsigned all);
void progress_end(const struct progress *p);

#endif

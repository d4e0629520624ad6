/* Work in a child process, whose answer comes back as a text.
 *
 * SimGrid's engine can be started once a process, and a crash must cost one point, not the run: so everything that
 * touches the simulated machine happens in children.  Their standard error is ours. */
#ifndef EXPERIMENTS_CHILD_H
#define EXPERIMENTS_CHILD_H

#include "experiments/exit_code.h"

#include <stdbool.h>
#include <sys/types.h>

struct child {
	pid_t pid; /* 0: not running */
	int fd;    /* readable: child_read() */
	struct _GString *text;
};

/* child_start: runs body(arg, &text) in a child, in the tree's root as working directory; its result is the child's
 * exit code, `text` (g_malloc'ed; may stay NULL) the answer.  False and *error if there is no process to be had. */
bool child_start(struct child *c, enum exit_code (*body)(void *arg, char **text), void *arg, char **error);
/* child_read: takes what has come; true once the child has ended. Blocks if nothing is there. */
bool child_read(struct child *c);
/* child_end: after child_read() was true: its exit code and its answer (g_free it); a crash is EXIT_FAILED with a text
 * that says so. */
enum exit_code child_end(struct child *c, char **text);
void child_kill(struct child *c);
/* child_ask: start, wait, end. */
enum exit_code child_ask(enum exit_code (*body)(void *arg, char **text), void *arg, char **text);

#endif

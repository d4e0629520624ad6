/* Work in a child process, whose answer comes back as a text.
 *
 * SimGrid's engine can be started once a process, and a crash must cost one point, not the run: so everything that
 * touches the simulated machine happens in children.  What one says on standard error comes behind the text of its
 * failure, so that the cause stands first; if it does not fail, or is asked something (live), it goes to ours. */
#ifndef EXPERIMENTS_CHILD_H
#define EXPERIMENTS_CHILD_H

#include "experiments/exit_code.h"

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

enum { CHILD_ANSWER, CHILD_SAID, CHILD_STREAMS };

struct child {
	pid_t pid; /* 0: not running */
	bool live; /* what it says goes to standard error at once */
	struct {
		int fd; /* -1: at its end */
		struct _GString *text;
	} streams[CHILD_STREAMS];
};

/* child_start: runs body(arg, &text) in a child, in the tree's root as working directory; its result is the child's
 * exit code, `text` (g_malloc'ed; may stay NULL) the answer.  False and *error if there is no process to be had. */
bool child_start(struct child *c, enum exit_code (*body)(void *arg, char **text), void *arg, char **error);
/* child_poll: what to wait for before child_read(), CHILD_STREAMS entries.  child_read: takes what has come, as poll()
 * filled the entries in; true once the child has ended. */
void child_poll(const struct child *c, struct pollfd *fds);
bool child_read(struct child *c, const struct pollfd *fds);
/* child_live: from now on it may be heard at once. */
void child_live(struct child *c);
/* child_end: after child_read() was true: its exit code and its answer (g_free it); a crash is EXIT_FAILED with a text
 * that says so.  Behind the text of a failure, on further lines, stands what it said. */
enum exit_code child_end(struct child *c, char **text);
void child_kill(struct child *c);
/* child_ask: start, wait, end. */
enum exit_code child_ask(enum exit_code (*body)(void *arg, char **text), void *arg, char **text);

#endif

#include "experiments/child.h"

#include "experiments/experiment.h"
#include "nic-sim/sanitizer.h"

#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
write_all(int fd, const char *text)
{
	size_t left = strlen(text);
	while (left > 0) {
		ssize_t n = write(fd, text, left);
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			text += n;
			left -= (size_t)n;
		}
	}
	return true;
}

/* Programs of a simulation that was cut off still hold what they had open. */
static void __attribute__((noreturn))
run_child(const int ends[CHILD_STREAMS], enum exit_code (*body)(void *arg, char **text), void *arg)
{
	char *text = NULL;
	enum exit_code code = EXIT_FAILED;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody would listen any more */
	dup2(ends[CHILD_SAID], STDERR_FILENO);
	if (chdir(nicsim_root()) == 0)
		code = body(arg, &text);
	else
		text = g_strdup_printf("%s: %s", nicsim_root(), g_strerror(errno));
	fflush(NULL);
	if (text != NULL && !write_all(ends[CHILD_ANSWER], text))
		code = EXIT_FAILED;
	g_free(text);
	if (code != EXIT_DEADLOCK && code != EXIT_TIME_LIMIT)
		sanitizer_find_leaks();
	_exit((int)code);
}

static void
close_ends(const int ends[CHILD_STREAMS])
{
	for (unsigned i = 0; i < CHILD_STREAMS; i++)
		if (ends[i] >= 0)
			close(ends[i]);
}

/* Opens a pipe for each stream; false if there is none to be had. */
static bool
open_pipes(int here[CHILD_STREAMS], int there[CHILD_STREAMS])
{
	for (unsigned i = 0; i < CHILD_STREAMS; i++)
		here[i] = there[i] = -1;
	for (unsigned i = 0; i < CHILD_STREAMS; i++) {
		int ends[2];
		if (pipe(ends) != 0) {
			close_ends(here);
			close_ends(there);
			return false;
		}
		here[i] = ends[0];
		there[i] = ends[1];
	}
	return true;
}

bool
child_start(struct child *c, enum exit_code (*body)(void *arg, char **text), void *arg, char **error)
{
	int here[CHILD_STREAMS], there[CHILD_STREAMS];
	if (!open_pipes(here, there)) {
		*error = g_strdup_printf("no pipe: %s", g_strerror(errno));
		return false;
	}
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		close_ends(here);
		run_child(there, body, arg);
	}
	close_ends(there);
	if (pid < 0) {
		*error = g_strdup_printf("no process: %s", g_strerror(errno));
		close_ends(here);
		return false;
	}
	*c = (struct child){.pid = pid};
	for (unsigned i = 0; i < CHILD_STREAMS; i++) {
		c->streams[i].fd = here[i];
		c->streams[i].text = g_string_new(NULL);
	}
	return true;
}

void
child_poll(const struct child *c, struct pollfd *fds)
{
	for (unsigned i = 0; i < CHILD_STREAMS; i++)
		fds[i] = (struct pollfd){.fd = c->pid != 0 ? c->streams[i].fd : -1, .events = POLLIN};
}

/* To our standard error. */
static void
say(struct child *c)
{
	GString *said = c->streams[CHILD_SAID].text;
	fwrite(said->str, 1, said->len, stderr);
	g_string_truncate(said, 0);
}

static void
read_stream(struct child *c, unsigned i)
{
	char buffer[4096];
	ssize_t n = read(c->streams[i].fd, buffer, sizeof buffer);
	if (n > 0)
		g_string_append_len(c->streams[i].text, buffer, n);
	if (n > 0 || (n < 0 && errno == EINTR))
		return;
	close(c->streams[i].fd);
	c->streams[i].fd = -1;
}

bool
child_read(struct child *c, const struct pollfd *fds)
{
	for (unsigned i = 0; i < CHILD_STREAMS; i++)
		if (fds[i].revents != 0)
			read_stream(c, i);
	if (c->live)
		say(c);
	return c->streams[CHILD_ANSWER].fd < 0 && c->streams[CHILD_SAID].fd < 0;
}

void
child_live(struct child *c)
{
	c->live = true;
	say(c);
}

static int
reap(struct child *c)
{
	int status = 0;
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	for (unsigned i = 0; i < CHILD_STREAMS; i++)
		if (c->streams[i].fd >= 0)
			close(c->streams[i].fd);
	c->pid = 0;
	return status;
}

/* The text of a failure, and behind it what the child said. */
static void
add_said(char **text, GString *said)
{
	if (said->len == 0)
		return;
	char *both = g_strconcat(*text, "\n", g_strchomp(said->str), NULL);
	g_free(*text);
	*text = both;
}

static enum exit_code
judge(int status, char **text)
{
	if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || (*text)[0] != '\0'))
		return (enum exit_code)WEXITSTATUS(status);
	g_free(*text);
	*text = WIFSIGNALED(status) ? g_strdup_printf("the simulation crashed (%s)", g_strsignal(WTERMSIG(status)))
	                            : g_strdup_printf("the simulation ended with code %d", WEXITSTATUS(status));
	return EXIT_FAILED;
}

enum exit_code
child_end(struct child *c, char **text)
{
	int status = reap(c);
	*text = g_string_free(c->streams[CHILD_ANSWER].text, FALSE);
	enum exit_code code = judge(status, text);
	if (code == EXIT_DONE)
		say(c);
	else
		add_said(text, c->streams[CHILD_SAID].text);
	g_string_free(c->streams[CHILD_SAID].text, TRUE);
	return code;
}

void
child_kill(struct child *c)
{
	if (c->pid == 0)
		return;
	kill(c->pid, SIGKILL);
	reap(c);
	for (unsigned i = 0; i < CHILD_STREAMS; i++)
		g_string_free(c->streams[i].text, TRUE);
}

enum exit_code
child_ask(enum exit_code (*body)(void *arg, char **text), void *arg, char **text)
{
	struct child c;
	struct pollfd fds[CHILD_STREAMS] = {0};
	if (!child_start(&c, body, arg, text))
		return EXIT_FAILED;
	do {
		child_poll(&c, fds);
		poll(fds, CHILD_STREAMS, -1);
	} while (!child_read(&c, fds));
	return child_end(&c, text);
}

#include "experiments/child.h"

#include "experiments/experiment.h"

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

static void __attribute__((noreturn)) run_child(int fd, enum exit_code (*body)(void *arg, char **text), void *arg)
{
	char *text = NULL;
	enum exit_code code = EXIT_FAILED;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody would listen any more */
	if (chdir(nicsim_root()) == 0)
		code = body(arg, &text);
	else
		text = g_strdup_printf("%s: %s", nicsim_root(), g_strerror(errno));
	fflush(NULL);
	if (text != NULL && !write_all(fd, text))
		code = EXIT_FAILED;
	_exit((int)code);
}

bool
child_start(struct child *c, enum exit_code (*body)(void *arg, char **text), void *arg, char **error)
{
	int ends[2];
	if (pipe(ends) != 0) {
		*error = g_strdup_printf("no pipe: %s", g_strerror(errno));
		return false;
	}
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		run_child(ends[1], body, arg);
	}
	close(ends[1]);
	if (pid < 0) {
		*error = g_strdup_printf("no process: %s", g_strerror(errno));
		close(ends[0]);
		return false;
	}
	*c = (struct child){.pid = pid, .fd = ends[0], .text = g_string_new(NULL)};
	return true;
}

bool
child_read(struct child *c)
{
	char buffer[4096];
	ssize_t n = read(c->fd, buffer, sizeof buffer);
	if (n > 0)
		g_string_append_len(c->text, buffer, n);
	return n == 0 || (n < 0 && errno != EINTR);
}

static int
reap(struct child *c)
{
	int status = 0;
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	close(c->fd);
	c->pid = 0;
	return status;
}

enum exit_code
child_end(struct child *c, char **text)
{
	int status = reap(c);
	*text = g_string_free(c->text, FALSE);
	if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || (*text)[0] != '\0'))
		return (enum exit_code)WEXITSTATUS(status);
	g_free(*text);
	*text = WIFSIGNALED(status) ? g_strdup_printf("the simulation crashed (%s)", g_strsignal(WTERMSIG(status)))
	                            : g_strdup_printf("the simulation ended with code %d", WEXITSTATUS(status));
	return EXIT_FAILED;
}

void
child_kill(struct child *c)
{
	if (c->pid == 0)
		return;
	kill(c->pid, SIGKILL);
	reap(c);
	g_string_free(c->text, TRUE);
}

enum exit_code
child_ask(enum exit_code (*body)(void *arg, char **text), void *arg, char **text)
{
	struct child c;
	if (!child_start(&c, body, arg, text))
		return EXIT_FAILED;
	while (!child_read(&c))
		continue;
	return child_end(&c, text);
}

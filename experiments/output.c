#include "experiments/output.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY ".new-"

struct output {
	char *folder, *temporary;
	bool made; /* the folder was not there before */
	int lock;  /* the folder, opened and locked; -1: not yet */
};

static bool
fail(char **error, const char *path)
{
	*error = g_strdup_printf("%s: %s", path, g_strerror(errno));
	return false;
}

/* As fail(), with the name that the file will have. */
static bool
fail_name(char **error, const struct output *o, const char *name)
{
	int why = errno;
	char *path = g_build_filename(o->folder, name, NULL);
	errno = why;
	fail(error, path);
	g_free(path);
	return false;
}

bool
output_check(const char *folder, char **error)
{
	char *at = g_strdup(folder);
	while (!g_file_test(at, G_FILE_TEST_EXISTS)) {
		char *parent = g_path_get_dirname(at);
		g_free(at);
		at = parent;
	}
	bool ok = g_file_test(at, G_FILE_TEST_IS_DIR);
	if (!ok)
		*error = g_strdup_printf("%s: is not a folder", at);
	else if (access(at, W_OK | X_OK) != 0)
		ok = fail(error, at);
	g_free(at);
	return ok;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **
output_names(const struct output *o)
{
	GPtrArray *names = g_ptr_array_new();
	GDir *dir = g_dir_open(o->temporary, 0, NULL);
	const char *name;
	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
		g_ptr_array_add(names, g_strdup(name));
	if (dir != NULL)
		g_dir_close(dir);
	g_ptr_array_sort(names, compare_names);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

void
output_remove_folder(const char *folder)
{
	struct output o = {.temporary = (char *)folder};
	char **names = output_names(&o);
	for (unsigned i = 0; names[i] != NULL; i++) {
		char *path = g_build_filename(folder, names[i], NULL);
		g_unlink(path);
		g_free(path);
	}
	g_strfreev(names);
	g_rmdir(folder);
}

/* Temporary folders whose process was killed. */
static void
remove_left_overs(const char *folder)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;
	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		pid_t pid = g_str_has_prefix(name, TEMPORARY) ? (pid_t)atoi(name + strlen(TEMPORARY)) : 0;
		if (pid <= 0 || kill(pid, 0) == 0 || errno != ESRCH)
			continue;
		char *path = g_build_filename(folder, name, NULL);
		output_remove_folder(path);
		g_free(path);
	}
	if (dir != NULL)
		g_dir_close(dir);
}

/* Is the opened folder the one that has the name now?  The run before may have removed its own. */
static bool
is_still(int fd, const char *folder)
{
	struct stat opened, named;
	return fstat(fd, &opened) == 0 && stat(folder, &named) == 0 && opened.st_dev == named.st_dev &&
	       opened.st_ino == named.st_ino;
}

/* Makes the folder and waits until no other process writes into it. */
static bool
lock_folder(struct output *o, char **error)
{
	for (;;) {
		o->made = o->made || !g_file_test(o->folder, G_FILE_TEST_EXISTS);
		if (g_mkdir_with_parents(o->folder, 0777) != 0)
			return fail(error, o->folder);
		o->lock = open(o->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (o->lock < 0 && errno != ENOENT)
			return fail(error, o->folder);
		while (o->lock >= 0 && flock(o->lock, LOCK_EX) != 0)
			if (errno != EINTR)
				return fail(error, o->folder);
		if (o->lock >= 0 && is_still(o->lock, o->folder))
			return true;
		if (o->lock >= 0)
			close(o->lock);
		o->lock = -1;
	}
}

struct output *
output_begin(const char *folder, char **error)
{
	struct output *o = g_new0(struct output, 1);
	o->folder = g_strdup(folder);
	o->temporary = g_strdup_printf("%s/" TEMPORARY "%d", folder, (int)getpid());
	o->lock = -1;
	bool ok = lock_folder(o, error);
	if (ok) {
		remove_left_overs(folder);
		ok = g_mkdir(o->temporary, 0777) == 0 || errno == EEXIST || fail(error, o->folder);
	}
	if (ok)
		return o;
	output_abandon(o);
	return NULL;
}

char *
output_path(const struct output *o, const char *name)
{
	return g_build_filename(o->temporary, name, NULL);
}

static bool
write_fd(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, text, length);
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			text += n;
			length -= (size_t)n;
		}
	}
	return true;
}

bool
output_write(struct output *o, const char *name, const char *text, char **error)
{
	char *path = output_path(o, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	bool ok = fd >= 0 && write_fd(fd, text, strlen(text));
	if (!ok)
		fail_name(error, o, name);
	if (fd >= 0 && close(fd) != 0 && ok)
		ok = fail_name(error, o, name);
	g_free(path);
	return ok;
}

static bool
sync_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;
	int why = errno;
	if (fd >= 0)
		close(fd);
	errno = why;
	return ok;
}

static bool
each_name(struct output *o, char **names, bool (*act)(struct output *o, const char *name, char **error), char **error)
{
	bool ok = true;
	for (unsigned i = 0; ok && names[i] != NULL; i++)
		ok = act(o, names[i], error);
	return ok;
}

static bool
sync_name(struct output *o, const char *name, char **error)
{
	char *path = output_path(o, name);
	bool ok = sync_path(path) || fail_name(error, o, name);
	g_free(path);
	return ok;
}

static bool
rename_now(struct output *o, const char *name, char **error)
{
	char *from = output_path(o, name), *to = g_build_filename(o->folder, name, NULL);
	bool ok = g_rename(from, to) == 0 || fail(error, to);
	g_free(from);
	g_free(to);
	return ok;
}

static bool
rename_all_but_last(struct output *o, const char *name, char **error)
{
	return strcmp(name, OUTPUT_LAST) == 0 || rename_now(o, name, error);
}

bool
output_commit(struct output *o, char **error)
{
	char **names = output_names(o);
	bool ok = each_name(o, names, sync_name, error) && each_name(o, names, rename_all_but_last, error);
	if (ok && g_strv_contains((const char *const *)names, OUTPUT_LAST))
		ok = rename_now(o, OUTPUT_LAST, error);
	ok = ok && (sync_path(o->folder) || fail(error, o->folder));
	g_strfreev(names);
	output_abandon(o);
	return ok;
}

void
output_abandon(struct output *o)
{
	if (o == NULL)
		return;
	output_remove_folder(o->temporary);
	if (o->made)
		g_rmdir(o->folder); /* unless something is in it */
	if (o->lock >= 0)
		close(o->lock);
	g_free(o->folder);
	g_free(o->temporary);
	g_free(o);
}

char *
file_sha256(const char *path)
{
	char *bytes;
	gsize length;
	if (!g_file_get_contents(path, &bytes, &length, NULL))
		return NULL;
	char *sha = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, length);
	g_free(bytes);
	return sha;
}

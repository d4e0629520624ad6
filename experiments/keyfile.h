/* A key file (GLib's GKeyFile syntax) whose errors name file, line and key.
 *
 * GKeyFile knows no line numbers and lets a later duplicate win, so the text is scanned first: every key keeps its
 * line, and a duplicate, or a line that is neither group, key nor comment, is an error.  Texts handed out live as long
 * as the key file. */
#ifndef EXPERIMENTS_KEYFILE_H
#define EXPERIMENTS_KEYFILE_H

#include <stdbool.h>
#include <stddef.h>

struct keyfile;

struct keyfile_entry {
	char *group, *key, *value;
	unsigned line;
};

/* keyfile_load: NULL and *error (one line, g_free it) if the file cannot be read or is malformed. */
struct keyfile *keyfile_load(const char *path, char **error);
void keyfile_free(struct keyfile *k);
const char *keyfile_path(const struct keyfile *k);
/* keyfile_entries: all of them, in the order of the file. */
const struct keyfile_entry *keyfile_entries(const struct keyfile *k, size_t *n);
/* keyfile_find: NULL if absent. */
const struct keyfile_entry *keyfile_find(const struct keyfile *k, const char *group, const char *key);
/* keyfile_error: "path:line: key 'x': text", or "path: text" if entry is NULL; g_free it. */
char *keyfile_error(const struct keyfile *k, const struct keyfile_entry *entry, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

#endif

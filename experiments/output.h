/* Files that appear whole or not at all.
 *
 * They are written into a temporary folder inside the destination, forced to disk, and renamed when all of them are
 * there; manifest.json, which has the hashes of the others, comes last.  An error (a full disk) leaves what was there
 * before.  From output_begin() to its end the folder is locked: a second run into it waits, so that what is there is
 * always of one run. */
#ifndef EXPERIMENTS_OUTPUT_H
#define EXPERIMENTS_OUTPUT_H

#include <stdbool.h>

struct output;

#define OUTPUT_LAST "manifest.json"

/* output_check: could files be written to `folder`?  Says so before a long run; makes nothing. */
bool output_check(const char *folder, char **error);
/* output_begin: makes `folder` and the temporary one.  NULL and *error (one line, g_free it). */
struct output *output_begin(const char *folder, char **error);
/* output_path: where to write file `name` meanwhile; g_free it. */
char *output_path(const struct output *o, const char *name);
bool output_write(struct output *o, const char *name, const char *text, char **error);
/* output_commit: everything in the temporary folder gets its final name.  output_abandon: or is removed.  Both free
 * `o`. */
bool output_commit(struct output *o, char **error);
void output_abandon(struct output *o);
/* output_names: the files so far, sorted; g_strfreev it. */
char **output_names(const struct output *o);

/* output_remove_folder: with the files in it. */
void output_remove_folder(const char *folder);
/* file_sha256: NULL if it cannot be read; g_free it. */
char *file_sha256(const char *path);

#endif

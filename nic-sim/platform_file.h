/* What a platform file says about the model parameters: read and checked with libxml2, before SimGrid sees the file.
 *
 * platform_file_read() collects the records of the top zone (and of the parameter set that it names) and checks every
 * <prop> of the file; what it returns has passed, except that keys may be absent: platform_file_check() wants them all.
 */
#ifndef NIC_SIM_PLATFORM_FILE_H
#define NIC_SIM_PLATFORM_FILE_H

#include "nic-sim/params.h"

/* Texts are owned by the record; NULL where the file does not say. */
struct param_record {
	char *value, *source, *sure, *range, *fitted_to;
	char *where; /* "file:line" of the value */
	bool overridden;
};

struct platform_file {
	struct param_record records[N_PARAMS];
};

/* platform_file_read: false and *error (one line, g_free it) if the file is wrong; free it in either case. */
bool platform_file_read(struct platform_file *file, const char *path, char **error);
/* platform_file_set: applies "key=value". */
bool platform_file_set(struct platform_file *file, const char *set, char **error);
/* platform_file_check: every key has value, source and certainty, values lie in their ranges and go together; *into
 * becomes the values. */
bool platform_file_check(const struct platform_file *file, const char *path, struct params *into, char **error);
void platform_file_free(struct platform_file *file);
/* platform_file_line: where the file last declares a link, host, router or zone of that name, else mentions it; 0:
 * nowhere. */
unsigned platform_file_line(const char *path, const char *name);

/* set_split: index of the key of "key=value" or "host:key=value", -1 and *error if that is not one with an allowed
 * value.  *host (g_free it, NULL if absent) and *value (points into `set`) say the rest. */
int set_split(const char *set, char **host, const char **value, char **error);

#endif

#include "experiments/keyfile.h"

#include <glib.h>
#include <string.h>

struct keyfile {
	char *path;
	GArray *entries; /* struct keyfile_entry */
};

static void
clear_entry(void *entry)
{
	struct keyfile_entry *e = entry;
	g_free(e->group);
	g_free(e->key);
	g_free(e->value);
}

void
keyfile_free(struct keyfile *k)
{
	if (k == NULL)
		return;
	g_array_free(k->entries, TRUE);
	g_free(k->path);
	g_free(k);
}

const char *
keyfile_path(const struct keyfile *k)
{
	return k->path;
}

const struct keyfile_entry *
keyfile_entries(const struct keyfile *k, size_t *n)
{
	*n = k->entries->len;
	return (const struct keyfile_entry *)(const void *)k->entries->data;
}

const struct keyfile_entry *
keyfile_find(const struct keyfile *k, const char *group, const char *key)
{
	for (guint i = 0; i < k->entries->len; i++) {
		const struct keyfile_entry *e = &g_array_index(k->entries, struct keyfile_entry, i);
		if (strcmp(e->group, group) == 0 && strcmp(e->key, key) == 0)
			return e;
	}
	return NULL;
}

char *
keyfile_error(const struct keyfile *k, const struct keyfile_entry *entry, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	char *error = entry == NULL ? g_strdup_printf("%s: %s", k->path, text)
	                            : g_strdup_printf("%s:%u: key '%s': %s", k->path, entry->line, entry->key, text);
	g_free(text);
	return error;
}

/* A line that begins a group, "[name]": the name, else NULL. */
static char *
group_name(const char *line)
{
	size_t length = strlen(line);
	if (length < 3 || line[0] != '[' || line[length - 1] != ']')
		return NULL;
	return g_strndup(line + 1, length - 2);
}

/* Takes one stripped line; *group is the group it stands in. */
static bool
scan_line(struct keyfile *k, const char *line, unsigned number, char **group, char **error)
{
	if (line[0] == '\0' || line[0] == '#')
		return true;
	char *name = group_name(line);
	if (name != NULL) {
		g_free(*group);
		*group = name;
		return true;
	}
	const char *equals = strchr(line, '=');
	if (equals == NULL || equals == line || *group == NULL) {
		*error = g_strdup_printf("%s:%u: '%s' is neither [group], key = value in a group, nor # comment",
		                         k->path, number, line);
		return false;
	}
	struct keyfile_entry e = {
	        .group = g_strdup(*group), .key = g_strndup(line, (gsize)(equals - line)), .line = number};
	g_strchomp(e.key);
	const struct keyfile_entry *first = keyfile_find(k, e.group, e.key);
	if (first != NULL)
		*error = g_strdup_printf("%s:%u: key '%s': stands in line %u already", k->path, number, e.key,
		                         first->line);
	g_array_append_val(k->entries, e);
	return first == NULL;
}

static bool
scan(struct keyfile *k, const char *text, char **error)
{
	bool ok = true;
	char *group = NULL;
	char **lines = g_strsplit(text, "\n", -1);
	for (unsigned i = 0; ok && lines[i] != NULL; i++)
		ok = scan_line(k, g_strstrip(lines[i]), i + 1, &group, error);
	g_strfreev(lines);
	g_free(group);
	return ok;
}

/* Values as GKeyFile reads them, with its escapes. */
static bool
read_values(struct keyfile *k, const char *text, char **error)
{
	GKeyFile *file = g_key_file_new();
	GError *why = NULL;
	bool ok = g_key_file_load_from_data(file, text, (gsize)-1, G_KEY_FILE_NONE, &why);
	if (!ok)
		*error = g_strdup_printf("%s: %s", k->path, why->message);
	for (guint i = 0; ok && i < k->entries->len; i++) {
		struct keyfile_entry *e = &g_array_index(k->entries, struct keyfile_entry, i);
		e->value = g_key_file_get_string(file, e->group, e->key, &why);
		ok = e->value != NULL;
		if (!ok)
			*error = keyfile_error(k, e, "%s", why->message);
		else
			g_strstrip(e->value);
	}
	g_clear_error(&why);
	g_key_file_free(file);
	return ok;
}

struct keyfile *
keyfile_load(const char *path, char **error)
{
	GError *why = NULL;
	char *text;
	gsize length;
	if (!g_file_get_contents(path, &text, &length, &why)) {
		*error = g_strdup(why->message);
		g_error_free(why);
		return NULL;
	}
	struct keyfile *k = g_new0(struct keyfile, 1);
	k->path = g_strdup(path);
	k->entries = g_array_new(FALSE, TRUE, sizeof(struct keyfile_entry));
	g_array_set_clear_func(k->entries, clear_entry);
	bool ok = g_utf8_validate(text, (gssize)length, NULL);
	if (!ok)
		*error = g_strdup_printf("%s: is not UTF-8 text", path);
	ok = ok && scan(k, text, error) && read_values(k, text, error);
	g_free(text);
	if (!ok) {
		keyfile_free(k);
		return NULL;
	}
	return k;
}

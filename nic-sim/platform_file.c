#include "nic-sim/platform_file.h"

#include <glib.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

#define PARAMS_KEY "params" /* of the prop that names the parameter set */

enum field { FIELD_VALUE, FIELD_SOURCE, FIELD_SURE, FIELD_RANGE, FIELD_FITTED, N_FIELDS };

static const char *const suffixes[N_FIELDS] = {"", ".source", ".sure", ".range", ".fitted_to"};

static char **
field_of(struct param_record *r, enum field field)
{
	char **fields[N_FIELDS] = {&r->value, &r->source, &r->sure, &r->range, &r->fitted_to};

	return fields[field];
}

static void
record_clear(struct param_record *r)
{
	for (int field = 0; field < N_FIELDS; field++)
		g_free(*field_of(r, field));
	g_free(r->where);
	memset(r, 0, sizeof *r);
}

void
platform_file_free(struct platform_file *file)
{
	for (int i = 0; i < N_PARAMS; i++)
		record_clear(&file->records[i]);
}

/* One XML document on its way into the records. */
struct reader {
	struct platform_file *file;
	const char *path;
	char **error;
	unsigned depth;     /* 0: the platform file, 1: its parameter set */
	const xmlNode *top; /* whose props make the records */
	bool seen[N_PARAMS][N_FIELDS];
};

static bool G_GNUC_PRINTF(3, 4) complain(const struct reader *reader, const xmlNode *node, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	char *what = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	*reader->error = g_strdup_printf("%s:%ld: %s", reader->path, xmlGetLineNo(node), what);
	g_free(what);
	return false;
}

/* split_key: the parameter and the field of it that `id` names. */
static int
split_key(const char *id, enum field *field)
{
	for (int f = N_FIELDS - 1; f >= 0; f--) {
		int index;

		if (!g_str_has_suffix(id, suffixes[f]))
			continue;
		index = param_find(id, strlen(id) - strlen(suffixes[f]));
		if (index >= 0) {
			*field = (enum field)f;
			return index;
		}
	}
	return -1;
}

static bool
parse_range(const char *text, double *low, double *high)
{
	char **ends = g_strsplit(text, ":", 0);
	bool ok =
	        g_strv_length(ends) == 2 && param_number(ends[0], low) && param_number(ends[1], high) && *low <= *high;

	g_strfreev(ends);
	return ok;
}

static bool
check_field(const struct reader *reader, const xmlNode *node, int index, enum field field, const char *text)
{
	const char *key = param_defs[index].key;
	double low, high;
	char *wrong;
	bool ok;

	if (field == FIELD_VALUE) {
		wrong = param_parse(&param_defs[index], text, NULL);
		ok = !wrong || complain(reader, node, "%s", wrong);
		g_free(wrong);
		return ok;
	}
	if (field == FIELD_SURE && (!*text || !strchr("ABCR", *text) || text[1]))
		return complain(reader, node, "%s.sure: \"%s\" is not a certainty; allowed: A, B, C, R", key, text);
	if (field == FIELD_RANGE && !parse_range(text, &low, &high))
		return complain(reader, node, "%s.range: \"%s\" is not a range; allowed: low:high in %s", key, text,
		                *param_defs[index].unit ? param_defs[index].unit : "plain numbers");
	if (!*text)
		return complain(reader, node, "%s%s is empty; leave it out, or say what is meant", key,
		                suffixes[field]);
	return true;
}

/* A key that the platform file gives hides the parameter set's record of it; the set is read first. */
static void
take_field(struct reader *reader, const xmlNode *node, int index, enum field field, const char *text)
{
	struct param_record *r = &reader->file->records[index];

	if (field == FIELD_VALUE) {
		g_free(r->where);
		r->where = g_strdup_printf("%s:%ld", reader->path, xmlGetLineNo(node));
	}
	g_free(*field_of(r, field));
	*field_of(r, field) = g_strdup(text);
}

static void
hide_earlier(struct reader *reader, int index)
{
	for (int field = 0; field < N_FIELDS; field++)
		if (reader->seen[index][field])
			return;
	record_clear(&reader->file->records[index]);
}

static bool
is_host(const xmlNode *node)
{
	return xmlStrEqual(node->name, BAD_CAST "host") || xmlStrEqual(node->name, BAD_CAST "cluster");
}

/* A prop of the top zone (or of a parameter set) makes the record; one of a host only has to be a value. */
static bool
read_key(struct reader *reader, const xmlNode *node, const char *id, const char *value)
{
	enum field field = FIELD_VALUE;
	int index = split_key(id, &field);

	if (index < 0)
		return complain(reader, node, "unknown key \"%s\"; the closest known one is %s", id, param_closest(id));
	if (!check_field(reader, node, index, field, value))
		return false;
	if (is_host(node->parent))
		return field == FIELD_VALUE || complain(reader, node, "%s: of a host only the value can differ", id);
	if (node->parent != reader->top)
		return complain(reader, node, "%s: allowed in the outermost <zone>, in <host> and <cluster>", id);
	if (reader->seen[index][field])
		return complain(reader, node, "%s is given twice", id);
	hide_earlier(reader, index);
	reader->seen[index][field] = true;
	take_field(reader, node, index, field, value);
	return true;
}

static bool
is_params_key(const xmlNode *node)
{
	xmlChar *id = xmlGetProp(node, BAD_CAST "id");
	bool yes = xmlStrEqual(id, BAD_CAST PARAMS_KEY);

	xmlFree(id);
	return yes;
}

static bool
read_prop(struct reader *reader, const xmlNode *node)
{
	xmlChar *id = xmlGetProp(node, BAD_CAST "id"), *value = xmlGetProp(node, BAD_CAST "value");
	bool ok;

	if (!id || !value)
		ok = complain(reader, node, "<prop> needs id and value");
	else
		ok = is_params_key(node) || read_key(reader, node, (const char *)id, (const char *)value);
	xmlFree(id);
	xmlFree(value);
	return ok;
}

/* The props of links and routers are not ours. */
static bool
carries_params(const xmlNode *node)
{
	return is_host(node) || xmlStrEqual(node->name, BAD_CAST "zone") || xmlStrEqual(node->name, BAD_CAST "params");
}

static bool
read_props(struct reader *reader, const xmlNode *parent)
{
	for (const xmlNode *node = parent->children; node; node = node->next) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		if (xmlStrEqual(node->name, BAD_CAST "prop")) {
			if (carries_params(parent) && !read_prop(reader, node))
				return false;
		} else if (!read_props(reader, node)) {
			return false;
		}
	}
	return true;
}

static bool read_document(struct platform_file *file, const char *path, unsigned depth, char **error);

static const xmlNode *
first_element(const xmlNode *parent, const char *name)
{
	for (const xmlNode *node = parent->children; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE && xmlStrEqual(node->name, BAD_CAST name))
			return node;
	return NULL;
}

/* read_set: the parameter set that the top zone names, if it does. */
static bool
read_set(struct reader *reader, const xmlNode *zone)
{
	for (const xmlNode *node = zone->children; node; node = node->next) {
		if (node->type != XML_ELEMENT_NODE || !is_params_key(node))
			continue;
		xmlChar *name = xmlGetProp(node, BAD_CAST "value");
		char *folder = g_path_get_dirname(reader->path);
		char *path = g_build_filename(folder, name ? (const char *)name : "", NULL);
		bool ok = g_file_test(path, G_FILE_TEST_IS_REGULAR)
		                  ? read_document(reader->file, path, reader->depth + 1, reader->error)
		                  : complain(reader, node, "no parameter set \"%s\"", path);

		xmlFree(name);
		g_free(folder);
		g_free(path);
		if (!ok)
			return false;
	}
	return true;
}

static bool
read_root(struct reader *reader, const xmlNode *root)
{
	static const char *const roots[] = {"platform", "params"};

	if (!root || !xmlStrEqual(root->name, BAD_CAST roots[reader->depth]))
		return complain(reader, root, "the outermost element is not <%s>", roots[reader->depth]);
	reader->top = reader->depth > 0 ? root : first_element(root, "zone");
	if (!reader->top)
		return complain(reader, root, "<platform> contains no <zone>");
	return (reader->depth > 0 || read_set(reader, reader->top)) && read_props(reader, reader->top);
}

static char *
xml_complaint(const char *path)
{
	const xmlError *last = xmlGetLastError();
	char *what = g_strdup(last && last->message ? last->message : "cannot be read");
	char *error = g_strdup_printf("%s:%d: not well-formed XML: %s", path, last ? last->line : 0, g_strchomp(what));

	g_free(what);
	return error;
}

static bool
read_document(struct platform_file *file, const char *path, unsigned depth, char **error)
{
	struct reader reader = {.file = file, .path = path, .error = error, .depth = depth};
	xmlDoc *document;
	bool ok;

	xmlResetLastError();
	document = xmlReadFile(path, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (!document) {
		*error = xml_complaint(path);
		return false;
	}
	ok = read_root(&reader, xmlDocGetRootElement(document));
	xmlFreeDoc(document);
	return ok;
}

bool
platform_file_read(struct platform_file *file, const char *path, char **error)
{
	memset(file, 0, sizeof *file);
	return read_document(file, path, 0, error);
}

int
set_split(const char *set, char **host, const char **value, char **error)
{
	const char *equals = strchr(set, '='), *colon = equals ? memchr(set, ':', (size_t)(equals - set)) : NULL;
	const char *key = colon ? colon + 1 : set;
	int index;

	*host = NULL;
	if (!equals) {
		*error = g_strdup_printf("--set %s: not of the form key=value", set);
		return -1;
	}
	index = param_find(key, (size_t)(equals - key));
	if (index < 0) {
		char *unknown = g_strndup(key, (size_t)(equals - key));

		*error = g_strdup_printf("--set %s: unknown key \"%s\"; the closest known one is %s", set, unknown,
		                         param_closest(unknown));
		g_free(unknown);
		return -1;
	}
	char *wrong = param_parse(&param_defs[index], equals + 1, NULL);

	if (wrong) {
		*error = g_strdup_printf("--set %s", wrong);
		g_free(wrong);
		return -1;
	}
	*host = colon ? g_strndup(set, (size_t)(colon - set)) : NULL;
	*value = equals + 1;
	return index;
}

bool
platform_file_set(struct platform_file *file, const char *set, char **error)
{
	const char *value;
	char *host;
	int index = set_split(set, &host, &value, error);

	if (index < 0)
		return false;
	if (!host) {
		struct param_record *r = &file->records[index];

		g_free(r->value);
		r->value = g_strdup(value);
		r->overridden = true;
	}
	g_free(host);
	return true;
}

static bool
check_record(const struct param_def *def, const struct param_record *r, const char *path, char **error)
{
	double value, low, high;

	if (!r->value)
		*error = g_strdup_printf("%s: no value for %s (%s)", path, def->key, def->doc);
	else if (!r->source || !r->sure)
		*error = g_strdup_printf("%s: %s has no %s", r->where ? r->where : path, def->key,
		                         r->source ? "certainty: add .sure" : "source: add .source");
	else if (r->range && !r->overridden && parse_range(r->range, &low, &high) && param_number(r->value, &value) &&
	         (value < low || value > high))
		*error = g_strdup_printf("%s: %s: \"%s\" is outside its own range; allowed: %s %s", r->where, def->key,
		                         r->value, r->range, def->unit);
	return !*error;
}

bool
platform_file_check(const struct platform_file *file, const char *path, struct params *into, char **error)
{
	*error = NULL;
	for (int i = 0; i < N_PARAMS; i++) {
		if (!check_record(&param_defs[i], &file->records[i], path, error))
			return false;
		g_free(param_parse(&param_defs[i], file->records[i].value, into));
	}
	if (into->ack_every > into->window)
		*error = g_strdup_printf("%s: vmmc.ack_every must not exceed vmmc.window (%" G_GUINT64_FORMAT ")", path,
		                         into->window);
	return !*error;
}

/* Where a name stands. ------------------------------------------------------------------------------------------------
 */

/* last_line_with: number of the last line of the text that holds `pattern`; 0 if none does. */
static unsigned
last_line_with(const char *text, const char *pattern)
{
	const char *found = g_strrstr(text, pattern);
	unsigned line = found != NULL;

	for (; found && found > text; found--)
		line += found[-1] == '\n';
	return line;
}

/* declared_in: where the text last declares the name, else mentions it; 0: nowhere. */
static unsigned
declared_in(const char *text, const char *name)
{
	static const char *const elements[] = {
	        "<link id=", "<host id=", "<router id=", "<zone id=", "<cluster id=", ""};
	unsigned line = 0;

	for (unsigned i = 0; line == 0 && i < G_N_ELEMENTS(elements); i++) {
		char *pattern = g_strdup_printf("%s\"%s\"", elements[i], name);

		line = last_line_with(text, pattern);
		g_free(pattern);
	}
	return line;
}

unsigned
platform_file_line(const char *path, const char *name)
{
	char *text = NULL;
	unsigned line = g_file_get_contents(path, &text, NULL, NULL) ? declared_in(text, name) : 0;

	g_free(text);
	return line;
}

#include "nic-sim/platform.h"

#include "nic-sim/faults_script.h"
#include "nic-sim/platform_file.h"
#include "nic-sim/platform_zones.h"

#include <glib.h>
#include <simgrid/engine.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xbt/log.h>

#define FOLDER "platforms"
#define SUFFIX ".xml"

enum { TRIAL_SECONDS = 60, TRIAL_OUTPUT = 65536, TRIAL_REFUSED = 3 };

/* Load. ------------------------------------------------------------------------------------------------------ */

/* --set of one host: the last word on that computer. */
static bool
set_host(struct platform *p, const char *set, char **error)
{
	const char *value;
	char *host;
	int key = set_split(set, &host, &value, error);
	bool found = !host;

	for (unsigned i = 0; host && i < p->n_nodes; i++)
		if (strcmp(p->hosts[i], host) == 0) {
			g_free(param_parse(&param_defs[key], value, &p->params[i]));
			found = true;
		}
	if (!found)
		*error = g_strdup_printf("--set %s: no computer \"%s\" in %s", set, host, p->path);
	g_free(host);
	return found;
}

struct order {
	const char *path;
	const char *const *sets;
	size_t n_sets;
	const struct params *common;
};

static bool
load_into_simgrid(struct platform *p, const struct order *order, char **error)
{
	simgrid_load_platform(order->path);
	if (!platform_zones_read(p, order->common, error))
		return false;
	for (size_t i = 0; i < order->n_sets; i++)
		if (!set_host(p, order->sets[i], error))
			return false;
	return faults_script_load(p, error);
}

/* Trial load. ----------------------------------------------------------------------------------------- */

/* Errors quote the file, and the file may contain anything. */
static void
make_one_line(char *error)
{
	for (char *c = error; c && *c; c++)
		if (g_ascii_iscntrl(*c))
			*c = ' ';
}

static void
try_in_child(const struct order *order, int out)
{
	struct platform p = {.path = (char *)order->path};
	char *error = NULL;

	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	alarm(TRIAL_SECONDS);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	xbt_log_control_set("root.fmt:%m%n");
	if (load_into_simgrid(&p, order, &error))
		_exit(EXIT_SUCCESS);
	make_one_line(error);
	dprintf(out, "\n%s\n", error);
	_exit(TRIAL_REFUSED);
}

/* named_by: the name that a message quotes, or ends with. */
static char *
named_by(const char *message)
{
	const char *quote = strchr(message, '\''), *end = quote ? strchr(quote + 1, '\'') : NULL;
	const char *word = strrchr(message, ' ');

	return end ? g_strndup(quote + 1, (gsize)(end - quote - 1)) : g_strdup(word ? word + 1 : message);
}

static unsigned
line_of(const char *path, const char *message)
{
	char *name = named_by(message);
	unsigned line = *name ? platform_file_line(path, name) : 0;

	g_free(name);
	return line;
}

/* plain_words: a message without the exception's name in front. */
static const char *
plain_words(const char *message)
{
	const char *colon = g_str_has_prefix(message, "Uncaught exception ") ? strstr(message, ": ") : NULL;

	return colon ? colon + 2 : message;
}

/* simgrid_complaint: the first line of what it said, under the file's name and, if one can be found, the line. */
static char *
simgrid_complaint(const char *path, const char *text)
{
	const char *start = text + strspn(text, " \n");
	char *line = g_strndup(start, strcspn(start, "\n")), *error, *at = g_strdup_printf("Parse error at %s:", path);
	const char *message = plain_words(line), *words = message + strlen(at);
	unsigned number = 0;

	if (g_str_has_prefix(message, at)) {
		number = (unsigned)strtoul(words, NULL, 10);
		message = words + strcspn(words, " ");
		message += *message == ' ';
	} else {
		number = line_of(path, message);
	}
	error = number ? g_strdup_printf("%s:%u: SimGrid cannot load it: %s", path, number, message)
	               : g_strdup_printf("%s: SimGrid cannot load it%s%s", path, *message ? ": " : "", message);
	g_free(at);
	g_free(line);
	return error;
}

/* last_line: of what the child said, where its own complaint stands. */
static char *
last_line(char *text)
{
	char *line = strrchr(g_strchomp(text), '\n');

	return g_strdup(line ? line + 1 : text);
}

static void
read_all(int in, char *text, size_t size)
{
	size_t length = 0;
	char rest[256];
	ssize_t n;

	while (length < size - 1 && (n = read(in, text + length, size - 1 - length)) > 0)
		length += (size_t)n;
	text[length] = '\0';
	while (read(in, rest, sizeof rest) > 0)
		continue;
}

static bool
trial_load(const struct order *order, char **error)
{
	char text[TRIAL_OUTPUT];
	int ends[2], status = 0;
	pid_t child;

	if (pipe(ends) != 0 || (child = fork()) < 0) {
		*error = g_strdup_printf("%s: no trial load: no process or pipe", order->path);
		return false;
	}
	if (child == 0)
		try_in_child(order, ends[1]);
	close(ends[1]);
	read_all(ends[0], text, sizeof text);
	close(ends[0]);
	waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
		return true;
	*error = WIFEXITED(status) && WEXITSTATUS(status) == TRIAL_REFUSED ? last_line(text)
	                                                                   : simgrid_complaint(order->path, text);
	return false;
}

/* The whole. ------------------------------------------------------------------------------------------ */

static char *
find_file(const char *path, char **error)
{
	char *bare = g_strconcat(path, SUFFIX, NULL), *preset = g_build_filename(FOLDER, bare, NULL), *found = NULL;

	if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
		found = g_strdup(path);
	else if (!strchr(path, '/') && g_file_test(preset, G_FILE_TEST_IS_REGULAR))
		found = g_strdup(preset);
	else
		*error = g_strdup_printf("no platform \"%s\": neither a file nor the name of one in " FOLDER "/", path);
	g_free(bare);
	g_free(preset);
	return found;
}

static char *
name_of(const char *path)
{
	char *name = g_path_get_basename(path);

	if (g_str_has_suffix(name, SUFFIX))
		name[strlen(name) - strlen(SUFFIX)] = '\0';
	return name;
}

static bool
read_file(struct platform_file *file, const char *path, const char *const *sets, size_t n, struct params *common,
          char **error)
{
	if (!platform_file_read(file, path, error))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!platform_file_set(file, sets[i], error))
			return false;
	return platform_file_check(file, path, common, error);
}

static void
take_values(struct platform *p, const struct platform_file *file)
{
	p->n_values = N_PARAMS;
	p->values = g_new0(struct param_value, N_PARAMS);
	for (int i = 0; i < N_PARAMS; i++) {
		const struct param_record *r = &file->records[i];

		p->values[i] = (struct param_value){
		        .key = param_defs[i].key,
		        .unit = param_defs[i].unit,
		        .doc = param_defs[i].doc,
		        .value = g_strdup(r->value),
		        .source = g_strdup(r->source),
		        .sure = g_strdup(r->sure),
		        .range = g_strdup(r->range),
		        .fitted_to = g_strdup(r->fitted_to),
		        .overridden = r->overridden,
		};
	}
}

static struct platform *
load_checked(const struct order *order, const struct platform_file *file, char **error)
{
	struct platform *p;

	if (!trial_load(order, error))
		return NULL;
	p = g_new0(struct platform, 1);
	p->path = g_strdup(order->path);
	p->name = name_of(order->path);
	take_values(p, file);
	if (load_into_simgrid(p, order, error))
		return p;
	platform_free(p);
	return NULL;
}

struct platform *
platform_load(const char *path, const char *const *sets, size_t n, char **error)
{
	struct platform_file file = {0};
	struct platform *p = NULL;
	struct params common = {0};
	char *found;

	*error = NULL;
	found = find_file(path, error);
	if (!found)
		return NULL;
	if (read_file(&file, found, sets, n, &common, error))
		p = load_checked(&(struct order){found, sets, n, &common}, &file, error);
	make_one_line(*error);
	platform_file_free(&file);
	g_free(found);
	return p;
}

static void
free_value(struct param_value *v)
{
	g_free(v->value);
	g_free(v->source);
	g_free(v->sure);
	g_free(v->range);
	g_free(v->fitted_to);
}

void
platform_free(struct platform *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_values; i++)
		free_value(&p->values[i]);
	for (unsigned i = 0; i < p->n_links; i++)
		g_free(p->links[i].name);
	for (unsigned i = 0; p->routes && i < p->n_nodes * p->n_nodes; i++)
		g_free(p->routes[i].links);
	for (unsigned i = 0; p->hosts && i < p->n_nodes; i++)
		g_free(p->hosts[i]);
	g_free(p->has_nic);
	g_free(p->values);
	g_free(p->faults);
	g_free(p->links);
	g_free(p->routes);
	g_free(p->hosts);
	g_free(p->params);
	g_free(p->path);
	g_free(p->name);
	g_free(p);
}

bool
platform_joined(const struct platform *p, unsigned from, unsigned to)
{
	return p->routes[from * p->n_nodes + to].n_links > 0;
}

bool
platform_check_set(const char *set, char **error)
{
	const char *value;
	char *host;
	bool ok;

	*error = NULL;
	ok = set_split(set, &host, &value, error) >= 0;
	make_one_line(*error);
	g_free(host);
	return ok;
}

void
platform_print_keys(FILE *out)
{
	fprintf(out, "| key | allowed | meaning |\n|---|---|---|\n");
	for (int i = 0; i < N_PARAMS; i++) {
		char *allowed = param_allowed(&param_defs[i]);

		fprintf(out, "| `%s` | %s | %s |\n", param_defs[i].key, allowed, param_defs[i].doc);
		g_free(allowed);
	}
}

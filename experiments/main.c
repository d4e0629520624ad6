/* nicsim: finds the verb and hands over. */
#include "experiments/experiment.h"
#include "experiments/reference.h"
#include "experiments/verb.h"

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	enum exit_code (*run)(int argc, char **argv);
} verbs[] = {
#define VERB(name) {#name, verb_##name},
#include "experiments/verbs.def"
#undef VERB
};

enum exit_code
verb_fail(enum exit_code code, char *text)
{
	fprintf(stderr, "nicsim: %s\n", text);
	g_free(text);
	return code;
}

bool
verb_jobs(int given, unsigned *jobs, char **error)
{
	*jobs = given == VERB_JOBS_DEFAULT ? 0 : (unsigned)MAX(given, 0);
	if (given == VERB_JOBS_DEFAULT || given > 0)
		return true;
	*error = g_strdup_printf("--jobs %d: allowed: 1 or more", given);
	return false;
}

enum exit_code
verb_experiment(const char *name,
                enum exit_code (*act)(struct experiment *e, const struct references *references, char **error))
{
	char *error = NULL;
	struct references *references = references_default(&error);
	struct experiment *e = references != NULL ? experiment_load(name, references, &error) : NULL;
	enum exit_code code = e != NULL ? act(e, references, &error) : EXIT_BAD_INPUT;
	experiment_free(e);
	references_free(references);
	return code == EXIT_DONE ? code : verb_fail(code, error);
}

/* Does the text begin with a short option that takes a value, and go on with the value?  GLib takes -j 1, but not -j1.
 */
static bool
is_joined(const char *text, const GOptionEntry *options)
{
	if (text[0] != '-' || text[1] == '\0' || text[2] == '\0')
		return false;
	for (const GOptionEntry *o = options; o->long_name != NULL; o++)
		if (o->short_name == text[1])
			return o->arg != G_OPTION_ARG_NONE;
	return false;
}

/* A copy of the arguments in which -j1 is -j 1. */
static char **
split_joined(int argc, char **argv, const GOptionEntry *options)
{
	GPtrArray *split = g_ptr_array_new();
	for (int i = 0; i < argc; i++) {
		bool joined = is_joined(argv[i], options);
		if (joined)
			g_ptr_array_add(split, g_strndup(argv[i], 2));
		g_ptr_array_add(split, g_strdup(joined ? argv[i] + 2 : argv[i]));
	}
	g_ptr_array_add(split, NULL);
	return (char **)g_ptr_array_free(split, FALSE);
}

enum exit_code
verb_parse(int argc, char **argv, const GOptionEntry *options, const struct verb_help *help, int operands)
{
	static char **arguments; /* live as long as the program: options point into them */
	GOptionContext *context = g_option_context_new(help->usage);
	GError *why = NULL;
	g_option_context_set_summary(context, help->summary);
	g_option_context_set_description(context, help->examples);
	g_option_context_add_main_entries(context, options, NULL);
	arguments = split_joined(argc, argv, options);
	bool ok = g_option_context_parse_strv(context, &arguments, &why);
	int left = (int)g_strv_length(arguments) - 1;
	char *error = ok ? NULL : g_strdup(why->message);
	if (ok && left != operands)
		error = g_strdup_printf(
		        "%s, not %d",
		        operands == 0 ? "no further arguments are allowed" : "exactly one argument is wanted", left);
	for (int i = 1; error == NULL && i <= operands; i++)
		argv[i] = arguments[i];
	g_clear_error(&why);
	g_option_context_free(context);
	if (error == NULL)
		return EXIT_DONE;
	char *text =
	        g_strdup_printf("%s: %s; '%s --help' shows what is allowed", g_get_prgname(), error, g_get_prgname());
	g_free(error);
	return verb_fail(EXIT_BAD_INPUT, text);
}

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < G_N_ELEMENTS(verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		char *name = g_strdup_printf("nicsim %s", argv[1]);
		g_set_prgname(name);
		g_free(name);
		return (int)verbs[i].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "nicsim: %s; allowed:", argc > 1 ? "there is no such verb" : "a verb is wanted");
	for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
		fprintf(stderr, " %s", verbs[i].name);
	fprintf(stderr, "\n");
	return EXIT_BAD_INPUT;
}

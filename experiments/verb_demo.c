#include "experiments/figures.h"
#include "experiments/store.h"
#include "experiments/verb.h"

#include <stdio.h>

static const struct verb_help help = {
        NULL,
        "Runs a small experiment (experiments/demo.exp) and draws its figure on the terminal and as SVG.",
        "Example:\n  nicsim demo",
};

static const GOptionEntry options[] = {G_OPTION_ENTRY_NULL};

static enum exit_code
run_demo(const struct experiment *e, const struct references *references, const char *folder, char **error)
{
	enum exit_code code =
	        store_run(&(struct store_order){.experiment = e, .references = references, .folder = folder}, error);
	if (code != EXIT_DONE)
		return code;
	if (!figure_draw(folder, e, e->plots[0], "dumb", error))
		return EXIT_FAILED;
	printf("%s\n\nThe figure: %s/%s.svg\nAll of it:  ./nicsim reproduce\n", e->text, folder, e->plots[0]);
	return EXIT_DONE;
}

enum exit_code
verb_demo(int argc, char **argv)
{
	enum exit_code code = verb_parse(argc, argv, options, &help, 0);
	if (code != EXIT_DONE)
		return code;
	char *error = NULL, *folder = store_folder("demo");
	struct references *references = references_default(&error);
	struct experiment *e = references != NULL ? experiment_load("demo", references, &error) : NULL;
	code = e != NULL ? run_demo(e, references, folder, &error) : EXIT_BAD_INPUT;
	experiment_free(e);
	references_free(references);
	g_free(folder);
	return code == EXIT_DONE ? code : verb_fail(code, error);
}

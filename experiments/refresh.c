#include "experiments/refresh.h"

#include "experiments/store.h"

#include <glib.h>
#include <stdio.h>

static enum exit_code
refresh_one(const struct experiment *e, const struct references *references, bool all, unsigned jobs, char **error)
{
	char *folder = store_folder(e->name);
	struct store_order order = {.experiment = e, .references = references, .folder = folder, .jobs = jobs};
	enum exit_code code = EXIT_DONE;
	if (!all && store_fresh(&order)) {
		fprintf(stderr, "%s: up to date\n", e->name);
	} else {
		code = store_run(&order, error);
		if (code == EXIT_DONE)
			fprintf(stderr, "%s: %u points done\n", e->name, experiment_points(e));
	}
	g_free(folder);
	return code;
}

enum exit_code
refresh(const struct references *references, bool all, unsigned jobs, char **error)
{
	char **names = experiment_names();
	enum exit_code code = EXIT_DONE;
	for (unsigned i = 0; code == EXIT_DONE && names[i] != NULL; i++) {
		struct experiment *e = experiment_load(names[i], references, error);
		if (e == NULL)
			code = EXIT_BAD_INPUT;
		else if (e->in_report)
			code = refresh_one(e, references, all, jobs, error);
		experiment_free(e);
	}
	g_strfreev(names);
	return code;
}

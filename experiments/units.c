#include "experiments/units.h"

#include "nic-sim/params.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* A platform parameter's unit stands in its table; else it is what follows the last _ of a name: size_B, one_way_us. */
char *
unit_of(const char *name)
{
	int parameter = param_find(name, strlen(name));
	if (parameter >= 0)
		return g_strdup(param_defs[parameter].unit);
	if (g_str_has_suffix(name, "_MB_s"))
		return g_strdup("MB/s");
	const char *mark = strrchr(name, '_');
	static const char *const units[] = {"B", "KB", "MB", "ps", "ns", "us", "ms", "s", NULL};
	return g_strdup(mark != NULL && g_strv_contains(units, mark + 1) ? mark + 1 : "");
}

/* The name without the unit that it ends in, if it does. */
static char *
without_unit(const char *name, const char *unit)
{
	char *ending = g_strdelimit(g_strconcat("_", unit, NULL), "/", '_');
	size_t length = strlen(name), cut = strlen(ending);
	bool ends = length > cut && g_ascii_strcasecmp(name + length - cut, ending) == 0;
	g_free(ending);
	return g_strndup(name, ends ? length - cut : length);
}

char *
unit_label(const char *name)
{
	char *unit = unit_of(name);
	char *bare = without_unit(name, unit);
	if (strchr(name, '.') == NULL) /* what one gives to --set stays as it is */
		g_strdelimit(bare, "_", ' ');
	char *label = *unit != '\0' ? g_strdup_printf("%s (%s)", bare, unit) : g_strdup(bare);
	g_free(bare);
	g_free(unit);
	return label;
}

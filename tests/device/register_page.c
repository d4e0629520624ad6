/* The register tables of docs/hardware.md, from nic-sim/lanai_regs.h.
 *
 *   register_page check docs/hardware.md    fails if the tables in the page are not those of the header
 *   register_page update docs/hardware.md   puts them there, between the two marker lines */
#include "nic-sim/lanai_regs.h"

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN "<!-- registers: made by tests/device/register_page.c -->\n"
#define END   "<!-- registers: end -->\n"

struct access_name {
	const char *token, *access, *effect;
};

static const struct access_name access_names[] = {{"RW", "RW", ""},         {"RO", "RO", ""},
                                                  {"RW_EW", "RW", "write"}, {"RW_ERW", "RW", "read, write"},
                                                  {"RO_ER", "RO", "read"},  {"WO_EW", "WO", "write"}};

static void
add_register(GString *page, const char *name, unsigned offset, const char *token, bool steady, unsigned reset,
             const char *meaning)
{
	for (size_t i = 0; i < G_N_ELEMENTS(access_names); i++)
		if (strcmp(token, access_names[i].token) == 0) {
			g_string_append_printf(page, "| 0x%02X | `%s` | %s | %s | %s | 0x%08X | %s |\n", offset, name,
			                       access_names[i].access, access_names[i].effect, steady ? "yes" : "no",
			                       reset, meaning);
			return;
		}
	fprintf(stderr, "register_page: register %s has the unknown access %s\n", name, token);
	exit(EXIT_FAILURE);
}

static char *
make_tables(void)
{
	GString *page = g_string_new("| offset | name | access | effect on | steady | reset | meaning |\n"
	                             "|---|---|---|---|---|---|---|\n");

#define ADD_REGISTER(name, offset, access, steady, reset, meaning)                                                     \
	add_register(page, #name, offset, #access, steady, reset, meaning);
	LANAI_REGISTERS(ADD_REGISTER)
	g_string_append(page, "\nBits of ISR and EIMR:\n\n| bit | name | meaning |\n|---|---|---|\n");
#define ADD_BIT(name, bit, meaning) g_string_append_printf(page, "| %d | `%s` | %s |\n", bit, #name, meaning);
	LANAI_ISR_BITS(ADD_BIT)
	return g_string_free(page, FALSE);
}

static int
fail(const char *file, const char *what)
{
	fprintf(stderr, "register_page: %s: %s\n", file, what);
	return EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	g_autofree char *text = NULL, *tables = make_tables();

	if (argc != 3 || (strcmp(argv[1], "check") != 0 && strcmp(argv[1], "update") != 0))
		return fail("usage", "register_page check|update FILE");
	if (!g_file_get_contents(argv[2], &text, NULL, NULL))
		return fail(argv[2], "cannot be read");
	char *begin = strstr(text, BEGIN), *end = strstr(text, END);

	if (!begin || !end || end < begin)
		return fail(argv[2], "the marker lines of the register tables are missing");
	begin += strlen(BEGIN);
	if ((size_t)(end - begin) == strlen(tables) && memcmp(begin, tables, strlen(tables)) == 0)
		return EXIT_SUCCESS;
	if (strcmp(argv[1], "check") == 0)
		return fail(argv[2], "the register tables differ from nic-sim/lanai_regs.h; run register_page update");
	g_autofree char *before = g_strndup(text, (gsize)(begin - text)),
	                *page = g_strconcat(before, tables, end, NULL);

	return g_file_set_contents(argv[2], page, -1, NULL) ? EXIT_SUCCESS : fail(argv[2], "cannot be written");
}

/* Which columns a figure of any table shows, the mean over repeats, and the pictures themselves. */
#include "experiments/plot.h"
#include "experiments/plot_choice.h"
#include "experiments/units.h"
#include "tests/experiments/toy.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

static char *csv, *error;

/* Two protocols, three sizes, two repeats; then a second metric. */
static const char *const rows = "protocol,size_B,repeat,one_way_us,rate_MB_s\n"
                                "a,4,1,10,1\na,4,2,12,1\na,40,1,20,2\na,40,2,22,2\na,400,1,30,3\na,400,2,36,3\n"
                                "b,4,1,11,1\nb,4,2,13,1\nb,40,1,21,2\nb,40,2,23,2\nb,400,1,31,3\nb,400,2,37,3\n";

static void
set_up(void)
{
	csv = toy_file("table.csv", rows);
}

static void
tear_down(void)
{
	g_free(csv);
	g_free(error);
}

/* "x by y" that the order means; or the error. */
static char *
chosen(const struct plot_order *order)
{
	struct table *t = table_load(csv, &error);
	struct plot_choice c;
	char *text = NULL;
	if (plot_choose(&c, t, order, &error))
		text = g_strdup_printf("%s %s %s", t->columns[c.x], c.by == PLOT_NONE ? "-" : t->columns[c.by],
		                       t->columns[c.y]);
	plot_choice_free(&c);
	table_free(t);
	return text != NULL ? text : g_strdup(error);
}

static char *const at_a[] = {"protocol=a", NULL}, *const at_c[] = {"protocol=c", NULL},
                   *const at[] = {"protocol", NULL};

static const struct {
	struct plot_order order;
	const char *said;
} choices[] = {
        {{.csv = "t"}, "size_B protocol one_way_us"},
        {{.csv = "t", .at = at_a}, "size_B - one_way_us"},
        {{.csv = "t", .x = "protocol"}, "protocol size_B one_way_us"},
        {{.csv = "t", .by = "size_B"}, "protocol size_B one_way_us"},
        {{.csv = "t", .y = "rate_MB_s", .at = at_a}, "size_B - rate_MB_s"},
        {{.csv = "t", .x = "repeat", .at = at_a}, "repeat size_B one_way_us"},
        {{.csv = "t", .x = "size"}, "--x size: there is no such column; allowed: protocol size_B repeat"},
        {{.csv = "t", .x = "repeat", .by = "size_B"}, "t: axis 'protocol' has 2 values; choose one with --at protocol"},
        {{.csv = "t", .at = at_c}, "--at protocol=c: there is no such value; allowed: a b"},
        {{.csv = "t", .at = at}, "--at protocol: is not column=value"},
};

START_TEST(columns_are_chosen)
{
	char *text = chosen(&choices[_i].order);
	ck_assert_msg(g_str_has_prefix(text, choices[_i].said), "%s", text);
	g_free(text);
}
END_TEST

START_TEST(a_table_that_does_not_tell)
{
	g_free(csv);
	csv = toy_file("table.csv", "a,b\n1,5\n1,6\n2,5\n2,7\n3,8\n");
	char *guess = chosen(&(struct plot_order){.csv = "t"});
	ck_assert_str_eq(guess, "t: its columns do not tell what to draw; give --x and --y; allowed: a b");
	g_clear_pointer(&error, g_free);
	char *given = chosen(&(struct plot_order){.csv = "t", .x = "a", .y = "b"});
	ck_assert_str_eq(given, "a - b");
	g_free(given);
	g_free(guess);
}
END_TEST

/* What comes out of a drawing to a file in the table's folder. */
static char *
picture(struct plot_order order, const char *name)
{
	char *folder = g_path_get_dirname(csv), *path = g_build_filename(folder, name, NULL), *drawn;
	order.csv = csv;
	order.out = path;
	enum exit_code code = plot_draw(&order, &drawn, &error);
	ck_assert_msg(code == EXIT_DONE, "%s", error);
	ck_assert_str_eq(drawn, path);
	char *bytes = toy_read(folder, name);
	g_free(drawn);
	g_free(path);
	g_free(folder);
	return bytes;
}

START_TEST(curves_have_names_units_and_bars)
{
	char *svg = picture((struct plot_order){0}, "picture.svg");
	static const char *const texts[] = {"one way (us)", "size (B)", "protocol = a", "protocol = b",
	                                    "mean of 2, bars from the smallest to the largest"};
	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++)
		ck_assert_msg(strstr(svg, texts[i]) != NULL, "%s", texts[i]);
	char *again = picture((struct plot_order){0}, "picture.svg");
	ck_assert_str_eq(again, svg);
	g_free(again);
	g_free(svg);
}
END_TEST

START_TEST(heat_has_both_axes)
{
	char *svg = picture((struct plot_order){.heat = true}, "picture.svg");
	static const char *const texts[] = {"one way (us), mean of 2", "size (B)", "protocol", ">400<", ">b<"};
	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++)
		ck_assert_msg(strstr(svg, texts[i]) != NULL, "%s", texts[i]);
	g_free(svg);
}
END_TEST

START_TEST(formats)
{
	char *png = picture((struct plot_order){0}, "picture.png"),
	     *pdf = picture((struct plot_order){0}, "picture.pdf");
	ck_assert(memcmp(png, "\x89PNG", 4) == 0);
	ck_assert(g_str_has_prefix(pdf, "%PDF"));
	g_free(pdf);
	g_free(png);
}
END_TEST

static const struct {
	struct plot_order order;
	const char *said;
} wrong[] = {
        {{.csv = "/no/such.csv"}, "/no/such.csv"},
        {{.csv = "README.md"}, "README.md:"},
        {{.out = "picture.gif"}, "--out picture.gif: allowed: file.svg, file.png or file.pdf"},
        {{.y = "protocol"}, "column 'protocol' has no numbers there"},
        {{.heat = true, .at = at_a}, "--heat wants two axes"},
};

START_TEST(wrong_orders)
{
	struct plot_order order = wrong[_i].order;
	char *drawn;
	order.csv = order.csv != NULL ? order.csv : csv;
	ck_assert_int_eq(plot_draw(&order, &drawn, &error), EXIT_BAD_INPUT);
	ck_assert_msg(strstr(error, wrong[_i].said) != NULL, "%s", error);
	g_free(drawn);
}
END_TEST

START_TEST(labels)
{
	static const char *const names[][2] = {{"one_way_us", "one way (us)"},
	                                       {"bandwidth_MB_s", "bandwidth (MB/s)"},
	                                       {"nic.lanai_mhz", "nic.lanai (MHz)"},
	                                       {"net.drop_rate", "net.drop_rate"},
	                                       {"protocol", "protocol"}};
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		char *label = unit_label(names[i][0]);
		ck_assert_str_eq(label, names[i][1]);
		g_free(label);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("plot");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 60);
	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_add_loop_test(all, columns_are_chosen, 0, G_N_ELEMENTS(choices));
	tcase_add_test(all, a_table_that_does_not_tell);
	tcase_add_test(all, curves_have_names_units_and_bars);
	tcase_add_test(all, heat_has_both_axes);
	tcase_add_test(all, formats);
	tcase_add_loop_test(all, wrong_orders, 0, G_N_ELEMENTS(wrong));
	tcase_add_test(all, labels);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

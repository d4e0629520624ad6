#include "nic-sim/platform_zones.h"

#include "nic-sim/params.h"
#include "nic-sim/platform_file.h"
#include "nic-sim/sim_time.h"

#include <glib.h>
#include <math.h>
#include <simgrid/host.h>
#include <simgrid/link.h>
#include <simgrid/zone.h>
#include <stdlib.h>
#include <string.h>
#include <xbt/dict.h>
#include <xbt/dynar.h>

#define COMPUTERS "computers"
#define MYRINET   "myrinet"

enum { MAX_NODES = 1024 };

/* A computer on its way into the platform. */
struct computer {
	sg_host_t host, nic; /* nic: NULL if it has none */
	unsigned zone;       /* whose Myrinet it is on */
};

struct reader {
	struct platform *p;
	GPtrArray *zones;  /* names of all, in alphabetical order */
	GArray *computers; /* struct computer, in order of their numbers when all are there */
	bool any_nic;
	char **error;
};

/* Names. --------------------------------------------------------------------------------------------------------------
 */

/* complain: at the line that declares `name`, which may be NULL. */
static bool G_GNUC_PRINTF(3, 4) complain(const struct reader *r, const char *name, const char *format, ...)
{
	unsigned line = name ? platform_file_line(r->p->path, name) : 0;
	va_list arguments;
	char *what;

	va_start(arguments, format);
	what = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	*r->error = line ? g_strdup_printf("%s:%u: %s", r->p->path, line, what)
	                 : g_strdup_printf("%s: %s", r->p->path, what);
	g_free(what);
	return false;
}

/* suffix_of: what follows the kind in a zone's name, "" or "-...": NULL if the zone is not of that kind. */
static const char *
suffix_of(const char *zone, const char *kind)
{
	const char *suffix = zone + strlen(kind);

	return g_str_has_prefix(zone, kind) && (*suffix == '\0' || *suffix == '-') ? suffix : NULL;
}

static void
collect_zones(GPtrArray *names, const_sg_netzone_t zone)
{
	xbt_dict_t sons = xbt_dict_new_homogeneous(NULL);
	xbt_dict_cursor_t cursor = NULL;
	sg_netzone_t son;
	char *name;

	sg_zone_get_sons(zone, sons);
	xbt_dict_foreach(sons, cursor, name, son)
	{
		g_ptr_array_add(names, g_strdup(sg_zone_get_name(son)));
		collect_zones(names, son);
	}
	xbt_dict_free(&sons);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static unsigned long
trailing_number(const char *name)
{
	const char *end = name + strlen(name);

	while (end > name && g_ascii_isdigit(end[-1]))
		end--;
	return strtoul(end, NULL, 10);
}

static int
by_number(sg_host_t a, sg_host_t b)
{
	const char *x = sg_host_get_name(a), *y = sg_host_get_name(b);
	unsigned long i = trailing_number(x), j = trailing_number(y);

	return i != j ? (i > j) - (i < j) : strcmp(x, y);
}

static int
hosts_by_number(const void *a, const void *b)
{
	return by_number(*(const sg_host_t *)a, *(const sg_host_t *)b);
}

static int
computers_by_number(const void *a, const void *b)
{
	return by_number(((const struct computer *)a)->host, ((const struct computer *)b)->host);
}

/* Computers and NICs. -------------------------------------------------------------------------------------------------
 */

/* zone_hosts: the hosts of a zone in the order of their numbers; *n of them; NULL if there is no such zone. */
static sg_host_t *
zone_hosts(const char *name, unsigned *n)
{
	sg_netzone_t zone = sg_zone_get_by_name(name);
	xbt_dynar_t list;
	sg_host_t *hosts;

	*n = 0;
	if (!zone)
		return NULL;
	list = xbt_dynar_new(sizeof(sg_host_t), NULL);
	sg_zone_get_hosts(zone, list);
	*n = (unsigned)xbt_dynar_length(list);
	hosts = g_new0(sg_host_t, *n + 1);
	for (unsigned i = 0; i < *n; i++)
		hosts[i] = xbt_dynar_get_as(list, i, sg_host_t);
	xbt_dynar_free(&list);
	qsort(hosts, *n, sizeof *hosts, hosts_by_number);
	return hosts;
}

/* add_computers: those of zones[index], and the NICs of the Myrinet zone that belongs to it, if there is one. */
static bool
add_computers(struct reader *r, unsigned index, const char *suffix)
{
	const char *name = g_ptr_array_index(r->zones, index);
	g_autofree char *myrinet = g_strconcat(MYRINET, suffix, NULL);
	unsigned n, n_nics;
	g_autofree sg_host_t *hosts = zone_hosts(name, &n), *nics = zone_hosts(myrinet, &n_nics);

	if (nics && n != n_nics)
		return complain(r, name,
		                "zone %s has %u computers, zone %s %u NICs; allowed: as many of one as of the other",
		                name, n, myrinet, n_nics);
	for (unsigned i = 0; i < n; i++) {
		struct computer c = {.host = hosts[i], .nic = nics ? nics[i] : NULL, .zone = index};

		g_array_append_val(r->computers, c);
		r->any_nic |= nics != NULL;
	}
	return true;
}

static bool
add_zone(struct reader *r, unsigned index)
{
	const char *name = g_ptr_array_index(r->zones, index), *suffix = suffix_of(name, COMPUTERS);

	if (suffix)
		return add_computers(r, index, suffix);
	suffix = suffix_of(name, MYRINET);
	if (suffix) {
		g_autofree char *computers = g_strconcat(COMPUTERS, suffix, NULL);

		if (!sg_zone_get_by_name(computers))
			return complain(r, name, "there is no zone \"%s\" for the NICs of zone \"%s\"", computers,
			                name);
	}
	return true;
}

static bool
read_computers(struct reader *r)
{
	collect_zones(r->zones, sg_zone_get_root());
	qsort(r->zones->pdata, r->zones->len, sizeof *r->zones->pdata, by_name);
	for (unsigned i = 0; i < r->zones->len; i++)
		if (!add_zone(r, i))
			return false;
	if (r->computers->len == 0)
		return complain(r, NULL, "there is no zone \"" COMPUTERS "\" with computers");
	if (!r->any_nic)
		return complain(r, NULL, "there is no zone \"" MYRINET "\" with NICs");
	if (r->computers->len > MAX_NODES)
		return complain(r, NULL, "%u computers; allowed: 1 to %d", r->computers->len, MAX_NODES);
	g_array_sort(r->computers, computers_by_number);
	return true;
}

/* take_computers: names, and what their own props change. */
static void
take_computers(struct reader *r, const struct params *common)
{
	struct platform *p = r->p;

	p->n_nodes = r->computers->len;
	p->hosts = g_new0(char *, p->n_nodes);
	p->has_nic = g_new0(bool, p->n_nodes);
	p->params = g_new(struct params, p->n_nodes);
	for (unsigned i = 0; i < p->n_nodes; i++) {
		const struct computer *c = &g_array_index(r->computers, struct computer, i);

		p->hosts[i] = g_strdup(sg_host_get_name(c->host));
		p->has_nic[i] = c->nic != NULL;
		p->params[i] = *common;
		for (int k = 0; k < N_PARAMS; k++) {
			const char *own = sg_host_get_property_value(c->host, param_defs[k].key);

			if (own)
				g_free(param_parse(&param_defs[k], own, &p->params[i]));
		}
	}
}

/* Channels and routes. ------------------------------------------------------------------------------------------------
 */

static char *
check_link(const char *path, sg_link_t link)
{
	if (sg_link_get_bandwidth(link) >= 1 && isfinite(sg_link_get_bandwidth(link)) &&
	    sg_link_get_latency(link) >= 0 && sg_link_get_latency(link) <= 1)
		return NULL;
	return g_strdup_printf("%s: link %s: allowed: bandwidth of at least 1 byte/s, latency 0 to 1 s", path,
	                       sg_link_get_name(link));
}

/* link_index: of a SimGrid link among the platform's, where it is entered when it is first met. */
static unsigned
link_index(struct platform *p, GHashTable *known, sg_link_t link, char **error)
{
	unsigned index = GPOINTER_TO_UINT(g_hash_table_lookup(known, link));

	if (index)
		return index - 1;
	*error = check_link(p->path, link);
	p->links = g_renew(struct platform_link, p->links, p->n_links + 1);
	p->links[p->n_links] = (struct platform_link){
	        .name = g_strdup(sg_link_get_name(link)),
	        .bytes_per_s = *error ? 1 : (uint64_t)llround(sg_link_get_bandwidth(link)),
	        .latency_ps = *error ? 0 : (uint64_t)llround(sg_link_get_latency(link) * (double)SIM_S),
	};
	g_hash_table_insert(known, link, GUINT_TO_POINTER(++p->n_links));
	return p->n_links - 1;
}

static bool
read_route(struct platform *p, GHashTable *known, sg_host_t from, sg_host_t to, struct platform_route *route,
           char **error)
{
	xbt_dynar_t list = xbt_dynar_new(sizeof(sg_link_t), NULL);

	sg_host_get_route(from, to, list);
	route->n_links = (unsigned)xbt_dynar_length(list);
	route->links = g_new(unsigned, route->n_links + 1);
	for (unsigned i = 0; i < route->n_links && !*error; i++)
		route->links[i] = link_index(p, known, xbt_dynar_get_as(list, i, sg_link_t), error);
	xbt_dynar_free(&list);
	if (!*error && route->n_links == 0)
		*error = g_strdup_printf("%s: the route from %s to %s has no link", p->path, sg_host_get_name(from),
		                         sg_host_get_name(to));
	return !*error;
}

/* read_routes: between NICs of one zone. */
static bool
read_routes(struct reader *r)
{
	GHashTable *known = g_hash_table_new(NULL, NULL);
	struct platform *p = r->p;
	unsigned n = p->n_nodes;

	p->routes = g_new0(struct platform_route, n * n);
	for (unsigned i = 0; i < n * n && !*r->error; i++) {
		const struct computer *from = &g_array_index(r->computers, struct computer, i / n);
		const struct computer *to = &g_array_index(r->computers, struct computer, i % n);

		if (from != to && from->nic && to->nic && from->zone == to->zone)
			read_route(p, known, from->nic, to->nic, &p->routes[i], r->error);
	}
	g_hash_table_destroy(known);
	return !*r->error;
}

/* A file without routes between its computers must fail in the trial load, not when the first flow starts. */
static void
ask_for_routes(const struct reader *r)
{
	xbt_dynar_t list = xbt_dynar_new(sizeof(sg_link_t), NULL);
	unsigned n = r->computers->len;

	for (unsigned i = 0; i < n * n; i++)
		if (i / n != i % n)
			sg_host_get_route(g_array_index(r->computers, struct computer, i / n).host,
			                  g_array_index(r->computers, struct computer, i % n).host, list);
	xbt_dynar_free(&list);
}

bool
platform_zones_read(struct platform *p, const struct params *common, char **error)
{
	struct reader r = {.p = p,
	                   .zones = g_ptr_array_new_with_free_func(g_free),
	                   .computers = g_array_new(FALSE, TRUE, sizeof(struct computer)),
	                   .error = error};
	bool ok = read_computers(&r);

	if (ok) {
		take_computers(&r, common);
		ask_for_routes(&r);
		ok = read_routes(&r);
	}
	g_ptr_array_free(r.zones, TRUE);
	g_array_free(r.computers, TRUE);
	return ok;
}

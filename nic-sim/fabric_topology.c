#include "nic-sim/fabric_internal.h"

#include <glib.h>
#include <string.h>

/* Ends of links: 2 * link is where it starts, 2 * link + 1 where it ends, then one for each NIC. */
struct ends {
	const struct platform *platform;
	uint32_t *parent;
	uint32_t n;
};

static uint32_t
find(struct ends *e, uint32_t i)
{
	while (e->parent[i] != i)
		i = e->parent[i] = e->parent[e->parent[i]];
	return i;
}

/* unite: the smaller number becomes the root, so that roots do not depend on the order of the routes. */
static void
unite(struct ends *e, uint32_t a, uint32_t b)
{
	a = find(e, a);
	b = find(e, b);
	if (a < b)
		e->parent[b] = a;
	else
		e->parent[a] = b;
}

static uint32_t
nic_end(const struct ends *e, unsigned node)
{
	return 2 * e->platform->n_links + node;
}

static void
unite_route(struct ends *e, const struct platform_route *route, unsigned from, unsigned to)
{
	if (route->n_links == 0)
		return;
	unite(e, nic_end(e, from), 2 * route->links[0]);
	for (unsigned i = 0; i + 1 < route->n_links; i++)
		unite(e, 2 * route->links[i] + 1, 2 * route->links[i + 1]);
	unite(e, nic_end(e, to), 2 * route->links[route->n_links - 1] + 1);
}

/* twin: the other direction of a cable whose directions are called X_UP and X_DOWN; NO_INDEX if there is none. */
static uint32_t
twin(GHashTable *by_name, const char *name)
{
	static const char up[] = "_UP", down[] = "_DOWN";
	gpointer value = NULL;
	g_autofree char *other = NULL;

	if (g_str_has_suffix(name, up))
		other = g_strdup_printf("%.*s%s", (int)(strlen(name) - strlen(up)), name, down);
	else if (g_str_has_suffix(name, down))
		other = g_strdup_printf("%.*s%s", (int)(strlen(name) - strlen(down)), name, up);
	if (!other || !g_hash_table_lookup_extended(by_name, other, NULL, &value))
		return NO_INDEX;
	return GPOINTER_TO_UINT(value);
}

static uint32_t *
find_twins(const struct platform *p)
{
	GHashTable *by_name = g_hash_table_new(g_str_hash, g_str_equal);
	uint32_t *twins = g_new(uint32_t, p->n_links + 1);

	for (unsigned i = 0; i < p->n_links; i++)
		g_hash_table_insert(by_name, p->links[i].name, GUINT_TO_POINTER(i));
	for (unsigned i = 0; i < p->n_links; i++)
		twins[i] = twin(by_name, p->links[i].name);
	g_hash_table_destroy(by_name);
	return twins;
}

static struct ends
unite_all(const struct platform *p, const uint32_t *twins)
{
	struct ends e = {.platform = p, .n = 2 * p->n_links + p->n_nodes};

	e.parent = g_new(uint32_t, e.n + 1);
	for (uint32_t i = 0; i < e.n; i++)
		e.parent[i] = i;
	for (unsigned from = 0; from < p->n_nodes; from++)
		for (unsigned to = 0; to < p->n_nodes; to++)
			unite_route(&e, &p->routes[from * p->n_nodes + to], from, to);
	for (unsigned i = 0; i < p->n_links; i++)
		if (twins[i] != NO_INDEX) {
			unite(&e, 2 * i, 2 * twins[i] + 1);
			unite(&e, 2 * i + 1, 2 * twins[i]);
		}
	return e;
}

/* check_ends: a NIC's place belongs to one NIC and at most one cable; a link joins two places. */
static bool
check_ends(struct ends *e, uint32_t *node_of, char **error)
{
	const struct platform *p = e->platform;

	for (uint32_t i = 0; i < e->n; i++)
		node_of[i] = NO_INDEX;
	for (unsigned node = 0; node < p->n_nodes; node++) {
		uint32_t place = find(e, nic_end(e, node));

		if (node_of[place] != NO_INDEX) {
			*error = g_strdup_printf(
			        "%s: routes make %s and %s one place: every NIC needs a cable of its own to a switch",
			        p->path, p->hosts[node_of[place]], p->hosts[node]);
			return false;
		}
		node_of[place] = node;
	}
	for (unsigned i = 0; i < p->n_links; i++)
		if (find(e, 2 * i) == find(e, 2 * i + 1)) {
			*error = g_strdup_printf("%s: link %s would start and end at the same place; a channel must "
			                         "lead from one NIC or "
			                         "switch to another (use split-duplex links)",
			                         p->path, p->links[i].name);
			return false;
		}
	return true;
}

static bool
attach_nic(struct fabric *f, unsigned node, unsigned link, bool out, char **error)
{
	uint32_t *slot = out ? &f->ports[node].out : &f->ports[node].in;

	if (*slot != NO_INDEX && *slot != link) {
		*error = g_strdup_printf("%s: %s %s by two links, %s and %s; a NIC has one", f->platform->path,
		                         f->platform->hosts[node], out ? "is left" : "is entered",
		                         f->platform->links[*slot].name, f->platform->links[link].name);
		return false;
	}
	*slot = link;
	return true;
}

static uint32_t
add_port(struct crossbar *s)
{
	s->out = g_renew(uint32_t, s->out, s->n_ports + 1);
	s->out[s->n_ports] = NO_INDEX;
	return s->n_ports++;
}

/* place_channel: connects both ends of channel i; a switch's port is made by whichever direction of the cable comes
 * first. */
static bool
place_channel(struct fabric *f, struct ends *e, const uint32_t *node_of, const uint32_t *twins, uint32_t i,
              char **error)
{
	struct channel *c = &f->channels[i];
	uint32_t start = find(e, 2 * i), end = find(e, 2 * i + 1);
	struct channel *back = twins[i] != NO_INDEX && twins[i] < i ? &f->channels[twins[i]] : NULL;

	c->from_node = node_of[start];
	c->to_node = node_of[end];
	if (c->from_node != NO_INDEX && !attach_nic(f, c->from_node, i, true, error))
		return false;
	if (c->to_node != NO_INDEX && !attach_nic(f, c->to_node, i, false, error))
		return false;
	if (c->from_node == NO_INDEX) {
		c->from_switch = start; /* a place; numbered by number_switches() */
		c->out_port = back ? back->in_port : add_port(&f->switches[start]);
		f->switches[start].out[c->out_port] = i;
	}
	if (c->to_node == NO_INDEX) {
		c->to_switch = end;
		c->in_port = back ? back->out_port : add_port(&f->switches[end]);
	}
	return true;
}

static bool
used(const struct platform *p, bool *in_use)
{
	bool any = false;

	for (size_t r = 0; r < (size_t)p->n_nodes * p->n_nodes; r++)
		for (unsigned i = 0; i < p->routes[r].n_links; i++)
			any = in_use[p->routes[r].links[i]] = true;
	return any;
}

static void
init_channel(struct fabric *f, uint32_t i)
{
	const struct platform_link *link = &f->platform->links[i];

	f->channels[i] = (struct channel){.name = link->name,
	                                  .latency = link->latency_ps,
	                                  .bytes_per_s = link->bytes_per_s,
	                                  .to_switch = NO_INDEX,
	                                  .to_node = NO_INDEX,
	                                  .from_switch = NO_INDEX,
	                                  .from_node = NO_INDEX,
	                                  .fabric = f};
}

/* Port numbers and route bytes are wired by now: every delta of every route must fit a route byte. */
static bool
check_routes(const struct fabric *f, char **error)
{
	const struct platform *p = f->platform;

	for (unsigned r = 0; r < p->n_nodes * p->n_nodes; r++) {
		const struct platform_route *route = &p->routes[r];

		if (route->n_links > MAX_PATH) {
			*error = g_strdup_printf(
			        "%s: the route from %s to %s crosses %u switches; at most %u are allowed", p->path,
			        p->hosts[r / p->n_nodes], p->hosts[r % p->n_nodes], route->n_links - 1,
			        FABRIC_MAX_HOPS);
			return false;
		}
		for (unsigned i = 0; i + 1 < route->n_links; i++) {
			int delta = (int)f->channels[route->links[i + 1]].out_port -
			            (int)f->channels[route->links[i]].in_port;

			if (delta < -31 || delta > 31) {
				*error = g_strdup_printf(
				        "%s: the step from link %s to %s is %d ports; a route byte holds -31..31",
				        p->path, f->channels[route->links[i]].name,
				        f->channels[route->links[i + 1]].name, delta);
				return false;
			}
		}
	}
	return true;
}

static sim_time
least_latency(const struct fabric *f)
{
	sim_time least = SIM_NEVER;

	for (uint32_t a = 0; a < f->n_channels; a++) {
		const struct channel *in = &f->channels[a];

		if (in->from_node == NO_INDEX)
			continue;
		if (in->to_node != NO_INDEX && in->latency < least)
			least = in->latency;
		for (uint32_t b = 0; in->to_switch != NO_INDEX && b < f->n_channels; b++)
			if (f->channels[b].from_switch == in->to_switch && f->channels[b].to_node != in->from_node &&
			    in->latency + f->switch_delay + f->channels[b].latency < least)
				least = in->latency + f->switch_delay + f->channels[b].latency;
	}
	return least == SIM_NEVER ? 0 : least;
}

static bool
wire(struct fabric *f, struct ends *e, const uint32_t *twins, char **error)
{
	const struct platform *p = f->platform;
	g_autofree uint32_t *node_of = g_new(uint32_t, e->n + 1);
	g_autofree bool *in_use = g_new0(bool, p->n_links + 1);

	if (!check_ends(e, node_of, error))
		return false;
	used(p, in_use);
	for (uint32_t i = 0; i < f->n_channels; i++) {
		init_channel(f, i);
		if ((in_use[i] || (twins[i] != NO_INDEX && in_use[twins[i]])) &&
		    !place_channel(f, e, node_of, twins, i, error))
			return false;
	}
	f->lookahead = least_latency(f);
	return check_routes(f, error);
}

bool
topology_derive(struct fabric *f, char **error)
{
	const struct platform *p = f->platform;
	g_autofree uint32_t *twins = find_twins(p);
	struct ends e = unite_all(p, twins);

	f->n_channels = p->n_links;
	f->channels = g_new0(struct channel, p->n_links + 1);
	f->n_switches = e.n; /* one for each place; those of NICs stay empty */
	f->switches = g_new0(struct crossbar, e.n + 1);
	for (unsigned node = 0; node < p->n_nodes; node++)
		f->ports[node].out = f->ports[node].in = NO_INDEX;
	bool good = wire(f, &e, twins, error);

	g_free(e.parent);
	return good;
}

void
topology_free(struct fabric *f)
{
	for (unsigned i = 0; i < f->n_switches; i++)
		g_free(f->switches[i].out);
	g_free(f->switches);
	g_free(f->channels);
}

/* Deadlock: a packet that holds channel a may wait for channel b if some route has b right behind a. */

struct walk {
	const struct fabric *f;
	GArray **next; /* [channel]: those that follow it on some route */
	uint8_t *mark; /* 0 new, 1 on the stack, 2 done */
	GArray *stack;
};

static void
add_dependency(struct walk *w, uint32_t a, uint32_t b)
{
	for (guint i = 0; i < w->next[a]->len; i++)
		if (g_array_index(w->next[a], uint32_t, i) == b)
			return;
	g_array_append_val(w->next[a], b);
}

static char *
name_cycle(const struct walk *w, uint32_t first)
{
	GString *text = g_string_new(NULL);
	guint i = 0;

	while (g_array_index(w->stack, uint32_t, i) != first)
		i++;
	g_string_printf(text,
	                "%s: routes can deadlock; each of these channels waits for the next: ", w->f->platform->path);
	for (; i < w->stack->len; i++)
		g_string_append_printf(text, "%s -> ", w->f->channels[g_array_index(w->stack, uint32_t, i)].name);
	g_string_append(text, w->f->channels[first].name);
	return g_string_free(text, FALSE);
}

static char *
visit(struct walk *w, uint32_t channel)
{
	char *cycle = NULL;

	w->mark[channel] = 1;
	g_array_append_val(w->stack, channel);
	for (guint i = 0; !cycle && i < w->next[channel]->len; i++) {
		uint32_t b = g_array_index(w->next[channel], uint32_t, i);

		if (w->mark[b] == 1)
			cycle = name_cycle(w, b);
		else if (w->mark[b] == 0)
			cycle = visit(w, b);
	}
	w->mark[channel] = 2;
	g_array_set_size(w->stack, w->stack->len - 1);
	return cycle;
}

bool
topology_find_cycle(const struct fabric *f, char **error)
{
	const struct platform *p = f->platform;
	struct walk w = {.f = f,
	                 .next = g_new(GArray *, f->n_channels + 1),
	                 .mark = g_new0(uint8_t, f->n_channels + 1),
	                 .stack = g_array_new(FALSE, FALSE, sizeof(uint32_t))};
	char *cycle = NULL;

	for (uint32_t c = 0; c < f->n_channels; c++)
		w.next[c] = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	for (size_t r = 0; r < (size_t)p->n_nodes * p->n_nodes; r++)
		for (unsigned i = 0; i + 1 < p->routes[r].n_links; i++)
			add_dependency(&w, p->routes[r].links[i], p->routes[r].links[i + 1]);
	for (uint32_t c = 0; !cycle && c < f->n_channels; c++)
		if (w.mark[c] == 0)
			cycle = visit(&w, c);
	for (uint32_t c = 0; c < f->n_channels; c++)
		g_array_free(w.next[c], TRUE);
	g_free(w.next);
	g_free(w.mark);
	g_array_free(w.stack, TRUE);
	*error = cycle;
	return cycle == NULL;
}

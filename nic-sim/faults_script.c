#include "nic-sim/faults_script.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#define BLANKS     " \t\r"
#define WORD_ENDS  BLANKS ";\n#"
#define LONGEST_S  1e6  /* seconds: dates stay far from the end of sim_time */
#define MAX_FACTOR 1000 /* of a slow host */

enum { LONGEST_SCRIPT = 1 << 20 };

struct parser {
	struct platform *platform;
	const char *where, *text, *at;
	const char *word; /* the last one that was read, and its length; 0 at the end of a statement */
	size_t length;
	char **error;
};

/* Words. ----------------------------------------------------------------------------------------------------------- */

static bool
complain(struct parser *s, const char *what, const char *allowed)
{
	unsigned line = 1;
	const char *start = s->text;
	char *word = g_strndup(s->word, s->length), *printable = g_strescape(word, NULL);

	for (const char *c = s->text; c < s->word; c++)
		if (*c == '\n') {
			line++;
			start = c + 1;
		}
	*s->error = g_strdup_printf("%s:%u:%u: %s%s%s%s; allowed: %s", s->where, line, (unsigned)(s->word - start) + 1,
	                            what, s->length ? " \"" : "", printable, s->length ? "\"" : "", allowed);
	g_free(printable);
	g_free(word);
	return false;
}

/* next_word: of this statement; false at its end. */
static bool
next_word(struct parser *s)
{
	s->at += strspn(s->at, BLANKS);
	s->word = s->at;
	s->length = strcspn(s->at, WORD_ENDS);
	s->at += s->length;
	return s->length > 0;
}

static bool
word_is(const struct parser *s, const char *word)
{
	return s->length == strlen(word) && memcmp(s->word, word, s->length) == 0;
}

/* number: the word's number; *rest is what stands behind it. */
static bool
number(const struct parser *s, double *value, char rest[8])
{
	char *copy = g_strndup(s->word, s->length), *end;
	bool ok = g_ascii_isdigit(*copy) || *copy == '.';

	*value = g_ascii_strtod(copy, &end);
	ok = ok && isfinite(*value) && g_strlcpy(rest, end, 8) < 8;
	g_free(copy);
	return ok;
}

static bool
duration(struct parser *s, const char *what, sim_time *t)
{
	static const struct {
		const char *name;
		sim_time ps;
	} units[] = {{"ps", 1}, {"ns", SIM_NS}, {"us", SIM_US}, {"ms", SIM_MS}, {"s", SIM_S}};
	char unit[8];
	double value;

	if (number(s, &value, unit)) {
		*t = 0;
		if (value == 0 && !*unit)
			return true;
		for (unsigned i = 0; i < G_N_ELEMENTS(units); i++)
			if (strcmp(unit, units[i].name) == 0 &&
			    value * (double)units[i].ps <= LONGEST_S * (double)SIM_S) {
				*t = (sim_time)llround(value * (double)units[i].ps);
				return true;
			}
	}
	return complain(s, what, "0, or a number up to 1e6 s with its unit: ps, ns, us, ms, s");
}

/* optional_duration: of a state; else it lasts. */
static bool
optional_duration(struct parser *s, struct fault_event *e)
{
	return !next_word(s) || duration(s, "not a duration:", &e->lasts);
}

/* Names. ----------------------------------------------------------------------------------------------------------- */

static bool
find_host(struct parser *s, unsigned *node)
{
	const struct platform *p = s->platform;

	for (*node = 0; *node < p->n_nodes; ++*node)
		if (word_is(s, p->hosts[*node]))
			return true;
	return false;
}

static bool
host_name(struct parser *s, unsigned *node)
{
	const struct platform *p = s->platform;
	char *allowed;

	if (next_word(s) && find_host(s, node))
		return true;
	allowed = g_strdup_printf("a computer of the platform, %s to %s", p->hosts[0], p->hosts[p->n_nodes - 1]);
	complain(s, s->length ? "no computer" : "a computer's name is missing", allowed);
	g_free(allowed);
	return false;
}

/* cable_of: the first link of a way from the node, the last of one to it; false if it has none. */
static bool
cable_of(const struct platform *p, unsigned node, struct fault_event *e)
{
	unsigned other = 0;

	while (other < p->n_nodes && !(platform_joined(p, node, other) && platform_joined(p, other, node)))
		other++;
	if (other == p->n_nodes)
		return false;
	const struct platform_route *out = &p->routes[node * p->n_nodes + other];
	const struct platform_route *in = &p->routes[other * p->n_nodes + node];

	e->channels[e->n_channels++] = out->links[0];
	if (in->links[in->n_links - 1] != out->links[0])
		e->channels[e->n_channels++] = in->links[in->n_links - 1];
	return true;
}

static bool
link_name(struct parser *s, struct fault_event *e)
{
	const struct platform *p = s->platform;
	char *allowed;

	next_word(s);
	if (s->length && find_host(s, &e->node))
		return cable_of(p, e->node, e) || complain(s, "no cable at", "a computer that is joined with another");
	for (unsigned i = 0; s->length && i < p->n_links; i++)
		if (word_is(s, p->links[i].name)) {
			e->channels[e->n_channels++] = i;
			return true;
		}
	allowed = g_strdup_printf("a computer (%s to %s) or a link of zone myrinet%s%s", p->hosts[0],
	                          p->hosts[p->n_nodes - 1], p->n_links ? ", as " : "",
	                          p->n_links ? p->links[0].name : "");
	complain(s, s->length ? "no link" : "a link's name is missing", allowed);
	g_free(allowed);
	return false;
}

/* Statements. ------------------------------------------------------------------------------------------------------ */

static bool
factor(struct parser *s, struct fault_event *e)
{
	char rest[8];
	double value;

	if (!next_word(s) || !number(s, &value, rest) || *rest || value < 1 || value > MAX_FACTOR)
		return complain(s, s->length ? "not a factor:" : "a factor is missing", "1 to 1000");
	e->factor = (uint32_t)llround(value * FAULT_FACTOR_ONE);
	return true;
}

static bool
link_event(struct parser *s, struct fault_event *e)
{
	if (!link_name(s, e))
		return false;
	next_word(s);
	if (word_is(s, "up")) {
		e->action = FAULT_LINK_UP;
		return true;
	}
	e->action = FAULT_LINK_DOWN;
	if (!word_is(s, "down"))
		return complain(s, s->length ? "no fault of a link:" : "the fault is missing", "down, up");
	return optional_duration(s, e);
}

static bool
nic_event(struct parser *s, struct fault_event *e)
{
	if (!host_name(s, &e->node))
		return false;
	if (!s->platform->has_nic[e->node])
		return complain(s, "no NIC in", "a computer with a NIC");
	next_word(s);
	if (word_is(s, "hang")) {
		e->action = FAULT_HANG;
		return optional_duration(s, e);
	}
	e->action = FAULT_RESET;
	if (!word_is(s, "reset"))
		return complain(s, s->length ? "no fault of a NIC:" : "the fault is missing", "hang, reset");
	if (!next_word(s))
		return true;
	e->scramble = word_is(s, "scramble");
	return e->scramble || complain(s, "after reset:", "nothing, or scramble");
}

static bool
host_event(struct parser *s, struct fault_event *e)
{
	e->action = FAULT_SLOW;
	if (!host_name(s, &e->node))
		return false;
	next_word(s);
	if (!word_is(s, "slow"))
		return complain(s, s->length ? "no fault of a host:" : "the fault is missing", "slow");
	return factor(s, e) && optional_duration(s, e);
}

static bool
statement(struct parser *s, struct fault_event *e)
{
	bool ok;

	*e = (struct fault_event){.lasts = SIM_NEVER, .factor = FAULT_FACTOR_ONE};
	if (!duration(s, "not a date:", &e->at))
		return false;
	next_word(s);
	if (word_is(s, "link"))
		ok = link_event(s, e);
	else if (word_is(s, "nic"))
		ok = nic_event(s, e);
	else if (word_is(s, "host"))
		ok = host_event(s, e);
	else
		return complain(s, s->length ? "not a part of the machine:" : "the part is missing", "link, nic, host");
	return ok && (!next_word(s) || complain(s, "too much:", "; or the end of the line"));
}

bool
faults_script_parse(struct platform *p, const char *where, const char *text, char **error)
{
	struct parser s = {.platform = p, .where = where, .text = text, .at = text, .error = error};

	*error = NULL;
	for (;; s.at++) {
		if (next_word(&s)) {
			p->faults = g_renew(struct fault_event, p->faults, p->n_faults + 1);
			if (!statement(&s, &p->faults[p->n_faults]))
				return false;
			p->n_faults++;
		}
		if (*s.at == '#')
			s.at += strcspn(s.at, "\n");
		if (!*s.at)
			return true;
	}
}

static bool
load_file(struct platform *p, const char *path, char **error)
{
	char *text = NULL;
	size_t length;
	bool ok = false;

	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) || !g_file_get_contents(path, &text, &length, NULL))
		*error = g_strdup_printf("net.fault_script: \"%s\" cannot be read; allowed: a file, or none", path);
	else if (length > LONGEST_SCRIPT || strlen(text) != length)
		*error = g_strdup_printf("%s:1:1: not a fault script; allowed: text of up to %d bytes", path,
		                         LONGEST_SCRIPT);
	else
		ok = faults_script_parse(p, path, text, error);
	g_free(text);
	return ok;
}

bool
faults_script_load(struct platform *p, char **error)
{
	const struct params *params = &p->params[0];

	if (params->faults && !faults_script_parse(p, "net.faults", params->faults, error))
		return false;
	return !params->fault_script || load_file(p, params->fault_script, error);
}

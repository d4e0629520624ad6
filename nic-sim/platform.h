/* The platform: SimGrid XML plus the table of model parameters.
 *
 * A platform file is SimGrid XML.  Hosts named as the computers live in an Ethernet zone (their routes carry TCP/IP
 * flows); every computer's NIC is a host of the same platform in a zone called "myrinet", whose routes, link by link,
 * are the channels that packets take (one SimGrid link a channel, a switch wherever one link's end meets the next one's
 * start).  The i-th host of zone "myrinet" is the NIC of the i-th host of zone "computers", both in the order of their
 * numbers.
 *
 * SITES.  There may be further pairs, zones "computers-X" and "myrinet-X" for any X, anywhere in the top zone, joined
 * by the file's zoneRoutes, which carry TCP/IP only: there is no way from one Myrinet zone to another.  A zone of
 * computers without its Myrinet zone holds computers without a NIC.  Node numbers count the computers of all zones in
 * the order of the numbers in their names.
 *
 * Model parameters are <prop> elements of the top zone:
 *
 *   <prop id="nic.lanai_mhz" value="33"/>              value, in the unit that the key names
 *   <prop id="nic.lanai_mhz.source" value="..."/>      where it comes from
 *   <prop id="nic.lanai_mhz.sure" value="B"/>          A, B, C or R, as reference data have it
 *   <prop id="nic.lanai_mhz.range" value="25:40"/>     how far calibration may move it (may be absent: fixed)
 *   <prop id="nic.lanai_mhz.fitted_to" value="V1-BW"/> ids of published numbers it was adjusted to (may be absent)
 *
 * A host <prop> of the same id overrides the zone's for that computer.  The keys, with unit, type, physical bounds and
 * meaning, stand in nic-sim/params.def and nowhere else: validation, --set, docs/platforms.md and struct params come
 * from it.
 *
 * The set may stand in a file of its own (<params> with <prop>s), which <prop id="params" value="file"/> of the top
 * zone names, relative to the platform file; a key that the platform file then gives itself replaces that key's whole
 * record. Every key must have a value, a source and a certainty: there are no defaults outside these files.
 *
 * platform_load() validates the file first (libxml2: well-formed, known keys, numbers in bounds; then a trial load in a
 * forked child, because SimGrid aborts on what it does not like), so a bad file costs one line that names file, line,
 * key and what is allowed. */
#ifndef NIC_SIM_PLATFORM_H
#define NIC_SIM_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The macros of params.def are called (member, key, unit, min, max, doc), bounds in `unit`.  PARAM_U: an integer;
 * PARAM_P: one that is a power of two; PARAM_W: a multiple of four (whole words); PARAM_F: a decimal number;
 * PARAM_T: a duration, sim_time in ps, read as a decimal number in `unit` (us); PARAM_B: a rate, bytes/s, read as a
 * decimal number in MB/s (10^6 bytes).  PARAM_S, called (member, key, unit, doc): a text; NULL for "none". */
struct params {
#define PARAM_U(member, key, unit, min, max, doc) uint64_t member;
#define PARAM_F(member, key, unit, min, max, doc) double member;
#define PARAM_S(member, key, unit, doc)           const char *member; /* lives as long as the program */
#define PARAM_P                                   PARAM_U
#define PARAM_W                                   PARAM_U
#define PARAM_T                                   PARAM_U
#define PARAM_B                                   PARAM_U
#include "nic-sim/params.def"
#undef PARAM_U
#undef PARAM_F
#undef PARAM_S
#undef PARAM_P
#undef PARAM_W
#undef PARAM_T
#undef PARAM_B
};

/* One key as resolved, for the manifest, the report and docs/platforms.md. */
struct param_value {
	const char *key, *unit, *doc;
	char *value;                             /* as written */
	char *source, *sure, *range, *fitted_to; /* NULL if absent */
	bool overridden;                         /* by --set */
};

struct platform_link {
	char *name;
	uint64_t bytes_per_s;
	uint64_t latency_ps;
};

struct platform_route {
	unsigned n_links;
	unsigned *links; /* indices into links, in order of travel */
};

struct platform {
	char *path;
	char *name; /* file name without folder and .xml */
	unsigned n_nodes;
	char **hosts;          /* n_nodes SimGrid host names */
	bool *has_nic;         /* n_nodes */
	struct params *params; /* n_nodes; params[0] also answers for what is not a node's */
	struct param_value *values;
	size_t n_values;
	struct platform_link *links; /* Myrinet channels */
	unsigned n_links;
	struct platform_route *routes; /* n_nodes * n_nodes, [from * n_nodes + to]; empty where none joins them */
	struct fault_event *faults;    /* net.faults and net.fault_script (faults_script.h) */
	unsigned n_faults;
};

/* platform_load: `path` is a file name, or the bare name of one in platforms/ .  `sets`: n texts "key=value" or
 * "host:key=value" from --set, which may leave a key's range but not its bounds; "nodes=N" style axes of the topology
 * do not exist: topologies are files.  NULL and *error (one line, g_free it) if anything is wrong; nothing was then
 * loaded into SimGrid.  engine_init() first; once a process. */
struct platform *platform_load(const char *path, const char *const *sets, size_t n, char **error);
void platform_free(struct platform *p);
/* platform_joined: does a Myrinet route lead from one node to the other? */
bool platform_joined(const struct platform *p, unsigned from, unsigned to);

/* platform_check_set: is "key=value" acceptable?  false and *error; needs no platform. */
bool platform_check_set(const char *set, char **error);
/* platform_print_keys: every key, unit, bounds, meaning, as Markdown table rows: docs/platforms.md is made from it. */
void platform_print_keys(FILE *out);

#endif

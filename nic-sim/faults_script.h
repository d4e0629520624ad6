/* Faults at given dates, as a text: what net.faults holds, and the file that net.fault_script names.
 *
 *   statement   = DATE what              separated by ; or line ends; # begins a comment
 *   what        = link NAME down [DURATION]
 *               | link NAME up
 *               | nic HOST hang [DURATION]
 *               | nic HOST reset [scramble]
 *               | host HOST slow FACTOR [DURATION]
 *   DATE, DURATION = number and unit (ps, ns, us, ms, s), without a blank between: 2.5ms; 0 needs no unit
 *   HOST        = a computer of the platform
 *   NAME        = a computer, for both directions of its NIC's cable, or a channel (a SimGrid link)
 *   FACTOR      = 1 to 1000
 *
 * Without a duration a state lasts to the end of the run, or until a later statement ends it (link ... up; hang 0;
 * slow 1).  `scramble`: SRAM holds random bytes afterwards, and the firmware must be loaded again. */
#ifndef NIC_SIM_FAULTS_SCRIPT_H
#define NIC_SIM_FAULTS_SCRIPT_H

#include "nic-sim/platform.h"
#include "nic-sim/sim_time.h"

enum fault_action { FAULT_LINK_DOWN, FAULT_LINK_UP, FAULT_HANG, FAULT_RESET, FAULT_SLOW };

#define FAULT_FACTOR_ONE 1000u /* factors are in 1/1000 */

struct fault_event {
	sim_time at, lasts; /* lasts SIM_NEVER: until the end, or another event */
	enum fault_action action;
	unsigned node;        /* of a NIC or a host */
	unsigned channels[2]; /* of a link: indices of platform links */
	unsigned n_channels;
	uint32_t factor;
	bool scramble;
};

/* faults_script_parse: appends to p->faults; `where` is what errors call the text ("net.faults", or a file's name).
 * false and *error (one line, g_free it): "where:line:column: what; allowed: ...".  Needs hosts, links and routes. */
bool faults_script_parse(struct platform *p, const char *where, const char *text, char **error);
/* faults_script_load: net.faults and then net.fault_script of p->params[0]. */
bool faults_script_load(struct platform *p, char **error);

#endif

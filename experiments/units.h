/* Units of parameters and metrics: every name ends in its own. */
#ifndef EXPERIMENTS_UNITS_H
#define EXPERIMENTS_UNITS_H

/* unit_of: "us" of one_way_us, "MHz" of nic.lanai_mhz, "" if there is none; g_free it. */
char *unit_of(const char *name);
/* unit_label: the name for an axis of a figure, "one way (us)", "nic.lanai (MHz)"; g_free it. */
char *unit_label(const char *name);

#endif

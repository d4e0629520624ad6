/* Published numbers: experiments/reference/published.csv, one a row, in the order of the file.
 *
 * An id may have several rows (UTLB-PIN: by pages).  sure: A read in the work itself, B recalled with high confidence,
 * C with medium or low, R reconstruction. */
#ifndef EXPERIMENTS_REFERENCE_H
#define EXPERIMENTS_REFERENCE_H

#include <stdbool.h>

#define REFERENCE_FILE "experiments/reference/published.csv"

struct reference {
	char *id, *quantity;
	double value;
	char *unit, *sure;
	char *bound;  /* "": a value; ">": more than that; "range": from value to upper */
	double upper; /* of ">" and "range": what it stays under */
	char *use;    /* "input": is itself a parameter; "context": no platform for it; else "" */
	char *work, *note;
};

struct references {
	struct reference *list;
	unsigned n;
};

/* references_load: NULL and *error (one line, g_free it). */
struct references *references_load(const char *path, char **error);
struct references *references_default(char **error); /* those of the tree */
void references_free(struct references *r);
/* A name is an id, or id:quantity where several rows have that id. */
bool reference_has_name(const struct reference *r, const char *name);
const struct reference *reference_find(const struct references *r, const char *name); /* the first; NULL: none */
/* reference_error: relative to the published value, signed; for a bound 0 where it is met, else the distance to it. */
double reference_error(const struct reference *r, double simulated);

#endif

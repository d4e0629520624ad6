/* The program, run as its user runs it. */
#ifndef TESTS_EXPERIMENTS_PROGRAM_H
#define TESTS_EXPERIMENTS_PROGRAM_H

extern char *out, *err; /* what the last run said */

/* nicsim: runs it with these arguments, as a shell reads them (no single quotes); its exit code. */
int nicsim(const char *arguments);

#endif

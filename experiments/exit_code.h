/* How nicsim ends. */
#ifndef EXPERIMENTS_EXIT_CODE_H
#define EXPERIMENTS_EXIT_CODE_H

enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,    /* a crash, a full disk, something missing */
	EXIT_BAD_INPUT = 2, /* command line, experiment, platform or firmware file */
	EXIT_DEADLOCK = 3,  /* of the simulated programs */
	EXIT_TIME_LIMIT = 4 /* of simulated time */
};

#endif

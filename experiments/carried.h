/* Who carried the bytes of a run's sockets. */
#ifndef EXPERIMENTS_CARRIED_H
#define EXPERIMENTS_CARRIED_H

struct machine;
struct results;

#define CARRIED_METRICS                                                                                                \
	{"tcp_share", "of all bytes sent over sockets (and to set them up), those over the kernels' TCP/IP"},          \
	{                                                                                                              \
		"direct_share", "of the bytes received over a fast network, those that came straight to the user's "   \
		                "buffer"                                                                               \
	}

/* carried_results: after sock_start() of the machine, before sock_stop(). */
void carried_results(const struct machine *m, struct results *results);

#endif

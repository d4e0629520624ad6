#include "experiments/carried.h"

#include "experiments/results.h"
#include "sockets/socket.h"

static double
share(uint64_t part, uint64_t all)
{
	return all > 0 ? (double)part / (double)all : 0;
}

void
carried_results(const struct machine *m, struct results *results)
{
	struct sock_counts counts = sock_counts(m);

	results_set(results, "tcp_share", share(counts.bytes_by_tcp, counts.bytes_sent));
	results_set(results, "direct_share", share(counts.bytes_direct, counts.bytes_received));
}

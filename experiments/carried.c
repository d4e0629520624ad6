#include "experiments/carried.h"

#include "experiments/results.h"
#include "sockets/kernel.h"
#include "sockets/socket.h"
#include "sockets/tcp.h"

static double
share(uint64_t part, uint64_t all)
{
	return all > 0 ? (double)part / (double)all : 0;
}

void
carried_results(const struct machine *m, struct results *results)
{
	struct sock_counts fast = sock_counts(m);
	uint64_t tcp = 0;

	for (unsigned i = 0; i < m->n_hosts; i++)
		tcp += tcp_counts(kernel_of(&m->hosts[i])).bytes_sent;
	results_set(results, "tcp_share", share(tcp, tcp + fast.bytes_sent));
	results_set(results, "direct_share", share(fast.bytes_direct, fast.bytes_received));
}

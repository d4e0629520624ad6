/* Slow start, congestion avoidance, fast retransmit and fast recovery (RFC 2001). */
#include "sockets/tcpip/tcp_state.h"

#define INITIAL_SEGMENTS 2u /* RFC 2581 allows two; RFC 2001 had one, whose acknowledgement would be delayed */
#define DUPLICATES       3u
#define LEAST_SEGMENTS   2u

void
tcp_congestion_start(struct tcp *t)
{
	t->congestion_window = INITIAL_SEGMENTS * t->mss;
	t->slow_start_limit = TCP_WINDOW_MAX;
}

static void
grow(struct tcp *t, uint32_t bytes)
{
	t->congestion_window = MIN(t->congestion_window + bytes, TCP_WINDOW_MAX);
}

void
tcp_congestion_opened(struct tcp *t)
{
	if (t->duplicates >= DUPLICATES)
		t->congestion_window = MIN(t->congestion_window, t->slow_start_limit);
	else if (t->congestion_window < t->slow_start_limit)
		grow(t, t->mss);
	else
		grow(t, MAX(t->mss * t->mss / t->congestion_window, 1));
	t->duplicates = 0;
}

/* halve: the limit, to half of what was on its way. */
static void
halve(struct tcp *t)
{
	uint32_t flight = t->highest - t->acknowledged;

	t->slow_start_limit = MAX(flight / 2, LEAST_SEGMENTS * t->mss);
}

void
tcp_congestion_timed_out(struct tcp *t)
{
	halve(t);
	t->congestion_window = t->mss;
	t->duplicates = 0;
}

bool
tcp_congestion_duplicate(struct tcp *t)
{
	t->duplicates++;
	if (t->duplicates == DUPLICATES) {
		halve(t);
		t->congestion_window = t->slow_start_limit + DUPLICATES * t->mss;
		return true;
	}
	if (t->duplicates > DUPLICATES)
		grow(t, t->mss);
	return false;
}

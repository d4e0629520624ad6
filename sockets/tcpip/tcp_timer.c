#include "sockets/tcpip/tcp_state.h"

#include <errno.h>

/* An unanswered SYN is sent again after 1, 2, 4... s: seven in all, 127 s (Linux' tcp_syn_retries = 6); an answer to a
 * SYN five times more (tcp_synack_retries). */
#define SYN_PATIENCE  SIM_S
#define SYN_RETRIES   6u
#define REPLY_RETRIES 5u

/* RFC 1122, 4.2.3.1: first estimate; upper bound of 60 s, as BSD has it. */
#define TIME_OUT_FIRST (3 * SIM_S)
#define TIME_OUT_MAX   (60 * SIM_S)
#define BACKOFF_MAX    12u

/* Linux' TCP_TIMEWAIT_LEN, and its tcp_fin_timeout for ends that nobody holds. */
#define FINISH_WAIT (60 * SIM_S)

/* Estimates of the round trip (Jacobson 1988): gains of 1/8 and 1/4. */
#define SMOOTH_SHIFT    3
#define VARIATION_SHIFT 2

void
tcp_time_segment(struct tcp *t, uint32_t sequence)
{
	if (t->timing)
		return;
	t->timing = true;
	t->timed = sequence;
	t->timed_at = sim_now();
}

static void
estimate(struct tcp *t, sim_time sample)
{
	if (t->smooth == 0) {
		t->smooth = sample;
		t->variation = sample / 2;
	} else {
		sim_time error = sample > t->smooth ? sample - t->smooth : t->smooth - sample;

		t->smooth += (sample >> SMOOTH_SHIFT) - (t->smooth >> SMOOTH_SHIFT);
		t->variation += (error >> VARIATION_SHIFT) - (t->variation >> VARIATION_SHIFT);
	}
	t->time_out = t->smooth + MAX(4 * t->variation, tcp_params(t)->retransmit_min);
}

void
tcp_measure(struct tcp *t)
{
	if (!t->timing || !tcp_before(t->timed, t->acknowledged))
		return;
	t->timing = false;
	t->backoff = 0;
	estimate(t, MAX(sim_now() - t->timed_at, 1));
}

void
tcp_arm_retransmit(struct tcp *t)
{
	sim_time delay = t->time_out ? t->time_out : TIME_OUT_FIRST;

	if (t->state < TCP_ESTABLISHED)
		delay = SYN_PATIENCE << t->backoff;
	else
		delay = MIN(delay << t->backoff, TIME_OUT_MAX);
	sim_post(&t->retransmit, sim_now() + delay);
}

void
tcp_arm_delayed(struct tcp *t)
{
	if (!sim_posted(&t->delayed))
		sim_post(&t->delayed, sim_now() + tcp_params(t)->delayed_ack);
}

void
tcp_arm_finish(struct tcp *t)
{
	sim_post(&t->finish, sim_now() + FINISH_WAIT);
}

/* What the kernel's task does about it. -----------------------------------------------------------------------------
 */

static void
open_again(struct tcp *t)
{
	if (t->backoff == (t->state == TCP_SYN_SENT ? SYN_RETRIES : REPLY_RETRIES)) {
		tcp_end(t, ETIMEDOUT);
		return;
	}
	t->backoff++;
	tcp_counted(t)->retransmitted++;
	tcp_send_syn(t);
}

/* Nothing was heard of what is on its way: everything is sent again, from the first byte on, slowly.  If the window
 * lets nothing through, a byte asks whether it still does not. */
static void
send_again(struct tcp *t)
{
	uint32_t highest = t->highest;

	if (sim_now() - t->heard >= tcp_params(t)->tcp_give_up) {
		tcp_end(t, ETIMEDOUT);
		return;
	}
	if (t->backoff < BACKOFF_MAX)
		t->backoff++;
	t->timing = false;
	if (highest != t->acknowledged) {
		tcp_congestion_timed_out(t);
		t->next = t->acknowledged;
		tcp_output(t);
	}
	if (t->next == t->acknowledged)
		tcp_send_probe(t);
	if (t->highest != t->acknowledged || t->out.used > 0)
		tcp_arm_retransmit(t);
}

static void
look(void *arg)
{
	struct tcp *t = arg;
	unsigned due = t->due;

	t->due = 0;
	if (due & TCP_DUE_END)
		tcp_end(t, 0);
	if (due & TCP_DUE_ACKNOWLEDGE && t->state != TCP_CLOSED && t->unacknowledged > 0)
		tcp_send_acknowledgement(t);
	if (due & TCP_DUE_RETRANSMIT && t->state != TCP_CLOSED) {
		if (t->state < TCP_ESTABLISHED)
			open_again(t);
		else
			send_again(t);
	}
	tcp_reap(t);
}

static void
fall_due(struct tcp *t, enum tcp_due due)
{
	t->due |= due;
	ip_later(t->kernel, &t->work);
}

static void
retransmit_fired(struct sim_event *event)
{
	fall_due(sim_event_owner(event, struct tcp, retransmit), TCP_DUE_RETRANSMIT);
}

static void
delayed_fired(struct sim_event *event)
{
	fall_due(sim_event_owner(event, struct tcp, delayed), TCP_DUE_ACKNOWLEDGE);
}

static void
finish_fired(struct sim_event *event)
{
	fall_due(sim_event_owner(event, struct tcp, finish), TCP_DUE_END);
}

void
tcp_timers_init(struct tcp *t)
{
	unsigned rank = SIM_RANK_NODE + t->kernel->host->node;

	sim_event_init(&t->retransmit, rank, retransmit_fired);
	sim_event_init(&t->delayed, rank, delayed_fired);
	sim_event_init(&t->finish, rank, finish_fired);
	t->work.work = look;
	t->work.arg = t;
}

void
tcp_timers_stop(struct tcp *t)
{
	sim_cancel(&t->retransmit);
	sim_cancel(&t->delayed);
	sim_cancel(&t->finish);
	ip_forget(t->kernel, &t->work);
}

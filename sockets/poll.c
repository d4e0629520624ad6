#define _GNU_SOURCE
#include "sockets/descriptors.h"
#include "sockets/instruction_counts.h"
#include "sockets/network.h"

#include <errno.h>
#include <poll.h>

/* Linux takes no more entries than a process may have descriptors (RLIMIT_NOFILE). */
#define ENTRIES_MAX 1024

/* What select() means by its three sets, as Linux' POLLIN_SET, POLLOUT_SET and POLLEX_SET. */
#define SELECT_IN  (POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)
#define SELECT_OUT (POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)
#define SELECT_EX  POLLPRI

struct entry {
	int fd;
	unsigned wanted, found;
	struct description *d; /* NULL: nothing to watch */
	struct waiter waiter;
};

struct set {
	struct process *process;
	unsigned n;
	struct entry *entries;
};

/* One look, as costly as its descriptors are many. ------------------------------------------------------------------
 */

static bool
has_progress(const struct description *d)
{
	return d->datagram || (d->link && d->link->ops->progress);
}

/* take_in: what has come for any of them; the links of a process share one way in. */
static void
take_in(struct set *s)
{
	bool taken = false;

	for (struct entry *e = s->entries; e < s->entries + s->n; e++)
		if (e->d && has_progress(e->d) && (!taken || e->d->overdue)) {
			description_progress(e->d);
			taken = true;
		}
}

static void
look(struct set *s)
{
	cpu_instructions(CPU_USER, IC_SOCK_POLL + (uint64_t)IC_SOCK_POLL_EACH * s->n);
	take_in(s);
	for (struct entry *e = s->entries; e < s->entries + s->n; e++)
		if (e->d)
			e->found = description_readiness(e->d) & e->wanted;
}

static unsigned
n_found(const struct set *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n; i++)
		n += s->entries[i].found != 0;
	return n;
}

static void
resolve(struct set *s)
{
	for (struct entry *e = s->entries; e < s->entries + s->n; e++) {
		int error;

		e->d = e->fd < 0 ? NULL : descriptors_get(s->process, e->fd, &error);
		if (e->fd >= 0 && !e->d)
			e->found = POLLNVAL;
	}
}

static void
release(struct set *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->entries[i].d)
			description_release(s->entries[i].d);
	g_free(s->entries);
}

/* Waiting: one predicate over all, and the union of what their links watch. -----------------------------------------
 */

static bool
any_ready(void *arg)
{
	const struct set *s = arg;

	for (const struct entry *e = s->entries; e < s->entries + s->n; e++)
		if (e->d && (description_readiness(e->d) & e->wanted || e->d->state & LEAVING))
			return true;
	return false;
}

/* enters_kernel: only of connections over the fast network the process sees everything in its own memory. */
static bool
enters_kernel(const struct set *s)
{
	unsigned connections = 0, others = 0;

	for (unsigned i = 0; i < s->n; i++) {
		const struct description *d = s->entries[i].d;
		bool fast = d && d->state & CONNECTED && d->network;

		connections += fast;
		others += d && !fast;
	}
	return others > 0 || connections == 0;
}

/* ranges_of: what the links over the fast network watch; *any: a description of one, NULL if there is none. */
static unsigned
ranges_of(const struct set *s, struct umem_range *ranges, const struct description **any)
{
	unsigned n = 0;

	*any = NULL;
	for (unsigned i = 0; i < s->n; i++) {
		const struct description *d = s->entries[i].d;

		if (!d || !d->network || (!d->link && !d->datagram))
			continue;
		if (d->link)
			ranges[n++] = d->link->ops->watch(d->link);
		*any = d;
	}
	return n;
}

static void
wait_in_kernel(struct set *s, sim_time deadline)
{
	while (!any_ready(s))
		if (!cpu_block("one of the sockets that it polls", deadline) && sim_now() >= deadline)
			return;
}

static void
wait_until(struct set *s, sim_time deadline)
{
	struct umem_range *ranges = g_new(struct umem_range, s->n + 1);
	const struct description *fast;
	unsigned n = ranges_of(s, ranges, &fast);

	for (unsigned i = 0; i < s->n; i++)
		if (s->entries[i].d)
			description_watch(s->entries[i].d, &s->entries[i].waiter);
	if (fast)
		fast->network->wait(fast->process, any_ready, s, ranges, n, deadline);
	else
		wait_in_kernel(s, deadline);
	for (unsigned i = 0; i < s->n; i++)
		if (s->entries[i].d)
			description_unwatch(s->entries[i].d, &s->entries[i].waiter);
	g_free(ranges);
}

/* over: is there no use in waiting again, where another task has taken what was found? */
static bool
over(const struct set *s, sim_time deadline)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->entries[i].d && s->entries[i].d->state & LEAVING)
			return true;
	return sim_now() >= deadline;
}

/* poll_set: fills in what was found, by the deadline. */
static void
poll_set(struct set *s, sim_time deadline)
{
	resolve(s);
	if (enters_kernel(s) && kernel_of(s->process->host))
		kernel_system_call(kernel_of(s->process->host));
	look(s);
	if (n_found(s))
		return;
	if (deadline == DO_NOT_WAIT) {
		description_fruitless();
		return;
	}
	do {
		wait_until(s, deadline);
		look(s);
	} while (!n_found(s) && !over(s, deadline));
}

/* deadline_in: of a wait that begins now; a moment that has come counts as none. */
static sim_time
deadline_in(sim_time wait)
{
	if (wait == 0)
		return DO_NOT_WAIT;
	return wait >= SIM_NEVER - sim_now() ? SIM_NEVER : sim_now() + wait;
}

/* poll(). -----------------------------------------------------------------------------------------------------------
 */

int
sock_poll(struct process *p, struct pollfd *fds, nfds_t n, int timeout_ms)
{
	struct set s = {p, (unsigned)n, NULL};
	unsigned found;

	if (n > ENTRIES_MAX)
		return -EINVAL;
	if (n && !fds)
		return -EFAULT;
	s.entries = g_new0(struct entry, n + 1);
	for (unsigned i = 0; i < n; i++) {
		s.entries[i].fd = fds[i].fd;
		s.entries[i].wanted = (unsigned short)fds[i].events | POLLERR | POLLHUP;
	}
	poll_set(&s, timeout_ms < 0 ? SIM_NEVER : deadline_in((sim_time)timeout_ms * SIM_MS));
	for (unsigned i = 0; i < n; i++)
		fds[i].revents = (short)s.entries[i].found;
	found = n_found(&s);
	release(&s);
	return (int)found;
}

/* select(). ---------------------------------------------------------------------------------------------------------
 */

static bool
is_in(const fd_set *set, int fd)
{
	return set && FD_ISSET(fd, set);
}

static unsigned
wanted_by(int fd, const fd_set *in, const fd_set *out, const fd_set *except)
{
	return (is_in(in, fd) ? SELECT_IN : 0) | (is_in(out, fd) ? SELECT_OUT : 0) |
	       (is_in(except, fd) ? SELECT_EX : 0);
}

/* keep: of `set` only what was found. */
static int
keep(fd_set *set, const struct set *s, unsigned meaning)
{
	int n = 0;

	for (unsigned i = 0; set && i < s->n; i++) {
		const struct entry *e = &s->entries[i];

		if (!FD_ISSET(e->fd, set))
			continue;
		if (e->found & meaning)
			n++;
		else
			FD_CLR(e->fd, set);
	}
	return n;
}

static bool
has_bad(const struct set *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->entries[i].found & POLLNVAL)
			return true;
	return false;
}

/* tell_rest: Linux writes back what is left of the time. */
static void
tell_rest(struct timeval *timeout, sim_time deadline)
{
	sim_time left = deadline > sim_now() ? deadline - sim_now() : 0;

	if (!timeout || deadline == SIM_NEVER)
		return;
	timeout->tv_sec = (time_t)(left / SIM_S);
	timeout->tv_usec = (suseconds_t)(left % SIM_S / SIM_US);
}

static sim_time
select_deadline(const struct timeval *timeout)
{
	if (!timeout || (uint64_t)timeout->tv_sec >= SIM_NEVER / SIM_S / 2)
		return SIM_NEVER;
	return deadline_in((sim_time)timeout->tv_sec * SIM_S + (sim_time)timeout->tv_usec * SIM_US);
}

int
sock_select(struct process *p, int n, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout)
{
	struct set s = {.process = p};
	sim_time deadline;
	int result;

	if (n < 0 || (timeout && (timeout->tv_sec < 0 || timeout->tv_usec < 0)))
		return -EINVAL;
	deadline = select_deadline(timeout);
	s.entries = g_new0(struct entry, FD_SETSIZE);
	for (int fd = 0; fd < MIN(n, FD_SETSIZE); fd++) {
		unsigned wanted = wanted_by(fd, in, out, except);

		if (wanted)
			s.entries[s.n++] = (struct entry){.fd = fd, .wanted = wanted};
	}
	poll_set(&s, deadline);
	result = has_bad(&s) ? -EBADF
	                     : keep(in, &s, SELECT_IN) + keep(out, &s, SELECT_OUT) + keep(except, &s, SELECT_EX);
	release(&s);
	tell_rest(timeout, deadline);
	return result;
}

/* The link of a TCP connection: what system calls do with it. */
#include "nic-sim/machine.h"
#include "sockets/tcpip/tcp_state.h"
#include "sockets/user.h"

#include <errno.h>
#include <string.h>

static struct tcp *
tcp_of(struct link *l)
{
	return (struct tcp *)l;
}

static const struct tcp *
const_tcp_of(const struct link *l)
{
	return (const struct tcp *)l;
}

static bool
can_send(const struct tcp *t)
{
	return (t->state == TCP_ESTABLISHED || t->state == TCP_CLOSE_WAIT) && !t->fin_wanted;
}

/* The caller's memory; a task of the kernel has it in its hands. */
static struct umem_space *
caller_memory(void)
{
	const struct process *p = task_self() ? task_process(task_self()) : NULL;

	return p ? p->memory : NULL;
}

static void
copy_from_user(void *to, const void *user, uint64_t bytes)
{
	struct umem_space *memory = caller_memory();

	if (memory)
		user_fetch(memory, user, to, bytes);
	else
		memcpy(to, user, bytes);
}

static void
copy_to_user(void *user, const void *from, uint64_t bytes)
{
	struct umem_space *memory = caller_memory();

	if (memory)
		user_store(memory, user, from, bytes);
	else
		memcpy(user, from, bytes);
}

static void
charge_call(const struct tcp *t)
{
	cpu_charge(CPU_SYSTEM, tcp_params(t)->system_call);
}

static void
charge_copy(const struct tcp *t, uint64_t bytes)
{
	cpu_charge(CPU_SYSTEM, sim_transfer_time(bytes, tcp_params(t)->copy_rate));
}

/* Out. --------------------------------------------------------------------------------------------------------------
 */

/* The writer is woken when a third of the buffer, and a segment, are free (Linux: a third). */
#define ROOM_SHARE 3u

static uint32_t
free_space(const struct tcp *t)
{
	return t->options.send_buffer > t->out.used ? t->options.send_buffer - t->out.used : 0;
}

bool
tcp_room(const struct tcp *t)
{
	uint32_t least = MAX(t->options.send_buffer / ROOM_SHARE, t->mss);

	return !can_send(t) || t->out.used == 0 || free_space(t) >= MIN(least, t->options.send_buffer);
}

static bool
room(const struct link *l)
{
	return tcp_room(const_tcp_of(l));
}

/* piece_for: a segment at a time leaves while the next one is being copied; none is cut because the buffer is full. */
static uint32_t
piece_for(const struct tcp *t, uint64_t left)
{
	uint32_t piece = (uint32_t)MIN(left, t->mss);

	if (t->out.used == 0)
		return MIN(piece, MAX(t->options.send_buffer, 1));
	return free_space(t) >= piece ? piece : 0;
}

static void
put_piece(struct tcp *t, const uint8_t *user, uint32_t bytes)
{
	for (uint32_t done = 0, run; done < bytes; done += run) {
		uint8_t *to = tcp_ring_run(&t->out, t->out.used, bytes - done, &run);

		copy_from_user(to, user + done, run);
		tcp_ring_extend(&t->out, run);
	}
	charge_copy(t, bytes);
}

/* Bytes for a connection that is over are lost, silently. */
static int64_t
put(struct link *l, const void *user, uint64_t length, enum sock_protocol how)
{
	struct tcp *t = tcp_of(l);
	uint64_t done = 0;
	uint32_t piece;

	(void)how;
	charge_call(t);
	while (done < length && can_send(t) && (piece = piece_for(t, length - done)) > 0) {
		put_piece(t, (const uint8_t *)user + done, piece);
		done += piece;
		tcp_output(t);
		ip_flush(t->kernel);
	}
	ip_flush(t->kernel);
	return can_send(t) ? (int64_t)done : (int64_t)length;
}

static void
put_end(struct link *l, unsigned end)
{
	struct tcp *t = tcp_of(l);

	charge_call(t);
	if (t->state == TCP_CLOSED)
		return;
	if (end & LINK_RESET) {
		tcp_send_reset(t);
		tcp_end(t, 0);
	} else if (end & LINK_FIN && t->state != TCP_SYN_SENT) {
		t->fin_wanted = true;
		tcp_output(t);
	}
	ip_flush(t->kernel);
}

static bool
flushed(struct link *l, sim_time deadline)
{
	(void)l, (void)deadline;
	return true;
}

/* In. ---------------------------------------------------------------------------------------------------------------
 */

static bool
readable(const struct link *l)
{
	return const_tcp_of(l)->in.used > 0;
}

static uint64_t
unread(const struct link *l)
{
	return const_tcp_of(l)->in.used;
}

static int64_t
peek(struct link *l, uint64_t skip, void *user, uint64_t length)
{
	struct tcp *t = tcp_of(l);
	uint32_t bytes = t->in.used > skip ? (uint32_t)MIN(length, t->in.used - skip) : 0;

	charge_call(t);
	for (uint32_t done = 0, run; done < bytes; done += run) {
		const uint8_t *from = tcp_ring_run(&t->in, (uint32_t)skip + done, bytes - done, &run);

		copy_to_user((uint8_t *)user + done, from, run);
	}
	charge_copy(t, bytes);
	return bytes;
}

/* The window opens when the bytes have been copied. */
static int64_t
take(struct link *l, void *user, uint64_t length)
{
	struct tcp *t = tcp_of(l);
	int64_t bytes = peek(l, 0, user, length);

	tcp_ring_drop(&t->in, (uint32_t)bytes);
	cpu_settle();
	tcp_taken(t);
	ip_flush(t->kernel);
	return bytes;
}

static unsigned
end(const struct link *l)
{
	const struct tcp *t = const_tcp_of(l);
	unsigned end = t->ended ? LINK_FIN : 0;

	if (t->error == ECONNRESET || t->error == ECONNREFUSED)
		end |= LINK_RESET;
	else if (t->error)
		end |= LINK_SILENT;
	return end;
}

static void
expect(struct link *l, void *user, uint64_t length, bool all)
{
	(void)l, (void)user, (void)length, (void)all;
}

static void
expected(struct link *l, bool over)
{
	(void)l, (void)over;
}

/* Both. -------------------------------------------------------------------------------------------------------------
 */

/* No memory of the process tells: who waits is poked. */
static struct umem_range
watch(const struct link *l)
{
	(void)l;
	return (struct umem_range){0, 0};
}

static uint32_t
send_buffer(const struct link *l)
{
	return const_tcp_of(l)->options.send_buffer;
}

static uint32_t
receive_buffer(const struct link *l)
{
	return const_tcp_of(l)->options.receive_buffer;
}

static void
stop(struct link *l)
{
	tcp_leave(tcp_of(l), false);
}

const struct link_ops tcp_link_ops = {
        .room = room,
        .put = put,
        .put_end = put_end,
        .flushed = flushed,
        .readable = readable,
        .unread = unread,
        .take = take,
        .peek = peek,
        .end = end,
        .expect = expect,
        .expected = expected,
        .watch = watch,
        .send_buffer = send_buffer,
        .receive_buffer = receive_buffer,
        .stop = stop,
};

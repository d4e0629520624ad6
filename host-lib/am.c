#include "host-lib/am.h"

#include "host-lib/am_state.h"
#include "host-lib/instruction_counts.h"

#include <string.h>

_Static_assert(AM_OUTSTANDING == AM_CREDITS && AM_SHORT_ARGS == AM_SHORT_WORDS - 1 && AM_ARGS == AM_BULK_WORD - 1 &&
                       AM_MAX == AM_DATA_MAX,
               "the firmware's limits");

const char *
am_strerror(enum am_error error)
{
	static const char *const texts[] = {
	        [AM_OK] = "no error",
	        [AM_EINVAL] = "invalid argument, or not to be called now",
	        [AM_ENOSPC] = "no endpoint or memory left",
	        [AM_ETIMEDOUT] = "timed out",
	        [AM_EFIRMWARE] = "the NIC has stopped",
	};

	return (size_t)error < G_N_ELEMENTS(texts) ? texts[error] : "unknown error";
}

/* Opening and closing. -----------------------------------------------------------------------------------------------
 */

static void
poke_waiters(void *am)
{
	am_poke_waiters(am);
}

static void
end(struct am *am)
{
	am_queue_close(am->queue);
	g_free(am);
}

void
am_enter(struct am *am)
{
	am->inside++;
}

void
am_leave(struct am *am)
{
	if (!--am->inside && am->closed)
		end(am);
}

/* The last one closes, or has the last call that is going on do it. */
static void
release(struct am *am, struct process *p)
{
	if (p->nic_queue != am)
		return;
	p->nic_queue = NULL;
	if (--am->holders)
		return;
	am->closed = true;
	am_poke_waiters(am);
	if (!am->inside)
		end(am);
}

static void
release_at_exit(struct process *p, void *arg)
{
	(void)arg;
	if (p->nic_queue)
		release(p->nic_queue, p);
}

static void
hold(struct am *am, struct process *p)
{
	am->holders++;
	p->nic_queue = am;
	if (p == p->first) /* its children use it, too */
		process_at_last_exit(p, release_at_exit, NULL);
	else
		process_at_exit(p, release_at_exit, NULL);
}

enum am_error
am_open(struct process *process, uint32_t bulk_bytes, struct am **opened)
{
	struct wait_params params;
	enum am_error error;
	struct am *am;

	if (process->nic_queue || !process->host->driver)
		return AM_EINVAL;
	am = g_new0(struct am, 1);
	am->host = process->host;
	error = am_queue_open(process, bulk_bytes, &am->queue);
	if (error != AM_OK) {
		g_free(am);
		return error;
	}
	am->queue->changed = poke_waiters;
	am->queue->arg = am;
	params = wait_params_of(am->host, process->pid, AM_SLEEP_WRITES, AM_SLEEP_READS);
	wait_init(&am->wait, &params);
	am_heard(am);
	hold(am, process);
	*opened = am;
	return AM_OK;
}

enum am_error
am_share(struct am *am, struct process *process)
{
	if (process->nic_queue || process->host != am->host || am->closed)
		return AM_EINVAL;
	hold(am, process);
	return AM_OK;
}

void
am_close(struct am *am)
{
	release(am, task_process(task_self()));
}

struct umem_space *
am_memory(const struct am *am)
{
	return am->queue->memory;
}

struct am_name
am_name(const struct am *am)
{
	return (struct am_name){am->host->node, am->queue->number, am->queue->tag};
}

uint64_t
am_bulk_area(const struct am *am)
{
	return am->queue->window + am->queue->bulk;
}

enum am_error
am_handle(struct am *am, unsigned index, am_handler handler, void *arg)
{
	if (!index || index >= AM_HANDLERS)
		return AM_EINVAL;
	am->handlers[index].call = handler;
	am->handlers[index].arg = arg;
	return AM_OK;
}

void *
am_handler_arg(const struct am *am, unsigned index)
{
	return index < AM_HANDLERS && am->handlers[index].call ? am->handlers[index].arg : NULL;
}

void
am_on_fault(struct am *am, void (*fault)(void *arg, struct am_name peer, enum am_fault what, bool ours), void *arg)
{
	am->fault = fault;
	am->fault_arg = arg;
}

struct am_counts
am_counts(const struct am *am)
{
	return am->counts;
}

/* Sending. -----------------------------------------------------------------------------------------------------------
 */

/* A medium message that fits into a short one is one. */
static bool
is_long(const struct am_send *send)
{
	if (send->kind == AM_KIND_MEDIUM)
		return send->n_args + (send->bytes + 3) / 4 > AM_SHORT_ARGS;
	return send->kind == AM_KIND_BULK;
}

/* That of the process whose task makes the call. */
static struct umem_space *
caller_memory(void)
{
	return task_process(task_self())->memory;
}

static bool
is_sendable(const struct am *am, const struct am_send *send)
{
	const struct platform *platform = am->host->machine->platform;

	if (send->to.node >= platform->n_nodes || !platform_joined(platform, am->host->node, send->to.node) ||
	    send->to.endpoint >= AM_ENDPOINTS || send->handler >= AM_HANDLERS)
		return false;
	if (send->kind == AM_KIND_SHORT)
		return send->n_args <= AM_SHORT_ARGS;
	return send->n_args <= AM_ARGS && send->bytes <= AM_MAX && send->offset % 4 == 0 &&
	       umem_mapped(caller_memory(), send->source, send->bytes);
}

/* Copies the data into the slot's page of staging. */
static void
stage(const struct am *am, const struct am_send *send)
{
	uint8_t data[AM_MAX];

	umem_read(caller_memory(), send->source, data, send->bytes);
	umem_write(am->queue->memory, am->queue->window + am_queue_staging(am->queue), data, send->bytes);
	cpu_copy(send->bytes);
}

/* The data of a short message stand behind its arguments. */
static unsigned
build_short(const struct am_send *send, uint32_t *word)
{
	unsigned n = 3 + send->n_args + (send->bytes + 3) / 4;
	uint32_t *data = &word[3 + send->n_args];

	word[0] = AM_CONTROL(AM_KIND_SHORT, send->reply, 0, 4 * (n - 2));
	word[2] = AM_HEAD(AM_VERSION, send->handler, AM_SHORT_SIZES(send->n_args, send->bytes));
	if (!send->bytes)
		return n;
	umem_read(caller_memory(), send->source, data, send->bytes);
	for (uint32_t *w = data; w < &word[n]; w++)
		*w = GUINT32_FROM_BE(*w);
	return n;
}

static unsigned
build_long(const struct am *am, const struct am_send *send, uint32_t *word)
{
	uint32_t page = am_queue_staging(am->queue) / AM_PAGE;

	word[0] = AM_CONTROL(send->kind, send->reply, page, MAX((send->bytes + 3) & ~3u, 4));
	word[2] = AM_HEAD(AM_VERSION, send->handler, AM_LONG_SIZES(send->n_args, send->bytes));
	if (send->kind == AM_KIND_MEDIUM)
		return 3 + send->n_args;
	word[2 + AM_BULK_WORD] = send->offset;
	return 3 + AM_BULK_WORD;
}

static unsigned
build(const struct am *am, const struct am_send *send, uint32_t *word)
{
	word[1] = AM_TO(send->to.tag, send->to.node, send->to.endpoint);
	if (send->n_args)
		memcpy(&word[3], send->arg, send->n_args * sizeof *word);
	return is_long(send) ? build_long(am, send, word) : build_short(send, word);
}

enum am_error
am_send(struct am *am, const struct am_send *send)
{
	uint32_t word[sizeof(struct am_slot) / 4] = {0};
	enum am_error error;
	unsigned n;

	if (!is_sendable(am, send))
		return AM_EINVAL;
	cpu_instructions(CPU_USER, (is_long(send) ? IC_AM_LONG : IC_AM_SHORT) + IC_AM_WORD * send->n_args);
	error = am_queue_room(am->queue);
	if (error != AM_OK)
		return error;
	if (is_long(send))
		stage(am, send);
	n = build(am, send, word);
	am_queue_give(am->queue, word, n);
	return AM_OK;
}

/* Requests. ----------------------------------------------------------------------------------------------------------
 */

struct credit_wait {
	const struct am *am;
	struct am_name to;
};

static bool
has_credit(void *arg)
{
	const struct credit_wait *w = arg;

	return w->am->out[w->to.node][w->to.endpoint] < AM_OUTSTANDING;
}

bool
am_in_handler(const struct am *am)
{
	return am->handling && am->poller == task_self();
}

/* Between the look for a credit and the count nothing blocks. */
static enum am_error
request(struct am *am, const struct am_send *send)
{
	struct credit_wait wait = {am, send->to};
	enum am_error error = has_credit(&wait) ? AM_OK : am_wait(am, has_credit, &wait, SIM_NEVER);

	if (error != AM_OK)
		return error;
	am->out[send->to.node][send->to.endpoint]++;
	am->outstanding++;
	error = am_send(am, send);
	if (error == AM_OK) {
		am->counts.requests++;
	} else {
		am->out[send->to.node][send->to.endpoint]--;
		am->outstanding--;
	}
	return error;
}

static enum am_error
send_request(struct am *am, const struct am_send *send)
{
	enum am_error error;

	if (am_in_handler(am) || !send->handler || !is_sendable(am, send))
		return AM_EINVAL;
	am_enter(am);
	error = request(am, send);
	am_leave(am);
	return error;
}

enum am_error
am_request(struct am *am, struct am_name to, unsigned handler, const uint32_t *arg, unsigned n)
{
	return send_request(
	        am, &(struct am_send){.to = to, .kind = AM_KIND_SHORT, .handler = handler, .arg = arg, .n_args = n});
}

enum am_error
am_request_medium(struct am *am, struct am_name to, unsigned handler, const uint32_t *arg, unsigned n, uint64_t source,
                  uint32_t bytes)
{
	return send_request(am, &(struct am_send){.to = to,
	                                          .kind = AM_KIND_MEDIUM,
	                                          .handler = handler,
	                                          .arg = arg,
	                                          .n_args = n,
	                                          .source = source,
	                                          .bytes = bytes});
}

enum am_error
am_request_bulk(struct am *am, struct am_name to, unsigned handler, const uint32_t *arg, unsigned n, uint64_t source,
                uint32_t bytes, uint32_t offset)
{
	return send_request(am, &(struct am_send){.to = to,
	                                          .kind = AM_KIND_BULK,
	                                          .handler = handler,
	                                          .arg = arg,
	                                          .n_args = n,
	                                          .source = source,
	                                          .bytes = bytes,
	                                          .offset = offset});
}

unsigned
am_credits(const struct am *am, struct am_name to)
{
	if (to.node >= AM_MAX_NODES || to.endpoint >= AM_ENDPOINTS)
		return 0;
	return AM_OUTSTANDING - MIN(am->out[to.node][to.endpoint], AM_OUTSTANDING);
}

/* Replies. -----------------------------------------------------------------------------------------------------------
 */

static enum am_error
send_reply(struct am *am, struct am_send *send)
{
	enum am_error error;

	if (!am_in_handler(am) || !am->handling->request || am->replied || !send->handler)
		return AM_EINVAL;
	send->to = am->handling->from;
	send->reply = true;
	error = am_send(am, send);
	if (error == AM_OK) {
		am->replied = true;
		am->counts.replies++;
	}
	return error;
}

enum am_error
am_reply(struct am *am, unsigned handler, const uint32_t *arg, unsigned n)
{
	return send_reply(am, &(struct am_send){.kind = AM_KIND_SHORT, .handler = handler, .arg = arg, .n_args = n});
}

enum am_error
am_reply_medium(struct am *am, unsigned handler, const uint32_t *arg, unsigned n, uint64_t source, uint32_t bytes)
{
	return send_reply(am, &(struct am_send){.kind = AM_KIND_MEDIUM,
	                                        .handler = handler,
	                                        .arg = arg,
	                                        .n_args = n,
	                                        .source = source,
	                                        .bytes = bytes});
}

enum am_error
am_reply_bulk(struct am *am, unsigned handler, const uint32_t *arg, unsigned n, uint64_t source, uint32_t bytes,
              uint32_t offset)
{
	return send_reply(am, &(struct am_send){.kind = AM_KIND_BULK,
	                                        .handler = handler,
	                                        .arg = arg,
	                                        .n_args = n,
	                                        .source = source,
	                                        .bytes = bytes,
	                                        .offset = offset});
}

static bool
is_quiet(void *arg)
{
	const struct am *am = arg;

	return !am->outstanding;
}

enum am_error
am_quiet(struct am *am, sim_time deadline)
{
	return am_wait(am, is_quiet, am, deadline);
}

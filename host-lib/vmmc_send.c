/* Sending: short requests carry their data, long ones name pages that are pinned first. */
#include "host-lib/vmmc_state.h"

#include "host-lib/instruction_counts.h"
#include "nic-sim/trace.h"

#include <string.h>

#define MOST_INLINE 256    /* bytes; bounds capabilities.short_max */
#define A_MOMENT    SIM_US /* between two looks whether another task has let a page go */

/* Where a message goes. */
struct target {
	struct vmmc_proxy *proxy;
	uint32_t offset;
	bool notify; /* with its last request */
};

static enum vmmc_error
check_send(const struct vmmc_proxy *proxy, uint64_t source, uint32_t offset, uint32_t length)
{
	if (length == 0)
		return VMMC_EINVAL;
	if ((source | offset | length) & (proxy->v->can->alignment - 1))
		return VMMC_EALIGN;
	if ((uint64_t)offset + length > proxy->import.length)
		return VMMC_ERANGE;
	return vmmc_proxy_error(proxy);
}

/* A message begins: its id for the trace.  Not inlined, so that it is not counted as the library's work. */
static G_NO_INLINE void
begin(struct vmmc *v)
{
	uint32_t id = task_trace(task_self());

	if (!id && trace_recording())
		id = trace_new_id();
	v->trace = id;
	trace_point(id, TRACE_STAGE_CALL, v->process->host->node);
}

/* Gives a request to the NIC, waiting for room in the queue. */
static enum vmmc_error
give(struct vmmc *v, const struct vmmc_request *request, uint64_t *ticket)
{
	enum vmmc_nic_result result;

	while ((result = v->ops->send(v->queue, request, ticket)) == VMMC_NIC_BUSY)
		if (v->ops->wait_room(v->queue) != VMMC_NIC_OK)
			return vmmc_result(v, VMMC_NIC_DEAD);
	return vmmc_result(v, result);
}

/* Short sends. -------------------------------------------------------------------------------------------------------
 */

/* One short request, which stays in a page at the receiver. */
static enum vmmc_error
give_short(const struct target *to, const uint8_t *data, uint32_t length)
{
	struct vmmc *v = to->proxy->v;
	uint32_t words[MOST_INLINE / 4];
	struct vmmc_request request = {
	        .out_page = to->proxy->import.first + to->offset / UMEM_PAGE,
	        .out_offset = to->offset % UMEM_PAGE,
	        .inline_words = words,
	        .length = length,
	        .notify = to->notify,
	        .trace_id = v->trace,
	};
	uint64_t ticket;

	memcpy(words, data, length);
	for (uint32_t i = 0; i < length / 4; i++)
		words[i] = GUINT32_FROM_BE(words[i]);
	cpu_instructions(CPU_USER, IC_VMMC_SHORT + IC_VMMC_SHORT_WORD * (length / 4));
	return give(v, &request, &ticket);
}

static enum vmmc_error
send_short(const struct target *to, const uint8_t *data, uint32_t length)
{
	uint32_t first = UMEM_PAGE - to->offset % UMEM_PAGE;
	struct target part = *to;
	enum vmmc_error error;

	if (length <= first)
		return give_short(to, data, length);
	part.notify = false;
	error = give_short(&part, data, first);
	if (error != VMMC_OK)
		return error;
	part = *to;
	part.offset += first;
	return give_short(&part, data + first, length - first);
}

enum vmmc_error
vmmc_send_inline(struct vmmc *v, const void *data, struct vmmc_proxy *proxy, uint32_t offset, uint32_t length)
{
	const struct target to = {proxy, offset, false};
	enum vmmc_error error = check_send(proxy, 0, offset, length);

	if (error != VMMC_OK)
		return error;
	if (length > v->can->short_max)
		return VMMC_EINVAL;
	begin(v);
	return send_short(&to, data, length);
}

/* Pages. -------------------------------------------------------------------------------------------------------------
 */

/* Waits until a page can go: until a request has been read, or another task lets go.  ENOSPC: all are posted. */
static enum vmmc_error
wait_for_pages(struct vmmc *v)
{
	uint64_t ticket = pinning_in_use(v->pinning, v->ops->completed(v->queue));

	if (ticket)
		return vmmc_wait_sent(v, ticket, SIM_NEVER);
	if (!v->giving && !pinning_is_busy(v->pinning))
		return VMMC_ENOSPC;
	cpu_charge(CPU_SPIN, A_MOMENT);
	cpu_settle();
	return VMMC_OK;
}

/* Other tasks may take pages away while this one waits: between the last look and the hold nothing blocks. */
enum vmmc_error
vmmc_hold(struct vmmc *v, uint32_t page, unsigned n)
{
	uint32_t first;
	unsigned run;

	while ((run = pinning_missing(v->pinning, page, n, &first)) > 0) {
		enum vmmc_error error = pinning_pin(v->pinning, first, run, v->ops->completed(v->queue));
		if (error == VMMC_EBUSY)
			error = wait_for_pages(v);
		if (error != VMMC_OK)
			return error;
	}
	pinning_hold(v->pinning, page, n);
	return VMMC_OK;
}

/* Long sends. --------------------------------------------------------------------------------------------------------
 */

static enum vmmc_error
give_long(struct vmmc *v, const struct vmmc_request *request, unsigned n, uint64_t *ticket)
{
	uint32_t page = request->source / UMEM_PAGE;
	enum vmmc_error error;

	if (v->by_interrupt)
		return give(v, request, ticket);
	cpu_instructions(CPU_USER, IC_PIN_CHECK + IC_PIN_CHECK_PAGE * n);
	error = vmmc_hold(v, page, n);
	if (error != VMMC_OK)
		return error;
	v->giving++;
	error = give(v, request, ticket);
	v->giving--;
	pinning_release(v->pinning, page, n, error == VMMC_OK ? *ticket : 0);
	return error;
}

/* Bytes from `source` on that one request names: what the NIC takes, and no more than half the pages that can be
 * pinned, so that the next request finds room. */
static uint32_t
piece_of(const struct vmmc *v, uint64_t source, uint32_t left)
{
	uint64_t pages = MAX(pinning_limit(v->pinning) / 2, 1);

	return (uint32_t)MIN(MIN((uint64_t)left, v->can->largest_piece), pages * UMEM_PAGE - source % UMEM_PAGE);
}

static enum vmmc_error
send_piece(const struct target *to, uint64_t source, uint32_t length, uint64_t *ticket)
{
	struct vmmc *v = to->proxy->v;
	unsigned n = (unsigned)((source % UMEM_PAGE + length + UMEM_PAGE - 1) / UMEM_PAGE);
	struct vmmc_request request = {
	        .out_page = to->proxy->import.first + to->offset / UMEM_PAGE,
	        .out_offset = to->offset % UMEM_PAGE,
	        .source = (uint32_t)source,
	        .length = length,
	        .complete = true,
	        .notify = to->notify,
	        .trace_id = v->trace,
	};

	cpu_instructions(CPU_USER, IC_VMMC_LONG);
	return give_long(v, &request, n, ticket);
}

static enum vmmc_error
send_long(const struct target *to, uint64_t source, uint32_t length, uint64_t *ticket)
{
	struct target part = *to;

	for (uint32_t piece; length > 0; length -= piece) {
		enum vmmc_error error;
		piece = piece_of(to->proxy->v, source, length);
		part.notify = to->notify && piece == length;
		error = send_piece(&part, source, piece, ticket);
		if (error != VMMC_OK)
			return error;
		source += piece;
		part.offset += piece;
	}
	return VMMC_OK;
}

/* The NIC has refused a request since: the proxy knows why, when the driver has heard of it. */
static enum vmmc_error
why_refused(struct vmmc_proxy *proxy)
{
	enum vmmc_error error = vmmc_proxy_error(proxy);

	if (error == VMMC_OK) {
		driver_look(proxy->v->driver);
		error = vmmc_proxy_error(proxy);
	}
	return error == VMMC_OK ? VMMC_EFAULT : error;
}

static enum vmmc_error
send_and_wait(const struct target *to, uint64_t source, uint32_t length)
{
	struct vmmc *v = to->proxy->v;
	uint32_t failed = v->ops->failed(v->queue);
	uint64_t ticket = 0;
	enum vmmc_error error = send_long(to, source, length, &ticket);

	if (error == VMMC_OK)
		error = vmmc_wait_sent(v, ticket, SIM_NEVER);
	if (error == VMMC_OK && v->ops->failed(v->queue) != failed)
		error = why_refused(to->proxy);
	return error;
}

static enum vmmc_error
send(struct vmmc *v, uint64_t source, const struct target *to, uint32_t length, uint64_t *ticket)
{
	enum vmmc_error error = check_send(to->proxy, source, to->offset, length);
	uint8_t data[MOST_INLINE];

	if (error != VMMC_OK)
		return error;
	if (length > v->can->short_max) {
		if (source + length > (uint64_t)UINT32_MAX + 1 ||
		    (v->by_interrupt && !umem_mapped(v->process->memory, source, length)))
			return VMMC_EFAULT;
		begin(v);
		return ticket ? send_long(to, source, length, ticket) : send_and_wait(to, source, length);
	}
	if (!umem_read(v->process->memory, source, data, length))
		return VMMC_EFAULT;
	if (ticket)
		*ticket = 0;
	begin(v);
	return send_short(to, data, length);
}

enum vmmc_error
vmmc_send(struct vmmc *v, uint64_t source, struct vmmc_proxy *proxy, uint32_t offset, uint32_t length, uint64_t *ticket)
{
	const struct target to = {proxy, offset, false};

	return send(v, source, &to, length, ticket);
}

enum vmmc_error
vmmc_send_notify(struct vmmc *v, uint64_t source, struct vmmc_proxy *proxy, uint32_t offset, uint32_t length,
                 uint64_t *ticket)
{
	const struct target to = {proxy, offset, true};

	return send(v, source, &to, length, ticket);
}

uint32_t
vmmc_last_trace(const struct vmmc *v)
{
	return v->trace;
}

/* Completion. --------------------------------------------------------------------------------------------------------
 */

bool
vmmc_sent(struct vmmc *v, uint64_t ticket)
{
	return v->ops->completed(v->queue) >= ticket;
}

struct sent_wait {
	struct vmmc *v;
	uint64_t ticket;
};

static bool
is_sent(void *arg)
{
	const struct sent_wait *w = arg;

	return vmmc_sent(w->v, w->ticket);
}

enum vmmc_error
vmmc_wait_sent(struct vmmc *v, uint64_t ticket, sim_time deadline)
{
	struct sent_wait wait = {v, ticket};
	struct umem_range range;

	v->ops->completion_range(v->queue, &range);
	return vmmc_wait_nic(v, is_sent, &wait, &range, deadline);
}

#include "host-lib/vmmc.h"

#include "host-lib/driver.h"
#include "host-lib/instruction_counts.h"
#include "nic-sim/trace.h"

#include <glib.h>
#include <string.h>

#define PAGE           UMEM_PAGE
#define PAGE_OF(a)     ((a) & ~(uint64_t)(PAGE - 1))
#define MOST_INLINE    256        /* bytes; bounds capabilities.short_max */
#define UNKNOWN_TICKET UINT64_MAX /* of a request that is just being given to the NIC */

/* A translated source page.  The page with address a has entry (a / PAGE) % source_pages, so that pages in a row have
 * entries in a row, as one request needs them; a page that wants a taken entry evicts the other. */
struct source {
	uint64_t page;   /* its address; 0 = none */
	uint64_t ticket; /* of the last request that reads it */
};

struct vmmc {
	struct process *process;
	struct driver_process *driver;
	struct vmmc_nic_queue *queue;
	const struct vmmc_nic_ops *ops;
	const struct vmmc_capabilities *can;
	struct source *sources;
	struct vmmc_export *exports;
	struct vmmc_proxy *proxies;
	uint32_t trace;
};

struct vmmc_export {
	struct vmmc_export *next;
	struct vmmc *v;
	struct driver_export *driver;
};

struct vmmc_proxy {
	struct vmmc_proxy *next;
	struct vmmc *v;
	struct driver_import import;
};

const char *
vmmc_strerror(enum vmmc_error error)
{
	static const char *const text[VMMC_N_ERRORS] = {
	        [VMMC_OK] = "no error",
	        [VMMC_EINVAL] = "an argument is out of its range",
	        [VMMC_EALIGN] =
	                "address, offset and length must be multiples of 4, an exported buffer must begin a page",
	        [VMMC_EFAULT] = "the memory is not mapped in this process",
	        [VMMC_ENAME] = "the name is in use on this host, or not exported by that node",
	        [VMMC_EPERM] = "the export is not for this node",
	        [VMMC_ENODE] = "no such node, or no route to it",
	        [VMMC_ERANGE] = "the transfer would leave the imported buffer",
	        [VMMC_ENOSPC] = "a table is full: processes, imported pages, source pages or host memory",
	        [VMMC_ESTALE] = "the export behind this proxy has been withdrawn",
	        [VMMC_ETIMEDOUT] = "the deadline has passed",
	        [VMMC_EFIRMWARE] = "the firmware refused to start or has stopped",
	};

	return (unsigned)error < VMMC_N_ERRORS ? text[error] : "not a VMMC error";
}

/* Open and close. ----------------------------------------------------------------------------------------------------
 */

static void
close_at_exit(struct process *p, void *arg)
{
	(void)arg;
	if (p->nic_queue)
		vmmc_close(p->nic_queue);
}

enum vmmc_error
vmmc_open(struct process *process, struct vmmc **opened)
{
	struct driver_process *driver;
	enum vmmc_error error;
	struct vmmc *v;

	if (process->nic_queue || !process->host->driver)
		return VMMC_EINVAL;
	error = driver_open(process, &driver);
	if (error != VMMC_OK)
		return error;
	v = g_new0(struct vmmc, 1);
	v->process = process;
	v->driver = driver;
	v->queue = driver_queue(driver);
	v->ops = driver_nic(process->host)->ops;
	v->can = &driver_nic(process->host)->capabilities;
	v->sources = g_new0(struct source, v->can->source_pages);
	process->nic_queue = v;
	process_at_exit(process, close_at_exit, NULL);
	*opened = v;
	return VMMC_OK;
}

void
vmmc_close(struct vmmc *v)
{
	while (v->proxies)
		vmmc_unimport(v->proxies);
	while (v->exports)
		vmmc_unexport(v->exports);
	driver_close(v->driver);
	v->process->nic_queue = NULL;
	g_free(v->sources);
	g_free(v);
}

const struct vmmc_capabilities *
vmmc_capabilities(const struct vmmc *v)
{
	return v->can;
}

/* Exports and imports. -----------------------------------------------------------------------------------------------
 */

enum vmmc_error
vmmc_export(struct vmmc *v, uint64_t address, uint32_t length, uint32_t name, uint32_t node, struct vmmc_export **e)
{
	struct driver_export *exported;
	enum vmmc_error error;

	if (length == 0)
		return VMMC_EINVAL;
	if (address % PAGE || length % v->can->alignment)
		return VMMC_EALIGN;
	error = driver_export(v->driver, address, length, name, node, &exported);
	if (error != VMMC_OK)
		return error;
	*e = g_new(struct vmmc_export, 1);
	**e = (struct vmmc_export){.next = v->exports, .v = v, .driver = exported};
	v->exports = *e;
	return VMMC_OK;
}

void
vmmc_unexport(struct vmmc_export *e)
{
	struct vmmc_export **link = &e->v->exports;

	while (*link != e)
		link = &(*link)->next;
	*link = e->next;
	driver_unexport(e->driver);
	g_free(e);
}

uint32_t
vmmc_name(struct vmmc *v)
{
	return driver_unused_name(v->driver);
}

enum vmmc_error
vmmc_import(struct vmmc *v, uint32_t node, uint32_t name, struct vmmc_proxy **proxy)
{
	struct vmmc_proxy *p = g_new0(struct vmmc_proxy, 1);
	enum vmmc_error error = driver_import(v->driver, node, name, &p->import);

	if (error != VMMC_OK) {
		g_free(p);
		return error;
	}
	p->v = v;
	p->next = v->proxies;
	v->proxies = p;
	*proxy = p;
	return VMMC_OK;
}

void
vmmc_unimport(struct vmmc_proxy *proxy)
{
	struct vmmc_proxy **link = &proxy->v->proxies;

	while (*link != proxy)
		link = &(*link)->next;
	*link = proxy->next;
	driver_unimport(proxy->v->driver, &proxy->import);
	g_free(proxy);
}

uint32_t
vmmc_proxy_length(const struct vmmc_proxy *proxy)
{
	return proxy->import.length;
}

/* Sending. -----------------------------------------------------------------------------------------------------------
 */

static enum vmmc_error
check_send(const struct vmmc_proxy *proxy, uint64_t source, uint32_t offset, uint32_t length)
{
	if (length == 0)
		return VMMC_EINVAL;
	if ((source | offset | length) & (proxy->v->can->alignment - 1))
		return VMMC_EALIGN;
	if ((uint64_t)offset + length > proxy->import.length)
		return VMMC_ERANGE;
	return proxy->import.stale ? VMMC_ESTALE : VMMC_OK;
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
post(struct vmmc *v, const struct vmmc_request *request, uint64_t *ticket)
{
	for (;;) {
		enum vmmc_nic_result result = v->ops->send(v->queue, request, ticket);
		if (result == VMMC_NIC_BUSY)
			result = v->ops->wait_room(v->queue);
		else if (result == VMMC_NIC_OK)
			return VMMC_OK;
		if (result != VMMC_NIC_OK)
			return VMMC_EFIRMWARE;
	}
}

/* One short request, which stays in a page at the receiver. */
static enum vmmc_error
post_short(struct vmmc_proxy *proxy, const uint8_t *data, uint32_t offset, uint32_t length)
{
	uint32_t words[MOST_INLINE / 4];
	struct vmmc_request request = {
	        .out_page = proxy->import.first + offset / PAGE,
	        .out_offset = offset % PAGE,
	        .inline_words = words,
	        .length = length,
	        .trace_id = proxy->v->trace,
	};
	uint64_t ticket;

	memcpy(words, data, length);
	for (uint32_t i = 0; i < length / 4; i++)
		words[i] = GUINT32_FROM_BE(words[i]);
	cpu_instructions(CPU_USER, IC_VMMC_SHORT + IC_VMMC_SHORT_WORD * (length / 4));
	return post(proxy->v, &request, &ticket);
}

static enum vmmc_error
send_short(struct vmmc_proxy *proxy, const uint8_t *data, uint32_t offset, uint32_t length)
{
	uint32_t first = MIN(length, PAGE - offset % PAGE);
	enum vmmc_error error = post_short(proxy, data, offset, first);

	if (error == VMMC_OK && first < length)
		error = post_short(proxy, data + first, offset + first, length - first);
	return error;
}

enum vmmc_error
vmmc_send_inline(struct vmmc *v, const void *data, struct vmmc_proxy *proxy, uint32_t offset, uint32_t length)
{
	enum vmmc_error error = check_send(proxy, 0, offset, length);

	if (error != VMMC_OK)
		return error;
	if (length > v->can->short_max)
		return VMMC_EINVAL;
	begin(v);
	return send_short(proxy, data, offset, length);
}

struct entry_wait {
	struct vmmc *v;
	unsigned index;
};

static bool
is_unread(void *arg)
{
	const struct entry_wait *w = arg;

	return vmmc_sent(w->v, w->v->sources[w->index].ticket);
}

/* Pins and enters `n` pages in a row, once nothing reads the pages whose entries they take. */
static enum vmmc_error
translate_run(struct vmmc *v, uint64_t page, unsigned n)
{
	unsigned first = (unsigned)(page / PAGE % v->can->source_pages);
	struct umem_range range;
	enum vmmc_error error;

	v->ops->completion_range(v->queue, &range);
	for (unsigned i = first; i < first + n; i++) {
		struct entry_wait wait = {v, i};
		if (!is_unread(&wait))
			vmmc_wait(v, is_unread, &wait, &range, 1, SIM_NEVER);
	}
	error = driver_pin(v->driver, page, n, first);
	if (error != VMMC_OK)
		return error;
	for (unsigned i = 0; i < n; i++)
		v->sources[first + i] = (struct source){.page = page + (uint64_t)i * PAGE};
	return VMMC_OK;
}

/* The first run of pages among n from `page` on that have no entry: its first page; returns its length. */
static unsigned
missing_run(const struct vmmc *v, uint64_t page, unsigned n, uint64_t *first)
{
	const struct source *s = &v->sources[page / PAGE % v->can->source_pages];
	unsigned i = 0, run = 0;

	while (i < n && s[i].page == page + (uint64_t)i * PAGE)
		i++;
	while (i + run < n && s[i + run].page != page + (uint64_t)(i + run) * PAGE)
		run++;
	*first = page + (uint64_t)i * PAGE;
	return run;
}

/* Gives a long request to the NIC.  Other tasks may evict pages while this one waits: between the last look at the
 * entries and the request nothing blocks. */
static enum vmmc_error
post_long(struct vmmc *v, const struct vmmc_request *request, uint64_t page, unsigned n, uint64_t *ticket)
{
	enum vmmc_nic_result result = VMMC_NIC_BUSY;

	while (result == VMMC_NIC_BUSY) {
		uint64_t first;
		unsigned run;
		while ((run = missing_run(v, page, n, &first)) > 0) {
			enum vmmc_error error = translate_run(v, first, run);
			if (error != VMMC_OK)
				return error;
		}
		for (unsigned i = 0; i < n; i++)
			v->sources[request->source_page + i].ticket = UNKNOWN_TICKET;
		result = v->ops->send(v->queue, request, ticket);
		for (unsigned i = 0; i < n; i++)
			v->sources[request->source_page + i].ticket = result == VMMC_NIC_OK ? *ticket : 0;
		if (result == VMMC_NIC_BUSY && v->ops->wait_room(v->queue) != VMMC_NIC_OK)
			return VMMC_EFIRMWARE;
	}
	return result == VMMC_NIC_OK ? VMMC_OK : VMMC_EFIRMWARE;
}

/* Bytes from `source` on that one request can name: to the wrap of the table, and no more than the NIC takes. */
static uint32_t
piece_of(const struct vmmc *v, uint64_t source, uint32_t left)
{
	uint64_t table = (uint64_t)v->can->source_pages * PAGE;

	return (uint32_t)MIN(MIN((uint64_t)left, v->can->largest_piece), table - source % table);
}

static enum vmmc_error
send_piece(struct vmmc_proxy *proxy, uint64_t source, uint32_t offset, uint32_t length, uint64_t *ticket)
{
	struct vmmc *v = proxy->v;
	unsigned first = (unsigned)(source / PAGE % v->can->source_pages);
	unsigned n = (unsigned)((source % PAGE + length + PAGE - 1) / PAGE);
	struct vmmc_request request = {
	        .out_page = proxy->import.first + offset / PAGE,
	        .out_offset = offset % PAGE,
	        .source_page = first,
	        .source_offset = (uint32_t)(source % PAGE),
	        .length = length,
	        .complete = true,
	        .trace_id = v->trace,
	};

	cpu_instructions(CPU_USER, IC_VMMC_LONG + IC_VMMC_LONG_PAGE * n);
	return post_long(v, &request, PAGE_OF(source), n, ticket);
}

static enum vmmc_error
send_long(struct vmmc_proxy *proxy, uint64_t source, uint32_t offset, uint32_t length, uint64_t *ticket)
{
	while (length > 0) {
		uint32_t piece = piece_of(proxy->v, source, length);
		enum vmmc_error error = send_piece(proxy, source, offset, piece, ticket);
		if (error != VMMC_OK)
			return error;
		source += piece;
		offset += piece;
		length -= piece;
	}
	return VMMC_OK;
}

enum vmmc_error
vmmc_send(struct vmmc *v, uint64_t source, struct vmmc_proxy *proxy, uint32_t offset, uint32_t length, uint64_t *ticket)
{
	uint64_t own = 0, *t = ticket ? ticket : &own;
	enum vmmc_error error = check_send(proxy, source, offset, length);

	if (error != VMMC_OK)
		return error;
	if (length <= v->can->short_max) {
		uint8_t data[MOST_INLINE];
		if (!umem_read(v->process->memory, source, data, length))
			return VMMC_EFAULT;
		*t = 0;
		begin(v);
		return send_short(proxy, data, offset, length);
	}
	begin(v);
	error = send_long(proxy, source, offset, length, t);
	if (error == VMMC_OK && !ticket)
		error = vmmc_wait_sent(v, own, SIM_NEVER);
	return error;
}

uint32_t
vmmc_last_trace(const struct vmmc *v)
{
	return v->trace;
}

/* Waiting. -----------------------------------------------------------------------------------------------------------
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
	return vmmc_wait(v, is_sent, &wait, &range, 1, deadline);
}

/* What is true now stays true while a debt is paid, so a first look needs no entry into the engine. */
enum vmmc_error
vmmc_wait(struct vmmc *v, bool (*ready)(void *arg), void *arg, const struct umem_range *ranges, unsigned n,
          sim_time deadline)
{
	cpu_instructions(CPU_USER, IC_VMMC_WAIT);
	if (ready(arg) || cpu_spin(ready, arg, v->process->memory, ranges, n, deadline))
		return VMMC_OK;
	return VMMC_ETIMEDOUT;
}

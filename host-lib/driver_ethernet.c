/* Imports: a request and a reply between two drivers over the Ethernet, and the news that an export is gone.
 *
 * Messages are SimGrid flows of the sizes that their content has; what the kernels' TCP costs stands in the platform. A
 * daemon task of the kernel on each host serves what arrives. */
#include "host-lib/driver_state.h"
#include "nic-sim/engine.h"

/* Sizes on the Ethernet: headers of Ethernet, IP and TCP and a fixed part; an address and its length a page. */
#define MESSAGE_BYTES      64
#define MESSAGE_PAGE_BYTES 8

enum message_kind { MESSAGE_IMPORT, MESSAGE_REPLY, MESSAGE_REVOKE };

/* An import as the importing task waits for it. */
struct import_call {
	struct task *task;
	struct driver_import *import; /* learns its tag when the reply arrives: a revocation may follow at once */
	bool done;
	enum vmmc_error error;
	uint16_t tag;
	unsigned n_pages;
	uint32_t *bus_addresses;
};

struct message {
	enum message_kind kind;
	struct driver *to;
	unsigned from; /* node */
	uint32_t name;
	uint16_t tag;
	struct import_call *call;
};

static void
message_arrived(void *arg)
{
	struct message *m = arg;

	g_queue_remove(&m->to->coming, m);
	if (m->kind == MESSAGE_REPLY) {
		m->call->import->tag = m->call->tag;
		m->call->done = true;
		cpu_poke(m->call->task);
		g_free(m);
		return;
	}
	g_queue_push_tail(&m->to->inbox, m);
	cpu_poke(m->to->server);
}

/* Sends a copy of *content, in the time of the running task. */
static void
message_send(struct driver *from, const struct message *content, uint64_t bytes)
{
	struct message *m = g_memdup2(content, sizeof *content);

	m->from = from->host->node;
	g_queue_push_tail(&m->to->coming, m);
	cpu_charge(CPU_SYSTEM, from->host->params->tcp_send);
	cpu_settle();
	sim_flow(from->host->name, m->to->host->name, bytes, message_arrived, m);
}

/* The exporter's side. ----------------------------------------------------------------------------------------------
 */

static enum vmmc_error
answer_import(struct driver *d, const struct message *request)
{
	struct import_call *call = request->call;
	struct driver_export *e = g_hash_table_lookup(d->exports, GUINT_TO_POINTER(request->name));

	if (d->dead)
		return VMMC_EDOWN;
	if (!e)
		return VMMC_ENAME;
	if (e->owner->broken)
		return VMMC_EDOWN;
	if (e->node != VMMC_ANY_NODE && e->node != request->from)
		return VMMC_EPERM;
	e->importers |= 1ull << request->from;
	call->import->length = e->length;
	call->tag = e->tag;
	call->n_pages = e->n_pages;
	call->bus_addresses = g_new(uint32_t, e->n_pages);
	for (unsigned i = 0; i < e->n_pages; i++)
		call->bus_addresses[i] = e->pages[i].frame * HB_FRAME;
	return VMMC_OK;
}

static void
serve_import(struct driver *d, const struct message *request)
{
	struct message reply = {
	        .kind = MESSAGE_REPLY,
	        .to = driver_of(&d->host->machine->hosts[request->from]),
	        .call = request->call,
	};

	request->call->error = answer_import(d, request);
	message_send(d, &reply, MESSAGE_BYTES + MESSAGE_PAGE_BYTES * (uint64_t)request->call->n_pages);
}

void
driver_revoke(struct driver *d, const struct driver_export *e)
{
	for (unsigned node = 0; node < d->host->machine->n_hosts; node++) {
		struct message revoke = {.kind = MESSAGE_REVOKE, .tag = e->tag};
		if (!(e->importers >> node & 1))
			continue;
		revoke.to = driver_of(&d->host->machine->hosts[node]);
		message_send(d, &revoke, MESSAGE_BYTES);
	}
}

static void
serve_revoke(struct driver *d, const struct message *m)
{
	for (struct driver_process *p = d->processes; p; p = p->next)
		for (struct driver_import *i = p->imports; i; i = i->next)
			if (i->node == m->from && i->tag == m->tag && i->error == VMMC_OK) {
				i->error = VMMC_ESTALE;
				p->changed = true;
			}
	driver_tell_changes(d);
}

static void
serve(void *arg)
{
	struct driver *d = arg;

	for (;;) {
		struct message *m = g_queue_pop_head(&d->inbox);
		if (!m) {
			cpu_block("the driver: messages of other nodes", SIM_NEVER);
			continue;
		}
		cpu_charge(CPU_SYSTEM, d->host->params->tcp_receive);
		if (m->kind == MESSAGE_IMPORT)
			serve_import(d, m);
		else
			serve_revoke(d, m);
		g_free(m);
	}
}

void
driver_ethernet_start(struct driver *d)
{
	g_queue_init(&d->coming);
	g_queue_init(&d->inbox);
	d->server = task_start_on(d->host->cpus, NULL, "driver", true, serve, d);
}

void
driver_ethernet_stop(struct driver *d)
{
	g_queue_clear_full(&d->coming, g_free);
	g_queue_clear_full(&d->inbox, g_free);
}

/* The importer's side. ----------------------------------------------------------------------------------------------
 */

/* First of `n` consecutive free entries of the process' table, marked used; -1 if there are none. */
static int
take_entries(struct driver_process *p, unsigned n)
{
	unsigned size = p->driver->nic->capabilities.out_pages, free_run = 0;

	for (unsigned i = 0; i < size; i++) {
		free_run = p->out_used[i] ? 0 : free_run + 1;
		if (free_run < n)
			continue;
		for (unsigned j = i + 1 - n; j <= i; j++)
			p->out_used[j] = true;
		return (int)(i + 1 - n);
	}
	return -1;
}

static enum vmmc_error
check_node(const struct driver *d, uint32_t node)
{
	const struct machine *m = d->host->machine;
	uint8_t route[64];

	if (node >= m->n_hosts || node == d->host->node)
		return VMMC_ENODE;
	return fabric_route(m->fabric, d->host->node, node, route, sizeof route) ? VMMC_OK : VMMC_ENODE;
}

static void
ask(struct driver *d, uint32_t node, uint32_t name, struct import_call *call)
{
	struct message request = {.kind = MESSAGE_IMPORT, .name = name, .call = call};

	request.to = driver_of(&d->host->machine->hosts[node]);
	call->task = task_self();
	message_send(d, &request, MESSAGE_BYTES);
	while (!call->done)
		cpu_block("the answer to an import", SIM_NEVER);
	cpu_charge(CPU_SYSTEM, d->host->params->tcp_receive);
}

static enum vmmc_error
enter_import(struct driver_process *p, const struct import_call *call)
{
	struct driver_import *import = call->import;
	int first = take_entries(p, call->n_pages);

	if (first < 0)
		return VMMC_ENOSPC;
	import->first = (unsigned)first;
	import->pages = call->n_pages;
	import->entered = true;
	p->driver->nic->ops->map_out(p->queue, import->first, import->pages, import->node, call->bus_addresses,
	                             call->tag);
	return VMMC_OK;
}

static void
unlink_import(struct driver_process *p, const struct driver_import *import)
{
	struct driver_import **link = &p->imports;

	while (*link != import)
		link = &(*link)->next;
	*link = import->next;
}

enum vmmc_error
driver_import(struct driver_process *p, uint32_t node, uint32_t name, struct driver_import *import)
{
	struct driver *d = p->driver;
	struct import_call call = {.import = import, .error = VMMC_OK};
	enum vmmc_error error;

	driver_system_call(d);
	if (p->broken)
		return VMMC_EFIRMWARE;
	error = check_node(d, node);
	if (error != VMMC_OK)
		return error;
	*import = (struct driver_import){.next = p->imports, .node = node};
	p->imports = import;
	ask(d, node, name, &call);
	error = call.error == VMMC_OK ? enter_import(p, &call) : call.error;
	if (error != VMMC_OK)
		unlink_import(p, import);
	g_free(call.bus_addresses);
	return error;
}

/* Sends that still name the buffer leave first. */
void
driver_unimport(struct driver_process *p, struct driver_import *import)
{
	const struct vmmc_nic_ops *ops = p->driver->nic->ops;

	driver_system_call(p->driver);
	unlink_import(p, import);
	if (!p->broken)
		ops->drain(p->queue);
	if (!p->broken && import->entered)
		ops->map_out(p->queue, import->first, import->pages, UINT32_MAX, NULL, 0);
	for (unsigned i = 0; i < import->pages; i++)
		p->out_used[import->first + i] = false;
}

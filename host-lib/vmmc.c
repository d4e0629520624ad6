#include "host-lib/vmmc_state.h"

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
	        [VMMC_ENOSPC] = "a table is full: processes, imported pages, pinned pages or host memory",
	        [VMMC_ESTALE] = "the export behind this proxy has been withdrawn",
	        [VMMC_ETIMEDOUT] = "the deadline has passed",
	        [VMMC_EFIRMWARE] = "the firmware refused to start or has stopped, or the NIC was reset",
	        [VMMC_EDOWN] = "the other node does not answer any more, or has restarted",
	        [VMMC_EBUSY] = "all slots for redirections are in use, or something is posted",
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

/* The proxy's owner may do anything with it, so the list is looked through anew after each call. */
static bool
tell_one(struct vmmc *v)
{
	for (struct vmmc_proxy *p = v->proxies; p; p = p->next)
		if (p->broken && vmmc_proxy_error(p) != VMMC_OK) {
			void (*broken)(void *) = p->broken;
			p->broken = NULL;
			broken(p->broken_arg);
			return true;
		}
	return false;
}

static void
changed(void *arg)
{
	struct vmmc *v = arg;

	for (struct vmmc_waiter *w = v->waiters; w; w = w->next)
		cpu_poke(w->task);
	while (tell_one(v))
		;
}

enum vmmc_error
vmmc_open(struct process *process, struct vmmc **opened)
{
	struct driver_listener listener = {vmmc_notified, changed, NULL};
	const struct params *params = process->host->params;
	enum vmmc_error error;
	struct vmmc *v;

	if (process->nic_queue || !process->host->driver)
		return VMMC_EINVAL;
	listener.arg = v = g_new0(struct vmmc, 1);
	error = driver_open(process, &listener, &v->driver);
	if (error != VMMC_OK) {
		g_free(v);
		return error;
	}
	v->process = process;
	v->queue = driver_queue(v->driver);
	v->ops = driver_nic(process->host)->ops;
	v->can = &driver_nic(process->host)->capabilities;
	v->pinning = pinning_new(v->driver, (unsigned)params->pin_limit);
	v->by_interrupt = params->translation_by_interrupt;
	v->posts = g_new0(struct vmmc_post *, MAX(v->can->posts, 1));
	vmmc_wait_begin(v);
	process->nic_queue = v;
	process_at_last_exit(process, close_at_exit, NULL);
	*opened = v;
	return VMMC_OK;
}

void
vmmc_close(struct vmmc *v)
{
	vmmc_notify_end(v);
	vmmc_posts_end(v);
	while (v->proxies)
		vmmc_unimport(v->proxies);
	driver_close(v->driver);
	while (v->exports) {
		struct vmmc_export *e = v->exports;
		v->exports = e->next;
		g_free(e);
	}
	v->process->nic_queue = NULL;
	pinning_free(v->pinning);
	g_free(v->posts);
	g_free(v);
}

const struct vmmc_capabilities *
vmmc_capabilities(const struct vmmc *v)
{
	return v->can;
}

enum vmmc_error
vmmc_result(struct vmmc *v, enum vmmc_nic_result result)
{
	if (result == VMMC_NIC_OK)
		return VMMC_OK;
	driver_nic_died(v->driver);
	return VMMC_EFIRMWARE;
}

/* Exports and imports. -----------------------------------------------------------------------------------------------
 */

enum vmmc_error
vmmc_export(struct vmmc *v, uint64_t address, uint32_t length, uint32_t name, uint32_t node, struct vmmc_export **e)
{
	struct vmmc_export *exported;
	enum vmmc_error error;

	if (length == 0)
		return VMMC_EINVAL;
	if (address % UMEM_PAGE || length % v->can->alignment)
		return VMMC_EALIGN;
	exported = g_new0(struct vmmc_export, 1);
	error = driver_export(v->driver, address, length, name, node, exported, &exported->driver);
	if (error != VMMC_OK) {
		g_free(exported);
		return error;
	}
	exported->v = v;
	exported->address = address;
	exported->length = length;
	exported->next = v->exports;
	v->exports = exported;
	*e = exported;
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
	vmmc_notify_forget(e);
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

enum vmmc_error
vmmc_proxy_error(const struct vmmc_proxy *proxy)
{
	return driver_broken(proxy->v->driver) ? VMMC_EFIRMWARE : proxy->import.error;
}

void
vmmc_on_broken(struct vmmc_proxy *proxy, void (*broken)(void *arg), void *arg)
{
	proxy->broken = broken;
	proxy->broken_arg = arg;
}

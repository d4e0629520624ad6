/* VMMC: sender-directed deposits into memory that the receiver exported.
 *
 * A receiver exports a contiguous range of its address space under a name, for one node or all; a sender imports it
 * and gets a proxy.  vmmc_send() names local data, a proxy and an offset; the data appear in the receiver's memory, in
 * order between a sender and a receiver.  There is no receive call: the receiver looks (vmmc_wait with a predicate),
 * and a send enters no kernel.  Export and import go through the driver, import also through the exporter's driver over
 * the Ethernet.
 *
 * Addresses are simulated addresses of the calling process (umem.h).  Offsets, lengths and source addresses are
 * multiples of 4 (the DMA engine moves words): VMMC_EALIGN else.  Calls are made by tasks of the owning process, cost
 * CPU and bus time as simulated, and return an error code; nothing here prints or exits.  All functions block only as
 * long as they say.
 *
 * What the NIC below can do is asked with vmmc_capabilities() and comes from host-lib/vmmc_nic.h. */
#ifndef HOST_LIB_VMMC_H
#define HOST_LIB_VMMC_H

#include "host-lib/vmmc_nic.h"
#include "nic-sim/machine.h"

enum vmmc_error {
	VMMC_OK = 0,
	VMMC_EINVAL,    /* an argument is out of its range */
	VMMC_EALIGN,    /* address, offset or length not a multiple of 4 */
	VMMC_EFAULT,    /* memory not mapped in this process, or the NIC could not translate it */
	VMMC_ENAME,     /* name already exported on this host, or not exported there */
	VMMC_EPERM,     /* this node may not import it */
	VMMC_ENODE,     /* no such node, or no route to it */
	VMMC_ERANGE,    /* the transfer would leave the imported buffer */
	VMMC_ENOSPC,    /* a table is full: processes, imported pages, pinned pages, host memory */
	VMMC_ESTALE,    /* the export behind this proxy is gone */
	VMMC_ETIMEDOUT, /* the deadline passed */
	VMMC_EFIRMWARE, /* the firmware refused to start or has stopped, or the NIC was reset: close and open again */
	VMMC_EDOWN,     /* the other node does not answer any more, or has restarted: import again */
	VMMC_EBUSY,     /* all slots for redirections are in use; of vmmc_notify(): one is */
	VMMC_N_ERRORS
};
const char *vmmc_strerror(enum vmmc_error error); /* a sentence, without newline */

struct vmmc;
struct vmmc_export;
struct vmmc_proxy;

/* vmmc_open: a queue of the host's NIC for this process, which has one at most (process->nic_queue); closed at the
 * latest when the process ends.  The driver must have been started (driver_start()). */
enum vmmc_error vmmc_open(struct process *process, struct vmmc **v);
void vmmc_close(struct vmmc *v);
const struct vmmc_capabilities *vmmc_capabilities(const struct vmmc *v);

#define VMMC_ANY_NODE UINT32_MAX
/* vmmc_export: makes [address, +length) (page aligned start, length a multiple of 4) importable as `name`, by node
 * `node` or VMMC_ANY_NODE. Pins it. */
enum vmmc_error vmmc_export(struct vmmc *v, uint64_t address, uint32_t length, uint32_t name, uint32_t node,
                            struct vmmc_export **e);
/* vmmc_unexport: what is posted there ends.  From its return on, no byte is deposited there any more.  Importers are
 * told over the Ethernet; what they send until then is dropped and counted by this host's NIC. */
void vmmc_unexport(struct vmmc_export *e);
/* vmmc_name: a name that nobody on this host has used: for exports that are told about by other means. */
uint32_t vmmc_name(struct vmmc *v);

/* vmmc_import: asks `node` for its export `name` (an Ethernet round trip). */
enum vmmc_error vmmc_import(struct vmmc *v, uint32_t node, uint32_t name, struct vmmc_proxy **proxy);
void vmmc_unimport(struct vmmc_proxy *proxy);
uint32_t vmmc_proxy_length(const struct vmmc_proxy *proxy);

/* vmmc_send: sends [source, +length) to `offset` in the proxy's buffer.  Up to capabilities.short_max bytes are copied
 * into the NIC by the processor and the source may be reused at once.  Longer ones are fetched by DMA from pages that
 * are pinned at first use (the library decides what stays pinned: vmmc.pin_limit_pages, least recently used goes): with
 * ticket == NULL the call returns when the source may be reused; else at once, and vmmc_sent(v, *ticket) tells.  Waits
 * while the send queue is full. */
enum vmmc_error vmmc_send(struct vmmc *v, uint64_t source, struct vmmc_proxy *proxy, uint32_t offset, uint32_t length,
                          uint64_t *ticket);
/* vmmc_send_inline: as a short send (length <= short_max), of data in the library's own hands. */
enum vmmc_error vmmc_send_inline(struct vmmc *v, const void *data, struct vmmc_proxy *proxy, uint32_t offset,
                                 uint32_t length);
bool vmmc_sent(struct vmmc *v, uint64_t ticket); /* a short send's ticket: at once */
/* vmmc_wait_sent: also ends when the request was refused: vmmc_proxy_error(). */
enum vmmc_error vmmc_wait_sent(struct vmmc *v, uint64_t ticket, sim_time deadline);

/* vmmc_last_trace: the id (trace.h) of the last message sent: the sending task's (task_set_trace()) if it has one, else
 * a new one for each send while points are recorded, else 0.  Receivers do not learn ids: who knows which message it
 * waits for marks TRACE_STAGE_DETECT and TRACE_STAGE_RETURN itself. */
uint32_t vmmc_last_trace(const struct vmmc *v);

/* vmmc_wait: the one waiting routine: returns VMMC_OK once ready(arg) is true, VMMC_ETIMEDOUT after the deadline,
 * VMMC_EFIRMWARE when the NIC is found to have stopped.
 * Whatever can make it true lies in the ranges of the process' memory, or pokes the task (cpu_poke).  How it waits is
 * wait.strategy's affair (docs/waiting.md); one that blocks is woken by deposits into exported pages, and by pokes.
 * ready() only looks; it may be called from events. */
enum vmmc_error vmmc_wait(struct vmmc *v, bool (*ready)(void *arg), void *arg, const struct umem_range *ranges,
                          unsigned n, sim_time deadline);
/* vmmc_set_wait: another way of waiting than the platform's (host-lib/wait.h), from the next wait on; for all tasks of
 * the process.  vmmc_wait_state: what it has counted and learned. */
struct wait_params;
struct wait_state;
void vmmc_set_wait(struct vmmc *v, const struct wait_params *params);
const struct wait_state *vmmc_wait_state(const struct vmmc *v);

/* Redirection (docs/redirection.md): capabilities.posts > 0. ----------------------------------------------------------
 */

struct vmmc_post; /* one posted redirection; belongs to the caller until vmmc_post_end() */

/* vmmc_post: what arrives from now on for [offset, +length) of the export goes to [user, +length) of the process.
 * Multiples of 4; length <= capabilities.post_max.  Pins the user pages for the time of the post.  EBUSY: no slot. */
enum vmmc_error vmmc_post(struct vmmc_export *e, uint32_t offset, uint64_t user, uint32_t length,
                          struct vmmc_post **post);
/* vmmc_posted: is it still in force, as far as memory tells?  Costs no access to the NIC. */
bool vmmc_posted(const struct vmmc_post *post);
void vmmc_post_range(const struct vmmc_post *post, struct umem_range *watch); /* where its end shows */
/* vmmc_post_end: cancels it if it is in force, waits until it has ended, frees it and says what went where; afterwards
 * no byte is written to the user buffer any more.  EFIRMWARE if the NIC has stopped: nothing is written either. */
enum vmmc_error vmmc_post_end(struct vmmc_post *post, struct vmmc_post_end *end);

/* Notifications. ---------------------------------------------------------------------------------------------------
 */

/* vmmc_notify: from now on each send with the notify flag into this export runs handler(arg, offset of the page in the
 * export), after its data are there, as a signal of the process: at host.interrupt_us + host.signal_us.  NULL: none.
 * Handlers of a process run one at a time, in order of arrival. */
typedef void (*vmmc_handler)(void *arg, uint32_t offset);
enum vmmc_error vmmc_notify(struct vmmc_export *e, vmmc_handler handler, void *arg);
/* Nest; while blocked, notifications queue. */
void vmmc_block_notifications(struct vmmc *v);
void vmmc_unblock_notifications(struct vmmc *v);
/* vmmc_send_notify: as vmmc_send(); the last packet asks for a notification. */
enum vmmc_error vmmc_send_notify(struct vmmc *v, uint64_t source, struct vmmc_proxy *proxy, uint32_t offset,
                                 uint32_t length, uint64_t *ticket);

/* Broken links. ------------------------------------------------------------------------------------------------------
 */

/* vmmc_proxy_error: VMMC_OK, or why nothing can be sent to it any more: VMMC_ESTALE, VMMC_EDOWN, VMMC_EFIRMWARE. */
enum vmmc_error vmmc_proxy_error(const struct vmmc_proxy *proxy);
/* vmmc_on_broken: broken(arg) is called once, by a kernel task, when that changes from VMMC_OK.  It pokes whom it
 * concerns, and calls nothing of this header. */
void vmmc_on_broken(struct vmmc_proxy *proxy, void (*broken)(void *arg), void *arg);

#endif

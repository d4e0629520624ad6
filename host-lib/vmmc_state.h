/* The library's own structures, shared by vmmc.c (opening, exports, imports, waiting), vmmc_send.c, vmmc_post.c and
 * vmmc_notify.c. */
#ifndef HOST_LIB_VMMC_STATE_H
#define HOST_LIB_VMMC_STATE_H

#include "host-lib/driver.h"
#include "host-lib/pinning.h"
#include "host-lib/vmmc.h"
#include "host-lib/wait.h"

#include <glib.h>

#define VMMC_PAGE_MASK (UMEM_PAGE - 1)

struct vmmc_notifier; /* vmmc_notify.c */

/* A task in vmmc_wait(). */
struct vmmc_waiter {
	struct vmmc_waiter *next;
	struct vmmc *v;
	struct task *task;
	bool (*ready)(void *arg);
	void *arg;
};

struct vmmc {
	struct process *process;
	struct driver_process *driver;
	struct vmmc_nic_queue *queue;
	const struct vmmc_nic_ops *ops;
	const struct vmmc_capabilities *can;
	struct pinning *pinning;
	bool by_interrupt; /* the driver pins what the NIC misses */
	unsigned giving;   /* tasks that hold pages while they give a request to the NIC */
	struct vmmc_export *exports;
	struct vmmc_proxy *proxies;
	struct vmmc_post **posts; /* by slot; NULL: free */
	uint32_t last_serial;
	struct vmmc_notifier *notifier; /* NULL: none yet */
	struct vmmc_waiter *waiters;
	struct wait_state wait;
	struct wait_source source; /* of what wakes its waits */
	uint32_t trace;
};

struct vmmc_export {
	struct vmmc_export *next;
	struct vmmc *v;
	struct driver_export *driver;
	uint64_t address;
	uint32_t length;
	vmmc_handler handler;
	void *handler_arg;
};

struct vmmc_proxy {
	struct vmmc_proxy *next;
	struct vmmc *v;
	struct driver_import import;
	void (*broken)(void *arg); /* NULL: nobody wants to know, or was told */
	void *broken_arg;
};

/* vmmc.c, vmmc_wait.c */

/* vmmc_wait_begin: reads wait.* of the platform. */
void vmmc_wait_begin(struct vmmc *v);
/* vmmc_wait_nic: polls for what the NIC does by itself, whatever the strategy: asks now and then whether it lives.
 * EFIRMWARE: no. */
enum vmmc_error vmmc_wait_nic(struct vmmc *v, bool (*ready)(void *arg), void *arg, const struct umem_range *range,
                              sim_time deadline);
/* vmmc_result: OK or EFIRMWARE; a dead NIC is reported to the driver. */
enum vmmc_error vmmc_result(struct vmmc *v, enum vmmc_nic_result result);

/* vmmc_send.c */

/* vmmc_hold: n pages from `page` on are pinned, and held, on return. */
enum vmmc_error vmmc_hold(struct vmmc *v, uint32_t page, unsigned n);

/* vmmc_notify.c */
void vmmc_notified(void *v, void *export, uint32_t offset);
void vmmc_notify_forget(struct vmmc_export *e); /* queued notifications of an export that goes */
void vmmc_notify_end(struct vmmc *v);

/* vmmc_post.c */
void vmmc_posts_end(struct vmmc *v); /* frees what is posted: the queue is going to be closed */

#endif

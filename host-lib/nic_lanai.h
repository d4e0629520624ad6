/* Shared by nic_lanai.c (queues and descriptors), nic_lanai_host.c (the driver's side of the running firmware) and
 * nic_lanai_boot.c (its start). */
#ifndef HOST_LIB_NIC_LANAI_H
#define HOST_LIB_NIC_LANAI_H

#include "firmware/vmmc/abi.h"
#include "host-lib/vmmc_nic.h"

#include <glib.h>
#include <stddef.h>

/* How long anything that the firmware does at once may take before it counts as dead. */
#define LANAI_PATIENCE (10 * SIM_MS)
/* The same for what depends on other nodes and on the network. */
#define LANAI_NET_PATIENCE SIM_S

struct lanai_nic {
	struct vmmc_nic base;
	const struct lanai_image *image;
	unsigned epoch;                       /* of restarts: the firmware's incarnation */
	bool dead;                            /* stopped, until it is restarted */
	uint32_t signals;                     /* given so far */
	uint32_t notes;                       /* notes seen so far */
	uint32_t watch[VMMC_MAX_FRAMES / 32]; /* VMMC_WATCH */
	unsigned watched;                     /* frames */
	uint32_t waits[VMMC_MAX_PROCESSES];   /* vmmc_proc.waits */
	unsigned waiting[VMMC_MAX_PROCESSES]; /* tasks that do, under the watchdog */
	uint32_t missed_page;
	unsigned missed_process;
	struct vmmc_nic_queue *queues[VMMC_MAX_PROCESSES]; /* open */
	bool commanding;                                   /* a task uses the command words */
	GQueue commander;                                  /* tasks that wait for them */
	/* Frame 0 belongs to nobody, because bus address 0 means "none" to the firmware. */
	uint8_t frame_0[HB_FRAME];
	bool has_frame_0;
};

struct vmmc_nic_queue {
	struct lanai_nic *nic;
	unsigned epoch;
	unsigned index; /* of the firmware's process row and queue */
	struct umem_space *memory;
	uint64_t status;       /* address of struct vmmc_status */
	uint64_t sent;         /* descriptors given */
	uint64_t consumed;     /* of those, known to be taken */
	uint64_t asked;        /* last that asked for completion */
	bool asks[VMMC_SLOTS]; /* by slot: did its request? */
};

extern const struct vmmc_nic_ops nic_lanai_ops;

/* Offset in the NIC's window of a descriptor of the process' queue. */
static inline uint32_t
fw_slot(unsigned process, unsigned slot)
{
	return NIC_WINDOW_SRAM + VMMC_QUEUES + (process * VMMC_SLOTS + slot) * (uint32_t)sizeof(struct vmmc_slot);
}

#define LANAI_PROC(q, member)                                                                                          \
	(NIC_WINDOW_SRAM + VMMC_PROCS + (q)->index * (uint32_t)sizeof(struct vmmc_proc) +                              \
	 (uint32_t)offsetof(struct vmmc_proc, member))
#define LANAI_CTRL(member) (NIC_WINDOW_SRAM + VMMC_CTRL + (uint32_t)offsetof(struct vmmc_ctrl, member))

/* nic_lanai_host.c: words of the NIC's window, by PIO of the running task. */
void fw_write(struct lanai_nic *nic, uint32_t offset, const uint32_t *words, unsigned n);
void fw_write_word(struct lanai_nic *nic, uint32_t offset, uint32_t word);
uint32_t fw_read(struct lanai_nic *nic, uint32_t offset);
/* fw_await: reads a word until it has the value; DEAD if it has not within `patience`. */
enum vmmc_nic_result fw_await(struct lanai_nic *nic, uint32_t offset, uint32_t value, sim_time patience);
/* fw_signal: gives the firmware the signal and waits until it has taken full effect (abi.h, SIGNALS). */
enum vmmc_nic_result fw_signal(struct lanai_nic *nic);
/* fw_forget and so on: operations of vmmc_nic.h. */
enum vmmc_nic_result fw_quiesce(struct vmmc_nic *base);
enum vmmc_nic_result fw_forget(struct vmmc_nic_queue *q, uint64_t address, unsigned n);
enum vmmc_nic_result fw_interrupt(struct vmmc_nic *base, struct vmmc_nic_news *news);
void fw_install(struct vmmc_nic *base, const uint32_t *entries, unsigned n);
void fw_peer_up(struct vmmc_nic *base, uint32_t node);
void fw_stop(struct vmmc_nic *base);
void fw_watch(struct vmmc_nic *base, const unsigned *frames, unsigned n, bool on);
void fw_watchdog(struct vmmc_nic_queue *q, sim_time after);
void fw_waiting(struct vmmc_nic_queue *q, bool begins);
unsigned fw_counters(struct vmmc_nic *base, struct vmmc_nic_counter *counters, unsigned max);

/* nic_lanai_boot.c */
bool fw_restart(struct vmmc_nic *base, char **error);

static inline bool
fw_is_dead(const struct vmmc_nic_queue *q)
{
	return q->nic->dead || q->epoch != q->nic->epoch;
}

#endif

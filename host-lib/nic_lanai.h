/* Shared by nic_lanai.c (the running firmware) and nic_lanai_boot.c (its start). */
#ifndef HOST_LIB_NIC_LANAI_H
#define HOST_LIB_NIC_LANAI_H

#include "firmware/vmmc/abi.h"
#include "host-lib/vmmc_nic.h"

#include <glib.h>

struct lanai_nic {
	struct vmmc_nic base;
	uint32_t signals; /* given so far */
	bool open[VMMC_MAX_PROCESSES];
	/* Frame 0 belongs to nobody, because bus address 0 means "none" to the firmware. */
	uint8_t frame_0[HB_FRAME];
	bool has_frame_0;
};

extern const struct vmmc_nic_ops nic_lanai_ops;

/* Offset in the NIC's window of a descriptor of the process' queue. */
static inline uint32_t
lanai_slot(unsigned process, unsigned slot)
{
	return NIC_WINDOW_SRAM + VMMC_QUEUES + (process * VMMC_SLOTS + slot) * (uint32_t)sizeof(struct vmmc_slot);
}

#endif

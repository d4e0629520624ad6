/* Sizes and offsets of the contract, asserted when this file is compiled, for both machines. */
#include "firmware/vmmc/abi.h"

#include <stddef.h>

#define AT(type, member, offset) _Static_assert(offsetof(struct type, member) == (offset), #type "." #member)
#define SIZE(type, bytes)        _Static_assert(sizeof(struct type) == (bytes), "size of " #type)
#define FITS(at, bytes, next)    _Static_assert((at) + (bytes) <= (next), #at " ends before " #next)

SIZE(vmmc_ctrl, 0x4A0);
AT(vmmc_ctrl, magic, 0x00);
AT(vmmc_ctrl, version, 0x04);
AT(vmmc_ctrl, node, 0x08);
AT(vmmc_ctrl, n_nodes, 0x0C);
AT(vmmc_ctrl, window, 0x10);
AT(vmmc_ctrl, ack_every, 0x14);
AT(vmmc_ctrl, ack_delay_ticks, 0x18);
AT(vmmc_ctrl, rto_ticks, 0x1C);
AT(vmmc_ctrl, first_sequence, 0x20);
AT(vmmc_ctrl, give_up_ticks, 0x24);
AT(vmmc_ctrl, reliable, 0x28);
AT(vmmc_ctrl, incarnation, 0x2C);
AT(vmmc_ctrl, long_packets, 0x30);
AT(vmmc_ctrl, cache_sets, 0x34);
AT(vmmc_ctrl, cache_ways, 0x38);
AT(vmmc_ctrl, cache_prefetch, 0x3C);
AT(vmmc_ctrl, ready, 0x40);
AT(vmmc_ctrl, counter, 0x44);
AT(vmmc_ctrl, notified, 0x100);
AT(vmmc_ctrl, zero, 0x104);
AT(vmmc_ctrl, synced, 0x108);
AT(vmmc_ctrl, watching, 0x10C);
AT(vmmc_ctrl, coalesce_ticks, 0x114);
AT(vmmc_ctrl, note, 0x120);
AT(vmmc_ctrl, progress, 0x1A0);
AT(vmmc_ctrl, down, 0x1E0);
AT(vmmc_ctrl, by_interrupt, 0x1E8);
AT(vmmc_ctrl, cache_by_process, 0x1EC);
AT(vmmc_ctrl, command, 0x1F0);
AT(vmmc_ctrl, command.frame, 0x200);
AT(vmmc_ctrl, miss, 0x280);
AT(vmmc_ctrl, post, 0x2A0);
_Static_assert(VMMC_N_COUNTERS <= 47, "the counters fit");

SIZE(link_node, 0x10);
AT(link_node, route, 0x04);

SIZE(vmmc_proc, 0x40);
AT(vmmc_proc, status_bus, 0x04);
AT(vmmc_proc, out_first, 0x08);
AT(vmmc_proc, out_count, 0x0C);
AT(vmmc_proc, directory, 0x10);
AT(vmmc_proc, consumed, 0x18);
AT(vmmc_proc, errors, 0x1C);
AT(vmmc_proc, polled, 0x20);
AT(vmmc_proc, watchdog, 0x24);
AT(vmmc_proc, waits, 0x28);

SIZE(vmmc_post_status, 0x10);
AT(vmmc_post_status, state, 0x04);
AT(vmmc_post_status, first, 0x08);
AT(vmmc_post_status, taken, 0x0C);

SIZE(vmmc_status, 0x10 + 0x10 * VMMC_POSTS);
AT(vmmc_status, failed, 0x04);
AT(vmmc_status, post, 0x10);

SIZE(vmmc_slot, 0xC0);
AT(vmmc_slot, control, 0x00);
AT(vmmc_slot, proxy, 0x04);
AT(vmmc_slot, data, 0x08);

SIZE(vmmc_out, 0x08);
AT(vmmc_out, key, 0x04);

SIZE(vmmc_packet, VMMC_HEADER);
AT(vmmc_packet, link, 0x04);
AT(vmmc_packet, dest, 0x08);
AT(vmmc_packet, key, 0x0C);
AT(vmmc_packet, data, VMMC_HEADER);
_Static_assert(offsetof(struct vmmc_packet, dest) == VMMC_ACK_BYTES, "an acknowledgement is type and link");

FITS(VMMC_CODE_LIMIT, 0, VMMC_CTRL);
FITS(VMMC_CTRL, sizeof(struct vmmc_ctrl), VMMC_NODES);
FITS(VMMC_NODES, sizeof(struct link_node) * VMMC_MAX_NODES, VMMC_PROCS);
FITS(VMMC_PROCS, sizeof(struct vmmc_proc) * VMMC_MAX_PROCESSES, VMMC_QUEUES);
FITS(VMMC_QUEUES, sizeof(struct vmmc_slot) * VMMC_SLOTS * VMMC_MAX_PROCESSES, VMMC_OUT_TABLE);
FITS(VMMC_OUT_TABLE, sizeof(struct vmmc_out) * VMMC_OUT_ENTRIES, VMMC_CACHE);
FITS(VMMC_CACHE, sizeof(be32) * VMMC_CACHE_ENTRIES, VMMC_IN_TABLE);
FITS(VMMC_IN_TABLE, sizeof(be32) * VMMC_MAX_FRAMES, VMMC_WATCH);
FITS(VMMC_WATCH, VMMC_MAX_FRAMES / 8, VMMC_BUFFERS);

/* Descriptors and process rows begin on a trace tag's 64 bytes. */
_Static_assert(VMMC_QUEUES % 64 == 0 && sizeof(struct vmmc_slot) % 64 == 0, "tags of descriptors");
_Static_assert(VMMC_PROCS % 64 == 0 && sizeof(struct vmmc_proc) % 64 == 0, "tags of process rows");
_Static_assert(VMMC_BUFFERS % 64 == 0, "tags of packets");

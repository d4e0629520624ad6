/* Sizes and offsets of the contract, asserted when this file is compiled, for both machines. */
#include "firmware/am/abi.h"

#include <stddef.h>

#define AT(type, member, offset) _Static_assert(offsetof(struct type, member) == (offset), #type "." #member)
#define SIZE(type, bytes)        _Static_assert(sizeof(struct type) == (bytes), "size of " #type)
#define FITS(at, bytes, next)    _Static_assert((at) + (bytes) <= (next), #at " ends before " #next)

SIZE(am_ctrl, 0x100);
AT(am_ctrl, window, 0x10);
AT(am_ctrl, incarnation, 0x2C);
AT(am_ctrl, ready, 0x40);
AT(am_ctrl, synced, 0x48);
AT(am_ctrl, down, 0x50);
AT(am_ctrl, command, 0x60);
AT(am_ctrl, armed, 0x68);
AT(am_ctrl, counter, 0x80);
_Static_assert(AM_N_COUNTERS <= 32, "the counters fit");

SIZE(am_endpoint, 0x40);
AT(am_endpoint, bulk_bytes, 0x1C);
AT(am_endpoint, consumed, 0x20);

SIZE(am_slot, 0x40);
AT(am_slot, word, 0x08);

SIZE(am_entry, 0x40);
SIZE(am_packet, LINK_DATA_HEADER);
AT(am_packet, key, 0x0C);
AT(am_entry, serial, offsetof(struct am_packet, link));
AT(am_entry, key, offsetof(struct am_packet, key));
AT(am_entry, word, sizeof(struct am_packet));

FITS(AM_CTRL, sizeof(struct am_ctrl), AM_NODES);
FITS(AM_NODES, sizeof(struct link_node) * LINK_MAX_NODES, AM_ROWS);
FITS(AM_ROWS, sizeof(struct am_endpoint) * AM_ENDPOINTS, AM_QUEUES);
FITS(AM_QUEUES, sizeof(struct am_slot) * AM_SLOTS * AM_ENDPOINTS, AM_TALLIES);
FITS(AM_TALLIES, sizeof(be32) * AM_ENDPOINTS * LINK_MAX_NODES * AM_ENDPOINTS, AM_WINDOWS);
FITS(AM_WINDOWS, sizeof(be32) * AM_ENDPOINTS * AM_PAGES, AM_BUFFERS);

/* Descriptors begin on a trace tag's 64 bytes. */
_Static_assert(AM_QUEUES % 64 == 0 && AM_BUFFERS % 64 == 0, "tags");

/* Sizes and offsets of the contract, asserted when this file is compiled, for both machines. */
#include "firmware/raw/abi.h"

#include <stddef.h>

#define AT(type, member, offset) _Static_assert(offsetof(struct type, member) == (offset), #type "." #member)
#define SIZE(type, bytes)        _Static_assert(sizeof(struct type) == (bytes), "size of " #type)
#define FITS(at, bytes, next)    _Static_assert((at) + (bytes) <= (next), #at " ends before " #next)

SIZE(raw_ctrl, 0x100);
AT(raw_ctrl, given, 0x24);
AT(raw_ctrl, ready, 0x40);
AT(raw_ctrl, sent, 0x48);
AT(raw_ctrl, counter, 0x80);
_Static_assert(RAW_N_COUNTERS <= 32, "the counters fit");

SIZE(raw_send, 0x40);
SIZE(raw_packet, 8);
SIZE(raw_entry, sizeof(struct raw_packet));
_Static_assert(RAW_MTU < 1u << RAW_CONTROL_BYTES_BITS, "a control word holds any length");
_Static_assert(RAW_CONTROL_BYTES_BITS <= RAW_CONTROL_NODE_BIT, "and the node beside it");
_Static_assert(RAW_MTU % 4 == 0 && sizeof(struct raw_entry) + RAW_MTU <= RAW_SLOT && RAW_SLOT % 64 == 0, "slots");

FITS(RAW_CTRL, sizeof(struct raw_ctrl), RAW_NODES);
FITS(RAW_NODES, sizeof(struct link_node) * LINK_MAX_NODES, RAW_QUEUE);
FITS(RAW_QUEUE, sizeof(struct raw_send) * RAW_SENDS, RAW_BUFFERS);

/* Descriptors and buffers begin on a trace tag's 64 bytes. */
_Static_assert(RAW_QUEUE % 64 == 0 && RAW_BUFFERS % 64 == 0, "tags");

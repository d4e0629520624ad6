/* The vmmc firmware, native, on the mock NIC, for fuzz targets: two processes with exported and pinned pages, pages of
 * nobody, and a check that nothing went where it may not.  Every frame is filled with a pattern that names it.
 *
 *   process   status   exported (tag)    own pages, pinned at page OWN_PAGE.. of its memory
 *   HOSTILE   1        4..7   (100)      16..23
 *   VICTIM    2        8..11  (200)      24..31
 *   nobody                               40..47
 *
 * Process HOSTILE may send to frames 50..53 of node 1 with tag 300, VICTIM to 54..57 with tag 400.  Exported pages lie
 * at page EXPORT_PAGE.. of their process' memory. */
#ifndef TESTS_FUZZ_FIRMWARE_RIG_H
#define TESTS_FUZZ_FIRMWARE_RIG_H

#include "tests/firmware/mock_host.h"
#include "tests/fuzz/common.h"

enum { HOSTILE, VICTIM };
enum { OWN_PAGE = 0x10, EXPORT_PAGE = 0x20, RIG_PAGES = 8, RIG_EXPORTS = 4 };
enum { PEER_TAG = 300, VICTIM_PEER_TAG = 400 };
#define RIG_TAG(process)      (100u + 100u * (process))
#define RIG_STATUS(process)   (1u + (process))
#define RIG_EXPORTED(process) (4u + 4u * (process))
#define RIG_OWN(process)      (16u + 8u * (process))
#define RIG_PEER(process)     (50u + 4u * (process))
#define RIG_NOBODY            40u
#define RIG_NOBODYS           8u

struct mock_nic *rig_new(void);
/* rig_end: the firmware still works: it comes to rest, has a receive buffer armed, and closes the processes. Frees it.
 */
void rig_end(struct mock_nic *nic, void (*sent)(const struct mock_packet *packet));

#endif

/* The am firmware, native, on the mock NIC, for fuzz targets: two open endpoints, host memory full of patterns, and a
 * check that what the firmware counts fits together.  Endpoints and windows: tests/am/mock_am.h. */
#ifndef TESTS_FUZZ_AM_RIG_H
#define TESTS_FUZZ_AM_RIG_H

#include "tests/am/mock_am.h"
#include "tests/fuzz/common.h"

enum { HOSTILE, VICTIM, AM_RIG_OPEN };
#define AM_RIG_TAG(e)    (100u + 100u * (e))
#define AM_RIG_PEER_TAG  300u /* of every endpoint of node 1 */
#define AM_RIG_NOBODY    MOCK_AM_FRAME(AM_RIG_OPEN)
#define AM_RIG_NOBODYS   (2u * MOCK_AM_PAGES) /* windows of the endpoints that are closed */
#define AM_RIG_SOURCE(e) (MOCK_AM_FRAME(e) + MOCK_AM_SOURCE / AM_PAGE)

struct mock_nic *am_rig_new(void);
/* am_rig_check: aborts unless credits are within their limits, and what waits to be returned adds up. */
void am_rig_check(const struct mock_nic *nic);
/* am_rig_end: the firmware still works: it comes to rest, has a receive buffer armed, and closes the endpoints, after
 * which nothing is delivered any more.  Frees it. */
void am_rig_end(struct mock_nic *nic, void (*sent)(const struct mock_packet *packet));

#endif

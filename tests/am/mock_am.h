/* The host's side of the am contract, for tests on mock NICs (tests/firmware/mock_nic.h, with MOCK_AM): a driver, and
 * endpoints with small windows.
 *
 * Window of endpoint e: MOCK_AM_PAGES frames from MOCK_AM_FRAME(e) on: a ring of MOCK_AM_ENTRIES entries, their data
 * pages, MOCK_AM_SOURCES pages to send from, MOCK_AM_BULKS pages of the bulk part. */
#ifndef TESTS_AM_MOCK_AM_H
#define TESTS_AM_MOCK_AM_H

#include "tests/firmware/mock_wire.h"

#define MOCK_AM_ENTRIES  8u
#define MOCK_AM_SOURCES  2u
#define MOCK_AM_BULKS    2u
#define MOCK_AM_PAGES    (1u + MOCK_AM_ENTRIES + MOCK_AM_SOURCES + MOCK_AM_BULKS)
#define MOCK_AM_FRAME(e) (1u + (e)*MOCK_AM_PAGES)
#define MOCK_AM_DATA     AM_PAGE /* offsets in the window */
#define MOCK_AM_SOURCE   (MOCK_AM_DATA + MOCK_AM_ENTRIES * AM_PAGE)
#define MOCK_AM_BULK     (MOCK_AM_SOURCE + MOCK_AM_SOURCES * AM_PAGE)

struct mock_am_options {
	uint32_t node, n_nodes, window, ack_every, ack_delay, rto, first_sequence, give_up, reliable, incarnation;
};
struct mock_am_options mock_am_defaults(void); /* node 0 of 2, window 8, acknowledge every 4 packets or 100 ticks, rto
                                                * 2000, reliable, never gives up */

void mock_am_control(struct mock_nic *nic, const struct mock_am_options *options);
/* mock_am_open, mock_am_close: with the driver's signal. */
void mock_am_open(struct mock_nic *nic, unsigned e, uint32_t tag);
void mock_am_close(struct mock_nic *nic, unsigned e);
void mock_am_peer_up(struct mock_nic *nic, uint32_t node);

uint32_t mock_am_slot(unsigned e, uint32_t n); /* SRAM address of the slot of descriptor n */
/* mock_am_post: writes descriptor n (0, 1, ...): the words behind `to`; the control word last. */
void mock_am_post(struct mock_nic *nic, unsigned e, uint32_t n, uint32_t control, uint32_t to, const uint32_t *words,
                  unsigned n_words);
uint32_t mock_am_counter(const struct mock_nic *nic, enum am_counter which);
uint32_t mock_am_row(const struct mock_nic *nic, unsigned e, size_t member); /* a word of struct am_endpoint */
/* mock_am_bus: bus address of an offset in the window. */
uint32_t mock_am_bus(unsigned e, uint32_t offset);
/* mock_am_entry: a word of entry number `serial` (1, 2, ...) of the ring. */
uint32_t mock_am_entry(const struct mock_nic *nic, unsigned e, uint32_t serial, unsigned word);

#endif

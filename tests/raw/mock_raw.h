/* The host's side of the raw contract, for tests on mock NICs (tests/firmware/mock_nic.h, with MOCK_RAW): a driver with
 * its send slots at bus address 0 and its receive slots behind them. */
#ifndef TESTS_RAW_MOCK_RAW_H
#define TESTS_RAW_MOCK_RAW_H

#include "tests/firmware/mock_wire.h"

#define MOCK_RAW_SLOTS   4u /* to receive in */
#define MOCK_RAW_RECEIVE (RAW_SENDS * RAW_SLOT)
#define MOCK_RAW_HEADER  ((uint32_t)sizeof(struct raw_packet))

struct mock_raw_options {
	uint32_t node, n_nodes, slots, coalesce_count, coalesce_ticks;
};
struct mock_raw_options mock_raw_defaults(void); /* node 0 of 2, MOCK_RAW_SLOTS, an interrupt for each */

void mock_raw_control(struct mock_nic *nic, const struct mock_raw_options *options);
/* mock_raw_start: control block, then raw_init() of the native instance; true if it accepted. */
bool mock_raw_start(struct mock_nic *nic, const struct mock_raw_options *options);
/* mock_raw_post: datagram n (0, 1, ...) to `node`: its bytes are n, n + 1, ...; the descriptor last. */
void mock_raw_post(struct mock_nic *nic, uint32_t n, uint32_t node, uint32_t bytes);
uint32_t mock_raw_descriptor(uint32_t n); /* SRAM address of the descriptor of datagram n */
void mock_raw_give(struct mock_nic *nic, uint32_t given);
/* mock_raw_packet: as it would arrive from `source`, its bytes are 1, 2, ...; returns its length. */
uint32_t mock_raw_packet(uint8_t *packet, uint32_t source, uint32_t bytes);
uint32_t mock_raw_counter(const struct mock_nic *nic, enum raw_counter which);
uint32_t mock_raw_ctrl(const struct mock_nic *nic, size_t member); /* a word of struct raw_ctrl */
/* mock_raw_entry: a word of the slot of datagram number `serial` (1, 2, ...); 0: the serial number. */
uint32_t mock_raw_entry(const struct mock_nic *nic, uint32_t serial, unsigned word);

#endif

/* Packets, routes and host memory of any program of firmware/link, for tests on top of mock NICs. */
#ifndef TESTS_FIRMWARE_MOCK_WIRE_H
#define TESTS_FIRMWARE_MOCK_WIRE_H

#include "tests/firmware/mock_nic.h"

/* host_route: row `node` of the table of struct link_node at SRAM address `nodes`: `hops` bytes 0x81, the last one
 * names the node. */
void host_route(struct mock_nic *nic, uint32_t nodes, uint32_t node, uint32_t hops);
uint32_t host_word(const struct mock_nic *nic, uint32_t bus); /* big-endian, of host memory */

/* host_packet: a data packet as it would arrive from `source`; returns its length. data[] is filled with 0x11 per word
 * number. */
uint32_t host_packet(uint8_t *packet, uint32_t source, uint32_t sequence, uint32_t ack, uint32_t dest, uint32_t key);
/* host_ack: the same for an acknowledgement of `kind`: `expected` is the next number that `source` expects. */
uint32_t host_ack(uint8_t *packet, uint32_t kind, uint32_t source, uint32_t expected);
/* host_deliver: delivers that packet, well or with a residue, and steps until the firmware has dealt with it. */
void host_deliver(struct mock_nic *nic, const uint8_t *packet, uint32_t bytes, uint32_t residue);
/* Word i (0 = type) of a packet sent, behind its route. */
uint32_t host_sent_word(const struct mock_packet *packet, unsigned i);
/* host_settle: steps and finishes engines until nothing happens; packets sent are thrown away. */
void host_settle(struct mock_nic *nic);

#endif

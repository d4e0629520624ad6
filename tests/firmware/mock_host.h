/* The host's side of the vmmc contract, for tests: a driver and processes on top of mock NICs, and wires between them.
 */
#ifndef TESTS_FIRMWARE_MOCK_HOST_H
#define TESTS_FIRMWARE_MOCK_HOST_H

#include "tests/firmware/mock_wire.h"

struct host_options {
	uint32_t node, n_nodes, window, ack_every, ack_delay, rto, first_sequence, hops;
	uint32_t give_up, reliable, incarnation, long_packets;
	uint32_t cache_sets, cache_ways, cache_prefetch, cache_by_process, by_interrupt;
};
struct host_options host_defaults(void); /* node 0 of 2, window 8, acknowledge every 4 packets or 100 ticks, rto 2000, 1
                                          * hop, reliable, never gives up; cache of 64 sets of one, prefetch 1 */

/* host_control: what the driver writes before it starts the LANai. */
void host_control(struct mock_nic *nic, const struct host_options *options);
/* host_start: control block, then vmmc_init() of the native instance; true if it accepted. */
bool host_start(struct mock_nic *nic, const struct host_options *options);
/* host_open: opens process p with 64 imported pages, an empty translation table and its status words at `status_bus`,
 * and signals. */
void host_open(struct mock_nic *nic, unsigned p, uint32_t status_bus);
void host_close(struct mock_nic *nic, unsigned p);
/* host_import: entry `index` of process p leads to `frame` at `node`, whose tag is `tag`. */
void host_import(struct mock_nic *nic, unsigned p, uint32_t index, uint32_t node, uint32_t frame, uint32_t tag);
void host_export(struct mock_nic *nic, uint32_t frame, uint32_t tag, uint32_t flags);
void host_export_by(struct mock_nic *nic, unsigned owner, uint32_t frame, uint32_t tag, uint32_t flags);
/* host_source: page `page` of process p is pinned and lies in `frame`. host_no_source: it is not pinned.  Pages lie in
 * the first, second or last 4 MB of the address space.  The tables are in host memory from HOST_TABLES on. */
#define HOST_TABLES 64u /* frame */
void host_source(struct mock_nic *nic, unsigned p, uint32_t page, uint32_t frame);
void host_no_source(struct mock_nic *nic, unsigned p, uint32_t page);
/* host_command: writes the driver's command and signals. */
void host_command(struct mock_nic *nic, enum vmmc_command op, uint32_t process, uint32_t page, uint32_t count);

uint32_t host_slot(unsigned p, uint32_t n); /* SRAM address of the slot of descriptor n */
/* Writes descriptor n (0, 1, ...) of process p; the control word last. */
void host_post(struct mock_nic *nic, unsigned p, uint32_t n, uint32_t control, uint32_t proxy, const uint32_t *data,
               uint32_t words);
uint32_t host_counter(const struct mock_nic *nic, enum vmmc_counter which);
uint32_t host_ctrl(const struct mock_nic *nic, size_t member);             /* a word of struct vmmc_ctrl */
uint32_t host_proc(const struct mock_nic *nic, unsigned p, size_t member); /* a word of its struct vmmc_proc */

#endif

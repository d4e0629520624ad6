/* The fabric: channels, crossbar switches, wormhole routing with back-pressure.
 *
 * A channel is one direction of a cable (one link of the platform).  A packet's head advances hop by hop: cable delay,
 * then at a switch the first route byte (0x80 | (output port - input port) & 0x3F) is stripped and chooses the output
 * channel; when that is free, the head leaves the switch net.switch_us later.  The packet holds every channel until its tail
 * has passed.  Where the next channel is busy, or the receiving NIC has no buffer armed, the head waits, and the worm
 * stands still behind it except for what the slack buffers of the switches take up.  Waiting heads are served in
 * order of arrival; heads that arrive in the same instant in order of their input port.
 *
 * A worm moves at the least of link rate, what the sending NIC's port gives and what the receiving NIC's port takes, at
 * both ends at once; either NIC may change its share at any time.  Bytes are copied once out of the sender's SRAM and once
 * into the receiver's.
 *
 * CRC-8 (x^8 + x^2 + x + 1) is linear, so its residue at the receiver is the CRC of the error pattern alone: it is computed
 * from injected errors when there are any, exactly, with its undetected cases, and costs nothing otherwise.
 *
 * A wrong route byte (top bit 0, or no such port), a dropped packet, a lost tail end the packet and are counted. */
#ifndef NIC_SIM_FABRIC_H
#define NIC_SIM_FABRIC_H

#include "nic-sim/platform.h"
#include "nic-sim/sim_time.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct fabric;
struct worm;

/* What a NIC must offer (it calls fabric_attach with them). All are called as events of the node. */
struct fabric_port {
	void *nic;
	/* head: a packet of `bytes` (behind the route, without CRC) is at the door.  Return true if a buffer is armed: the worm
	 * then flows in; else call fabric_accept() when one is. */
	bool (*head)(void *nic, struct worm *worm, uint32_t bytes);
	/* received: the last byte is in.  `data` (bytes long) is valid during the call only; `residue` is the CRC-8 residue;
	 * `tag` the trace tag it was sent with. */
	void (*received)(void *nic, const uint8_t *data, uint32_t bytes, uint8_t residue, uint32_t tag);
	/* sent: the tail has left this NIC. */
	void (*sent)(void *nic, struct worm *worm);
	/* share: the SRAM port rate in bytes/s that this NIC can give the worm now; asked whenever fabric_rate_changed(). */
	uint64_t (*share)(void *nic, struct worm *worm, bool sending);
	/* reset: the packet being sent or received was blocked for too long and is lost (network reset). */
	void (*reset)(void *nic, bool sending);
};

/* fabric_new: NULL and *error if a route uses a link in an impossible way or the channel dependency graph of the routes
 * has a cycle (the text names it), unless allow_deadlock. */
struct fabric *fabric_new(const struct platform *platform, bool allow_deadlock, char **error);
void fabric_free(struct fabric *f);
void fabric_attach(struct fabric *f, unsigned node, const struct fabric_port *port);

/* fabric_route: the route bytes from node to node; returns their number (at most max), 0 if there is none. */
unsigned fabric_route(const struct fabric *f, unsigned from, unsigned to, uint8_t *bytes, unsigned max);
/* fabric_lookahead: smallest time from the start of a send to the first byte at another NIC: for sim_set_lookahead(). */
sim_time fabric_lookahead(const struct fabric *f);

/* fabric_send: node starts a packet now: `bytes` bytes at `data`, route first.  The bytes are read when the tail leaves (sent()) and
 * may not change until then.  The worm is the fabric's.  A node sends one packet at a time. */
struct worm *fabric_send(struct fabric *f, unsigned node, const uint8_t *data, uint32_t bytes, uint32_t tag);
/* fabric_accept: a buffer is armed now for the worm whose head() returned false. */
void fabric_accept(struct fabric *f, struct worm *worm);
/* fabric_received_bytes: payload bytes that have arrived by now, and the data so far (for reads of RMP in mid-packet). */
uint32_t fabric_progress(struct worm *worm, const uint8_t **data);
/* fabric_stop_at: the receiver's buffer ends after `bytes` of the payload; worm pauses there and `stopped` would be reported by
 * received == false... see nic_net.c; fabric_accept() resumes it. */
void fabric_stop_at(struct worm *worm, uint32_t bytes, void (*stopped)(void *nic, struct worm *worm));
/* fabric_rate_changed: this NIC's share() of its worm, sending or receiving, may have changed. */
void fabric_rate_changed(struct fabric *f, unsigned node, bool sending);
/* fabric_abort: the sending or receiving NIC was reset: its packet ends here. */
void fabric_abort(struct fabric *f, unsigned node, bool sending);

struct fabric_counts {
	uint64_t packets, delivered, dropped, corrupted, bad_route, timeouts;
	sim_time busiest_channel_ps; /* and how long the busiest channel was held */
	const char *busiest_channel;
};
struct fabric_counts fabric_counts(const struct fabric *f);
void fabric_report(const struct fabric *f, FILE *out);

#endif

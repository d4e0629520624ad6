/* The fabric: channels, crossbar switches, wormhole routing with back-pressure.
 *
 * A channel is one direction of a cable (one link of the platform).  A packet's head advances hop by hop: cable delay,
 * then at a switch the first route byte (0x80 | (output port - input port) & 0x3F) is stripped and chooses the output
 * channel; when that is free, the head leaves the switch net.switch_us later.  The packet holds every channel until its
 * tail has passed into it.  Where the next channel is busy, or the receiving NIC has no buffer armed, the head waits,
 * and the worm stands still behind it except for what the slack buffers of the switches take up.  Waiting heads are
 * served in order of arrival; heads that arrive in the same instant in order of their input port.
 *
 * A worm moves at the least of link rate, what the sending NIC's port gives and what the receiving NIC's port takes;
 * either NIC may change its limit at any time.  Whatever one end does reaches the other no sooner than a head, or the
 * STOP and GO symbols on the way back, need for the path; that makes fabric_lookahead() a bound for everything.
 *
 * Payload is copied once out of the sender's SRAM and once into the receiver's.  CRC-8 is linear, so its residue at the
 * receiver is the CRC of the error pattern alone: it is computed from injected errors when there are any, exactly, with
 * its undetected cases, and costs nothing otherwise.  A switch that sees an error recomputes the CRC but carries the
 * error's residue on.
 *
 * A wrong route byte (top bit 0, or no such port), a dropped packet, a network reset end the packet and are counted.
 *
 * FAULTS of packets strike on their last channel (fabric_faults.c).  A truncated packet ends at a word, and its old CRC
 * byte with the mark behind it follows.  A lost tail: the receiver waits for more; the next packet that comes through
 * goes on in the same buffer, behind the first one's CRC byte, or the receiving NIC's network-reset period passes and
 * the packet is lost.  CRC-8 begins with 0, so the CRC of two good packets that merged is good: only the length tells.
 * A duplicate comes to the door right behind its original, from nowhere.  A channel that is down swallows what enters
 * it, while its sender notices nothing; of a packet that it was carrying the receiver gets what has come in by then,
 * with a wrong residue. */
#ifndef NIC_SIM_FABRIC_H
#define NIC_SIM_FABRIC_H

#include "nic-sim/faults.h"
#include "nic-sim/platform.h"
#include "nic-sim/sim_time.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define FABRIC_MAX_HOPS   8u         /* switches on a way, so route bytes of a packet (GAM, ParaStation) */
#define FABRIC_MAX_PACKET (1u << 20) /* bytes, route included: the largest SRAM */
#define FABRIC_NO_BUFFER  UINT32_MAX
#define FABRIC_UNLIMITED  UINT64_MAX

struct fabric;

/* What a NIC offers to the fabric. All are called as events. */
struct fabric_port {
	void *nic;
	/* take: a packet of which `left` bytes (behind the route, without CRC) have not been taken is at the door.
	 * Returns how many of them the armed buffer takes: `left` if all and the tail, less if it will then be full,
	 * FABRIC_NO_BUFFER if none is armed; call fabric_accept() when one is. */
	uint32_t (*take)(void *nic, uint32_t left, uint32_t tag);
	/* taken: these bytes are in; `data` is valid during the call only.  last: so is the tail, and `residue` is the
	 * CRC-8 residue, `tag` the trace tag that the packet was sent with; else the next take() follows. */
	void (*taken)(void *nic, const uint8_t *data, uint32_t bytes, bool last, uint8_t residue, uint32_t tag);
	/* sent: the tail has left this NIC. */
	void (*sent)(void *nic);
	/* flow: the bytes of the packet that is being sent or received move at this rate from now on, at this end. */
	void (*flow)(void *nic, bool sending, uint64_t bytes_per_s);
	/* reset: the packet being sent, or received and partly taken, was blocked for too long and is lost (network
	 * reset). */
	void (*reset)(void *nic, bool sending);
	/* timeout: how long a packet that this NIC sends, or a tail that it waits for, may be blocked. */
	sim_time (*timeout)(void *nic);
	/* more: the packet that is being taken, all of it so far, goes on (a tail was lost): as take(), for the same
	 * buffer, with the bytes of the running take() and what is to come as `left`. Must not return less than there
	 * were. */
	uint32_t (*more)(void *nic, uint32_t left);
	/* link: a channel of the NIC's cable went down, or now both are up again. May be NULL. */
	void (*link)(void *nic, bool up);
};

/* fabric_new: NULL and *error (g_free it) if a route uses a link in an impossible way or the channel dependency graph
 * of the routes has a cycle (the text names it), unless allow_deadlock.  The platform must outlive the fabric. */
struct fabric *fabric_new(const struct platform *platform, bool allow_deadlock, char **error);
void fabric_free(struct fabric *f);
void fabric_attach(struct fabric *f, unsigned node, const struct fabric_port *port);

/* fabric_route: the route bytes from node to node; returns their number (at most max), 0 if there is none.  A route
 * over a cable without switches has none either. */
unsigned fabric_route(const struct fabric *f, unsigned from, unsigned to, uint8_t *bytes, unsigned max);
/* fabric_link_rate: of the NIC's own cable, bytes/s; FABRIC_UNLIMITED if it has none. */
uint64_t fabric_link_rate(const struct fabric *f, unsigned node, bool sending);
/* fabric_lookahead: smallest time from the start of a send to the first byte at another NIC: for sim_set_lookahead().
 */
sim_time fabric_lookahead(const struct fabric *f);

/* fabric_send: the next bytes of the packet that `node` sends (copied now), route first; opens a packet if none is
 * open; `tail` ends it.  The head leaves with the first byte; the bytes follow as they are given.  false if there is no
 * room: the packet before has not left (until sent()), or this one would be longer than FABRIC_MAX_PACKET. Callable by
 * cores. */
bool fabric_send(struct fabric *f, unsigned node, const uint8_t *data, uint32_t bytes, bool tail, uint32_t tag);
bool fabric_sending(const struct fabric *f, unsigned node);
/* fabric_accept: a buffer is armed now, should a packet be waiting at the door. Callable by cores. */
void fabric_accept(struct fabric *f, unsigned node);
/* fabric_limit: from now on the port of this NIC takes (or gives, if sending) at most this rate. Callable by cores. */
void fabric_limit(struct fabric *f, unsigned node, bool sending, uint64_t bytes_per_s);
/* fabric_progress: bytes of the running take() that have arrived by now, and where they are. */
uint32_t fabric_progress(const struct fabric *f, unsigned node, const uint8_t **data);
/* fabric_abort: the NIC was reset: what it sends ends here (its receiver gets the truncated packet with a wrong
 * residue), what it receives is drained and lost. Not for cores. */
void fabric_abort(struct fabric *f, unsigned node);

/* fabric_set_link: an injected fault, or its end.  Not for cores. */
void fabric_set_link(struct fabric *f, unsigned channel, bool up);
bool fabric_link_up(const struct fabric *f, unsigned channel);
/* fabric_faults: what was injected so far. */
struct fault_counts fabric_faults(const struct fabric *f);

/* Every packet that was begun (a duplicate by its fault) is delivered (corrupted or not), dropped (by a fault or a
 * NIC's reset; the first of two that merged, too), led into a wall (bad_route), lost to a network reset (timeouts), or
 * still under way. */
struct fabric_counts {
	uint64_t packets, delivered, dropped, corrupted, bad_route, timeouts;
	sim_time busiest_channel_ps; /* and how long the busiest channel was held */
	const char *busiest_channel;
};
struct fabric_counts fabric_counts(const struct fabric *f);
/* fabric_report: what every packet in the fabric is waiting for. */
void fabric_report(const struct fabric *f, FILE *out);

#endif

/* Inside of the fabric: fabric_topology.c derives channels and switches, fabric_worm.c knows when a packet's tail
 * passes where, fabric_motion.c moves heads, fabric_faults.c does harm, fabric.c is the NIC's and the machine's side.
 */
#ifndef NIC_SIM_FABRIC_INTERNAL_H
#define NIC_SIM_FABRIC_INTERNAL_H

#include "nic-sim/calendar.h"
#include "nic-sim/fabric.h"
#include "nic-sim/faults.h"

#define NO_INDEX   UINT32_MAX
#define MAX_PATH   (FABRIC_MAX_HOPS + 1) /* channels of one way */
#define TRAILER    2u                    /* characters behind the data: CRC-8 and GAP */
#define LONG_AGO   ((sim_time)1 << 46)   /* 70 s: any flow that moved at all is over */
#define FULL_SPEED 65536u                /* speeds are in 1/65536 of the rate of the worm's slowest channel */

enum drop_reason { DROP_BAD_ROUTE = 1, DROP_FAULT, DROP_TIMEOUT, DROP_RESET };

struct channel {
	const char *name;
	sim_time latency;
	uint64_t bytes_per_s;
	uint32_t to_switch, to_node;     /* one of them is NO_INDEX */
	uint32_t from_switch, from_node; /* the same */
	uint32_t in_port, out_port;      /* at to_switch, at from_switch */
	struct worm *holder;
	unsigned hop; /* position in the holder's path */
	struct worm *waiting;
	struct sim_event release;
	sim_time held_since, busy;
	struct faults faults;
	bool faulty, down;
	struct fabric *fabric;
};

struct crossbar {
	uint32_t n_ports;
	uint32_t *out; /* [port] = channel or NO_INDEX */
};

/* Work that is done at a speed which changes: the rest, in ps at full speed, as of a date. */
struct flow {
	sim_time since;
	uint64_t rest;
	uint32_t speed;
};

enum phase {
	WORM_TRAVEL,  /* the head is on its way to the end of the last channel of the path */
	WORM_QUEUED,  /* at a switch, the channel that it needs is busy */
	WORM_STARVED, /* the sender has not given the bytes that are needed to go on */
	WORM_DOOR,    /* at the NIC, no buffer is armed */
	WORM_FLOW,    /* at its end: bytes move */
	WORM_ENDLESS, /* all bytes are in, the tail was lost */
	WORM_OVER,    /* the tail is in, or the packet is lost */
};

struct worm {
	struct worm *next;  /* in a queue or in the pool */
	struct worm *older; /* made before it */
	struct fabric *fabric;
	uint8_t *data;
	uint32_t capacity, bytes; /* bytes: given so far, with the route */
	uint32_t start;           /* first byte that has not been stripped or taken */
	uint32_t chunk;           /* bytes of the running take */
	uint32_t tag;
	unsigned from; /* node */
	enum phase phase;
	bool closed;  /* the tail has been given */
	bool discard; /* flows into nowhere */
	bool dropped; /* and has been counted */
	bool delayed; /* the head has waited for a channel or a buffer */
	bool endless; /* the tail is lost; the CRC byte counts as data */
	bool twice;   /* a duplicate follows */
	uint8_t residue;
	uint8_t own_residue; /* and of the part from `own` on, which came as one packet */
	uint32_t own;
	uint32_t ahead; /* bytes of the chunk that are in before it begins to flow */
	unsigned n_path, n_struck, n_held;
	uint32_t path[MAX_PATH];
	sim_time enter[MAX_PATH]; /* when an unhindered head is granted each channel, counted from the start */
	sim_time reach;           /* and reaches the end of the last one */
	uint64_t bytes_per_s;     /* of the slowest channel of the path */
	struct flow sent;         /* at the sender's end, as if nothing ever blocked; full speed: the first channel's */
	struct flow taken;        /* at the receiver's end, since the take(); full speed: bytes_per_s */
	uint64_t sender_cap;      /* what the far end lets through, for the sender's end */
	uint64_t known_cap;       /* the same as the sender's end knows it */
	uint64_t far_limit;       /* the sender's limit as the receiver's end knows it */
	uint64_t told_rate;       /* the flow that the receiving NIC was told */
	sim_time cause;           /* date of the last thing at the head that moved the tail; 0: none */
	uint32_t wait_port;       /* input port while queued */
	struct sim_event head, tail, forward, backward, timeout;
};

struct port {
	struct fabric_port nic;
	struct fabric *fabric;
	unsigned node;
	uint32_t out, in;                        /* channels; NO_INDEX if the node has no route */
	struct worm *sending, *receiving, *door; /* door: those that wait for a buffer, in order */
	uint64_t send_limit, receive_limit;
	bool accepted;         /* a buffer was armed while a packet stood at the door */
	struct sim_event sync; /* what a core changed at the receiving end takes effect here */
};

struct fabric {
	const struct platform *platform;
	unsigned n_nodes, n_channels, n_switches;
	struct channel *channels;
	struct crossbar *switches;
	struct port *ports;
	struct worm *pool, *newest;
	sim_time switch_delay, lookahead;
	uint64_t slack;
	struct fabric_counts counts;
	struct fault_counts injected;
};

static inline sim_time
wire_time(uint64_t bytes, uint64_t bytes_per_s)
{
	return (bytes * SIM_S + bytes_per_s / 2) / bytes_per_s; /* fits: at most 2^21 bytes */
}

static inline uint32_t
speed_of(uint64_t limit, uint64_t bytes_per_s)
{
	return limit >= bytes_per_s ? FULL_SPEED : (uint32_t)(limit * FULL_SPEED / bytes_per_s);
}

static inline sim_time
later(sim_time a, sim_time b)
{
	return a > b ? a : b;
}

static inline struct channel *
front(const struct worm *w)
{
	return &w->fabric->channels[w->path[w->n_path - 1]];
}

static inline struct port *
far_port(const struct worm *w)
{
	uint32_t node = front(w)->to_node;

	return node == NO_INDEX ? NULL : &w->fabric->ports[node];
}

static inline bool
holds(const struct worm *w, unsigned hop)
{
	const struct channel *c = &w->fabric->channels[w->path[hop]];

	return c->holder == w && c->hop == hop;
}

/* fabric_worm.c */
uint64_t flow_rest(const struct flow *f, sim_time t);
void flow_set(struct flow *f, sim_time now, uint32_t speed);
sim_time flow_end(const struct flow *f);
struct worm *worm_new(struct fabric *f, unsigned node);
void worm_leave_door(struct port *p, struct worm *w);
void worm_unref(struct worm *w);
void worm_cancel(struct worm *w);
void worm_drop(struct worm *w, enum drop_reason reason);
void worm_schedule(struct worm *w);

/* fabric_motion.c */
void worm_enter(struct worm *w, uint32_t channel, sim_time delay);
/* worm_begin_flow: the next `chunk` bytes move out of the fabric from now on. */
void worm_begin_flow(struct worm *w, uint32_t chunk);
void worm_kill(struct worm *w, enum drop_reason reason);
void worm_leave_queue(struct worm *w);
/* worm_wait_at_door: until a buffer is armed; `first`: before all others. */
void worm_wait_at_door(struct port *p, struct worm *w, bool first);
/* worm_at_door: asks the NIC to take what is left. */
void worm_at_door(struct worm *w);
/* worm_starve: the rest of a packet that nobody wants is still to be given. */
void worm_starve(struct worm *w);
/* worm_tell_nic: the sending NIC learns the rate at its end. */
void worm_tell_nic(struct worm *w);
void worm_head_fire(struct sim_event *ev);
void worm_tail_fire(struct sim_event *ev);
void worm_forward_fire(struct sim_event *ev);
void worm_backward_fire(struct sim_event *ev);
void worm_timeout_fire(struct sim_event *ev);
void port_sync_fire(struct sim_event *ev);
void channel_release_fire(struct sim_event *ev);

/* fabric_faults.c */
/* worm_strike: every channel that the whole packet passes, or is going to, and that has not had its chance yet. */
void worm_strike(struct worm *w);
/* worm_await_tail: all bytes are in, and the tail was lost. */
void worm_await_tail(struct worm *w);
/* worm_merge: `w`, at the door, goes on where `endless` stopped. */
void worm_merge(struct worm *endless, struct worm *w);
/* worm_repeat: a duplicate of a packet that was just delivered. */
void worm_repeat(const struct worm *w);
/* worm_swallow: the channel is down. */
void worm_swallow(struct worm *w);
/* worm_end_early: the receiver gets what has come in so far as a packet with a wrong residue. */
void worm_end_early(struct worm *w);

/* fabric_topology.c */
/* topology_derive: fills channels, switches and ports' channel numbers; false and *error. */
bool topology_derive(struct fabric *f, char **error);
/* topology_find_cycle: false and *error if the routes' channel dependency graph has a cycle. */
bool topology_find_cycle(const struct fabric *f, char **error);
void topology_free(struct fabric *f);

#endif

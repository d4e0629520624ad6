/* TCP's own structures, shared by the tcp_*.c files.
 *
 * tcp_host.c   ends of a host, their ports, life and death
 * tcp_header.c segments as bytes
 * tcp_open.c   opening and giving up by the application
 * tcp_listen.c listeners
 * tcp_input.c  what comes; tcp_receive.c its data and its end; tcp_ack.c what it acknowledges
 * tcp_output.c what leaves
 * tcp_congestion.c how much may be on its way
 * tcp_timer.c  what happens when nothing does
 * tcp_link.c   the application's calls
 *
 * ATOMIC.  Nothing here waits (ip_send() does not), so what a call or a segment does to an end is done before another
 * task can look.  Only the outermost functions flush. */
#ifndef SOCKETS_TCP_STATE_H
#define SOCKETS_TCP_STATE_H

#include "sockets/tcpip/tcp.h"
#include "sockets/tcpip/tcp_ring.h"

/* RFC 793, 3.2; a connection that is gone is TCP_CLOSED. */
enum tcp_state {
	TCP_CLOSED,
	TCP_SYN_SENT,
	TCP_SYN_RECEIVED,
	TCP_ESTABLISHED,
	TCP_FIN_WAIT_1,
	TCP_FIN_WAIT_2,
	TCP_CLOSE_WAIT,
	TCP_CLOSING,
	TCP_LAST_ACK,
	TCP_TIME_WAIT
};

enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16, TCP_URG = 32 };

#define TCP_HEADER_BYTES 20u
#define TCP_WINDOW_MAX   65535u /* of a header without options */
#define TCP_MSS_DEFAULT  536u   /* RFC 1122, 4.2.2.6 */
#define TCP_MSS_MIN      88u    /* that a peer can ask for (Linux' TCP_MIN_MSS) */

/* A segment, as one talks about it. */
struct tcp_segment {
	unsigned node; /* the other host */
	uint16_t from_port, to_port;
	uint32_t sequence, acknowledgement;
	unsigned flags;
	uint32_t window;
	uint16_t mss; /* SYN; 0: not said */
	const uint8_t *data;
	uint32_t bytes;
};

/* Sequence numbers wrap. */
static inline bool
tcp_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool
tcp_not_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) <= 0;
}

struct tcp_key {
	unsigned node;
	uint16_t local, remote;
};

/* Reasons for the kernel's task to look at an end. */
enum tcp_due { TCP_DUE_RETRANSMIT = 1, TCP_DUE_ACKNOWLEDGE = 2, TCP_DUE_END = 4 };

/* A piece of the peer's stream that came too early. */
struct tcp_span {
	uint32_t begin, end;
};

struct tcp {
	struct link link;
	struct kernel *kernel;
	struct tcp_key key;
	enum tcp_state state;
	int error;
	struct tcp_options options;
	void (*poke)(void *arg);
	void *poke_arg;
	bool held;                     /* somebody has a handle on it, or a listener */
	struct tcp_listener *listener; /* until it is accepted */
	/* out */
	struct tcp_ring out;                              /* from `acknowledged` on */
	uint32_t acknowledged;                            /* SND.UNA */
	uint32_t next, highest;                           /* SND.NXT; the highest that it ever was */
	uint32_t window, most_window;                     /* the peer's, and the largest that it ever was */
	uint32_t window_sequence, window_acknowledgement; /* SND.WL1, SND.WL2 */
	uint32_t mss;
	bool fin_wanted, fin_sent; /* the stream ends; FIN is the number behind the last byte of `out` */
	/* how much, and again */
	uint32_t congestion_window, slow_start_limit; /* bytes */
	unsigned duplicates;                          /* acknowledgements that say the same */
	bool timing;                                  /* a segment is being timed */
	uint32_t timed;                               /* ... the one that begins here */
	sim_time timed_at;
	sim_time smooth, variation, time_out; /* RFC 1122, 4.2.3.1; smooth 0: nothing measured yet */
	unsigned backoff;                     /* time-outs since the last measurement (Karn): each doubles it */
	sim_time heard;                       /* when the peer last acknowledged something, or was first asked to */
	/* in */
	struct tcp_ring in;      /* what is to be read begins here */
	uint32_t expected;       /* RCV.NXT */
	uint32_t promised;       /* right edge of the window that was told */
	GArray *early;           /* struct tcp_span, in order, apart */
	bool end_known, ended;   /* the peer's FIN came, at `end`; all before it came, too */
	uint32_t end;            /* its number */
	bool acknowledge;        /* at once */
	uint32_t unacknowledged; /* bytes that came since the last acknowledgement left */
	/* when nothing happens */
	struct sim_event retransmit, delayed, finish;
	unsigned due;
	struct ip_work work;
};

struct tcp_listener {
	struct kernel *kernel;
	uint16_t port;
	unsigned backlog, half_open; /* ends that are being set up */
	GQueue ready;                /* struct tcp */
	struct tcp_options options;
	void (*poke)(void *arg);
	void *poke_arg;
};

struct tcp_host {
	GHashTable *all;       /* every end, also those that are over */
	GHashTable *ends;      /* by key */
	GHashTable *listeners; /* by port */
	uint16_t *uses;        /* ends of each local port */
	uint32_t opened;       /* ends so far */
	struct tcp_counts counts;
};

static inline const struct params *
tcp_params(const struct tcp *t)
{
	return t->kernel->host->params;
}

static inline struct tcp_counts *
tcp_counted(const struct tcp *t)
{
	return &t->kernel->tcp->counts;
}

/* tcp_host.c */
/* tcp_new: an end that is closed; NULL if the pair of ports is in use. */
struct tcp *tcp_new(struct kernel *k, const struct tcp_key *key, const struct tcp_options *options);
struct tcp *tcp_find(const struct kernel *k, const struct tcp_key *key);
/* tcp_end: the connection is over, with this error (0: in order); its ports are free, and who has a handle learns it.
 */
void tcp_end(struct tcp *t, int error);
/* tcp_reap: frees an end that is over and that nobody holds; for outermost functions, behind everything else. */
void tcp_reap(struct tcp *t);
void tcp_tell(const struct tcp *t); /* pokes */
uint32_t tcp_first_sequence(struct kernel *k);

/* tcp_header.c */
/* tcp_encode: a packet with the header; the caller fills in s->bytes of content behind it and calls tcp_seal(). */
struct ip_packet *tcp_encode(const struct tcp_segment *s);
uint8_t *tcp_content(struct ip_packet *p);
void tcp_seal(struct ip_packet *p, unsigned from, unsigned to); /* the checksum */
/* tcp_decode: false if it is damaged or makes no sense. */
bool tcp_decode(const struct ip_packet *p, struct tcp_segment *s);

/* tcp_listen.c */
void tcp_listener_input(struct tcp_listener *l, const struct tcp_segment *s);
void tcp_listener_established(struct tcp *t); /* it can be accepted */
void tcp_listener_lost(struct tcp *t);        /* it has ended before that */
struct tcp_listener *tcp_listener_of(const struct kernel *k, uint16_t port);

/* tcp_input.c */
void tcp_input(struct kernel *k, struct ip_packet *p);
void tcp_learn_peer(struct tcp *t, const struct tcp_segment *s); /* what its SYN says */

/* tcp_receive.c */
/* tcp_trim: cuts away what came before or lies outside the window; false: nothing of it was expected. */
bool tcp_trim(struct tcp *t, struct tcp_segment *s);
void tcp_receive_data(struct tcp *t, const struct tcp_segment *s);
/* tcp_receive_fin: has the peer's stream ended with this segment? */
void tcp_receive_fin(struct tcp *t, const struct tcp_segment *s);
uint32_t tcp_receive_window(const struct tcp *t); /* to tell now; never takes back */
/* tcp_taken: bytes were taken out: should the peer know? */
void tcp_taken(struct tcp *t);

/* tcp_ack.c */
/* tcp_acknowledged: what a segment acknowledges; false: it makes no sense, and was answered. */
bool tcp_acknowledged(struct tcp *t, const struct tcp_segment *s);
bool tcp_fin_acknowledged(const struct tcp *t);

/* tcp_output.c */
void tcp_output(struct tcp *t); /* everything that may leave now, an acknowledgement if one is due */
void tcp_send_syn(struct tcp *t);
void tcp_send_again(struct tcp *t);           /* the first segment that is not acknowledged */
void tcp_send_probe(struct tcp *t);           /* a byte into a closed window, or what fits into a small one */
void tcp_send_acknowledgement(struct tcp *t); /* nothing but that */
void tcp_send_reset(struct tcp *t);           /* of a connection */
void tcp_refuse(struct kernel *k, const struct tcp_segment *s); /* RST for what belongs to no connection */
uint32_t tcp_in_flight(const struct tcp *t);
uint32_t tcp_unsent(const struct tcp *t); /* bytes, FIN not included */

/* tcp_congestion.c */
void tcp_congestion_start(struct tcp *t);
void tcp_congestion_opened(struct tcp *t); /* new data were acknowledged */
void tcp_congestion_timed_out(struct tcp *t);
/* tcp_congestion_duplicate: one more; true: retransmit the first segment. */
bool tcp_congestion_duplicate(struct tcp *t);

/* tcp_timer.c */
void tcp_timers_init(struct tcp *t);
void tcp_timers_stop(struct tcp *t);
void tcp_time_segment(struct tcp *t, uint32_t sequence); /* it leaves for the first time */
void tcp_measure(struct tcp *t);                         /* it was acknowledged, if it was timed */
void tcp_arm_retransmit(struct tcp *t);                  /* from now on */
void tcp_arm_delayed(struct tcp *t);
void tcp_arm_finish(struct tcp *t); /* TIME_WAIT, or an orphan in FIN_WAIT_2 */

/* tcp_link.c */
extern const struct link_ops tcp_link_ops;
bool tcp_room(const struct tcp *t);

#endif

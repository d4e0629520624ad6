/* Fast Sockets: the link of a connection over Active Messages (host-lib/am.h).
 *
 * After Rodrigues, Anderson and Culler (USENIX 1997): one procedure path from the call to the network (collapsed
 * layers); a buffer on the receive side only, one piece of memory a socket; the header of a message is its handler's
 * argument words; data are cut into balanced fragments of at most AM_MAX bytes; since Active Messages promise no order,
 * handlers order by the byte position that each message carries; the sender has credits in bytes, which what the
 * receiver has taken gives back.
 *
 * RECEIVE POSTING (socket.receive_posting).  While recv() waits with an empty buffer, the handler stores what comes
 * straight in the user's memory; what does not fit, or nobody waits for, goes to the buffer.  A post lasts as long as
 * the call.
 *
 * Two variants, by SO_NICSIM_PROTOCOL or the default of sock_start():
 *   SOCK_FAST         receiver-based: medium messages; the receiver's handler decides where the data go.
 *   SOCK_FAST_SENDER  sender-based: bulk messages; the sender names the place, an offset in the receiver's bulk area
 *                     where its socket buffer lies.  A user buffer can be the place only if the receiver has told the
 *                     sender before (a synchronisation), and only inside the bulk area.
 *
 * Handlers do not trust what they are told: a connection number that does not exist, a position outside the window, or
 * the connection of another peer is counted and dropped, and breaks that connection only.  Somebody else's
 * message does not even break it. */
#ifndef SOCKETS_FAST_H
#define SOCKETS_FAST_H

#include "host-lib/am.h"
#include "sockets/link.h"

struct fast; /* one end */

/* What fast_begin tells the peer: name of the endpoint, number of the connection there, bytes of its buffer, and where
 * in the bulk area it lies. */
struct fast_name {
	struct am_name endpoint;
	uint32_t connection, buffer_bytes, offset;
};

/* fast_open: the endpoint and its handlers, once a process; 0 or -errno.  Children
 * have that of their parent. */
int fast_open(struct process *p);
/* fast_begin: an end with a buffer of that many bytes, rounded up to a power of two from FAST_BUFFER_MIN to
 * FAST_BUFFER_MAX; poke(arg): what no memory word shows has changed; NULL if memory is exhausted. */
struct fast *fast_begin(struct process *p, uint32_t buffer_bytes, bool sender_based, struct sock_counts *counts,
                        void (*poke)(void *arg), void *arg, struct fast_name *own);
/* fast_join: the peer's end; 0, or -EPROTO if what it says makes no sense. */
int fast_join(struct fast *f, const struct fast_name *peer);
struct link *fast_link(struct fast *f);

/* fast_wait: until ready(arg), which looks at links of this process, and at what else pokes the task; false at the
 * deadline.  Meanwhile the process takes in what comes.  The ranges may be those that the links watch, and are not
 * needed: all are one. */
bool fast_wait(struct process *p, bool (*ready)(void *arg), void *arg, const struct umem_range *ranges, unsigned n,
               sim_time deadline);

/* fast_alloc: memory in the process' bulk area, where senders can be told to put data: its address, 0 if there is none
 * left; page aligned, not zeroed.  fast_free: of such an address; false: it is another. */
uint64_t fast_alloc(struct process *p, uint64_t bytes);
bool fast_free(struct process *p, uint64_t address);

/* fast_take_in: what has come for links of this process, once. */
void fast_take_in(struct process *p);

#define FAST_BUFFER_MIN UMEM_PAGE
#define FAST_BUFFER_MAX (1u << 20)
#define FAST_NOWHERE    UINT32_MAX /* offset of a buffer that is not in the bulk area */

/* What came and was dropped. */
struct fast_counts {
	uint64_t unknown;  /* for a connection that is not there, or not any more */
	uint64_t foreign;  /* for a connection with somebody else */
	uint64_t outside;  /* bytes that do not belong in the window, or came twice */
	uint64_t nonsense; /* other things that a peer never says */
};
struct fast_counts fast_counts(struct process *p);

#endif

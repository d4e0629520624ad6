/* Host instructions of the sockets' own code: made by sockets/count_instructions.sh, do not edit.
 * Counted by callgrind (valgrind-3.19.0) in a RelWithDebInfo build by cc (Debian 12.2.0-14+deb12u1) 12.2.0. */
#ifndef SOCKETS_INSTRUCTION_COUNTS_H
#define SOCKETS_INSTRUCTION_COUNTS_H

#define IC_SOCK_SEND         448 /* send() of one INLINE record */
#define IC_SOCK_RECEIVE      523 /* recv() of it */
#define IC_SOCK_SEND_COPIED  584 /* send() of one RING record of 8 KB by way of the staging ring */
#define IC_SOCK_SEND_DIRECT  556 /* ... and from the user's buffer */
#define IC_SOCK_RECEIVE_RING 712 /* recv() of it */
#define IC_SOCK_FRUITLESS    376 /* recv() that finds nothing */
#define IC_SOCK_POLL         161 /* poll() of no descriptor */
#define IC_SOCK_POLL_EACH    306 /* ... and of each */

/* of these, what is the same for every kind of link */
#define IC_CALL_SEND    270
#define IC_CALL_RECEIVE 293

/* Fast Sockets' link */
#define IC_FAST_SEND          183 /* a fragment put */
#define IC_FAST_HANDLE        320 /* its handler */
#define IC_FAST_SEND_PLACED   289 /* ... by the sender-based variant */
#define IC_FAST_HANDLE_PLACED 326
#define IC_FAST_DONE          174 /* the handler of a reply */
#define IC_FAST_RECEIVE       110 /* bytes taken */
#define IC_FAST_SAY           94  /* credit or last words */
#define IC_FAST_HEAR          174 /* their handler */

#endif

/* Host instructions of the library's own code, a call: made by tools/count_instructions.sh, do not edit.
 * Counted by callgrind (valgrind-3.19.0) in a Release build by cc (Debian 12.2.0-14+deb12u1) 12.2.0. */
#ifndef HOST_LIB_INSTRUCTION_COUNTS_H
#define HOST_LIB_INSTRUCTION_COUNTS_H

#define IC_VMMC_SHORT      257 /* vmmc_send of inline data */
#define IC_VMMC_SHORT_WORD 6   /* and each word of it */
#define IC_VMMC_LONG       328 /* vmmc_send by DMA, without the check */
#define IC_PIN_CHECK       36  /* are the pages pinned? */
#define IC_PIN_CHECK_PAGE  28  /* and each of them */
#define IC_VMMC_WAIT       34  /* vmmc_wait, without the polling */
#define IC_AM_SHORT        187 /* a short message sent: mean of request and reply */
#define IC_AM_WORD         0   /* and each argument of it */
#define IC_AM_LONG         244 /* am_request_medium, without the copy */
#define IC_AM_TAKE         220 /* a message that came, without the handler */
#define IC_AM_TAKE_WORD    5   /* and each word of it */
#define IC_AM_POLL         55  /* am_poll when nothing has come */
#define IC_AM_WAIT         65  /* am_wait, without polling */

#endif

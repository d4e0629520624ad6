/* Platforms made by hand: stars, lines and rings of switches with round numbers. */
#ifndef TESTS_DEVICE_NET_H
#define TESTS_DEVICE_NET_H

#include "nic-sim/platform.h"

#define NET_RATE           160000000u /* bytes/s: 6250 ps a byte */
#define NET_BYTE           6250u      /* ps */
#define NET_CABLE          15000u     /* ps */
#define NET_SWITCH         150000u    /* ps */
#define NET_SLACK          80u        /* bytes */
#define NET_PIO_WRITE      121000u    /* ps */
#define NET_PIO_READ       422000u
#define NET_DMA_START      1000000u
#define NET_DMA_BURST      64u /* bytes: 16 words */
#define NET_DMA_BURST_COST 70000u
#define NET_DMA_RATE       132000000u /* bytes/s */

/* net_line: `switches` in a row, `per_switch` nodes at each; nodes are numbered along the row. */
struct platform *net_line(unsigned switches, unsigned per_switch);
/* net_ring: three switches, a node at each, all routes clockwise: they can deadlock. */
struct platform *net_ring(void);
void net_free(struct platform *p);

#endif

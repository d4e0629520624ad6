/* The processes' send queues: descriptors in, packets out. */
#ifndef FIRMWARE_VMMC_PORT_H
#define FIRMWARE_VMMC_PORT_H

#include "firmware/vmmc/state.h"

/* Pieces of long sends that are being fetched or wait for the send engine: one on each side keeps both engines busy,
 * and a short send waits for little. */
#define PIECES_MAX 2u

/* port_serve: the port's next slot has this control word. */
void port_serve(struct port *port, uint32_t control);
/* port_fetched: the data of a piece are in SRAM, or not if `failed`. */
void port_fetched(struct packet *packet, uint32_t failed);
/* port_settle: tells the driver if nothing of a closed port is under way any more. */
void port_settle(struct port *port);
/* ports_retry: something happened that stalled ports may have waited for. */
void ports_retry(void);
/* ports_reopen: the driver's signal: reads which processes are open. */
void ports_reopen(void);

#endif

/* Packets from the network: take or drop, deposit, keep the receive engine armed. */
#ifndef FIRMWARE_VMMC_RECEIVE_H
#define FIRMWARE_VMMC_RECEIVE_H

#include "firmware/vmmc/state.h"

#define RECEIVE_EVENTS (LANAI_ISR_RECV | LANAI_ISR_BUFF)

/* receive_packet: ISR showed one of RECEIVE_EVENTS. */
void receive_packet(uint32_t isr);
/* receive_release: the arrival's buffer is free again; the engine takes it if it has none. */
void receive_release(struct arrival *arrival);
/* receive_again: a network reset took away what was coming in; arms the same buffer again. */
void receive_again(void);

#endif

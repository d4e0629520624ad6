/* A network reset: for the step.c of a program. */
#ifndef FIRMWARE_LINK_RESET_H
#define FIRMWARE_LINK_RESET_H

/* network_reset: the packet being sent, or the one being received, or both, are lost; the peers' time-outs make up for
 * it.  After a send the engine is ready without having said so.  Nothing was started since.  Of a reception that was
 * lost nothing tells. */
static inline void
network_reset(void)
{
	uint32_t isr = reg_read(LANAI_ISR);
	uint32_t lost = S.sending && (isr & (LANAI_ISR_SEND_RDY | LANAI_ISR_SEND)) == LANAI_ISR_SEND_RDY;
	count(COUNTER(NETWORK_RESETS));
	receive_again(!lost);
	if (lost || (S.events & LANAI_ISR_SEND && isr & LANAI_ISR_SEND_RDY))
		link_sent();
}

#endif

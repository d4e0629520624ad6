/* A NIC for testing firmware: registers and engines as nic-sim/lanai_regs.h describes them, without time.
 *
 * An engine that the firmware has started stays busy until the test finishes it (mock_finish_dma, mock_finish_send); a
 * packet arrives when the test delivers it; the clock is a variable.  The firmware behind it is a native instance
 * (mock_step) or a LANai core that uses mock_read and mock_write as its bus.  With `log` set, everything that the
 * firmware does is written there, one line each, so that two builds can be compared. */
#ifndef TESTS_FIRMWARE_MOCK_NIC_H
#define TESTS_FIRMWARE_MOCK_NIC_H

#include "tests/firmware/mock_program.h"

#include <glib.h>
#include <stdbool.h>

#define MOCK_FRAMES     96u
#define MOCK_MEMORY     (MOCK_FRAMES * MOCK_PAGE)
#define MOCK_PACKET_MAX 16384u

struct mock_packet {
	uint32_t bytes; /* route bytes included */
	uint32_t route_bytes;
	uint8_t data[];
};

struct mock_nic {
	MOCK_STATE state;
	struct arch_machine machine;
	uint8_t *sram;   /* MOCK_SRAM_BYTES, or a LANai core's */
	uint8_t *memory; /* the host's: bus addresses 0 .. MOCK_MEMORY */
	uint32_t regs[LANAI_REG_BYTES / 4];
	uint32_t now;   /* RTC ticks */
	uint32_t hurry; /* ticks that pass whenever the firmware reads RTC */
	uint32_t alarm; /* tick at which TIME is set */
	bool alarm_on;
	bool dma_busy, send_busy, armed;
	struct mock_packet *sending; /* what the send engine works on; the test takes it (mock_finish_send) */
	const uint8_t *rest;         /* of a packet longer than the buffer */
	uint32_t rest_bytes, rest_residue;
	uint32_t dma_starts, packets, writes; /* counts of what the firmware did; writes: registers and SRAM */
	uint32_t rearmed;                     /* arming of a receive engine that was armed: ignored */
	GString *log;
	/* touch: before the test changes SRAM or, at LANAI_REG_BASE, a register; for a LANai core that may be parked.
	 * May be NULL. */
	void (*touch)(struct mock_nic *nic, uint32_t address, uint32_t bytes);
	void (*written)(struct mock_nic *nic, uint32_t offset); /* after a register was written; may be NULL */
	void *owner;
};

struct mock_nic *mock_new(void);
void mock_free(struct mock_nic *nic);
void mock_select(struct mock_nic *nic); /* makes it the native instance that firmware functions act on */
void mock_step(struct mock_nic *nic);   /* one turn */

uint32_t mock_read(struct mock_nic *nic, uint32_t offset);
void mock_write(struct mock_nic *nic, uint32_t offset, uint32_t value);

/* SRAM words, as the host's PIO reads and writes them. */
uint32_t mock_sram(const struct mock_nic *nic, uint32_t address);
void mock_set_sram(struct mock_nic *nic, uint32_t address, uint32_t value);
void mock_raise(struct mock_nic *nic, uint32_t isr_bits);

/* Ends the host DMA that is under way; with `fail`, by a bus error. False if there is none. */
bool mock_finish_dma(struct mock_nic *nic, bool fail);
/* Ends the send that is under way: the packet (g_free it), or NULL if there is none. */
struct mock_packet *mock_finish_send(struct mock_nic *nic);
/* A network reset takes the packet that is being sent, or the one that was about to be received; false if there is
 * none. */
bool mock_reset_send(struct mock_nic *nic);
bool mock_reset_reception(struct mock_nic *nic);
/* Delivers a packet, route bytes already taken off; false if the receive engine is not armed. `data` must stay valid
 * until the tail is in memory (packets longer than the buffer). */
bool mock_deliver(struct mock_nic *nic, const uint8_t *data, uint32_t bytes, uint32_t residue);
/* Moves the clock; sets TIME when the alarm lies on the way. */
void mock_advance(struct mock_nic *nic, uint32_t ticks);

#endif

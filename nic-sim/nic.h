/* The network interface: LANai core, SRAM, register block, three DMA engines, timers, the board's control word.
 *
 * To the host it is a window on the I/O bus (SRAM, then registers, then the control word); to the fabric a source and
 * a sink of packets; to the firmware the registers of nic-sim/lanai_regs.h.  It knows neither the firmware's protocol
 * nor the host's software.
 *
 * SRAM PORT.  While an engine moves data it takes accesses of the port: host DMA first, then receive, then send; what
 * the engines leave, and at least nic.sram_cpu_floor, is the processor's.  An engine that cannot get what it wants
 * slows down, and with it the worm of the packet that it sends or receives (nic_port.c).
 *
 * MISTAKES of the firmware (a write to a read-only register, an engine started while it runs or with addresses outside
 * SRAM, odd addresses) are counted and otherwise ignored; nic_report() tells the last one.  A host DMA that cannot run
 * ends with WDOG.  None of them harms anything but that NIC's own traffic.
 *
 * TAGS.  For the trace only, every 64 bytes of SRAM have a tag (0 = none), the id of the message whose data they hold.
 * PIO that writes a word there with a tag sets it, receive DMA sets it from what it moves, send DMA and host DMA read
 * it. Firmware moves it from a descriptor to a packet buffer with the no-op log_1 (r10 = to, r11 = from; a stage mark
 * for TRACE_PICKUP) and marks nothing else. */
#ifndef NIC_SIM_NIC_H
#define NIC_SIM_NIC_H

#include "nic-sim/lanai_core.h"
#include "nic-sim/lanai_regs.h"
#include "nic-sim/platform.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct nic;
struct fabric;
struct host_bus;

/* Host window on the I/O bus. */
#define NIC_WINDOW_SRAM    0x000000u
#define NIC_WINDOW_REGS    0x0C0000u /* + register offset */
#define NIC_WINDOW_CONTROL 0x0E0000u
#define NIC_WINDOW_BYTES   0x100000u
/* Control word: reset keeps the LANai stopped and its registers at their reset values; off starts it at the image's
 * entry. The board's interrupt gate is open after power-on. Reads: RESET_OFF while the LANai is not in reset,
 * INT_ENABLE. */
#define NIC_CONTROL_RESET_OFF   (1u << 31)
#define NIC_CONTROL_RESET_ON    (1u << 30)
#define NIC_CONTROL_INT_ENABLE  (1u << 29)
#define NIC_CONTROL_INT_DISABLE (1u << 28)
#define NIC_CONTROL_WAKE        (1u << 27)

struct nic_counts {
	uint64_t packets_sent, packets_received, bytes_sent, bytes_received;
	uint64_t crc_errors, unmodelled_accesses, mistakes, resets;
	sim_time dma_busy, send_busy, receive_busy; /* engine occupied, for utilisation */
};

/* nic_new: the NIC of node `node`; connects to `fabric` port `node`. Rank SIM_RANK_NODE + node. */
struct nic *nic_new(unsigned node, const struct params *params, struct fabric *fabric);
void nic_free(struct nic *nic);
/* The bus that its host DMA engine masters; set before the LANai starts. */
void nic_attach_bus(struct nic *nic, struct host_bus *bus);
/* irq: called, from an event or a thread, with the new level whenever the host's interrupt line changes. */
void nic_attach_irq(struct nic *nic, void (*irq)(void *arg, bool level), void *arg);

/* Injected faults, as events. nic_hang: the LANai executes nothing, the engines go on; until off, or a reset.
 * nic_break: the board resets itself (a glitch of its power), as by RESET_ON in the control word; with `scramble` SRAM
 * holds what `seed` gives, and the LANai can be started only after the next nic_load().  Then reset(arg) of
 * nic_attach_reset() is called, in the same event: the notice that the bus gives to the kernel; the driver charges its
 * interrupt itself, loads (nic_load) and initialises, and starts the LANai with RESET_OFF.  A driver that polls sees
 * the control word without RESET_OFF. */
void nic_hang(struct nic *nic, bool on);
void nic_break(struct nic *nic, bool scramble, uint64_t seed);
void nic_attach_reset(struct nic *nic, void (*reset)(void *arg), void *arg);

/* nic_load: puts firmware into SRAM (as the driver's PIO would; costs no simulated time, it happens before the
 * experiment). */
bool nic_load(struct nic *nic, const struct lanai_image *image, const char **why);

/* One word of the window, now. `tag`: see TAGS. An address outside the window reads all ones and is ignored on write.
 */
void nic_write(struct nic *nic, uint32_t offset, uint32_t value, uint32_t tag);
uint32_t nic_read(struct nic *nic, uint32_t offset);
/* nic_write_burst: n consecutive words at once. */
void nic_write_burst(struct nic *nic, uint32_t offset, const uint32_t *words, unsigned n, uint32_t tag);
/* nic_watches: would it matter when [offset, offset + length) of the window is written?  false if it is SRAM that a
 * parked LANai does not read in its idle loop. */
bool nic_watches(const struct nic *nic, uint32_t offset, uint32_t length);

struct lanai_core *nic_core(struct nic *nic);
struct nic_counts nic_counts(const struct nic *nic);
void nic_report(const struct nic *nic, FILE *out); /* state, engines, what it waits for */

#endif

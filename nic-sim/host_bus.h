/* The host's I/O bus and the memory behind it, as the hardware sees them.
 *
 * Programmed I/O and DMA share the bus: a DMA transfer is a start cost and bursts (bus.dma_*), a PIO word gets the
 * bus between two bursts and pushes the rest of the transfer back by its own time.  PIO words of one call are
 * back to back.  Memory is frames of 4 KB; the bus knows only whether a frame is mapped for I/O, else the access is
 * aborted and counted.  Whose memory it is, is the firmware's and driver's duty; the checking oracle (hb_set_oracle) looks
 * over their shoulder in tests and fails the run on a deposit that its owner did not allow.
 *
 * SNOOPED STORES.  Nobody sees ordinary C stores.  A store that hardware must see (SHRIMP's automatic update) goes
 * through hb_store() or hb_copy(); on NICs that do not snoop they are plain stores with a processor's cost.  Process memory
 * in general is touched through umem.h only.
 *
 * Functions whose name ends in _wait block the calling task's thread for the time of the bus; others take no time and are for
 * hardware. */
#ifndef NIC_SIM_HOST_BUS_H
#define NIC_SIM_HOST_BUS_H

#include "nic-sim/calendar.h"
#include "nic-sim/platform.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define HB_FRAME 4096u

struct host_bus;
struct nic;
struct umem_space; /* umem.h */

struct host_bus *hb_new(unsigned node, const struct params *params);
void hb_free(struct host_bus *bus);
void hb_attach_nic(struct host_bus *bus, struct nic *nic);

/* Frames, for the driver and umem. --------------------------------------------------------------------------------- */

/* hb_frame_alloc: a frame backed by the 4096 bytes at `memory`; frame numbers are given out in order, lowest free first,
 * so that they never depend on real addresses.  -1 if the host's memory is used up. */
int hb_frame_alloc(struct host_bus *bus, uint8_t *memory, struct umem_space *space, uint64_t page_address);
void hb_frame_free(struct host_bus *bus, unsigned frame);
/* hb_frame_map: makes the frame reachable for DMA (or not). */
void hb_frame_map(struct host_bus *bus, unsigned frame, bool io);
bool hb_frame_mapped(const struct host_bus *bus, unsigned frame);

/* PIO by the processor. ----------------------------------------------------------------------------------------------- */

/* hb_pio_write_wait: writes n words to the NIC's window at offset, offset + 4, ...: each arrives at its own date.  The
 * last word is the one with the highest date; to publish last what lies first, make two calls.  `tag`: trace id. */
void hb_pio_write_wait(struct host_bus *bus, uint32_t offset, const uint32_t *words, unsigned n, uint32_t tag);
uint32_t hb_pio_read_wait(struct host_bus *bus, uint32_t offset);
/* hb_pio_publish_wait: as hb_pio_write_wait for words 1..n-1 and then word 0: a descriptor whose first word is its
 * valid mark, in one go. */
void hb_pio_publish_wait(struct host_bus *bus, uint32_t offset, const uint32_t *words, unsigned n, uint32_t tag);

/* DMA by the NIC's one engine. ---------------------------------------------------------------------------------------- */

/* hb_dma_start: `bytes` (multiple of 4) between bus address and `sram`.  Data move when done() is called (to_host: into host
 * memory, with deposits announced to umem watchers; else into sram, by the caller's lanai_touch() in done, before the
 * copy: `copy` does it).  done(arg, ok): ok false if a frame was not mapped: nothing was moved. One at a time. */
void hb_dma_start(struct host_bus *bus, uint32_t bus_address, uint8_t *sram, uint32_t bytes, bool to_host, uint32_t tag,
                  void (*done)(void *arg, bool ok), void *arg);
uint32_t hb_dma_left(const struct host_bus *bus); /* bytes not yet moved, by the burst schedule */
void hb_dma_abort(struct host_bus *bus);
/* Average SRAM port use of a running DMA: bytes/s while bursts go on. */
uint64_t hb_dma_rate(const struct host_bus *bus, uint32_t bytes);

/* Stores that hardware snoops. --------------------------------------------------------------------------------------- */
void hb_store(struct umem_space *space, uint64_t address, uint32_t word);
void hb_copy(struct umem_space *space, uint64_t to, const void *from, uint32_t bytes);

/* The oracle: asked for every deposit into host memory; false fails the run with a report. */
void hb_set_oracle(struct host_bus *bus, bool (*allowed)(void *arg, unsigned frame, uint32_t offset, uint32_t bytes), void *arg);

struct hb_counts {
	uint64_t pio_words_written, pio_words_read, dma_transfers, dma_bytes, bus_aborts;
	sim_time pio_busy, dma_busy;
};
struct hb_counts hb_counts(const struct host_bus *bus);

#endif

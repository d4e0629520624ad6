/* The host's I/O bus and the memory behind it, as the hardware sees them.
 *
 * Programmed I/O and DMA share the bus: a DMA transfer is a start cost, in which the bus is free, and bursts
 * (bus.dma_*).  A PIO call gets the bus after the running burst and keeps it for all its words, back to back; the rest
 * of the transfer moves back by that time.  Memory is frames of 4 KB; the bus knows only whether a frame is mapped for
 * I/O, else the access is aborted and counted.  Whose memory it is, is the firmware's and driver's duty; the checking
 * oracle (hb_set_oracle) looks over their shoulder in tests and fails the run on a deposit that its owner did not
 * allow.
 *
 * SNOOPED STORES.  Nobody sees ordinary C stores.  A store that hardware must see (SHRIMP's automatic update) goes
 * through hb_store() or hb_copy(); with NICs that do not snoop they are plain stores.  Process memory in general is
 * touched through umem.h only.
 *
 * Functions whose name ends in _wait (host_bus_wait.c, library nicsim_device_wait) block the calling thread, once a
 * call, for the time of the bus; others take no time and need no threads. */
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

/* hb_slow: transfers that start from now on take `factor`/1000 times as long, an injected fault; 1000: as usual. */
void hb_slow(struct host_bus *bus, uint32_t factor);

/* Frames, for the driver and umem. --------------------------------------------------------- */

/* hb_frame_alloc: a frame backed by the 4096 bytes at `memory`, which is the page at page_address of `space` (NULL: the
 * kernel's own); frame numbers are given out in order, lowest free first, so that they never depend on real addresses.
 * -1 if the host's memory is used up. */
int hb_frame_alloc(struct host_bus *bus, uint8_t *memory, struct umem_space *space, uint64_t page_address);
void hb_frame_free(struct host_bus *bus, unsigned frame);
/* hb_frame_map: makes the frame reachable for DMA (or not). */
void hb_frame_map(struct host_bus *bus, unsigned frame, bool io);
bool hb_frame_mapped(const struct host_bus *bus, unsigned frame);
/* The hook that learns of every deposit into a space, page by page, after it happened (umem_deposited). */
typedef void (*hb_deposit_hook)(struct umem_space *space, uint64_t address, uint64_t bytes);
void hb_set_deposit_hook(struct host_bus *bus, hb_deposit_hook hook);

/* PIO by the processor. -------------------------------------------------------------------- */

/* A PIO call in progress; the caller's, untouched by him until done(). */
struct hb_pio {
	struct host_bus *bus;
	struct hb_pio *next; /* calls in progress, in the order of their turns */
	uint32_t offset, value;
	const uint32_t *words; /* NULL: read one word */
	unsigned n, applied;
	bool publish; /* the first word comes last */
	uint32_t tag;
	sim_time begin;
	struct sim_event event;
	void (*done)(struct hb_pio *pio);
};

/* hb_pio_start: fills *pio and begins.  Words arrive one by one, each at its own date; done() is called, as an event,
 * when the last has arrived.  `words` NULL: reads one word into pio->value instead. n >= 1. */
void hb_pio_start(struct host_bus *bus, struct hb_pio *pio, uint32_t offset, const uint32_t *words, unsigned n,
                  bool publish, uint32_t tag, void (*done)(struct hb_pio *pio));
/* hb_pio_settle: applies every word that is due by now: the NIC calls it before anything could see the difference. */
void hb_pio_settle(struct host_bus *bus);

/* hb_pio_write_wait: writes n words to the NIC's window at offset, offset + 4, ...  `tag`: trace id. */
void hb_pio_write_wait(struct host_bus *bus, uint32_t offset, const uint32_t *words, unsigned n, uint32_t tag);
uint32_t hb_pio_read_wait(struct host_bus *bus, uint32_t offset);
/* hb_pio_publish_wait: as hb_pio_write_wait for words 1..n-1 and then word 0: a descriptor whose first word is its
 * valid mark, in one go. */
void hb_pio_publish_wait(struct host_bus *bus, uint32_t offset, const uint32_t *words, unsigned n, uint32_t tag);

/* DMA by the NIC's one engine. ------------------------------------------------------------- */

/* hb_dma_start: the bus time of a transfer of `bytes` (a multiple of 4) at `address`, no faster than max_rate within a
 * burst.  At its end done(arg, true) is called, as an event, and moves the data with hb_dma_to_host() or
 * hb_dma_from_host().  If a frame is not mapped, done(arg, false) at the first burst, and a bus abort is counted.  One
 * at a time. */
void hb_dma_start(struct host_bus *bus, uint32_t address, uint32_t bytes, uint64_t max_rate,
                  void (*done)(void *arg, bool ok), void *arg);
bool hb_dma_busy(const struct host_bus *bus);
uint32_t hb_dma_left(const struct host_bus *bus); /* bytes not yet moved, by the burst schedule */
void hb_dma_abort(struct host_bus *bus);          /* done() is not called */
/* hb_dma_rate: bytes/s of a transfer of that size, start cost included, on an otherwise idle bus. */
uint64_t hb_dma_rate(const struct host_bus *bus, uint32_t bytes, uint64_t max_rate);
/* Move data at the date of the call; false, bus abort counted and nothing moved, if a frame is not mapped (any more).
 * To the host: asks the oracle, traces the deposit, calls the deposit hook. */
bool hb_dma_to_host(struct host_bus *bus, uint32_t address, const uint8_t *from, uint32_t bytes);
bool hb_dma_from_host(struct host_bus *bus, uint32_t address, uint8_t *to, uint32_t bytes);

/* Stores that hardware snoops. ------------------------------------------------------------- */
void hb_store(struct umem_space *space, uint64_t address, uint32_t word); /* big-endian, as all NIC data */
void hb_copy(struct umem_space *space, uint64_t to, const void *from, uint32_t bytes);

/* The oracle: asked for every deposit into host memory; false fails the run with a report. */
void hb_set_oracle(struct host_bus *bus, bool (*allowed)(void *arg, unsigned frame, uint32_t offset, uint32_t bytes),
                   void *arg);

struct hb_counts {
	uint64_t pio_words_written, pio_words_read, dma_transfers, dma_bytes, bus_aborts;
	sim_time pio_busy, dma_busy;
};
struct hb_counts hb_counts(const struct host_bus *bus);

#endif

/* What happened: fingerprint and trace points.
 *
 * FINGERPRINT.  A hash over architectural events: date, component, kind, one value.  It says whether two runs did the
 * same thing.  Skipping idle loops, batching, run-ahead and tracing leave it unchanged.  It is kept per component and
 * combined at the end, so that the order in which components of one instant are simulated does not show.
 *
 * TRACE POINTS.  A message carries an id (1, 2, ...; 0 = none) outside its simulated bytes, and trace_point(id, stage)
 * marks that it passes a stage now.  Breakdown, timeline and captures are readers of the recorded points.  Recording is
 * off unless trace_record(true): then every point is kept in memory.  How ids travel: a NIC keeps a shadow tag per 64
 * bytes of SRAM; PIO that publishes a descriptor tags the slot with the sending task's current id, firmware hands the
 * tag from slot to packet buffer with the no-op hook (nic.h), engines move it with the data. */
#ifndef NIC_SIM_TRACE_H
#define NIC_SIM_TRACE_H

#include "nic-sim/sim_time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Architectural event kinds. */
enum trace_kind {
	TRACE_HEAD,      /* packet head on a channel; value = packet bytes */
	TRACE_TAIL,      /* packet tail on a channel; value = packet bytes */
	TRACE_DMA_DONE,  /* host DMA finished; value = bytes | direction << 32 */
	TRACE_DEPOSIT,   /* DMA wrote host memory; value = hash of address and payload */
	TRACE_INTERRUPT, /* host interrupt line rose; value = ISR & EIMR */
	TRACE_CALL,      /* a host call returned; value = its result */
	TRACE_FAULT,     /* injected fault or LANai fault; value = kind */
	TRACE_DROP,      /* a packet ended without being received; value = reason */
};

/* Components are small integers: the rank of the place (calendar.h). */
void trace_event(unsigned rank, enum trace_kind kind, uint64_t value);
uint64_t trace_fingerprint(void);
uint64_t trace_hash_bytes(uint64_t seed, const void *bytes,
                          size_t length); /* FNV-1a-like over words; stable across runs */
void trace_reset(void);

/* Stages of a message, in order. S(name, label) */
#define TRACE_STAGES(S)                                                                                                \
	S(CALL, "library call begins")                                                                                 \
	S(PIO, "descriptor published in SRAM")                                                                         \
	S(PICKUP, "firmware picks the request up")                                                                     \
	S(FETCH, "host DMA of the data starts")                                                                        \
	S(FETCHED, "data in SRAM")                                                                                     \
	S(INJECT, "send DMA starts")                                                                                   \
	S(HEAD, "head at the receiving NIC")                                                                           \
	S(TAIL, "tail at the receiving NIC")                                                                           \
	S(DEPOSIT, "deposit DMA starts")                                                                               \
	S(DEPOSITED, "data in host memory")                                                                            \
	S(DETECT, "receiver's poll sees it")                                                                           \
	S(RETURN, "receiving call returns")
#define TRACE_STAGE_ENUM(name, label) TRACE_STAGE_##name,
enum trace_stage { TRACE_STAGES(TRACE_STAGE_ENUM) TRACE_N_STAGES };
const char *trace_stage_label(enum trace_stage stage);

struct trace_record {
	sim_time time;
	uint32_t id;
	uint16_t stage;
	uint16_t node;
};

uint32_t trace_new_id(void);
void trace_record(bool on);
bool trace_recording(void);
void trace_point(uint32_t id, enum trace_stage stage, unsigned node);
/* Everything recorded, in order of time of recording; valid until the next trace_point. */
const struct trace_record *trace_records(size_t *n);

#endif

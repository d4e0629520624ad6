/* The machine, as firmware compiled natively sees it: registers and SRAM of whatever instance is selected.
 *
 * A test makes one struct arch_machine an instance, points arch_machine at it and calls the firmware's functions.  The
 * same names for the LANai are in firmware/arch/lanai/arch.h.  An access outside SRAM, or an unaligned one, aborts: on
 * the LANai it would stop the processor. */
#ifndef FIRMWARE_ARCH_H
#define FIRMWARE_ARCH_H

#include "nic-sim/lanai_regs.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct arch_machine {
	void *state; /* the firmware's state: one object of the type that it declares, zeroed */
	uint8_t *sram;
	uint32_t sram_bytes;
	void *device;
	uint32_t (*reg_read)(void *device, uint32_t offset);
	void (*reg_write)(void *device, uint32_t offset, uint32_t value);
	void (*sram_written)(void *device, uint32_t address, uint32_t value); /* after the store; may be NULL */
	void (*trace_move)(void *device, uint32_t to, uint32_t from);         /* may be NULL */
	void (*yield)(void *device, const char *point);                       /* arch_yield(); may be NULL */
};
extern struct arch_machine *arch_machine;

#define ARCH_DECLARE_STATE(type) typedef type arch_state_type
#define ARCH_STATE(type)         (*(type *)arch_machine->state)

/* ARCH_KEEP: this value, in a register, as it is: clang would compute an address again for each member, and turn a pair
 * of shifts into a mask that must be loaded first. */
#define ARCH_KEEP(value) __asm__("" : "+r"(value))

static inline uint32_t
reg_read(uint32_t offset)
{
	return arch_machine->reg_read(arch_machine->device, offset);
}

static inline void
reg_write(uint32_t offset, uint32_t value)
{
	arch_machine->reg_write(arch_machine->device, offset, value);
}

static inline uint8_t *
arch_sram_at(uint32_t address)
{
	if ((address & 3) || address >= arch_machine->sram_bytes)
		abort();
	return arch_machine->sram + address;
}

static inline uint32_t
sram_read(uint32_t address)
{
	uint32_t raw;
	memcpy(&raw, arch_sram_at(address), sizeof(raw));
	return __builtin_bswap32(raw);
}

static inline void
sram_write(uint32_t address, uint32_t value)
{
	uint32_t raw = __builtin_bswap32(value);
	memcpy(arch_sram_at(address), &raw, sizeof(raw));
	if (arch_machine->sram_written)
		arch_machine->sram_written(arch_machine->device, address, value);
}

static inline void
sram_write_byte(uint32_t address, uint32_t value)
{
	uint32_t word = address & ~3u;
	arch_sram_at(word)[address & 3] = (uint8_t)value;
	if (arch_machine->sram_written)
		arch_machine->sram_written(arch_machine->device, word, sram_read(word));
}

static inline void
trace_move(uint32_t to, uint32_t from)
{
	if (arch_machine->trace_move)
		arch_machine->trace_move(arch_machine->device, to, from);
}

/* arch_yield: a named moment at which the host, or an engine, may do something that this firmware must not be surprised
 * by.  On the LANai that may happen anywhere; a test of orders needs the moments that matter. */
static inline void
arch_yield(const char *point)
{
	if (arch_machine->yield)
		arch_machine->yield(arch_machine->device, point);
}

#endif

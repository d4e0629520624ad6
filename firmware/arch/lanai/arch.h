/* The machine, as firmware compiled for the LANai sees it.  firmware/arch/native/arch.h offers the same names.
 *
 * Every access to a register ends with a compiler barrier: clang's delay-slot filler would else move it behind a later
 * one (LLVM 14 sources, LanaiDelaySlotFiller).  SRAM addresses are absolute.  State is one global object a firmware. */
#ifndef FIRMWARE_ARCH_H
#define FIRMWARE_ARCH_H

#include "nic-sim/lanai_regs.h"

#include <stdint.h>

#define ARCH_BARRIER() __asm__ volatile("" ::: "memory")

/* ARCH_DECLARE_STATE: the type of the firmware's state; ARCH_STATE: the object. ARCH_DEFINE_STATE once, in the start-up
 * file. */
#define ARCH_DECLARE_STATE(type) extern type arch_state
#define ARCH_DEFINE_STATE(type)  type arch_state
#define ARCH_STATE(type)         arch_state

/* ARCH_STACK_TOP: once in the start-up file, if the stack shall not lie at the end of SRAM. A plain number, multiple
 * of 8. */
#define ARCH_STACK_TOP(number) __asm__(".globl __stack_top\n\t.set __stack_top, " #number)

/* ARCH_KEEP: this value, in a register, as it is: clang would compute an address again for each member, and turn a pair
 * of shifts into a mask that must be loaded first. */
#define ARCH_KEEP(value) __asm__("" : "+r"(value))

static inline uint32_t
reg_read(uint32_t offset)
{
	uint32_t value = *(volatile uint32_t *)(LANAI_REG_BASE + offset);
	ARCH_BARRIER();
	return value;
}

static inline void
reg_write(uint32_t offset, uint32_t value)
{
	ARCH_BARRIER();
	*(volatile uint32_t *)(LANAI_REG_BASE + offset) = value;
	ARCH_BARRIER();
}

static inline uint32_t
sram_read(uint32_t address)
{
	return *(uint32_t *)address;
}

static inline void
sram_write(uint32_t address, uint32_t value)
{
	*(uint32_t *)address = value;
}

static inline void
sram_write_byte(uint32_t address, uint32_t value)
{
	*(volatile uint8_t *)address = (uint8_t)value;
}

/* trace_move: the message whose data lie at `from` goes on at `to` (nic-sim/nic.h, TAGS). */
static inline void
trace_move(uint32_t to, uint32_t from)
{
	register uint32_t r10 __asm__("r10") = to;
	register uint32_t r11 __asm__("r11") = from;
	__asm__ volatile("log_1" ::"r"(r10), "r"(r11));
}

/* arch_yield: for tests of the native build. */
#define arch_yield(point) ((void)0)

#endif

/* The LANai processor: registers, flags, SRAM and the interpreter.
 *
 * It executes the instruction set that clang's `lanai` target emits (LLVM's "v11": a descendant of the LANai 3/4 core;
 * see docs/lanai.md for what that means), pre-decoded, one record an instruction.  It knows its devices only through
 * struct lanai_bus and time only through nic-sim/calendar.h, whose rules for cores it obeys to the instruction:
 *
 *   A load, store or taken control transfer whose date is >= sim_core_limit() is not executed; the core stops in front
 *   of it (register-only instructions before it may have run: nobody can see them).  Results are therefore the same
 *   for any limit, down to one instruction at a time; tests compare.
 *
 * TIMING.  cycles = 1 + [the previous instruction was a load or SLI whose Rd this one reads], plus contention: the SRAM
 * port makes two accesses a clock, DMA engines take `d` of them, an instruction needs one (fetch) or two (fetch and
 * load/store of SRAM) and so takes max(1, demand / (2 - d)) clocks (lanai_set_dma_load).  Dates come from cycle counts
 * in fixed point (1/65536 clock), never from adding rounded periods.
 *
 * IDLE LOOPS ARE SKIPPED, NOT EXECUTED.  If the core comes back to the same instruction with the same registers and
 * flags, without having changed memory in between (a store of the value that is there already changes nothing) and
 * having read only SRAM and `steady` device registers, the loop will repeat exactly until one of those words changes.
 * The core then parks.  Before anybody changes a word that a parked core reads in its loop, he must call lanai_touch()
 * (or lanai_touch_regs()): the core catches up to sim_now(), executing the last partial iteration against the old
 * contents, and is active again.  Skipping leaves every date, register and count as execution would; tests compare.
 * lanai_set_skipping(core, false) executes everything.
 *
 * RUNNING AHEAD.  Where it has to stop, the core executes on, as long as it touches only itself, and can take that back
 * (see calendar.h).  All functions below see to it; who looks at or changes anything else that the core can see (the
 * registers that are storage) calls lanai_take_back() or lanai_touch_regs() before.  A pointer into the SRAM is good
 * for the moment: ask lanai_sram() again later.
 *
 * FAULTS.  An undecodable or forbidden instruction (reject column of docs/lanai.md, a transfer in a shadow), an
 * unaligned or wild access, a pc outside code, a store into code stop this LANai and nothing else: the core is halted,
 * the fault is counted and can be printed with pc, registers and the disassembly around it. */
#ifndef NIC_SIM_LANAI_CORE_H
#define NIC_SIM_LANAI_CORE_H

#include "nic-sim/calendar.h"
#include "nic-sim/image.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The devices behind the core.  Calls come with sim_now() == the date of the access. */
struct lanai_bus {
	void *device;
	/* read/write: a word register, `offset` from LANAI_REG_BASE, multiple of 4.  *steady is preset to true; the
	 * device clears it if the value can change without lanai_touch_regs(), or if reading had an effect.  Return
	 * false for a register that does not exist: the LANai faults. */
	bool (*read)(void *device, uint32_t offset, uint32_t *value, bool *steady);
	bool (*write)(void *device, uint32_t offset, uint32_t value);
	/* storage: where the value of a register lies if reading it is no more than reading that word, which changes by
	 * itself only after lanai_touch_regs(); NULL for any other register; asked once.  May be NULL. */
	uint32_t *(*storage)(void *device, uint32_t offset);
	/* glance: for a register without storage: true and the *value that reading it at `date` gives, if reading it
	 * now causes nothing and that is the value whatever happens before `date`, but for what comes after
	 * lanai_take_back().  May be NULL. */
	bool (*glance)(const void *device, uint32_t offset, sim_time date, uint32_t *value);
	/* change: the word that writing `value` now would change, and what it *becomes, if that is all: nothing is
	 * caused by it, nothing but an access of the core depends on the word before lanai_take_back().  Else NULL.
	 * May be NULL. */
	uint32_t *(*change)(void *device, uint32_t offset, uint32_t value, uint32_t *becomes);
	/* logs: log() of this level does something now.  May be NULL: it does. */
	bool (*logs)(void *device, unsigned level);
	/* log: the no-ops log_0..log_4 (a free trace hook for firmware): r10 and r11 at that moment.  May be NULL. */
	void (*log)(void *device, unsigned level, uint32_t r10, uint32_t r11);
	/* halted: the core stopped by a fault.  May be NULL. */
	void (*halted)(void *device);
};

/* HUNG: by an injected fault, goes on when that ends. */
enum lanai_state { LANAI_RESET, LANAI_RUNNING, LANAI_PARKED, LANAI_HALTED, LANAI_HUNG };

enum lanai_fault {
	LANAI_FAULT_NONE,
	LANAI_FAULT_ILLEGAL, /* undecodable or forbidden instruction word */
	LANAI_FAULT_SHADOW,  /* control transfer in a delay slot */
	LANAI_FAULT_UNALIGNED,
	LANAI_FAULT_WILD,       /* neither SRAM nor an existing register, or sub-word access to a register */
	LANAI_FAULT_PC,         /* pc outside the code */
	LANAI_FAULT_CODE_STORE, /* store (or DMA) into code */
};
const char *lanai_fault_name(enum lanai_fault fault);

struct lanai_counts {
	uint64_t instructions; /* including skipped ones */
	uint64_t executed;     /* really executed */
	uint64_t parked_ps;    /* time in skipped idle loops */
	uint64_t faults;
};

struct lanai_core;

/* lanai_new: sram_bytes a power of two from 64 KiB to 1 MiB; rank as for calendar cores; name (copied) for reports.
 * Cannot fail. */
struct lanai_core *lanai_new(const char *name, uint32_t sram_bytes, uint64_t hz, unsigned rank,
                             const struct lanai_bus *bus);
void lanai_free(struct lanai_core *core);

/* lanai_load: copies the image into SRAM (the rest is zeroed), pre-decodes its code; false, with *why a static text,
 * if it does not fit.  The core is then in LANAI_RESET. */
bool lanai_load(struct lanai_core *core, const struct lanai_image *image, const char **why);
/* lanai_start: pc = the image's entry, registers and flags 0, running from sim_now() on. */
void lanai_start(struct lanai_core *core);
/* lanai_stop: back to LANAI_RESET (board reset). SRAM keeps its contents. */
void lanai_stop(struct lanai_core *core);
/* lanai_hang: an injected fault: from sim_now() on the processor executes nothing; off: it goes on where it was, as if
 * no time had passed for it.  No effect on one in reset or halted; lanai_start cures it.  Not for cores. */
void lanai_hang(struct lanai_core *core, bool on);

enum lanai_state lanai_state(const struct lanai_core *core);
enum lanai_fault lanai_fault(const struct lanai_core *core);
void lanai_report(const struct lanai_core *core, FILE *out); /* registers, fault, disassembly around the pc */

/* SRAM, as big-endian bytes.  Whoever writes there (DMA, PIO) calls lanai_touch(core, address, length) BEFORE he
 * writes; false, and the LANai is halted, if that would change code. The range must lie inside SRAM. */
uint8_t *lanai_sram(struct lanai_core *core);
uint32_t lanai_sram_bytes(const struct lanai_core *core);
bool lanai_touch(struct lanai_core *core, uint32_t address, uint32_t length);
/* lanai_touch_regs: call BEFORE a steady register changes its value (ISR bits, mostly). */
void lanai_touch_regs(struct lanai_core *core);
/* lanai_take_back: call BEFORE anything else that the core can see is looked at or changed. */
void lanai_take_back(struct lanai_core *core);
/* lanai_watches: a parked core reads a word of this range in its idle loop; false for an active core. Lets a writer of
 * many words find out which of them must be written at its own date. */
bool lanai_watches(const struct lanai_core *core, uint32_t address, uint32_t length);

/* lanai_set_dma_load: from sim_now() on, DMA engines take `load` SRAM accesses a clock, in 1/65536; at most
 * 2 * 65536 - 1 less what the platform reserves for the core. A parked core stays exact. */
void lanai_set_dma_load(struct lanai_core *core, uint32_t load);
void lanai_set_skipping(struct lanai_core *core, bool on);

uint32_t lanai_reg(const struct lanai_core *core, unsigned r);           /* r2 = pc; for tests and reports */
void lanai_set_reg(struct lanai_core *core, unsigned r, uint32_t value); /* for tests; not r2 */
struct lanai_counts
lanai_counts(const struct lanai_core *core); /* a parked core is brought up to sim_now(), and active again */

#endif

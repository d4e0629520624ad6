/* The LANai's memory map and its register block: hardware and firmware both include this file.
 *
 * One table, LANAI_REGISTERS, gives offset, access, reset value and meaning of each register; the simulator's dispatch
 * and reset, the trace names and the page docs/hardware.md are made from it.  Layout and bits follow LANai 4.x
 * (Myricom's lanai4_def.h of the GM distribution; the Sandia Cplant sources agree).  ISR and IMR were CPU registers
 * there; the core that clang compiles for has none, so ISR is memory-mapped at the offset where the host saw it (0x28)
 * and IMR at the unused 0x5C.  That choice is ours and is marked so.  The program counters and pipeline words at
 * 0x00-0x24 do not exist.
 *
 * Registers are 32-bit words.  Sub-word or unaligned access stops the LANai with a report, as any access outside SRAM
 * and this block does. */
#ifndef NIC_SIM_LANAI_REGS_H
#define NIC_SIM_LANAI_REGS_H

#define LANAI_REG_BASE  0xFFFFFF00u /* as the LANai sees it */
#define LANAI_REG_BYTES 0x100u
#define LANAI_SRAM_MAX  0x100000u /* boards had 128 KB, 256 KB (LANai 4: typical), 1 MB */

/* X(name, offset, access, steady, reset, meaning)
 * access: RO RW WO, then what has an effect beyond storage, so that the device's handler runs: _ER reading, _EW
 * writing, _ERW both. steady: 1 if a read returns the same value until the device announces a change
 * (lanai_touch_regs), 0 if it changes by itself (clocks, DMA pointers in motion), so that a loop that reads it is never
 * skipped. */
#define LANAI_REGISTERS(X)                                                                                             \
	X(ISR, 0x28, RW_EW, 1, 0x00000000,                                                                             \
	  "interrupt status; reading has no effect, writing 1 clears a bit, HOST_SIG is set by writing 1 (offset "     \
	  "ours: CPU register on LANai 4)")                                                                            \
	X(EIMR, 0x2C, RW_EW, 1, 0x00000000, "external interrupt mask: the host's interrupt line is (ISR & EIMR) != 0") \
	X(IT, 0x30, RW_ERW, 0, 0xFFFFFFFF,                                                                             \
	  "interval timer: counts down by one each 0.5 us from the write on, sets TIME when it reaches 0, then wraps " \
	  "and goes on; 0xFFFFFFFF never sets TIME")                                                                   \
	X(RTC, 0x34, RW_ERW, 0, 0x00000000, "real-time clock: counts up by one each 0.5 us")                           \
	X(CKS, 0x38, RW, 1, 0x00000000, "checksum accumulator; plain storage in this model")                           \
	X(EAR, 0x3C, RW, 1, 0x00000000, "host DMA: bus address (multiple of 4)")                                       \
	X(LAR, 0x40, RW, 1, 0x00000000, "host DMA: SRAM address (multiple of 4)")                                      \
	X(DMA_CTR, 0x44, RW_ERW, 0, 0x00000000,                                                                        \
	  "host DMA: byte count, rounded up to 4; writing starts the transfer; reads the bytes left")                  \
	X(RMP, 0x48, RW_ERW, 0, 0x00000000,                                                                            \
	  "receive DMA: SRAM address of the next word (multiple of 4); writing RML afterwards arms it; reading while " \
	  "a packet comes in makes the bytes so far visible")                                                          \
	X(RML, 0x4C, RW_EW, 1, 0x00000000,                                                                             \
	  "receive DMA: address of the last word of the buffer (inclusive; the residue word needs room too); writing " \
	  "arms the engine")                                                                                           \
	X(SMP, 0x50, RW, 1, 0x00000000,                                                                                \
	  "send DMA: SRAM address of the first word (multiple of 4); points behind the words once SML or SMLT is "     \
	  "written")                                                                                                   \
	X(SML, 0x54, WO_EW, 1, 0x00000000,                                                                             \
	  "send DMA: address of the last word (inclusive); writing sends the words without a tail: they are read at "  \
	  "once, more may follow at once")                                                                             \
	X(SMLT, 0x58, WO_EW, 1, 0x00000000, "as SML, then CRC-8 and tail: the packet is whole")                        \
	X(IMR, 0x5C, RW, 1, 0x00000000,                                                                                \
	  "internal interrupt mask; plain storage (offset ours: CPU register on LANai 4)")                             \
	X(RB, 0x60, RO_ER, 0, 0x00000000, "receive one byte; not modelled: reads 0, counted")                          \
	X(RH, 0x64, RO_ER, 0, 0x00000000, "receive one halfword; not modelled: reads 0, counted")                      \
	X(RW, 0x68, RO_ER, 0, 0x00000000, "receive one word; not modelled: reads 0, counted")                          \
	X(SA, 0x6C, RW, 1, 0x00000000, "send align: leading bytes (0-3) to skip in the first word sent by DMA")        \
	X(SB, 0x70, WO_EW, 1, 0x00000000, "send one byte (bits 7..0); opens a packet if none is open")                 \
	X(SH, 0x74, WO_EW, 1, 0x00000000, "send one halfword, high byte first")                                        \
	X(SW, 0x78, WO_EW, 1, 0x00000000, "send one word, high byte first")                                            \
	X(ST, 0x7C, WO_EW, 1, 0x00000000, "send CRC-8 and tail (the value written is ignored)")                        \
	X(DMA_DIR, 0x80, RW, 1, 0x00000000, "host DMA direction: 1 host to LANai, 0 LANai to host")                    \
	X(DMA_STS, 0x84, RW, 1, 0x0000000F,                                                                            \
	  "host DMA burst sizes allowed: bit 0..3 = 2, 4, 8, 16 words; plain storage, bursts come from the platform")  \
	X(TIMEOUT, 0x88, RW, 1, 0x00000003, "network-reset period: 0 1/16 s, 1 1/4 s, 2 1 s, 3 4 s")                   \
	X(MYRINET, 0x8C, RW, 1, 0x00000002,                                                                            \
	  "bit 0 NRES_ENABLE: a network reset restarts this LANai; bit 1 CRC_ENABLE: plain storage, CRC-8 is always "  \
	  "appended")                                                                                                  \
	X(HW_DBUG, 0x90, RW, 1, 0x00000000, "plain storage")                                                           \
	X(LED, 0x94, RW, 1, 0x00000000, "bit 0: the lamp; plain storage")                                              \
	X(VERSION, 0x98, RO, 1, 0x00000003, "3 = LANai 4.1 to 4.3")                                                    \
	X(ACTIVATE, 0x9C, RW, 1, 0x00000000, "write enable for protected SRAM; plain storage in this model")           \
	X(LINK, 0xA0, RO, 1, 0x00000001,                                                                               \
	  "1: both directions of the cable are up; ISR LINK tells of a change (ours: the LANai 7 has such a "          \
	  "register, at another offset and with more bits)")                                                           \
	X(CLOCK, 0xFC, RW, 1, 0x90449044,                                                                              \
	  "clock setting of the LANai 4.1; plain storage: the clock comes from the platform")

#define LANAI_REG_OFFSET(name, offset, access, steady, reset, meaning) LANAI_##name = offset,
enum lanai_register { LANAI_REGISTERS(LANAI_REG_OFFSET) };

/* ISR and EIMR bits (LANai 4).  B(name, bit, meaning) */
#define LANAI_ISR_BITS(B)                                                                                              \
	B(BYTE_RDY, 0, "a byte can be read from RB; never set in this model")                                          \
	B(RECV, 1, "receive DMA: the tail of a packet is in memory, the engine is disarmed")                           \
	B(BUFF, 2, "receive DMA: buffer full before the tail; re-arm to take the rest")                                \
	B(SEND, 3, "the tail of the packet being sent has left; not set by pieces before it")                          \
	B(DMA, 4, "host DMA: done")                                                                                    \
	B(TIME, 5, "interval timer reached 0")                                                                         \
	B(WDOG, 6, "host DMA gave a bus error; the transfer was aborted")                                              \
	B(TAIL, 7, "set with RECV")                                                                                    \
	B(ORUN1, 8, "length of the received packet, modulo 4: bit 0 (before the CRC)")                                 \
	B(ORUN2, 9, "length of the received packet, modulo 4: bit 1")                                                  \
	B(WAKE, 10, "the host wrote the wake bit of the board's control word")                                         \
	B(NRES, 11, "network reset: the packet being sent or received was blocked for TIMEOUT and is lost")            \
	B(LINK, 12, "the cable went down or came up: LINK says which")                                                 \
	B(SEND_RDY, 13, "a packet can be started: none is open or leaving; a level, writing has no effect")            \
	B(HALF_RDY, 14, "a halfword can be read from RH; never set in this model")                                     \
	B(WORD_RDY, 15, "a word can be read from RW; never set in this model")                                         \
	B(LAN0_SIG, 16, "the host wrote this bit; LAN1_SIG..LAN7_SIG follow")                                          \
	B(HOST_SIG, 30, "to the host: set by the LANai by writing 1, cleared by the host by writing 1")                \
	B(DBG, 31, "debug; never set in this model")

#define LANAI_ISR_BIT(name, bit, meaning) LANAI_ISR_##name = 1u << bit,
enum lanai_isr { LANAI_ISR_BITS(LANAI_ISR_BIT) };

#define LANAI_TICK_NS 500u /* RTC and IT */

/* MYRINET register */
#define LANAI_MYRINET_NRES_ENABLE 0x1u
#define LANAI_MYRINET_CRC_ENABLE  0x2u

/* What lies behind the data of a received packet: one word whose top byte is the CRC-8 residue (0 = good), in the word
 * after the last data word; RMP ends behind that word. */
#define LANAI_CRC_RESIDUE_SHIFT 24

#endif

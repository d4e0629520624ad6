/* The native and the LANai build of a firmware program do the same: what tests of that share.
 *
 * Both get one random script: descriptors good and bad, packets good and bad, ends of engines, time, signals.  A round
 * sets some ISR bits, or one control word: the builds poll at their own pace.  After each, when both are idle,
 * everything that they did is compared: register writes in order, packets and DMA requests with their contents, and all
 * SRAM beyond the code. */
#ifndef TESTS_FIRMWARE_PARITY_H
#define TESTS_FIRMWARE_PARITY_H

#include "tests/firmware/lanai_mock.h"

enum { PARITY_NATIVE, PARITY_LANAI, PARITY_BUILDS };

extern struct mock_nic *parity_nics[PARITY_BUILDS];
#define PARITY_EACH(nic)                                                                                               \
	for (struct mock_nic **at_ = parity_nics, *nic; at_ < parity_nics + PARITY_BUILDS && (nic = *at_); at_++)

/* What the program's own test does, each to both builds. */
struct parity_program {
	const char *folder;                                     /* of its objects */
	void (*control)(struct mock_nic *nic);                  /* writes the control block */
	void (*post)(void);                                     /* one descriptor, or nothing */
	void (*drive)(void);                                    /* the driver gives a signal, or does nothing */
	uint32_t (*packet)(uint8_t *packet, uint32_t *residue); /* what may arrive now: its length */
};

/* parity_start: both builds, with a script made of `seed`. */
void parity_start(const struct parity_program *program, uint32_t seed);
void parity_end(void);
/* parity_rounds: after each of them everything is compared. */
void parity_rounds(const struct parity_program *program, unsigned rounds);

uint32_t parity_dice(uint32_t n); /* 0 .. n - 1 */
/* parity_quiet: may drive() be called?  By parity_link.c, or by the test of a program without the link. */
bool parity_quiet(void);

/* Of programs with the link (parity_link.c). */
/* parity_signalled: the test has given the driver's signal to both.  drive() is called when the last one is counted. */
void parity_signalled(void);
/* parity_peer: of the native build.  parity_control: makes the packet, of `bytes`, a control packet of some kind now
 * and then, mostly the one that the link waits for, or one of an odd length; its length. */
const struct peer *parity_peer(uint32_t node);
uint32_t parity_control(uint8_t *packet, uint32_t source, uint32_t bytes, uint32_t *residue);
/* parity_sequence, parity_ack: numbers that mostly fit. */
uint32_t parity_sequence(uint32_t source);
uint32_t parity_ack(uint32_t source);

#endif

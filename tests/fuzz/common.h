/* What fuzz targets of the programs of firmware/link on the mock NIC share: host memory whose frames hold a pattern
 * that names them, turns of the firmware, packets. */
#ifndef TESTS_FUZZ_COMMON_H
#define TESTS_FUZZ_COMMON_H

#include "tests/firmware/mock_wire.h"
#include "tests/fuzz/input.h"

/* rig_word: of the pattern of a frame; rig_fill: fills it; rig_untouched: aborts unless the frames hold it. */
uint32_t rig_word(unsigned frame, unsigned word);
void rig_fill(struct mock_nic *nic, unsigned frame);
void rig_untouched(const struct mock_nic *nic, unsigned first, unsigned n);
/* rig_run: turns of the firmware while the engines end what they do; packets sent go to sent(packet), which may be
 * NULL. */
void rig_run(struct mock_nic *nic, void (*sent)(const struct mock_packet *packet));

/* wire_steps: a row of steps: a byte that says what happens, then its data.
 *   0..99    a packet: a byte of flags (1: wrong CRC; 2: header made sound; 4: its third word is `name`), a byte with
 *            its length in words (0: 1028), its words
 *   100..149 the clock goes on by that much squared
 *   150..199 engines work until they are idle
 *   200..    one turn of the firmware
 * Returns the packets, which must last until the firmware is at rest; g_ptr_array_free() them. */
GPtrArray *wire_steps(struct mock_nic *nic, const uint8_t *data, size_t size, uint32_t name);

/* UNSEEN: the fuzzer learns the numbers that instrumented code compares with, and would send them as its own data. */
#ifdef __clang__
#define UNSEEN __attribute__((no_sanitize("coverage"), noinline))
#else
#define UNSEEN
#endif

#endif

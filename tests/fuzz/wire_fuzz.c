/* Packets from the wire: whatever comes, the firmware deposits only in exported pages (or posted ones), and goes on
 * working.
 *
 * The input is a row of steps: a byte that says what happens, then its data.
 *   0..99    a packet: a byte of flags (1: wrong CRC; 2: header made sound), a byte with its length in words (0: 1028),
 * its words 100..149 the clock goes on by that much squared     150..199 engines work until they are idle 200..    one
 * turn of the firmware */
#include "tests/fuzz/firmware_rig.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST = 1028, BAD_CRC = 1, SOUND = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* sound: type, sequence and length that the firmware accepts; the rest is the fuzzer's. */
static unsigned
sound(uint8_t *packet, unsigned words, uint32_t sequence)
{
	uint32_t type = GUINT32_TO_BE(VMMC_TYPE << 16 | VMMC_KIND_DATA << 8 | 1), link, key;

	if (words < 5)
		words = 5;
	memcpy(&link, packet + 4, 4);
	link = GUINT32_TO_BE((GUINT32_FROM_BE(link) & 0xFFFF) | sequence << 16);
	memcpy(&key, packet + 12, 4);
	key = GUINT32_TO_BE((GUINT32_FROM_BE(key) & 0xFFFF2000u) | (words - 4) * 4);
	memcpy(packet, &type, 4);
	memcpy(packet + 4, &link, 4);
	memcpy(packet + 12, &key, 4);
	return words;
}

static void
deliver(struct mock_nic *nic, struct input *in, uint32_t *sequence, GPtrArray *packets)
{
	uint8_t flags = input_byte(in);
	unsigned words = input_byte(in);
	uint8_t *packet = g_malloc0(LONGEST * 4);

	g_ptr_array_add(packets, packet); /* it must last until its tail is in memory */
	words = words ? words : LONGEST;
	for (unsigned i = 0; i < words && in->left; i++) {
		uint32_t raw = GUINT32_TO_BE(input_word(in));
		memcpy(packet + 4 * i, &raw, 4);
	}
	if (flags & SOUND)
		words = sound(packet, words, *sequence);
	if (mock_deliver(nic, packet, words * 4, flags & BAD_CRC ? 0x5A000000u : 0) &&
	    (flags & (SOUND | BAD_CRC)) == SOUND)
		*sequence = (*sequence + 1) & 0xFFFF;
	mock_step(nic);
}

static void
post(struct mock_nic *nic)
{
	uint32_t data[2] = {(OWN_PAGE << VMMC_PAGE_SHIFT) + 8, 77};

	host_post(nic, HOSTILE, 0, VMMC_CONTROL(VMMC_OP_POST, 0, 6000), (EXPORT_PAGE << VMMC_PAGE_SHIFT) + 100, data,
	          2);
	rig_run(nic, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mock_nic *nic = rig_new();
	struct input in = {data, size};
	GPtrArray *packets = g_ptr_array_new_with_free_func(g_free);
	uint32_t sequence = 0;

	post(nic);
	while (in.left) {
		uint8_t what = input_byte(&in);
		if (what < 100)
			deliver(nic, &in, &sequence, packets);
		else if (what < 150)
			mock_advance(nic, (uint32_t)(what - 100) * (what - 100));
		else if (what < 200)
			rig_run(nic, NULL);
		else
			mock_step(nic);
	}
	rig_run(nic, NULL);
	rig_untouched(nic, RIG_OWN(VICTIM), RIG_PAGES);
	rig_untouched(nic, RIG_NOBODY, RIG_NOBODYS);
	rig_untouched(nic, RIG_OWN(HOSTILE) + 2, RIG_PAGES - 2);
	rig_end(nic, NULL);
	g_ptr_array_free(packets, TRUE);
	return 0;
}

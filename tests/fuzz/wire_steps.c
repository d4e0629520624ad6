#include "tests/fuzz/common.h"

#include <string.h>

enum { LONGEST = 1028, BAD_CRC = 1, SOUND = 2, NAMED = 4 };

/* sound: type, sequence and length that the firmware accepts; the rest is the fuzzer's. */
static unsigned
sound(uint8_t *packet, unsigned words, uint32_t sequence)
{
	uint32_t type = GUINT32_TO_BE(PROGRAM_TYPE << 16 | LINK_KIND_DATA << 8 | 1), link, key;

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
deliver(struct mock_nic *nic, struct input *in, uint32_t name, uint32_t *sequence, GPtrArray *packets)
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
	name = GUINT32_TO_BE(name);
	if (flags & NAMED)
		memcpy(packet + 8, &name, 4);
	if (mock_deliver(nic, packet, words * 4, flags & BAD_CRC ? 0x5A000000u : 0) &&
	    (flags & (SOUND | BAD_CRC)) == SOUND)
		*sequence = (*sequence + 1) & 0xFFFF;
	mock_step(nic);
}

GPtrArray *
wire_steps(struct mock_nic *nic, const uint8_t *data, size_t size, uint32_t name)
{
	GPtrArray *packets = g_ptr_array_new_with_free_func(g_free);
	struct input in = {data, size};
	uint32_t sequence = 0;

	while (in.left) {
		uint8_t what = input_byte(&in);
		if (what < 100)
			deliver(nic, &in, name, &sequence, packets);
		else if (what < 150)
			mock_advance(nic, (uint32_t)(what - 100) * (what - 100));
		else if (what < 200)
			rig_run(nic, NULL);
		else
			mock_step(nic);
	}
	rig_run(nic, NULL);
	return packets;
}

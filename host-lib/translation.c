#include "host-lib/translation.h"

#include "nic-sim/host_bus.h"

#include <glib.h>

#define SPAN 1024u /* words of a frame */

/* A frame of the table. */
struct level {
	uint32_t bus_address;
	uint8_t bytes[HB_FRAME];
};

struct translation {
	struct host_bus *bus;
	struct level *directory;
	struct level *second[SPAN];
};

static uint32_t
load(const struct level *level, uint32_t index)
{
	const uint8_t *b = &level->bytes[4 * index];

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void
store(struct level *level, uint32_t index, uint32_t word)
{
	for (unsigned i = 0; i < 4; i++)
		level->bytes[4 * index + i] = (uint8_t)(word >> (24 - 8 * i));
}

static struct level *
level_new(struct host_bus *bus)
{
	struct level *level = g_new0(struct level, 1);
	int frame = hb_frame_alloc(bus, level->bytes, NULL, 0);

	if (frame < 0) {
		g_free(level);
		return NULL;
	}
	hb_frame_map(bus, (unsigned)frame, true);
	level->bus_address = (uint32_t)frame * HB_FRAME;
	return level;
}

static void
level_free(struct host_bus *bus, struct level *level)
{
	hb_frame_free(bus, level->bus_address / HB_FRAME);
	g_free(level);
}

struct translation *
translation_new(struct host_bus *bus)
{
	struct level *directory = level_new(bus);
	struct translation *t;

	if (!directory)
		return NULL;
	t = g_new0(struct translation, 1);
	t->bus = bus;
	t->directory = directory;
	return t;
}

void
translation_free(struct translation *t)
{
	for (uint32_t i = 0; i < SPAN; i++)
		if (t->second[i])
			level_free(t->bus, t->second[i]);
	level_free(t->bus, t->directory);
	g_free(t);
}

uint32_t
translation_directory(const struct translation *t)
{
	return t->directory->bus_address;
}

bool
translation_set(struct translation *t, uint32_t page, unsigned frame)
{
	uint32_t i = page / SPAN;

	if (!t->second[i]) {
		t->second[i] = level_new(t->bus);
		if (!t->second[i])
			return false;
		store(t->directory, i, t->second[i]->bus_address | TRANSLATION_VALID);
	}
	store(t->second[i], page % SPAN, frame * HB_FRAME | TRANSLATION_VALID);
	return true;
}

void
translation_clear(struct translation *t, uint32_t page)
{
	if (t->second[page / SPAN])
		store(t->second[page / SPAN], page % SPAN, 0);
}

uint32_t
translation_entry(const struct translation *t, uint32_t page)
{
	uint32_t i = page / SPAN;

	return i < SPAN && t->second[i] ? load(t->second[i], page % SPAN) : 0;
}

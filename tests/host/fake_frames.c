#include "tests/host/fake_frames.h"

#include <stddef.h>

int
hb_frame_alloc(struct host_bus *bus, uint8_t *memory, struct umem_space *space, uint64_t page_address)
{
	(void)space;
	for (unsigned i = 0; i < bus->limit; i++) {
		if (bus->frames[i].memory)
			continue;
		bus->frames[i].memory = memory;
		bus->frames[i].page_address = page_address;
		bus->frames[i].io = false;
		return (int)i;
	}
	return -1;
}

void
hb_frame_free(struct host_bus *bus, unsigned frame)
{
	bus->frames[frame].memory = NULL;
}

void
hb_frame_map(struct host_bus *bus, unsigned frame, bool io)
{
	bus->frames[frame].io = io;
}

bool
hb_frame_mapped(const struct host_bus *bus, unsigned frame)
{
	return bus->frames[frame].io;
}

unsigned
fake_frames_used(const struct host_bus *bus)
{
	unsigned used = 0;

	for (unsigned i = 0; i < bus->limit; i++)
		used += bus->frames[i].memory != NULL;
	return used;
}

/* The frames of a host bus without the bus: what umem needs of nic-sim/host_bus.h, with a limit and nothing else. */
#ifndef TESTS_HOST_FAKE_FRAMES_H
#define TESTS_HOST_FAKE_FRAMES_H

#include "nic-sim/host_bus.h"

enum { FAKE_FRAMES = 64 };

struct host_bus {
	unsigned limit; /* frames it has, at most FAKE_FRAMES */
	struct {
		uint8_t *memory; /* NULL: free */
		uint64_t page_address;
		bool io;
	} frames[FAKE_FRAMES];
};

unsigned fake_frames_used(const struct host_bus *bus);

#endif

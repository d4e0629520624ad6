#include "nic-sim/host_bus_internal.h"

#include "nic-sim/trace.h"

#include <glib.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_PER_MB (1048576u / HB_FRAME)

struct host_bus *
hb_new(unsigned node, const struct params *params)
{
	struct host_bus *bus = g_new0(struct host_bus, 1);

	bus->node = node;
	bus->params = params;
	bus->max_frames = (unsigned)params->memory_mb * FRAMES_PER_MB;
	bus->slowness = HB_NO_SLOWNESS;
	turns_init(bus);
	return bus;
}

void
hb_free(struct host_bus *bus)
{
	turns_cancel(bus);
	g_free(bus->frames);
	g_free(bus);
}

void
hb_attach_nic(struct host_bus *bus, struct nic *nic)
{
	bus->nic = nic;
}

int
hb_frame_alloc(struct host_bus *bus, uint8_t *memory, struct umem_space *space, uint64_t page_address)
{
	unsigned frame = bus->first_free;

	while (frame < bus->n_frames && bus->frames[frame].memory)
		frame++;
	if (frame == bus->max_frames)
		return -1;
	if (frame == bus->n_frames) {
		bus->n_frames =
		        bus->n_frames ? MIN(2 * bus->n_frames, bus->max_frames) : MIN(FRAMES_PER_MB, bus->max_frames);
		bus->frames = g_renew(struct frame, bus->frames, bus->n_frames);
		memset(&bus->frames[frame], 0, (bus->n_frames - frame) * sizeof *bus->frames);
	}
	bus->frames[frame] = (struct frame){.memory = memory, .space = space, .page_address = page_address};
	bus->first_free = frame + 1;
	return (int)frame;
}

void
hb_frame_free(struct host_bus *bus, unsigned frame)
{
	bus->frames[frame] = (struct frame){0};
	if (frame < bus->first_free)
		bus->first_free = frame;
}

void
hb_frame_map(struct host_bus *bus, unsigned frame, bool io)
{
	bus->frames[frame].io = io;
}

bool
hb_frame_mapped(const struct host_bus *bus, unsigned frame)
{
	return frame < bus->n_frames && bus->frames[frame].memory && bus->frames[frame].io;
}

void
hb_set_deposit_hook(struct host_bus *bus, hb_deposit_hook hook)
{
	bus->deposited = hook;
}

void
hb_set_oracle(struct host_bus *bus, bool (*allowed)(void *, unsigned, uint32_t, uint32_t), void *arg)
{
	bus->allowed = allowed;
	bus->oracle_arg = arg;
}

bool
memory_mapped(const struct host_bus *bus, uint32_t address, uint32_t bytes)
{
	uint64_t end = (uint64_t)address + bytes;

	for (uint64_t at = address; at < end; at = (at / HB_FRAME + 1) * HB_FRAME)
		if (!hb_frame_mapped(bus, (unsigned)(at / HB_FRAME)))
			return false;
	return true;
}

/* in_frame: how much of `bytes` at `address` lies in one frame. */
static uint32_t
in_frame(uint32_t address, uint32_t bytes)
{
	uint32_t room = HB_FRAME - address % HB_FRAME;

	return bytes < room ? bytes : room;
}

static void
check_deposit(const struct host_bus *bus, uint32_t address, uint32_t bytes)
{
	if (!bus->allowed || bus->allowed(bus->oracle_arg, address / HB_FRAME, address % HB_FRAME, bytes))
		return;
	fprintf(stderr,
	        "nicsim: host %u: at %.6f us a deposit of %" PRIu32 " bytes at bus address 0x%08" PRIx32
	        " into memory that its owner neither exported nor posted\n",
	        bus->node, sim_to_us(sim_now()), bytes, address);
	exit(EXIT_FAILURE);
}

bool
hb_dma_to_host(struct host_bus *bus, uint32_t address, const uint8_t *from, uint32_t bytes)
{
	if (!memory_mapped(bus, address, bytes)) {
		bus->counts.bus_aborts++;
		return false;
	}
	trace_event(SIM_RANK_NODE + bus->node, TRACE_DEPOSIT, trace_hash_bytes(address, from, bytes));
	for (uint32_t n; bytes > 0; address += n, from += n, bytes -= n) {
		const struct frame *frame = &bus->frames[address / HB_FRAME];

		n = in_frame(address, bytes);
		check_deposit(bus, address, n);
		memcpy(frame->memory + address % HB_FRAME, from, n);
		if (bus->deposited && frame->space)
			bus->deposited(frame->space, frame->page_address + address % HB_FRAME, n);
	}
	return true;
}

bool
hb_dma_from_host(struct host_bus *bus, uint32_t address, uint8_t *to, uint32_t bytes)
{
	if (!memory_mapped(bus, address, bytes)) {
		bus->counts.bus_aborts++;
		return false;
	}
	for (uint32_t n; bytes > 0; address += n, to += n, bytes -= n) {
		n = in_frame(address, bytes);
		memcpy(to, bus->frames[address / HB_FRAME].memory + address % HB_FRAME, n);
	}
	return true;
}

struct hb_counts
hb_counts(const struct host_bus *bus)
{
	return bus->counts;
}

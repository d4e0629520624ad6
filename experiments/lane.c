#include "experiments/lane.h"

#include <glib.h>
#include <string.h>

enum { PAGE = UMEM_PAGE, WORD = 4 };

#define EXPORT_RETRY (100 * SIM_US) /* an import that finds nothing yet is repeated after that time */

/* must: a benchmark's own set-up cannot fail unless the simulator is broken. */
static void
must(enum vmmc_error error, const char *what)
{
	if (error != VMMC_OK)
		g_error("%s: %s", what, vmmc_strerror(error));
}

static const uint8_t *
pattern(void)
{
	static uint32_t page[PAGE / WORD];

	if (!page[1])
		for (uint32_t i = 0; i < PAGE / WORD; i++)
			page[i] = (i + 1) * 0x9E3779B9u;
	return (const uint8_t *)page;
}

static void
fill(uint8_t *chunk, uint32_t bytes, uint32_t number)
{
	for (uint8_t *page = chunk; page < chunk + bytes; page += PAGE) {
		memcpy(page, &number, WORD);
		memcpy(page + PAGE - WORD, &number, WORD);
	}
}

static bool
matches(const uint8_t *chunk, uint32_t bytes, uint32_t number)
{
	for (const uint8_t *page = chunk; page < chunk + bytes; page += PAGE)
		if (memcmp(page, &number, WORD) != 0 || memcmp(page + PAGE - WORD, &number, WORD) != 0 ||
		    memcmp(page + WORD, pattern() + WORD, PAGE - 2 * WORD) != 0)
			return false;
	return true;
}

static uint32_t
load(struct umem_space *memory, uint64_t address)
{
	uint32_t word = 0;

	umem_read(memory, address, &word, WORD);
	return word;
}

/* The two exports of a lane have names of their own. */
static uint32_t
ring_name(uint32_t name)
{
	return 2 * name;
}

static uint32_t
taken_name(uint32_t name)
{
	return 2 * name + 1;
}

static uint64_t
exported(struct vmmc *v, struct umem_space *memory, uint64_t bytes, uint32_t name)
{
	struct vmmc_export *e;
	uint64_t address = umem_alloc(memory, bytes);

	must(address ? VMMC_OK : VMMC_ENOSPC, "memory for a lane");
	must(vmmc_export(v, address, (uint32_t)bytes, name, VMMC_ANY_NODE, &e), "export of a lane");
	return address;
}

static struct vmmc_proxy *
imported(struct vmmc *v, uint32_t node, uint32_t name)
{
	struct vmmc_proxy *proxy;
	enum vmmc_error error;

	while ((error = vmmc_import(v, node, name, &proxy)) == VMMC_ENAME)
		cpu_block("the other end's export", sim_now() + EXPORT_RETRY);
	must(error, "import of a lane");
	return proxy;
}

void
lane_sender_export(struct lane_sender *s, struct vmmc *v, struct umem_space *memory, struct lane_shape shape,
                   uint32_t name)
{
	uint32_t bytes = LANE_SOURCES * shape.chunk_bytes;
	uint8_t *source;

	*s = (struct lane_sender){.v = v, .memory = memory, .shape = shape};
	s->taken_at = exported(v, memory, PAGE, taken_name(name));
	s->source = umem_alloc(memory, bytes);
	source = umem_pointer(memory, s->source, bytes);
	for (uint32_t at = 0; at < bytes; at += PAGE)
		memcpy(source + at, pattern(), PAGE);
}

void
lane_receiver_export(struct lane_receiver *r, struct vmmc *v, struct umem_space *memory, struct lane_shape shape,
                     uint32_t name)
{
	*r = (struct lane_receiver){.v = v, .memory = memory, .shape = shape};
	r->ring = exported(v, memory, (uint64_t)shape.window * shape.chunk_bytes, ring_name(name));
}

void
lane_sender_import(struct lane_sender *s, uint32_t receiver, uint32_t name)
{
	s->ring = imported(s->v, receiver, ring_name(name));
}

void
lane_receiver_import(struct lane_receiver *r, uint32_t sender, uint32_t name)
{
	r->taken_word = imported(r->v, sender, taken_name(name));
}

bool
lane_can_give(const struct lane_sender *s)
{
	return s->given < s->shape.chunks && s->given - load(s->memory, s->taken_at) < s->shape.window;
}

bool
lane_give(struct lane_sender *s)
{
	uint32_t turn = s->given % LANE_SOURCES, bytes = s->shape.chunk_bytes;
	uint64_t source = s->source + (uint64_t)turn * bytes;

	if (!lane_can_give(s))
		return false;
	if (s->ticket[turn])
		must(vmmc_wait_sent(s->v, s->ticket[turn], SIM_NEVER), "wait for a send");
	fill(umem_pointer(s->memory, source, bytes), bytes, s->given + 1);
	must(vmmc_send(s->v, source, s->ring, s->given % s->shape.window * bytes, bytes, &s->ticket[turn]), "send");
	s->given++;
	return true;
}

static uint64_t
next_chunk(const struct lane_receiver *r)
{
	return r->ring + (uint64_t)(r->taken % r->shape.window) * r->shape.chunk_bytes;
}

bool
lane_can_take(const struct lane_receiver *r)
{
	return r->taken < r->shape.chunks &&
	       load(r->memory, next_chunk(r) + r->shape.chunk_bytes - WORD) == r->taken + 1;
}

bool
lane_take(struct lane_receiver *r)
{
	uint32_t bytes = r->shape.chunk_bytes;

	if (!lane_can_take(r))
		return false;
	if (!matches(umem_pointer(r->memory, next_chunk(r), bytes), bytes, r->taken + 1))
		r->wrong = true;
	r->taken++;
	if (r->taken + r->shape.window <= r->shape.chunks) /* the sender waits for no later credit, and may be gone */
		must(vmmc_send_inline(r->v, &r->taken, r->taken_word, 0, WORD), "return of credit");
	return true;
}

struct umem_range
lane_sender_range(const struct lane_sender *s)
{
	return (struct umem_range){s->taken_at, WORD};
}

struct umem_range
lane_receiver_range(const struct lane_receiver *r)
{
	return (struct umem_range){next_chunk(r) + r->shape.chunk_bytes - WORD, WORD};
}

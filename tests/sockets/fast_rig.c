#include "tests/sockets/fast_rig.h"

#include "host-lib/firmware_image.h"
#include "nic-sim/engine.h"

#define LIMIT  (100 * SIM_S)
#define BUFFER (64u << 10)
#define PAUSE  (5 * SIM_US)

struct end fast_ends[2];

static struct platform *platform;
static struct machine *machine;
static struct lanai_image *image;
static struct fast_rig options;

static void
start_machine(void)
{
	char *error = NULL;
	size_t n = 0;

	while (options.sets && options.sets[n])
		n++;
	engine_init();
	platform = platform_load("myrinet-ultra", options.sets, n, &error);
	ck_assert_msg(platform != NULL, "%s", error);
	machine = machine_new(platform, false, &error);
	ck_assert_msg(machine != NULL, "%s", error);
	image = firmware_image(FIRMWARE_IMAGE_LIB, FIRMWARE_IMAGE_AM, &error);
	ck_assert_msg(image != NULL, "%s", error);
	ck_assert_msg(am_start(machine, image, &error), "%s", error);
}

static void
poke(void *arg)
{
	((struct end *)arg)->pokes++;
}

static void
connect_end(struct end *end)
{
	ck_assert_int_eq(fast_open(end->process), 0);
	end->fast = fast_begin(end->process, options.buffer ? options.buffer : BUFFER, options.sender_based,
	                       &end->counts, poke, end, &end->name);
	ck_assert_ptr_nonnull(end->fast);
	end->link = fast_link(end->fast);
	end->ready = true;
	while (!end->peer->ready)
		fast_pause(PAUSE);
	ck_assert_int_eq(fast_join(end->fast, &end->peer->name), 0);
}

static void
run_end(void *arg)
{
	struct end *end = arg;

	if (!end->by_hand)
		connect_end(end);
	end->body(end);
	if (!end->by_hand && end->last_words)
		end->link->ops->put_end(end->link, end->last_words);
	if (!end->by_hand)
		end->link->ops->stop(end->link);
	end->ended = true;
}

static void
start_end(unsigned i, void (*body)(struct end *end), bool by_hand)
{
	struct end *end = &fast_ends[i];

	*end = (struct end){.peer = &fast_ends[!i],
	                    .body = body,
	                    .by_hand = by_hand,
	                    .last_words = LINK_FIN | LINK_CLOSED,
	                    .process = process_new(&machine->hosts[i], i ? "second" : "first")};
	task_start(end->process, "body", false, run_end, end);
}

static void
run(const struct fast_rig *rig, void (*first)(struct end *end), void (*second)(struct end *end), bool by_hand)
{
	options = *rig;
	start_machine();
	start_end(0, first, false);
	start_end(1, second, by_hand);
	ck_assert_int_eq(sim_run(LIMIT), SIM_DONE);
	ck_assert(fast_ends[0].ended && fast_ends[1].ended);
	am_stop(machine);
	machine_free(machine);
	platform_free(platform);
	lanai_image_free(image);
}

void
fast_rig_run(const struct fast_rig *rig, void (*first)(struct end *end), void (*second)(struct end *end))
{
	run(rig, first, second, false);
}

void
fast_rig_run_by_hand(const struct fast_rig *rig, void (*first)(struct end *end), void (*second)(struct end *end))
{
	run(rig, first, second, true);
}

bool
fast_ended(void *link)
{
	const struct link *l = link;

	return l->ops->end(l) != 0;
}

void
fast_pause(sim_time t)
{
	sim_time end = sim_now() + t;

	while (cpu_block("a pause", end))
		;
}

bool
fast_until(struct end *end, bool (*ready)(void *arg), void *arg, sim_time deadline)
{
	struct umem_range range = end->link->ops->watch(end->link);

	return fast_wait(end->process, ready, arg, &range, 1, deadline);
}

static bool
has_room(void *arg)
{
	const struct link *l = arg;

	return l->ops->room(l) || l->ops->end(l) & ~LINK_FIN;
}

static bool
has_bytes(void *arg)
{
	const struct link *l = arg;

	return l->ops->readable(l) || l->ops->end(l);
}

void
fast_send_all(struct end *end, const void *data, uint64_t length)
{
	struct link *l = end->link;

	for (uint64_t done = 0; done < length;) {
		int64_t n = l->ops->put(l, (const uint8_t *)data + done, length - done, SOCK_FAST);

		ck_assert_int_ge(n, 0);
		done += (uint64_t)n;
		if (n == 0)
			ck_assert(fast_until(end, has_room, l, SIM_NEVER));
	}
}

uint64_t
fast_recv(struct end *end, void *data, uint64_t length, bool all)
{
	struct link *l = end->link;
	uint64_t done = 0;

	for (;;) {
		l->ops->expect(l, (uint8_t *)data + done, length - done, all);
		while (done < length && l->ops->readable(l)) {
			int64_t n = l->ops->take(l, (uint8_t *)data + done, length - done);

			ck_assert_int_gt(n, 0);
			done += (uint64_t)n;
		}
		if (done >= (all ? length : 1) || l->ops->end(l))
			break;
		l->ops->expected(l, false);
		ck_assert(fast_until(end, has_bytes, l, SIM_NEVER));
	}
	l->ops->expected(l, true);
	return done;
}

void *
fast_memory(struct end *end, uint64_t bytes)
{
	uint64_t address = umem_alloc(end->process->memory, bytes);

	ck_assert_uint_ne(address, 0);
	return umem_pointer(end->process->memory, address, bytes);
}

uint8_t
fast_pattern(unsigned who, uint64_t position)
{
	return (uint8_t)((position * 2654435761u >> 7) + position / 251 + 97 * who);
}

void
fast_fill(unsigned who, uint64_t position, uint8_t *data, uint64_t bytes)
{
	for (uint64_t i = 0; i < bytes; i++)
		data[i] = fast_pattern(who, position + i);
}

void
fast_check(unsigned who, uint64_t position, const uint8_t *data, uint64_t bytes)
{
	for (uint64_t i = 0; i < bytes; i++)
		if (data[i] != fast_pattern(who, position + i))
			ck_abort_msg("byte %lu of stream %u: %02x instead of %02x", (unsigned long)(position + i), who,
			             data[i], fast_pattern(who, position + i));
}

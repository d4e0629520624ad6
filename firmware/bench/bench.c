/* Kernels for measuring the simulator's speed: what firmware does all day, and some that it does not.
 *
 * main() runs kernel number CKS (0-5) EAR times, writes the checksum to HW_DBUG and stops in an endless loop.  The same
 * file compiled natively offers bench_kernel(), so that the results can be compared. */
#include <stdint.h>

enum { TABLE = 256, RING = 64, COPY = 1024, CONNECTIONS = 128 };

uint32_t bench_kernel(uint32_t kernel, uint32_t rounds);

static uint32_t
fib(uint32_t n)
{
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

uint8_t bench_bytes[COPY];

static uint32_t
crc32(const uint8_t *p, uint32_t n)
{
	uint32_t crc = 0xFFFFFFFFu;

	for (; n; n--) {
		crc ^= *p++;
		for (uint32_t k = 0; k < 8; k++)
			crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
	}
	return ~crc;
}

static uint32_t
fill_and_crc(uint32_t seed)
{
	for (uint32_t i = 0; i < COPY; i++)
		bench_bytes[i] = (uint8_t)(seed = seed << 5 ^ seed >> 3 ^ i);
	return crc32(bench_bytes, COPY);
}

uint32_t bench_table[TABLE];

static void
quicksort(uint32_t *first, uint32_t *last)
{
	while (first < last) {
		uint32_t pivot = *last, *store = first;

		for (uint32_t *p = first; p < last; p++)
			if (*p < pivot) {
				uint32_t t = *p;

				*p = *store;
				*store++ = t;
			}
		*last = *store;
		*store = pivot;
		quicksort(first, store - 1);
		first = store + 1;
	}
}

static uint32_t
fill_and_sort(uint32_t seed)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < TABLE; i++)
		bench_table[i] = seed = seed << 7 ^ seed >> 9 ^ (i + 1) << 11;
	quicksort(bench_table, bench_table + TABLE - 1);
	for (uint32_t i = 0; i < TABLE; i++)
		sum = (sum << 1 | sum >> 31) ^ bench_table[i];
	return sum;
}

struct request {
	uint32_t kind, argument;
};

struct request bench_ring[RING];
uint32_t bench_state;

static void
handle_add(uint32_t a)
{
	bench_state += a;
}

static void
handle_rotate(uint32_t a)
{
	bench_state = (bench_state << (a & 15) | bench_state >> 16) + 1;
}

static void
handle_mask(uint32_t a)
{
	bench_state ^= a & 0x00FF00FFu;
}

void (*const bench_handlers[4])(uint32_t) = {handle_add, handle_rotate, handle_mask, handle_add};

static uint32_t
by_switch(uint32_t kind, uint32_t a)
{
	switch (kind & 7) {
	case 0:
		return a + 1;
	case 1:
		return a ^ 0x55;
	case 2:
		return a << 3;
	case 3:
		return a >> 2;
	case 4:
		return ~a;
	default:
		return a - kind;
	}
}

static uint32_t
dispatch(uint32_t seed)
{
	bench_state = seed;
	for (uint32_t i = 0; i < RING; i++) {
		bench_ring[i].kind = i ^ seed;
		bench_ring[i].argument = i << 8 | (seed & 0xFF);
	}
	for (uint32_t i = 0; i < RING; i++) {
		struct request *r = &bench_ring[i];

		bench_handlers[r->kind & 3](r->argument);
		bench_state += by_switch(r->kind, r->argument);
	}
	return bench_state;
}

uint32_t bench_from[COPY / 4], bench_to[COPY / 4];

static uint32_t
copy_words(uint32_t seed)
{
	uint32_t *to = bench_to, *from = bench_from;

	bench_from[seed & (COPY / 4 - 1)] = seed;
	for (uint32_t n = COPY / 16; n; n--, to += 4, from += 4) {
		to[0] = from[0];
		to[1] = from[1];
		to[2] = from[2];
		to[3] = from[3];
	}
	return bench_to[seed & (COPY / 4 - 1)] + bench_to[0];
}

struct connection {
	struct connection *next;
	uint32_t key;
	uint16_t sent, acked;
	uint32_t deadline;
};

struct connection bench_connections[CONNECTIONS], *bench_heads[16];

static void
make_connections(void)
{
	for (uint32_t i = 0; i < 16; i++)
		bench_heads[i] = 0;
	for (uint32_t i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &bench_connections[i];

		c->key = i << 4 ^ i >> 2;
		c->next = bench_heads[c->key & 15];
		c->sent = (uint16_t)(i & 7);
		c->acked = 0;
		c->deadline = i & 7;
		bench_heads[c->key & 15] = c;
	}
}

static uint32_t
walk_connections(uint32_t now)
{
	uint32_t late = 0;

	for (uint32_t i = 0; i < 16; i++)
		for (struct connection *c = bench_heads[i]; c; c = c->next) {
			int32_t left = (int32_t)(c->deadline - now);

			if (c->sent == c->acked) {
				c->sent = (uint16_t)(c->sent + (now & 3));
				continue;
			}
			if (left < 0) {
				late += c->key;
				c->deadline = now + 7;
			} else {
				c->acked++;
			}
		}
	return late;
}

uint32_t
bench_kernel(uint32_t kernel, uint32_t rounds)
{
	uint32_t sum = 0;

	make_connections();
	bench_from[0] = 0;
	for (uint32_t i = 1; i <= rounds; i++) {
		uint32_t x;

		switch (kernel) {
		case 0:
			x = fib(16);
			break;
		case 1:
			x = fill_and_crc(i);
			break;
		case 2:
			x = fill_and_sort(i);
			break;
		case 3:
			x = dispatch(i);
			break;
		case 4:
			x = copy_words(i);
			break;
		default:
			x = walk_connections(i);
		}
		sum = (sum << 3 | sum >> 29) ^ x;
	}
	return sum;
}

#ifdef __lanai__
#include "nic-sim/lanai_regs.h"

#define REGISTER(offset) (*(volatile uint32_t *)(LANAI_REG_BASE + (offset)))

int
main(void)
{
	REGISTER(LANAI_HW_DBUG) = bench_kernel(REGISTER(LANAI_CKS), REGISTER(LANAI_EAR));
	for (;;)
		;
}
#endif

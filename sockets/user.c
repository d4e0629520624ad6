#include "sockets/user.h"

#include <stddef.h>

static uint64_t
left_in_page(uint64_t address, uint64_t bytes)
{
	uint64_t left = UMEM_PAGE - address % UMEM_PAGE;

	return left < bytes ? left : bytes;
}

uint64_t
user_address(struct umem_space *space, const void *p, uint64_t bytes, uint64_t *run)
{
	uint64_t address = umem_map(space, p);

	*run = left_in_page(address, bytes);
	while (*run < bytes && umem_map(space, (const uint8_t *)p + *run) == address + *run)
		*run += left_in_page(address + *run, bytes - *run);
	return address;
}

bool
user_valid(struct umem_space *space, const void *p, uint64_t bytes)
{
	uint64_t address = umem_map(space, p);

	if (address - UMEM_ARENA < UMEM_ARENA_BYTES)
		return umem_pointer(space, address, bytes) != NULL;
	return address != 0;
}

void
user_fetch(struct umem_space *space, const void *p, void *to, uint64_t bytes)
{
	for (uint64_t done = 0, piece; done < bytes; done += piece) {
		uint64_t address = umem_map(space, (const uint8_t *)p + done);

		piece = left_in_page(address, bytes - done);
		umem_read(space, address, (uint8_t *)to + done, piece);
	}
}

void
user_store(struct umem_space *space, void *p, const void *from, uint64_t bytes)
{
	for (uint64_t done = 0, piece; done < bytes; done += piece) {
		uint64_t address = umem_map(space, (uint8_t *)p + done);

		piece = left_in_page(address, bytes - done);
		umem_write(space, address, (const uint8_t *)from + done, piece);
	}
}

void
user_to_arena(struct umem_space *space, const void *p, uint64_t address, uint64_t bytes)
{
	uint8_t hands[UMEM_PAGE];

	for (uint64_t done = 0, piece; done < bytes; done += piece) {
		piece = bytes - done < sizeof hands ? bytes - done : sizeof hands;
		user_fetch(space, (const uint8_t *)p + done, hands, piece);
		umem_write(space, address + done, hands, piece);
	}
}

void
arena_to_user(struct umem_space *space, uint64_t address, void *p, uint64_t bytes)
{
	uint8_t hands[UMEM_PAGE];
	uint64_t to = umem_map(space, p);

	if (left_in_page(to, bytes) == bytes) {
		umem_read(space, address, hands, bytes);
		umem_write(space, to, hands, bytes);
		return;
	}
	for (uint64_t done = 0, piece; done < bytes; done += piece) {
		piece = bytes - done < sizeof hands ? bytes - done : sizeof hands;
		umem_read(space, address + done, hands, piece);
		user_store(space, (uint8_t *)p + done, hands, piece);
	}
}

/* Stores that snooping hardware would see; no NIC of this version snoops, so they are stores. */
#include "nic-sim/host_bus.h"
#include "nic-sim/umem.h"

#include <arpa/inet.h>

void
hb_store(struct umem_space *space, uint64_t address, uint32_t word)
{
	uint32_t big_endian = htonl(word);

	umem_write(space, address, &big_endian, sizeof big_endian);
}

void
hb_copy(struct umem_space *space, uint64_t to, const void *from, uint32_t bytes)
{
	umem_write(space, to, from, bytes);
}

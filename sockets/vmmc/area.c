#include "sockets/vmmc/area.h"

#include "sockets/vmmc/wire.h"

bool
area_make(struct area *a, struct vmmc *v, struct umem_space *memory, uint32_t ring_bytes)
{
	*a = (struct area){.v = v, .memory = memory, .ring_bytes = ring_bytes};
	a->address = umem_alloc(memory, WIRE_DATA + ring_bytes);
	if (!a->address)
		return false;
	a->name = vmmc_name(v);
	if (vmmc_export(v, a->address, WIRE_DATA + ring_bytes, a->name, VMMC_ANY_NODE, &a->export) == VMMC_OK)
		return true;
	umem_free(memory, a->address);
	a->address = 0;
	return false;
}

void
area_unmake(struct area *a)
{
	if (!a->address)
		return;
	vmmc_unexport(a->export);
	umem_free(a->memory, a->address);
	a->address = 0;
}

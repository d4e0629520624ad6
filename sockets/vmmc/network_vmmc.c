#include "sockets/vmmc/network_vmmc.h"

#include "host-lib/driver.h"
#include "sockets/description.h"
#include "sockets/setup.h"
#include "sockets/vmmc/stream.h"
#include "sockets/vmmc/wire.h"

#include <errno.h>

enum { WORD_NAME, WORD_RING_BYTES }; /* of a greeting */

static int
open_nic(struct process *p)
{
	struct vmmc *v = p->first->nic_queue;

	if (!v && vmmc_open(p->first, &v) != VMMC_OK)
		return -ENOBUFS;
	return vmmc_capabilities(v)->short_max < WIRE_RECORD_MAX ? -EPROTONOSUPPORT : 0;
}

static bool
reaches(const struct host *host, unsigned node)
{
	return network_of(&host->machine->hosts[node]) == &network_vmmc &&
	       platform_joined(host->machine->platform, host->node, node);
}

static bool
wait(struct process *p, bool (*ready)(void *arg), void *arg, const struct umem_range *ranges, unsigned n,
     sim_time deadline)
{
	return vmmc_wait(p->nic_queue, ready, arg, ranges, n, deadline) == VMMC_OK;
}

static enum sock_protocol
protocol(enum sock_protocol wish)
{
	return wish <= SOCK_ZERO_COPY ? wish : SOCK_AUTOMATIC;
}

/* announced: what is not worth a redirection is copied. */
static bool
announced(const struct description *d, uint64_t bytes)
{
	enum sock_protocol wish = d->options.protocol;

	return bytes >= d->kernel->host->params->zero_copy_min && wish != SOCK_TWO_COPY && wish != SOCK_ONE_COPY;
}

bool
network_vmmc_area(const struct description *d, struct area *area)
{
	return area_make(area, d->process->nic_queue, d->process->memory, d->options.receive_buffer);
}

void
network_vmmc_begin(struct description *d, const struct area *area, struct greeting *own)
{
	struct stream *s = stream_new(area, &d->kernel->counts);

	d->network = &network_vmmc;
	d->network_end = s;
	d->link = &s->link;
	d->link->send_limit = d->options.send_buffer;
	*own = (struct greeting){{[WORD_NAME] = area->name, [WORD_RING_BYTES] = area->ring_bytes}};
}

void
network_vmmc_take_area(struct description *d, struct area *area)
{
	struct stream *s = d->network_end;

	*area = s->area;
	s->area.address = 0;
}

static int
begin(struct description *d, struct greeting *own)
{
	struct area area;

	if (!network_vmmc_area(d, &area))
		return -ENOBUFS;
	network_vmmc_begin(d, &area, own);
	return 0;
}

/* link_broken: there is no way to the peer any more; who waits learns it (description_learn()). */
static void
link_broken(void *arg)
{
	struct description *d = arg;
	struct stream *s = d->network_end;

	s->broken = true;
	description_poke(d);
}

/* join: a peer that has closed already cannot be imported, but what it sent is there all the same: that is no error,
 * and the stream has no proxy. */
static int
join(struct description *d, const struct greeting *peer)
{
	struct stream *s = d->network_end;
	struct vmmc_proxy *proxy = NULL;
	enum vmmc_error error;

	s->peer_ring_bytes = peer->word[WORD_RING_BYTES];
	error = vmmc_import(d->process->nic_queue, d->peer_node, peer->word[WORD_NAME], &proxy);
	s->proxy = proxy;
	switch (error) {
	case VMMC_OK:
		vmmc_on_broken(proxy, link_broken, d);
		return 0;
	case VMMC_ENAME:
		d->state |= PEER_CLOSED;
		return 0;
	case VMMC_EDOWN:
		return -ETIMEDOUT;
	case VMMC_EFIRMWARE:
		return -ENETDOWN;
	default:
		return -ENOBUFS;
	}
}

const struct network network_vmmc = {
        .name = "VMMC",
        .number = 1,
        .setup = &setup_by_segments,
        .protocol = protocol,
        .open = open_nic,
        .reaches = reaches,
        .wait = wait,
        .announced = announced,
        .begin = begin,
        .join = join,
};

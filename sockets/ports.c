#include "sockets/ports.h"

#include "sockets/shadow.h"
#include "sockets/tcpip/tcp.h"

#include <errno.h>
#include <string.h>

#define NETWORK_MASK 0xFFFFFF00u

uint32_t
host_ip(const struct host *host)
{
	return HOST_NETWORK + host->node + 1;
}

int
host_node(const struct host *host, uint32_t ip)
{
	uint32_t node = ip - HOST_NETWORK - 1;

	if ((ip & NETWORK_MASK) != HOST_NETWORK || node == host->node)
		return -ENETUNREACH;
	return node < host->machine->n_hosts ? (int)node : -EHOSTUNREACH;
}

/* same_space: ports of streams and of datagrams have nothing to do with each other. */
static bool
same_space(const struct description *a, const struct description *b)
{
	return !a->datagram == !b->datagram;
}

/* shareable: may `d` have the port that `other` has? */
static bool
shareable(const struct description *d, const struct description *other)
{
	return d->options.reuse_address && other->options.reuse_address && !(other->state & LISTENING);
}

static bool
is_free(const struct description *d, uint16_t port)
{
	if (shadow_port_used(d->kernel, port))
		return false;
	for (GList *l = d->kernel->descriptions.head; l; l = l->next) {
		const struct description *other = l->data;

		if (other != d && same_space(d, other) && other->local.port == port && !shareable(d, other))
			return false;
	}
	return true;
}

bool
port_is_bound(const struct kernel *k, uint16_t port)
{
	for (GList *l = k->descriptions.head; l; l = l->next)
		if (((const struct description *)l->data)->local.port == port)
			return true;
	return false;
}

/* choose_port: the next one in turn that nobody has; 0 if there is none. */
static uint16_t
choose_port(struct kernel *k)
{
	for (unsigned i = PORT_FIRST; i <= PORT_LAST; i++) {
		k->last_port = k->last_port == PORT_LAST ? PORT_FIRST : k->last_port + 1;
		if (!port_is_bound(k, k->last_port) && !tcp_port_used(k, k->last_port))
			return k->last_port;
	}
	return 0;
}

int
port_bind(struct description *d, struct address wanted)
{
	if (wanted.ip != INADDR_ANY && wanted.ip != host_ip(d->kernel->host))
		return -EADDRNOTAVAIL;
	d->chosen_port = wanted.port == 0;
	if (d->chosen_port)
		wanted.port = choose_port(d->kernel);
	if (wanted.port == 0 || !is_free(d, wanted.port))
		return -EADDRINUSE;
	d->local = wanted;
	return 0;
}

struct description *
port_listener(const struct kernel *k, uint16_t port)
{
	for (GList *l = k->descriptions.head; l; l = l->next) {
		struct description *d = l->data;

		if (d->state & LISTENING && d->local.port == port)
			return d;
	}
	return NULL;
}

int
address_get(struct address *a, const struct sockaddr *from, socklen_t length)
{
	struct sockaddr_in in;

	if (!from)
		return -EFAULT;
	if (length < sizeof in || length > sizeof(struct sockaddr_storage))
		return -EINVAL;
	memcpy(&in, from, sizeof in);
	if (in.sin_family != AF_INET)
		return -EAFNOSUPPORT;
	*a = (struct address){.ip = ntohl(in.sin_addr.s_addr), .port = ntohs(in.sin_port)};
	return 0;
}

int
address_put(const struct address *a, struct sockaddr *to, socklen_t *length)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(a->port), .sin_addr.s_addr = htonl(a->ip)};

	if (!to || !length)
		return -EFAULT;
	if (*length > INT32_MAX)
		return -EINVAL;
	memcpy(to, &in, MIN(*length, sizeof in));
	*length = sizeof in;
	return 0;
}

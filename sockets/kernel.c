#include "sockets/kernel.h"

#include "sockets/description.h"
#include "sockets/ports.h"
#include "sockets/shadow.h"
#include "sockets/tcpip/tcp.h"
#include "sockets/tcpip/udp.h"

static void
start_host(struct host *host, enum sock_protocol protocol)
{
	struct kernel *k = g_new0(struct kernel, 1);

	k->host = host;
	k->protocol = protocol;
	k->last_port = PORT_LAST;
	host->kernel = k;
	g_queue_init(&k->descriptions);
	g_queue_init(&k->shadows);
	segment_start(k);
	ip_start(k);
	tcp_start(k);
	udp_start(k);
}

void
sock_start(struct machine *machine, enum sock_protocol protocol)
{
	for (unsigned i = 0; i < machine->n_hosts; i++)
		start_host(&machine->hosts[i], protocol);
}

void
sock_stop(struct machine *machine)
{
	for (unsigned i = 0; i < machine->n_hosts; i++) {
		struct kernel *k = kernel_of(&machine->hosts[i]);

		if (!k)
			continue;
		machine->hosts[i].kernel = NULL;
		udp_stop(k);
		tcp_stop(k);
		shadow_stop(k);
		ip_stop(k);
		segment_stop(k);
		g_queue_clear(&k->descriptions);
		g_free(k);
	}
}

void
kernel_system_call(const struct kernel *k)
{
	cpu_charge(CPU_SYSTEM, k->host->params->system_call);
}

static void
add_counts(struct sock_counts *sum, const struct sock_counts *c)
{
	sum->connections += c->connections;
	sum->bytes_sent += c->bytes_sent;
	sum->bytes_received += c->bytes_received;
	sum->bytes_by_tcp += c->bytes_by_tcp;
	sum->bytes_copied_out += c->bytes_copied_out;
	sum->bytes_direct += c->bytes_direct;
	sum->bytes_copied_back += c->bytes_copied_back;
	sum->bytes_copied_in += c->bytes_copied_in;
	sum->flow_control_waits += c->flow_control_waits;
	sum->ethernet_segments += c->ethernet_segments;
	sum->datagrams += c->datagrams;
	sum->fast_datagrams += c->fast_datagrams;
}

struct sock_counts
sock_counts(const struct machine *machine)
{
	struct sock_counts sum = {0};

	for (unsigned i = 0; i < machine->n_hosts; i++)
		if (machine->hosts[i].kernel)
			add_counts(&sum, &kernel_of(&machine->hosts[i])->counts);
	return sum;
}

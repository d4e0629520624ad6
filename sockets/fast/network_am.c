/* Active Messages as a fast network; links by fast.c. */
#include "sockets/description.h"
#include "sockets/fast/fast.h"
#include "sockets/network.h"
#include "sockets/setup.h"

#include <errno.h>

/* Words of a greeting. */
enum { WORD_NODE, WORD_ENDPOINT, WORD_TAG, WORD_CONNECTION, WORD_BUFFER, WORD_OFFSET };

static bool
reaches(const struct host *host, unsigned node)
{
	const struct machine *m = host->machine;

	return network_of(&m->hosts[node]) == &network_am && platform_joined(m->platform, host->node, node);
}

static enum sock_protocol
protocol(enum sock_protocol wish)
{
	return wish == SOCK_FAST_SENDER ? SOCK_FAST_SENDER : SOCK_FAST;
}

/* announced: each call is worth a post. */
static bool
announced(const struct description *d, uint64_t bytes)
{
	return d->kernel->host->params->receive_posting && bytes > 0;
}

static void
poke(void *arg)
{
	description_poke(arg);
}

/* open_end: sender-based while there is room in the bulk area. */
static struct fast *
open_end(struct description *d, struct fast_name *name)
{
	bool sender_based = protocol(d->options.protocol) == SOCK_FAST_SENDER;
	struct sock_counts *counts = &d->kernel->counts;
	uint32_t bytes = d->options.receive_buffer;
	struct fast *f = fast_begin(d->process, bytes, sender_based, counts, poke, d, name);

	return f || !sender_based ? f : fast_begin(d->process, bytes, false, counts, poke, d, name);
}

static int
begin(struct description *d, struct greeting *own)
{
	struct fast_name name;
	struct fast *f = open_end(d, &name);

	if (!f)
		return -ENOBUFS;
	d->network = &network_am;
	d->network_end = f;
	d->link = fast_link(f);
	d->link->send_limit = d->options.send_buffer;
	*own = (struct greeting){{
	        [WORD_NODE] = name.endpoint.node,
	        [WORD_ENDPOINT] = name.endpoint.endpoint,
	        [WORD_TAG] = name.endpoint.tag,
	        [WORD_CONNECTION] = name.connection,
	        [WORD_BUFFER] = name.buffer_bytes,
	        [WORD_OFFSET] = name.offset,
	}};
	return 0;
}

static int
join(struct description *d, const struct greeting *peer)
{
	const uint32_t *word = peer->word;
	struct fast_name name = {
	        .endpoint = {word[WORD_NODE], word[WORD_ENDPOINT], word[WORD_TAG]},
	        .connection = word[WORD_CONNECTION],
	        .buffer_bytes = word[WORD_BUFFER],
	        .offset = word[WORD_OFFSET],
	};

	return name.endpoint.node == d->peer_node ? fast_join(d->network_end, &name) : -EPROTO;
}

const struct network network_am = {
        .name = "Active Messages",
        .number = 2,
        .setup = &setup_by_shadow,
        .protocol = protocol,
        .open = fast_open,
        .reaches = reaches,
        .announced = announced,
        .wait = fast_wait,
        .progress = fast_take_in,
        .begin = begin,
        .join = join,
};

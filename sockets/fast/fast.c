/* Endpoints, the tables of connections, and ends from their making to their stopping. */
#include "sockets/fast/fast_state.h"

#include <errno.h>

/* A process that ends waits so long for its last words to be confirmed by peers that are at work on something else. */
#define PARTING (1 * SIM_S)

/* Data that are under way when their connection breaks have arrived, or never will, after that time. */
#define STRAY (1 * SIM_S)

bool
fast_same(struct am_name a, struct am_name b)
{
	return a.node == b.node && a.endpoint == b.endpoint && a.tag == b.tag;
}

void
fast_look(struct fast *f)
{
	if (f->poke)
		f->poke(f->poke_arg);
}

void
fast_break(struct fast *f, unsigned breakage)
{
	f->breakage |= breakage;
	f->said |= breakage & LINK_RESET;
	fast_look(f);
}

bool
fast_gone(const struct fast *f)
{
	return f->breakage & (LINK_SILENT | LINK_DEFECT);
}

bool
fast_lost(const struct fast *f)
{
	return f->breakage || f->end & (LINK_CLOSED | LINK_RESET);
}

/* Endpoints. --------------------------------------------------------------------------------------------------------
 */

static struct fast_endpoint *
endpoint_of(struct process *p)
{
	struct am *am = p->first->nic_queue;

	return am ? am_handler_arg(am, FAST_DONE) : NULL;
}

/* each: for every end; it may give its argument back. */
static void
each(struct fast_endpoint *e, void (*call)(struct fast *f, void *arg), void *arg)
{
	GList *next;

	for (GList *l = e->ends.head; l; l = next) {
		next = l->next;
		call(l->data, arg);
	}
}

static void
is_dead(struct fast *f, void *arg)
{
	(void)arg;
	fast_break(f, LINK_DEFECT);
	fast_retire(f);
}

bool
fast_failed(struct fast_endpoint *e, enum am_error error)
{
	if (error == AM_OK || error == AM_ETIMEDOUT)
		return false;
	if (!e->dead) {
		e->dead = true;
		each(e, is_dead, NULL);
	}
	return true;
}

/* What is wrong with a peer. */
struct trouble {
	struct am_name peer;
	unsigned breakage;
};

static void
is_troubled(struct fast *f, void *arg)
{
	const struct trouble *t = arg;

	if (!fast_same(f->peer, t->peer))
		return;
	fast_break(f, t->breakage);
	fast_retire(f);
}

/* who_was_it: a request that comes back does not say to which of the endpoints that have had this number, one after
 * another, it was; to the oldest that has not answered. */
static struct am_name
who_was_it(const struct fast_endpoint *e, struct am_name peer)
{
	for (GList *l = peer.tag ? NULL : e->ends.head; l; l = l->next) {
		const struct fast *f = l->data;

		if (f->under_way && f->peer.node == peer.node && f->peer.endpoint == peer.endpoint &&
		    (!peer.tag || f->peer.tag < peer.tag))
			peer.tag = f->peer.tag;
	}
	return peer;
}

/* fault: a request came back: there is no such process any more; all else: it does not speak our language.  A datagram
 * that came back says nothing of connections: those have requests of their own. */
static void
fault(void *arg, struct am_name peer, enum am_fault what, bool ours)
{
	struct fast_endpoint *e = arg;
	const struct fast_ports *ports = am_handler_arg(e->am, FAST_DATAGRAM);
	struct trouble t = {who_was_it(e, peer), what == AM_FAULT_RETURNED ? LINK_SILENT : LINK_RESET};

	if (!ours)
		e->counts.nonsense++;
	if (ports && ours && ports->lost(ports, peer))
		return;
	each(e, is_troubled, &t);
}

/* One that can say something now; NULL: nobody. */
static struct fast *
debtor(const struct fast_endpoint *e)
{
	for (GList *l = e->ends.head; l; l = l->next)
		if (fast_can_pay(l->data))
			return l->data;
	return NULL;
}

static void
pay_all(struct fast_endpoint *e)
{
	struct fast *f;

	while (!e->dead && (f = debtor(e)))
		fast_pay(f);
}

void
fast_progress(struct fast_endpoint *e)
{
	am_poll(e->am);
	pay_all(e);
}

void
fast_take_in(struct process *p)
{
	struct fast_endpoint *e = endpoint_of(p);

	if (e && !e->dead)
		fast_progress(e);
}

static bool
nothing_left(void *arg)
{
	const struct fast_endpoint *e = arg;

	for (GList *l = e->ends.head; l; l = l->next) {
		const struct fast *f = l->data;

		if (fast_owes(f) || (f->words_under_way && !fast_gone(f)))
			return false;
	}
	return true;
}

/* give_back: the buffer; a place in the bulk area only when what is under way to it has come. */
static void
give_back(struct fast *f, sim_time date)
{
	if (f->offset == FAST_NOWHERE)
		umem_free(f->endpoint->memory, f->buffer);
	else
		fast_area_give(&f->endpoint->area, f->offset, date);
	f->buffer = 0;
}

/* all_has_come: the peer has sent its last words, or confirmed ours, and all that it had sent by then is here. */
static bool
all_has_come(const struct fast *f)
{
	return (f->end && f->come == f->end_position) ||
	       (f->told_words & (LINK_CLOSED | LINK_RESET) && f->come == f->peer_sent);
}

static void
forget(struct fast *f, void *arg)
{
	(void)arg;
	if (f->buffer)
		give_back(f, all_has_come(f) ? sim_now() : sim_now() + STRAY);
	g_hash_table_remove(f->endpoint->connections, GUINT_TO_POINTER(f->number));
	g_queue_remove(&f->endpoint->ends, f);
	g_free(f);
}

static void
leave(struct process *p, void *arg)
{
	struct fast_endpoint *e = arg;
	struct fast_ports *ports = am_handler_arg(e->am, FAST_DATAGRAM);

	fast_wait(p, nothing_left, e, NULL, 0, sim_now() + PARTING);
	each(e, forget, NULL);
	g_hash_table_destroy(e->connections);
	fast_area_free(&e->area);
	fast_handlers(e->am, NULL);
	if (ports) {
		am_handle(e->am, FAST_DATAGRAM, NULL, NULL);
		g_hash_table_destroy(ports->by_number);
		g_free(ports);
	}
	g_free(e);
}

static struct fast_endpoint *
make_endpoint(struct process *p)
{
	struct fast_endpoint *e;
	struct am *am;

	uint32_t bulk = (uint32_t)p->host->params->bulk_kb * 1024;

	if (am_open(p->first, bulk, &am) != AM_OK)
		return NULL;
	e = g_new0(struct fast_endpoint, 1);
	e->am = am;
	e->memory = am_memory(am);
	e->host = p->host;
	e->area = (struct fast_area){.address = am_bulk_area(am), .bytes = bulk};
	e->connections = g_hash_table_new(NULL, NULL);
	g_queue_init(&e->ends);
	fast_handlers(am, e);
	am_on_fault(am, fault, e);
	return e;
}

int
fast_open(struct process *p)
{
	struct fast_endpoint *e = endpoint_of(p);

	if (e)
		return 0;
	if (p->exiting || !(e = make_endpoint(p)))
		return -ENOBUFS;
	process_at_last_exit(p, leave, e);
	return 0;
}

struct fast_counts
fast_counts(struct process *p)
{
	return endpoint_of(p)->counts;
}

/* Waiting. ----------------------------------------------------------------------------------------------------------
 */

struct patience {
	struct fast_endpoint *e;
	bool (*ready)(void *arg);
	void *arg;
};

static bool
ready_or_payable(void *arg)
{
	const struct patience *w = arg;

	return w->ready(w->arg) || debtor(w->e);
}

/* Without a NIC only pokes can help. */
static bool
wait_without(const struct patience *w, sim_time deadline)
{
	while (!w->ready(w->arg))
		if (!cpu_block("something else than its NIC, which has stopped", deadline))
			return false;
	return true;
}

bool
fast_wait(struct process *p, bool (*ready)(void *arg), void *arg, const struct umem_range *ranges, unsigned n,
          sim_time deadline)
{
	struct patience w = {endpoint_of(p), ready, arg};
	enum am_error error = AM_OK;

	(void)ranges;
	(void)n;
	while (!w.e->dead) {
		pay_all(w.e);
		error = am_wait(w.e->am, ready_or_payable, &w, deadline);
		if (ready(arg))
			return true;
		if (error == AM_ETIMEDOUT)
			return false;
		fast_failed(w.e, error);
	}
	return wait_without(&w, deadline);
}

/* Ends. -------------------------------------------------------------------------------------------------------------
 */

static uint32_t
receive_buffer(const struct link *l)
{
	return const_fast_of(l)->bytes;
}

static struct umem_range
watch(const struct link *l)
{
	return am_watch(const_fast_of(l)->endpoint->am);
}

static void
progress(struct link *l)
{
	fast_progress(fast_of(l)->endpoint);
}

void
fast_retire(struct fast *f)
{
	if (!f->stopped || (!fast_gone(f) && (fast_owes(f) || f->under_way)))
		return;
	if (f->breakage || f->offset == FAST_NOWHERE || all_has_come(f))
		forget(f, NULL);
}

void
fast_answered(struct fast *f)
{
	f->under_way--;
	fast_retire(f);
}

/* stop: the number is forgotten once the peer knows that it is; what comes until then is counted only.  Who was sent
 * the place of the buffer must be told that it is over. */
static void
stop(struct link *l)
{
	struct fast *f = fast_of(l);

	fast_post_close(f);
	for (; f->n_early; f->n_early--)
		f->come += f->early[f->n_early - 1].bytes;
	if (f->offset == FAST_NOWHERE)
		give_back(f, sim_now());
	else if (f->peer_connection && !(f->said & (LINK_CLOSED | LINK_RESET)))
		f->said |= LINK_RESET;
	if (f->gather)
		umem_free(f->endpoint->memory, f->gather);
	f->gather = 0;
	f->poke = NULL;
	f->stopped = true;
	if (!f->peer_connection)
		forget(f, NULL);
	else if (fast_can_pay(f))
		fast_pay(f);
	else
		fast_retire(f);
}

static const struct link_ops fast_ops = {
        .room = fast_room,
        .put = fast_put,
        .put_end = fast_put_end,
        .flushed = fast_flushed,
        .readable = fast_readable,
        .unread = fast_unread,
        .take = fast_take,
        .peek = fast_peek,
        .end = fast_end,
        .expect = fast_expect,
        .expected = fast_expected,
        .progress = progress,
        .watch = watch,
        .send_buffer = fast_send_buffer,
        .receive_buffer = receive_buffer,
        .stop = stop,
};

/* new_number: one that nobody has; it comes again after 2^32 others. */
static uint32_t
new_number(struct fast_endpoint *e)
{
	do
		e->last_number++;
	while (!e->last_number || g_hash_table_contains(e->connections, GUINT_TO_POINTER(e->last_number)));
	return e->last_number;
}

static uint32_t
power_of_two(uint32_t bytes)
{
	uint32_t power = FAST_BUFFER_MIN;

	while (power < FAST_BUFFER_MAX && power < bytes)
		power *= 2;
	return power;
}

/* take_buffer: false if there is no memory. */
static bool
take_buffer(struct fast *f, bool sender_based)
{
	struct fast_endpoint *e = f->endpoint;

	f->offset = sender_based ? fast_area_take(&e->area, f->bytes) : FAST_NOWHERE;
	if (!sender_based)
		f->buffer = umem_alloc(e->memory, f->bytes);
	else if (f->offset != FAST_NOWHERE)
		f->buffer = e->area.address + f->offset;
	return f->buffer != 0;
}

struct fast *
fast_begin(struct process *p, uint32_t buffer_bytes, bool sender_based, struct sock_counts *counts,
           void (*poke)(void *arg), void *arg, struct fast_name *own)
{
	struct fast_endpoint *e = endpoint_of(p);
	struct fast *f = g_new(struct fast, 1);

	*f = (struct fast){
	        .link.ops = &fast_ops,
	        .endpoint = e,
	        .bytes = power_of_two(buffer_bytes),
	        .counts = counts,
	        .poke = poke,
	        .poke_arg = arg,
	        .peer_offset = FAST_NOWHERE,
	        .breakage = e->dead ? LINK_DEFECT : 0,
	};
	if (!take_buffer(f, sender_based)) {
		g_free(f);
		return NULL;
	}
	f->number = new_number(e);
	g_hash_table_insert(e->connections, GUINT_TO_POINTER(f->number), f);
	g_queue_push_tail(&e->ends, f);
	*own = (struct fast_name){am_name(e->am), f->number, f->bytes, f->offset};
	return f;
}

uint64_t
fast_alloc(struct process *p, uint64_t bytes)
{
	struct fast_endpoint *e = endpoint_of(p);
	uint32_t offset = e ? fast_area_take(&e->area, bytes) : FAST_NOWHERE;

	return offset == FAST_NOWHERE ? 0 : e->area.address + offset;
}

bool
fast_free(struct process *p, uint64_t address)
{
	struct fast_endpoint *e = endpoint_of(p);
	bool ours = e && address - e->area.address < e->area.bytes;

	if (ours)
		fast_area_give(&e->area, (uint32_t)(address - e->area.address), sim_now());
	return ours;
}

static bool
is_power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

static bool
makes_sense(const struct fast *f, const struct fast_name *peer)
{
	const struct host *host = f->endpoint->host;

	return peer->endpoint.node < host->machine->n_hosts && peer->endpoint.node != host->node &&
	       peer->endpoint.tag && peer->connection && is_power_of_two(peer->buffer_bytes) &&
	       peer->buffer_bytes >= FAST_BUFFER_MIN && peer->buffer_bytes <= FAST_BUFFER_MAX &&
	       (peer->offset == FAST_NOWHERE || peer->offset % 4 == 0);
}

int
fast_join(struct fast *f, const struct fast_name *peer)
{
	if (!makes_sense(f, peer) || f->peer_connection || (f->peer.tag && !fast_same(f->peer, peer->endpoint)))
		return -EPROTO;
	f->peer = peer->endpoint;
	f->peer_connection = peer->connection;
	f->peer_bytes = peer->buffer_bytes;
	f->peer_offset = peer->offset;
	return 0;
}

struct link *
fast_link(struct fast *f)
{
	return &f->link;
}

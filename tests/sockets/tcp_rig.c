#include "tests/sockets/tcp_rig.h"

#include "host-lib/firmware_image.h"
#include "host-lib/raw.h"

#include <check.h>
#include <glib.h>

static uint16_t last_port = 40000;

/* The NICs run the raw firmware. */
static void
start_raw(struct rig *r)
{
	char *error = NULL;

	r->image = firmware_image(FIRMWARE_IMAGE_LIB, FIRMWARE_IMAGE_RAW, &error);
	ck_assert_msg(r->image && raw_start(r->machine, r->image, &error), "%s", error);
}

struct rig *
rig_new(const char *platform, const char *sets, enum rig_network network)
{
	struct rig *r = g_new0(struct rig, 1);
	char *error = NULL, **each = g_strsplit(sets, " ", -1);

	engine_init();
	r->platform = platform_load(platform, (const char *const *)each, g_strv_length(each), &error);
	g_strfreev(each);
	ck_assert_msg(r->platform != NULL, "%s", error);
	r->machine = machine_new(r->platform, false, &error);
	ck_assert_msg(r->machine != NULL, "%s", error);
	if (network == RIG_MYRINET)
		start_raw(r);
	r->options = (struct tcp_options){RIG_BUFFER, RIG_BUFFER, false};
	for (unsigned i = 0; i < RIG_HOSTS; i++) {
		r->kernels[i] = g_new0(struct kernel, 1);
		r->kernels[i]->host = &r->machine->hosts[i];
		r->machine->hosts[i].kernel = r->kernels[i];
		ip_start(r->kernels[i]);
		tcp_start(r->kernels[i]);
		udp_start(r->kernels[i]);
	}
	return r;
}

void
rig_program(struct rig *r, unsigned host, void (*body)(void *arg), void *arg)
{
	task_start(process_new(&r->machine->hosts[host], "program"), "program", false, body, arg);
}

void
rig_run(struct rig *r, sim_time limit)
{
	ck_assert_int_eq(sim_run(limit), SIM_DONE);
	for (unsigned i = 0; i < RIG_HOSTS; i++) {
		udp_stop(r->kernels[i]);
		tcp_stop(r->kernels[i]);
		ip_stop(r->kernels[i]);
		g_free(r->kernels[i]);
	}
	if (r->image) {
		raw_stop(r->machine);
		lanai_image_free(r->image);
	}
	machine_free(r->machine);
	platform_free(r->platform);
	g_free(r);
}

void
rig_pause(sim_time t)
{
	sim_time end = sim_now() + t;

	while (sim_now() < end)
		cpu_block("a pause", end);
}

/* Waiting. ----------------------------------------------------------------------------------------------------------
 */

static void
wake_task(const struct rig *r, struct task *task)
{
	if (task)
		cpu_wake(task, r->machine->hosts[0].params->wakeup);
}

static void
wake(void *arg)
{
	struct rig_end *e = arg;

	wake_task(e->rig, e->task);
}

static void
wake_listener(void *arg)
{
	struct rig_listener *l = arg;

	wake_task(l->rig, l->task);
}

void
rig_await(struct rig_end *e, bool (*ready)(const struct rig_end *e))
{
	while (!ready(e)) {
		e->task = task_self();
		cpu_block("its connection", SIM_NEVER);
		e->task = NULL;
	}
}

/* Connections. ------------------------------------------------------------------------------------------------------
 */

struct rig_end *
rig_begin(struct rig *r, uint16_t port)
{
	struct rig_end *e = g_new0(struct rig_end, 1);
	struct tcp_name to = {RIG_SERVER, RIG_PORT};

	e->rig = r;
	e->t = tcp_connect(r->kernels[RIG_CLIENT], port, to, &r->options, wake, e);
	ck_assert_ptr_nonnull(e->t);
	return e;
}

static bool
is_settled(const struct rig_end *e)
{
	return tcp_progress(e->t) != TCP_CONNECTING;
}

bool
rig_settle(struct rig_end *e)
{
	rig_await(e, is_settled);
	return tcp_progress(e->t) == TCP_OPEN;
}

struct rig_end *
rig_call(struct rig *r)
{
	struct rig_end *e;

	rig_pause(SIM_MS); /* the server comes first */
	e = rig_begin(r, last_port++);
	ck_assert(rig_settle(e));
	return e;
}

struct rig_listener *
rig_listen(struct rig *r, unsigned backlog)
{
	struct rig_listener *l = g_new0(struct rig_listener, 1);

	l->rig = r;
	l->l = tcp_listen(r->kernels[RIG_SERVER], RIG_PORT, backlog, &r->options, wake_listener, l);
	ck_assert_ptr_nonnull(l->l);
	return l;
}

struct rig_end *
rig_accept(struct rig_listener *l)
{
	struct rig_end *e = g_new0(struct rig_end, 1);

	while (!tcp_acceptable(l->l)) {
		l->task = task_self();
		cpu_block("somebody to accept", SIM_NEVER);
		l->task = NULL;
	}
	e->rig = l->rig;
	e->t = tcp_accept(l->l);
	tcp_on_poke(e->t, wake, e);
	return e;
}

void
rig_unlisten(struct rig_listener *l)
{
	tcp_unlisten(l->l);
	g_free(l);
}

struct rig_end *
rig_serve(struct rig *r)
{
	struct rig_listener *l = rig_listen(r, 1);
	struct rig_end *e = rig_accept(l);

	rig_unlisten(l);
	return e;
}

/* Data. -------------------------------------------------------------------------------------------------------------
 */

static bool
has_room(const struct rig_end *e)
{
	return tcp_link(e->t)->ops->room(tcp_link(e->t));
}

static bool
is_readable(const struct rig_end *e)
{
	const struct link *l = tcp_link(e->t);

	return l->ops->readable(l) || l->ops->end(l);
}

size_t
rig_send(struct rig_end *e, const void *data, size_t bytes)
{
	struct link *l = tcp_link(e->t);
	size_t done = 0;

	while (done < bytes && !tcp_error(e->t)) {
		int64_t n = l->ops->put(l, (const uint8_t *)data + done, bytes - done, SOCK_TCP);

		ck_assert_int_ge(n, 0);
		done += (size_t)n;
		if (n == 0)
			rig_await(e, has_room);
	}
	return done;
}

size_t
rig_recv_some(struct rig_end *e, void *data, size_t bytes)
{
	struct link *l = tcp_link(e->t);

	rig_await(e, is_readable);
	return l->ops->readable(l) ? (size_t)l->ops->take(l, data, bytes) : 0;
}

size_t
rig_recv(struct rig_end *e, void *data, size_t bytes)
{
	size_t done = 0, n = 1;

	while (done < bytes && n > 0) {
		n = rig_recv_some(e, (uint8_t *)data + done, bytes - done);
		done += n;
	}
	return done;
}

void
rig_fin(struct rig_end *e)
{
	tcp_link(e->t)->ops->put_end(tcp_link(e->t), LINK_FIN);
}

void
rig_leave(struct rig_end *e, bool reset)
{
	tcp_leave(e->t, reset);
	g_free(e);
}

/* Content. ----------------------------------------------------------------------------------------------------------
 */

uint8_t
rig_content(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

uint8_t *
rig_stream(size_t bytes)
{
	uint8_t *data = g_malloc(bytes);

	for (size_t i = 0; i < bytes; i++)
		data[i] = rig_content(i);
	return data;
}

bool
rig_is_stream(const uint8_t *data, size_t at, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if (data[i] != rig_content(at + i))
			return false;
	return true;
}

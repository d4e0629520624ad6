/* Notifications: the signals of a process, and the task that runs their handlers. */
#include "host-lib/vmmc_state.h"

struct note {
	struct vmmc_export *export;
	uint32_t offset;
};

/* Outlives the struct vmmc when a handler closes it; its task frees it. */
struct vmmc_notifier {
	struct task *task;
	struct task *closer; /* waits until the task ends; NULL: nobody */
	bool *gone;          /* closer's */
	GQueue notes;        /* struct note */
	unsigned blocked;
	sim_time signal; /* delivery of a signal, and return */
	bool ended;
};

static void
run_next(struct vmmc_notifier *n)
{
	struct note *note = g_queue_pop_head(&n->notes);
	const struct vmmc_export *e = note->export;

	if (e->handler) {
		vmmc_handler handler = e->handler;
		void *arg = e->handler_arg;
		cpu_charge(CPU_SYSTEM, n->signal);
		cpu_settle();
		handler(arg, note->offset);
	}
	g_free(note);
}

static void
deliver(void *arg)
{
	struct vmmc_notifier *n = arg;

	while (!n->ended) {
		if (n->blocked || g_queue_is_empty(&n->notes))
			cpu_block("notifications", SIM_NEVER);
		else
			run_next(n);
	}
	if (n->closer) {
		*n->gone = true;
		cpu_poke(n->closer);
	}
	g_queue_clear_full(&n->notes, g_free);
	g_free(n);
}

static struct vmmc_notifier *
notifier_of(struct vmmc *v)
{
	struct host *host = v->process->host;

	if (v->notifier)
		return v->notifier;
	v->notifier = g_new0(struct vmmc_notifier, 1);
	v->notifier->signal = host->params->signal;
	g_queue_init(&v->notifier->notes);
	v->notifier->task = task_start_on(host->cpus, v->process, "notifications", true, deliver, v->notifier);
	return v->notifier;
}

enum vmmc_error
vmmc_notify(struct vmmc_export *e, vmmc_handler handler, void *arg)
{
	enum vmmc_error error;

	if (!e->v->can->notification)
		return VMMC_EINVAL;
	notifier_of(e->v);
	error = driver_notify(e->driver, handler != NULL);
	if (error != VMMC_OK)
		return error;
	e->handler = handler;
	e->handler_arg = arg;
	return VMMC_OK;
}

void
vmmc_notified(void *arg, void *export, uint32_t offset)
{
	struct vmmc *v = arg;
	struct note *note;

	if (!v->notifier)
		return;
	note = g_new(struct note, 1);
	*note = (struct note){export, offset};
	g_queue_push_tail(&v->notifier->notes, note);
	cpu_poke(v->notifier->task);
}

void
vmmc_block_notifications(struct vmmc *v)
{
	notifier_of(v)->blocked++;
}

void
vmmc_unblock_notifications(struct vmmc *v)
{
	struct vmmc_notifier *n = notifier_of(v);

	if (n->blocked && --n->blocked == 0)
		cpu_poke(n->task);
}

void
vmmc_notify_forget(struct vmmc_export *e)
{
	GQueue *notes = e->v->notifier ? &e->v->notifier->notes : NULL;

	for (GList *link = notes ? notes->head : NULL, *next; link; link = next) {
		struct note *note = link->data;
		next = link->next;
		if (note->export != e)
			continue;
		g_free(note);
		g_queue_delete_link(notes, link);
	}
}

/* A handler that runs ends first, unless it is the one that closes. */
void
vmmc_notify_end(struct vmmc *v)
{
	struct vmmc_notifier *n = v->notifier;
	bool gone = false;

	if (!n)
		return;
	v->notifier = NULL;
	n->ended = true;
	cpu_poke(n->task);
	if (n->task == task_self())
		return;
	n->closer = task_self();
	n->gone = &gone;
	while (!gone)
		cpu_block("the end of a notification's handler", SIM_NEVER);
}

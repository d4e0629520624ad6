#include "nic-sim/machine.h"

#include <glib.h>

struct process *
process_new(struct host *host, const char *name)
{
	struct process *p = g_new0(struct process, 1);

	p->host = host;
	p->pid = ++host->next_pid;
	p->name = g_strdup(name);
	p->memory = umem_new(host->bus, p->pid);
	p->next = host->processes;
	host->processes = p;
	return p;
}

static void
release_memory(struct process *p)
{
	if (p->memory)
		umem_unref(p->memory);
	p->memory = NULL;
}

void
process_free(struct process *p)
{
	release_memory(p);
	while (p->hooks) {
		struct process_hook *hook = p->hooks;

		p->hooks = hook->next;
		g_free(hook);
	}
	g_free(p->name);
	g_free(p);
}

void
process_at_exit(struct process *p, void (*exit)(struct process *p, void *arg), void *arg)
{
	struct process_hook *hook = g_new(struct process_hook, 1);

	*hook = (struct process_hook){p->hooks, exit, arg};
	p->hooks = hook;
}

void
process_exit(struct process *p)
{
	if (p->exiting)
		return;
	p->exiting = true;
	while (p->hooks) {
		struct process_hook hook = *p->hooks;

		g_free(p->hooks);
		p->hooks = hook.next;
		hook.exit(p, hook.arg);
	}
}

/* What task_start() was given, on its way to the new thread. */
struct start {
	struct process *process;
	void (*body)(void *);
	void *arg;
};

/* A hook may start further tasks: the process then ends with the last of those. */
static void
process_task(void *arg)
{
	struct start start = *(struct start *)arg;
	struct process *p = start.process;

	g_free(arg);
	start.body(start.arg);
	if (p->n_tasks == 1)
		process_exit(p);
	cpu_settle();
	if (--p->n_tasks == 0)
		release_memory(p);
}

struct task *
task_start(struct process *process, const char *name, bool daemon, void (*body)(void *), void *arg)
{
	struct start *start = g_new(struct start, 1);

	*start = (struct start){process, body, arg};
	process->n_tasks++;
	return task_start_on(process->host->cpus, process, name, daemon, process_task, start);
}

#include "nic-sim/machine.h"

#include <glib.h>

static struct process *
make(struct host *host, const char *name)
{
	struct process *p = g_new0(struct process, 1);

	p->host = host;
	p->pid = ++host->next_pid;
	p->name = g_strdup(name);
	p->next = host->processes;
	host->processes = p;
	return p;
}

struct process *
process_new(struct host *host, const char *name)
{
	struct process *p = make(host, name);

	p->memory = umem_new(host->bus, p->pid);
	p->first = p;
	p->sharers = p->residents = 1;
	return p;
}

struct process *
process_spawn(struct process *parent, const char *name)
{
	struct process *p;

	if (parent->exiting)
		return NULL;
	p = make(parent->host, name);
	p->parent = parent;
	p->first = parent->first;
	p->memory = parent->memory;
	p->first->sharers++;
	p->first->residents++;
	return p;
}

static void
release_memory(struct process *p)
{
	struct process *first = p->first;

	if (p != first)
		p->memory = NULL;
	if (--first->residents > 0 || !first->memory)
		return;
	umem_unref(first->memory);
	first->memory = NULL;
}

static void
drop_hooks(struct process_hook *hooks)
{
	while (hooks) {
		struct process_hook *next = hooks->next;

		g_free(hooks);
		hooks = next;
	}
}

void
process_free(struct process *p)
{
	if (p->first == p && p->memory)
		umem_unref(p->memory);
	drop_hooks(p->hooks);
	drop_hooks(p->last_hooks);
	g_free(p->name);
	g_free(p);
}

static void
add_hook(struct process_hook **hooks, void (*exit)(struct process *p, void *arg), void *arg)
{
	struct process_hook *hook = g_new(struct process_hook, 1);

	*hook = (struct process_hook){*hooks, exit, arg};
	*hooks = hook;
}

void
process_at_exit(struct process *p, void (*exit)(struct process *p, void *arg), void *arg)
{
	add_hook(&p->hooks, exit, arg);
}

void
process_at_last_exit(struct process *p, void (*exit)(struct process *first, void *arg), void *arg)
{
	add_hook(&p->first->last_hooks, exit, arg);
}

static void
run_hooks(struct process *p, struct process_hook **hooks)
{
	while (*hooks) {
		struct process_hook hook = **hooks;

		g_free(*hooks);
		*hooks = hook.next;
		hook.exit(p, hook.arg);
	}
}

void
process_exit(struct process *p)
{
	if (p->exiting)
		return;
	p->exiting = true;
	run_hooks(p, &p->hooks);
	if (--p->first->sharers == 0)
		run_hooks(p->first, &p->first->last_hooks);
	p->ended = true;
	if (p->waiting)
		cpu_poke(p->waiting);
}

void
process_await(struct process *child)
{
	while (!child->ended) {
		child->waiting = task_self();
		cpu_block("the end of a child", SIM_NEVER);
		child->waiting = NULL;
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
	cpu_settle(); /* others may end meanwhile */
	if (p->n_tasks == 1) {
		process_exit(p);
		cpu_settle();
	}
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

#include "sockets/descriptors.h"

#include <errno.h>

struct child {
	void (*body)(void *arg);
	void *arg;
};

static void
run(void *arg)
{
	struct child child = *(struct child *)arg;

	g_free(arg);
	child.body(child.arg);
}

/* fork(2) returns in the parent when the child is there, whichever of them runs first. */
int
sock_spawn(struct process *p, void (*body)(void *arg), void *arg)
{
	struct child start = {body, arg};
	struct process *child;
	char *name;

	cpu_charge(CPU_SYSTEM, p->host->params->fork);
	cpu_settle();
	name = g_strdup_printf("%s's child", p->name);
	child = process_spawn(p, name);
	if (child) {
		descriptors_inherit(child, p);
		task_start(child, name, false, run, g_memdup2(&start, sizeof start));
	}
	g_free(name);
	return child ? (int)child->pid : -EAGAIN;
}

static struct process *
child_of(const struct process *parent, int pid)
{
	for (struct process *p = parent->host->processes; p; p = p->next)
		if (p->parent == parent && (int)p->pid == pid && !p->awaited)
			return p;
	return NULL;
}

int
sock_await(struct process *p, int pid)
{
	struct process *child = child_of(p, pid);

	cpu_charge(CPU_SYSTEM, p->host->params->system_call);
	if (!child)
		return -ECHILD;
	child->awaited = true;
	process_await(child);
	return pid;
}

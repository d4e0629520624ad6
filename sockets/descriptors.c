#include "sockets/descriptors.h"

#include "sockets/close.h"
#include "sockets/network.h"

#include <errno.h>

#define FIRST_DESCRIPTOR 3
#define DESCRIPTORS      1024 /* the usual RLIMIT_NOFILE of Linux */

struct table {
	struct description *entry[DESCRIPTORS];
};

/* send_home: calls of other tasks that still wait. */
static void
send_home(struct description *d)
{
	d->state |= LEAVING;
	description_poke(d);
	while (d->references > 1)
		description_block(d, "other calls on a socket of a process that ends", SIM_NEVER);
}

/* close_all: the process ends.  What other processes share goes on. */
static void
close_all(struct process *p, void *arg)
{
	struct table *table = arg;

	for (int fd = FIRST_DESCRIPTOR; fd < DESCRIPTORS; fd++) {
		struct description *d = table->entry[fd];

		if (!d)
			continue;
		table->entry[fd] = NULL;
		if (--d->descriptors == 0)
			send_home(d);
		description_release(d);
	}
	p->descriptors = NULL;
	g_free(table);
}

static struct table *
make_table(struct process *p)
{
	struct table *table = g_new0(struct table, 1);

	p->descriptors = table;
	process_at_exit(p, close_all, table);
	return table;
}

int
descriptors_open(struct process *p)
{
	const struct network *network = network_of(p->host);
	int error;

	if (p->descriptors)
		return 0;
	if (p->exiting)
		return -ENOBUFS;
	error = network ? network->open(p) : 0;
	if (error && error != -ENOBUFS)
		return error;
	make_table(p);
	return 0;
}

void
descriptors_inherit(struct process *child, const struct process *parent)
{
	const struct network *network = network_of(child->host);
	const struct table *from = parent->descriptors;
	struct table *to;

	if (!from)
		return;
	if (network)
		network->open(child);
	to = make_table(child);
	*to = *from;
	for (int fd = FIRST_DESCRIPTOR; fd < DESCRIPTORS; fd++)
		if (to->entry[fd]) {
			to->entry[fd]->references++;
			to->entry[fd]->descriptors++;
		}
}

void
descriptors_progress(struct process *p)
{
	const struct network *network = network_of(p->host);

	if (network && network->progress)
		network->progress(p);
}

/* lowest_free: a process that ends gets none. */
static int
lowest_free(const struct process *p)
{
	const struct table *table = p->descriptors;

	for (int fd = FIRST_DESCRIPTOR; fd < DESCRIPTORS && !p->exiting; fd++)
		if (!table->entry[fd])
			return fd;
	return -EMFILE;
}

int
descriptors_room(const struct process *p)
{
	return MIN(lowest_free(p), 0);
}

int
descriptors_add(struct process *p, struct description *d)
{
	struct table *table = p->descriptors;
	int fd = table ? lowest_free(p) : -EBADF;

	if (fd >= 0) {
		table->entry[fd] = d;
		d->descriptors++;
	}
	return fd;
}

static struct description **
entry_of(const struct process *p, int fd, int *error)
{
	struct table *table = p->descriptors;

	*error = fd >= 0 && fd < FIRST_DESCRIPTOR ? -ENOTSOCK : -EBADF;
	if (!table || fd < FIRST_DESCRIPTOR || fd >= DESCRIPTORS || !table->entry[fd])
		return NULL;
	*error = 0;
	return &table->entry[fd];
}

struct description *
descriptors_get(const struct process *p, int fd, int *error)
{
	struct description **entry = entry_of(p, fd, error);

	if (!entry)
		return NULL;
	(*entry)->references++;
	return *entry;
}

struct description *
descriptors_take(struct process *p, int fd, int *error)
{
	struct description **entry = entry_of(p, fd, error);
	struct description *d = entry ? *entry : NULL;

	if (entry) {
		*entry = NULL;
		d->descriptors--;
	}
	return d;
}

void
description_release(struct description *d)
{
	if (--d->references > 0)
		description_poke(d);
	else
		close_description(d);
}

/* Redirection: docs/redirection.md. */
#include "host-lib/vmmc_state.h"

struct vmmc_post {
	struct vmmc *v;
	unsigned slot;
	uint32_t serial;
	uint32_t page; /* first page of the user buffer */
	unsigned n_pages;
};

static int
free_slot(const struct vmmc *v)
{
	for (unsigned i = 0; i < v->can->posts; i++)
		if (!v->posts[i])
			return (int)i;
	return -1;
}

static enum vmmc_error
check_post(const struct vmmc_export *e, uint32_t offset, uint64_t user, uint32_t length)
{
	const struct vmmc *v = e->v;

	if (length == 0 || length > v->can->post_max)
		return VMMC_EINVAL;
	if ((offset | user | length) & (v->can->alignment - 1))
		return VMMC_EALIGN;
	if ((uint64_t)offset + length > e->length)
		return VMMC_ERANGE;
	if (user + length > (uint64_t)UINT32_MAX + 1 || !umem_mapped(v->process->memory, user, length))
		return VMMC_EFAULT;
	return driver_broken(v->driver) ? VMMC_EFIRMWARE : VMMC_OK;
}

static void
free_post(struct vmmc_post *post)
{
	struct vmmc *v = post->v;

	driver_post_ended(v->driver, post->slot);
	v->posts[post->slot] = NULL;
	g_free(post);
}

/* Serials are not 0. */
static uint32_t
new_serial(struct vmmc *v)
{
	if (++v->last_serial == 0)
		++v->last_serial;
	return v->last_serial;
}

/* The slot is taken before anything blocks. */
static struct vmmc_post *
take_slot(struct vmmc *v, unsigned slot, uint64_t user, uint32_t length)
{
	struct vmmc_post *post = g_new(struct vmmc_post, 1);

	*post = (struct vmmc_post){.v = v, .slot = slot, .serial = new_serial(v), .page = (uint32_t)(user / UMEM_PAGE)};
	post->n_pages = (unsigned)((user % UMEM_PAGE + length + UMEM_PAGE - 1) / UMEM_PAGE);
	v->posts[slot] = post;
	return post;
}

static enum vmmc_error
give_post(struct vmmc_post *post, uint64_t place, uint64_t user, uint32_t length)
{
	struct vmmc *v = post->v;
	enum vmmc_nic_result result;

	driver_posted(v->driver, post->slot, user, length);
	while ((result = v->ops->post(v->queue, post->slot, post->serial, place, user, length)) == VMMC_NIC_BUSY)
		if (v->ops->wait_room(v->queue) != VMMC_NIC_OK)
			return vmmc_result(v, VMMC_NIC_DEAD);
	return vmmc_result(v, result);
}

enum vmmc_error
vmmc_post(struct vmmc_export *e, uint32_t offset, uint64_t user, uint32_t length, struct vmmc_post **posted)
{
	enum vmmc_error error = check_post(e, offset, user, length);
	struct vmmc *v = e->v;
	struct vmmc_post *post;
	int slot = free_slot(v);

	if (error != VMMC_OK)
		return error;
	if (slot < 0)
		return VMMC_EBUSY;
	post = take_slot(v, (unsigned)slot, user, length);
	error = vmmc_hold(v, post->page, post->n_pages);
	if (error == VMMC_OK) {
		error = give_post(post, e->address + offset, user, length);
		if (error != VMMC_OK)
			pinning_release(v->pinning, post->page, post->n_pages, 0);
	}
	if (error != VMMC_OK) {
		free_post(post);
		return error;
	}
	*posted = post;
	return VMMC_OK;
}

static bool
has_ended(void *arg)
{
	const struct vmmc_post *post = arg;

	return post->v->ops->post_status(post->v->queue, post->slot).serial == post->serial;
}

bool
vmmc_posted(const struct vmmc_post *post)
{
	return !driver_broken(post->v->driver) && !has_ended((void *)post);
}

void
vmmc_post_range(const struct vmmc_post *post, struct umem_range *watch)
{
	post->v->ops->post_range(post->v->queue, post->slot, watch);
}

static enum vmmc_error
cancel(struct vmmc_post *post)
{
	struct vmmc *v = post->v;
	enum vmmc_nic_result result;
	struct umem_range range;

	while ((result = v->ops->cancel(v->queue, post->slot)) == VMMC_NIC_BUSY)
		if (v->ops->wait_room(v->queue) != VMMC_NIC_OK)
			return vmmc_result(v, VMMC_NIC_DEAD);
	if (result != VMMC_NIC_OK)
		return vmmc_result(v, result);
	vmmc_post_range(post, &range);
	return vmmc_wait_nic(v, has_ended, post, &range, SIM_NEVER);
}

enum vmmc_error
vmmc_post_end(struct vmmc_post *post, struct vmmc_post_end *end)
{
	struct vmmc *v = post->v;
	enum vmmc_error error = VMMC_OK;

	if (!has_ended(post))
		error = driver_broken(v->driver) ? VMMC_EFIRMWARE : cancel(post);
	if (error == VMMC_OK)
		*end = v->ops->post_status(v->queue, post->slot);
	pinning_release(v->pinning, post->page, post->n_pages, 0);
	free_post(post);
	return error;
}

void
vmmc_posts_end(struct vmmc *v)
{
	for (unsigned i = 0; i < v->can->posts; i++) {
		g_free(v->posts[i]);
		v->posts[i] = NULL;
	}
}

/* The set-up of those who talk TCP, on hosts whose kernels have none yet: nobody is reached. */
#include "sockets/setup.h"

#include <errno.h>

static int
begin(struct description *d)
{
	(void)d;
	return -ENETUNREACH;
}

static int
listen_for(struct description *listener)
{
	return listener->setup ? 0 : -ENETUNREACH;
}

static void
unlisten(struct description *listener)
{
	(void)listener;
}

static bool
acceptable(const struct description *listener)
{
	(void)listener;
	return false;
}

static struct description *
accept_first(struct description *listener)
{
	(void)listener;
	return NULL;
}

const struct setup setup_by_tcp = {
        .begin = begin,
        .listen = listen_for,
        .unlisten = unlisten,
        .acceptable = acceptable,
        .accept = accept_first,
};

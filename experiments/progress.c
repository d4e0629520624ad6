#include "experiments/progress.h"

#include <glib.h>
#include <stdio.h>
#include <unistd.h>

#define ERASE_LINE "\r\033[K"

void
progress_begin(struct progress *p, const char *what, bool on)
{
	*p = (struct progress){.what = what, .began = g_get_monotonic_time(), .on = on && isatty(STDERR_FILENO)};
}

void
progress_show(const struct progress *p, unsigned done, unsigned all)
{
	if (!p->on || done == 0)
		return;
	int64_t left_s = (g_get_monotonic_time() - p->began) / done * (all - done) / G_USEC_PER_SEC;
	fprintf(stderr, ERASE_LINE "%s: %u of %u points, about %02d:%02d left", p->what, done, all, (int)(left_s / 60),
	        (int)(left_s % 60));
	fflush(stderr);
}

void
progress_end(const struct progress *p)
{
	if (p->on)
		fputs(ERASE_LINE, stderr);
}

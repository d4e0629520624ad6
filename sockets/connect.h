/* connect(), as its caller sees it. */
#ifndef SOCKETS_CONNECT_H
#define SOCKETS_CONNECT_H

#include "sockets/description.h"

/* connect_abandon: ends a set-up that is under way; no effect on any other. */
void connect_abandon(struct description *d);

#endif

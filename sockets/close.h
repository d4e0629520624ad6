/* The end of a description. */
#ifndef SOCKETS_CLOSE_H
#define SOCKETS_CLOSE_H

#include "sockets/description.h"

/* close_description: nobody refers to it any more: says goodbye, gives everything back. */
void close_description(struct description *d);
/* stop_listening: who waits to be accepted is refused. */
void stop_listening(struct description *d);

#endif

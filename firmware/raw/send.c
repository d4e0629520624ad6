#include "firmware/raw/send.h"

/* Fetched like the others, so that raw_ctrl.sent counts in order. */
void
send_bad(struct packet *packet)
{
	count(RAW_C_BAD_DESCRIPTOR);
	send_release(packet);
}

/* Request and response: program 0 serves the others with poll(); each of them sends a request, waits for the answer,
 * checks it, and thinks before the next. */
#ifndef EXPERIMENTS_APP_REQUESTS_H
#define EXPERIMENTS_APP_REQUESTS_H

#include "experiments/app.h"

#define APP_REQUEST_LEAST 8u /* B: whose, and which */
#define APP_REQUEST_MOST  (1u << 16)
#define APP_CLIENTS_MOST  32u

struct app_requests {
	uint32_t requests;                   /* of each client */
	uint32_t request_bytes, reply_bytes; /* APP_REQUEST_LEAST or more, a request; 4 or more, a reply */
	double compute_us;                   /* of the server, for each request */
	/* think_us: of client `rank` before request i; may be NULL. */
	double (*think_us)(const struct app_requests *job, unsigned rank, uint32_t i);
	uint64_t seed; /* for it */
};

void app_requests(struct app *app);

#endif

/* Transactions: program 1 sends a request and waits for the reply, over one connection that is kept, or over a new one
 * each time; program 0 serves one connection after another. */
#ifndef EXPERIMENTS_APP_TRANSACTIONS_H
#define EXPERIMENTS_APP_TRANSACTIONS_H

#include "experiments/app.h"

#define APP_TRANSACTION_MOST (1u << 20) /* B, request or reply */

struct app_transactions {
	uint32_t transactions;
	uint32_t request_bytes, reply_bytes;
	bool anew; /* a connection for each transaction */
};

void app_transactions(struct app *app);

#endif

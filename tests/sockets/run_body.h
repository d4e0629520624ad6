/* Runs a body on one of the two kinds of sockets and returns what its programs logged. */
#ifndef TESTS_SOCKETS_RUN_BODY_H
#define TESTS_SOCKETS_RUN_BODY_H

#include "sockets/socket.h"
#include "tests/sockets/bodies.h"

struct body_logs {
	char *server, *client; /* g_free */
};

/* Both fail the test (Check) if a program does not end well. */
struct body_logs run_native(const struct body *body);
/* run_simulated: two hosts of myrinet-pc; over the memory NIC, or over the firmware if `lanai`. */
struct body_logs run_simulated(const struct body *body, bool lanai, enum sock_protocol protocol);

#endif

/* Runs a body on one of the two kinds of sockets and returns what its programs logged. */
#ifndef TESTS_SOCKETS_RUN_BODY_H
#define TESTS_SOCKETS_RUN_BODY_H

#include "experiments/firmware_choice.h"
#include "sockets/socket.h"
#include "tests/sockets/bodies.h"

struct body_logs {
	char *server, *client; /* g_free */
};

/* How the simulator runs a body: between two hosts. */
struct way {
	const char *name, *platform;
	enum firmware firmware;
	bool lanai; /* the firmware itself; else, for FIRMWARE_VMMC, the memory NIC */
	enum sock_protocol protocol;
};

/* Both fail the test (Check) if a program does not end well. */
struct body_logs run_native(const struct body *body);
struct body_logs run_simulated(const struct body *body, const struct way *way);

#endif

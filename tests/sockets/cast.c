#include "tests/sockets/cast.h"

#include "experiments/testbed.h"
#include "host-lib/firmware_image.h"
#include "sockets/ports.h"

#include <check.h>
#include <errno.h>

#define LIMIT (200 * SIM_S)

void
play_cast(const char *platform, enum firmware firmware, enum sock_protocol protocol, const struct role *roles,
          unsigned n)
{
	static const char *const images[N_FIRMWARES] = {
	        [FIRMWARE_VMMC] = FIRMWARE_IMAGE_VMMC,
	        [FIRMWARE_AM] = FIRMWARE_IMAGE_AM,
	        [FIRMWARE_RAW] = FIRMWARE_IMAGE_RAW,
	};
	char *error = NULL;
	struct lanai_image *image =
	        images[firmware] ? firmware_image(FIRMWARE_IMAGE_LIB, images[firmware], &error) : NULL;
	struct testbed *t = testbed_with(firmware, platform, NULL, 0, image, &error);

	ck_assert_msg(t != NULL, "%s", error);
	sock_start(t->machine, protocol);
	for (unsigned i = 0; i < n; i++)
		task_start(process_new(&t->machine->hosts[roles[i].node], "player"), "player", false, roles[i].play,
		           roles[i].arg);
	ck_assert_int_eq(sim_run(LIMIT), SIM_DONE);
	sock_stop(t->machine);
	testbed_free(t);
	lanai_image_free(image);
}

struct sockaddr_in
address_of(unsigned node, uint16_t port)
{
	return (struct sockaddr_in){
	        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(HOST_NETWORK + 1 + node)};
}

void
pause_for(sim_time t)
{
	sim_time end = sim_now() + t;

	while (sim_now() < end)
		cpu_block("a pause", end);
}

int
listening_on(uint16_t port)
{
	struct sockaddr_in here = address_of(0, port);
	int fd = ns_socket(AF_INET, SOCK_STREAM, 0);

	here.sin_addr.s_addr = INADDR_ANY;
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ns_bind(fd, (struct sockaddr *)&here, sizeof here), 0);
	ck_assert_int_eq(ns_listen(fd, 5), 0);
	return fd;
}

int
try_connect(unsigned node, uint16_t port, int *fd)
{
	struct sockaddr_in there = address_of(node, port);
	int error;

	*fd = ns_socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_ge(*fd, 0);
	if (ns_connect(*fd, (struct sockaddr *)&there, sizeof there) == 0)
		return 0;
	error = errno;
	ns_close(*fd);
	return error;
}

int
connected_to(unsigned node, uint16_t port)
{
	int fd, error = try_connect(node, port, &fd);

	ck_assert_msg(error == 0, "connect() to node %u: error %d", node, error);
	return fd;
}

enum sock_protocol
protocol_of(int fd)
{
	int protocol;
	socklen_t length = sizeof protocol;

	ck_assert_int_eq(ns_getsockopt(fd, SOL_NICSIM, SO_NICSIM_PROTOCOL, &protocol, &length), 0);
	return (enum sock_protocol)protocol;
}

void
want_protocol(int fd, enum sock_protocol protocol)
{
	int wish = (int)protocol;

	ck_assert_int_eq(ns_setsockopt(fd, SOL_NICSIM, SO_NICSIM_PROTOCOL, &wish, sizeof wish), 0);
}

void
ask(int fd, uint8_t byte)
{
	uint8_t answer = 0;

	ck_assert_int_eq(ns_send(fd, &byte, 1, MSG_NOSIGNAL), 1);
	ck_assert_int_eq(ns_recv(fd, &answer, 1, 0), 1);
	ck_assert_int_eq(answer, (uint8_t)(byte + 1));
}

void
serve(int fd)
{
	uint8_t byte = 0;

	ck_assert_int_eq(ns_recv(fd, &byte, 1, 0), 1);
	byte++;
	ck_assert_int_eq(ns_send(fd, &byte, 1, MSG_NOSIGNAL), 1);
}

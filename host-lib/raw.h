/* Datagrams between kernels over the raw firmware: what a network driver gives to IP.
 *
 * A NIC runs one firmware: a host with raw has neither VMMC nor Active Messages.  The driver keeps rings of pinned
 * kernel buffers in both directions; the firmware fetches and deposits them by host DMA and interrupts the host for
 * what has come (one interrupt may tell of several: wait.coalesce_count and wait.coalesce_us).  Nothing is
 * acknowledged: a packet with a wrong CRC, or one for which the host has no buffer, is dropped and counted.  A NIC that
 * was reset, or that has let nothing out for 5 s, is started again; what was on its way is lost. */
#ifndef HOST_LIB_RAW_H
#define HOST_LIB_RAW_H

#include "nic-sim/machine.h"

#include <stdbool.h>
#include <stdint.h>

struct lanai_image;

/* raw_start: loads the raw firmware on every host with a NIC and starts it; false and *error (g_free).  Not beside
 * driver_start() or am_start().  raw_stop: after sim_run(), before machine_free(). */
bool raw_start(struct machine *m, const struct lanai_image *image, char **error);
void raw_stop(struct machine *m);
/* raw_runs: on this host? */
bool raw_runs(const struct host *host);
uint32_t raw_mtu(const struct host *host); /* bytes of a datagram */

/* raw_on_receive: received(arg, from, data, bytes) is called by the driver's interrupt task, which charges its time to
 * CPU_INTERRUPT (host.interrupt_us before it, the accesses to the NIC), once a datagram, in the order of arrival; it
 * must not wait; the data are valid until it returns. */
void raw_on_receive(struct host *host, void (*received)(void *arg, unsigned from, const uint8_t *data, uint32_t bytes),
                    void *arg);
/* raw_send: from tasks, 1 to raw_mtu() bytes; it charges the access to the NIC only: copy and instructions are the
 * caller's business.  The data are copied before it returns.  false: dropped, as drivers do, because the send ring is
 * full, the NIC is being started again, or no route leads to that node. */
bool raw_send(struct host *host, unsigned node, const uint8_t *data, uint32_t bytes);
/* raw_nic_counter: a count of the firmware's by its name in firmware/raw/abi.h, in lower case. */
uint32_t raw_nic_counter(const struct host *host, const char *name);

#endif

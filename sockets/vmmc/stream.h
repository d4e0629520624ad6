/* The link of two-copy, one-copy and zero-copy: records and data deposited into the peer's area, and taken out of one's
 * own.
 *
 * docs/protocols.md explains rings, records and heads.  Without a proxy (the peer has gone) what is deposited is lost,
 * silently. */
#ifndef SOCKETS_STREAM_H
#define SOCKETS_STREAM_H

#include "sockets/link.h"
#include "sockets/vmmc/area.h"
#include "sockets/vmmc/direct.h"

/* Where one stands in the record ring: byte offset in the control page, and bytes passed so far, modulo 2^32. */
struct stream_cursor {
	uint32_t offset, position;
};

/* Where one reads. */
struct stream_reader {
	struct stream_cursor records;
	uint32_t data;
	uint32_t record; /* header of the record being read; 0: none */
	uint32_t taken;  /* bytes of it */
};

struct stream {
	struct link link;
	struct area area;
	struct vmmc_proxy *proxy;
	struct sock_counts *counts;
	uint32_t peer_ring_bytes;
	bool broken; /* by vmmc_on_broken(): the proxy knows why */
	/* out */
	struct stream_cursor records_out;
	uint32_t data_out;
	uint64_t staging;     /* mirrors the peer's data ring; 0 until the first two-copy send */
	uint64_t last_ticket; /* of the last deposit that the NIC fetches; 0: none */
	/* in */
	struct stream_reader in;
	uint32_t told_records, told_data;
	struct direct direct;
	bool holding; /* heads are told when the call waits or ends */
};

/* stream_new: over `area`, which the stream takes; peer_ring_bytes and proxy follow when they are known.  link.stop()
 * frees it. */
struct stream *stream_new(const struct area *area, struct sock_counts *counts);

#endif

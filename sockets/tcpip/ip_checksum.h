/* The Internet checksum (RFC 1071). */
#ifndef SOCKETS_IP_CHECKSUM_H
#define SOCKETS_IP_CHECKSUM_H

#include "sockets/tcpip/ip.h"

/* ip_checksum: of `bytes` bytes, as it is stored; 0 for bytes that contain a right one. */
uint16_t ip_checksum(const void *data, uint32_t bytes);
/* ip_packet_checksum: of a packet's bytes and the pseudo header of TCP and UDP (addresses, protocol, length). */
uint16_t ip_packet_checksum(const struct ip_packet *p);

#endif

/* CRC-8 of the link: x^8 + x^2 + x + 1 (the polynomial of the ATM header check), most significant bit first, start 0.
 *
 * The residue of a received packet, the CRC of its data XOR its CRC byte, is 0 if it is good.  The code is linear:
 * flipping the bit that is `position` bits before the end of the packet (0 = last bit of the CRC byte) changes the
 * residue by crc8_of_bit(position), whatever the data are.  The order of x modulo the polynomial is 127, so two flips a
 * multiple of 127 bits apart go undetected. */
#ifndef NIC_SIM_CRC8_H
#define NIC_SIM_CRC8_H

#include <stddef.h>
#include <stdint.h>

#define CRC8_POLYNOMIAL 0x07u
#define CRC8_ORDER      127u

uint8_t crc8(const uint8_t *bytes, size_t n);
uint8_t crc8_of_bit(uint64_t position);

#endif

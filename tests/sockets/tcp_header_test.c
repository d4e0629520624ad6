/* TCP's bytes: headers as RFC 793 has them, against vectors that were computed by another program; what makes no sense
 * is refused; sequence numbers that wrap; the ring that keeps a stream. */
#include "sockets/tcpip/tcp_state.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* Both from 10.0.0.1, port 0x1234, to 10.0.0.2, port 80. */
static const uint8_t syn_bytes[] = {0x12, 0x34, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0x00, 0x00, 0x00, 0x00,
                                    0x60, 0x02, 0xFF, 0xFF, 0x6D, 0x9A, 0x00, 0x00, 0x02, 0x04, 0x05, 0xB4};
static const uint8_t data_bytes[] = {0x12, 0x34, 0x00, 0x50, 0xFF, 0xFF, 0xFF, 0xFE, 0x0A, 0x0B, 0x0C, 0x0D,
                                     0x50, 0x18, 0x03, 0xE8, 0x9B, 0xDF, 0x00, 0x00, 'o',  'd',  'd'};

static const struct tcp_segment syn = {
        .from_port = 0x1234, .to_port = 80, .sequence = 0x01020304, .flags = TCP_SYN, .window = 65535, .mss = 1460};
static const struct tcp_segment data = {.from_port = 0x1234,
                                        .to_port = 80,
                                        .sequence = 0xFFFFFFFE,
                                        .acknowledgement = 0x0A0B0C0D,
                                        .flags = TCP_PSH | TCP_ACK,
                                        .window = 1000,
                                        .bytes = 3};

static struct ip_packet *
packet_of(const uint8_t *bytes, uint32_t n)
{
	struct ip_packet *p = ip_packet_new(IP_TCP, n);

	p->to = 1;
	memcpy(p->data, bytes, n);
	return p;
}

START_TEST(encoding)
{
	struct ip_packet *p = tcp_encode(&syn);

	tcp_seal(p, 0, 1);
	ck_assert_uint_eq(p->bytes, sizeof syn_bytes);
	ck_assert_mem_eq(p->data, syn_bytes, sizeof syn_bytes);
	ip_packet_free(p);

	p = tcp_encode(&data);
	memcpy(tcp_content(p), "odd", 3);
	tcp_seal(p, 0, 1);
	ck_assert_uint_eq(p->bytes, sizeof data_bytes);
	ck_assert_mem_eq(p->data, data_bytes, sizeof data_bytes);
	ip_packet_free(p);
}
END_TEST

START_TEST(decoding)
{
	struct ip_packet *p = packet_of(syn_bytes, sizeof syn_bytes);
	struct tcp_segment s;

	ck_assert(tcp_decode(p, &s));
	ck_assert_uint_eq(s.sequence, syn.sequence);
	ck_assert_uint_eq(s.flags, TCP_SYN);
	ck_assert_uint_eq(s.window, 65535);
	ck_assert_uint_eq(s.mss, 1460);
	ck_assert_uint_eq(s.bytes, 0);
	ip_packet_free(p);

	p = packet_of(data_bytes, sizeof data_bytes);
	ck_assert(tcp_decode(p, &s));
	ck_assert_uint_eq(s.from_port, 0x1234);
	ck_assert_uint_eq(s.acknowledgement, data.acknowledgement);
	ck_assert_uint_eq(s.bytes, 3);
	ck_assert_mem_eq(s.data, "odd", 3);
	ip_packet_free(p);
}
END_TEST

/* Every flipped bit is found, and so are an address that is not the right one, and a header that is cut off. */
START_TEST(damage)
{
	struct tcp_segment s;

	for (unsigned bit = 0; bit < 8 * sizeof data_bytes; bit++) {
		struct ip_packet *p = packet_of(data_bytes, sizeof data_bytes);

		p->data[bit / 8] ^= 1u << bit % 8;
		ck_assert(!tcp_decode(p, &s));
		ip_packet_free(p);
	}
	for (uint32_t n = 0; n < sizeof syn_bytes; n++) {
		struct ip_packet *p = packet_of(syn_bytes, n);

		if (n >= TCP_HEADER_BYTES) {
			memset(p->data + 16, 0, 2);
			tcp_seal(p, 0, 1);
		}
		ck_assert(!tcp_decode(p, &s));
		ip_packet_free(p);
	}
	struct ip_packet *p = packet_of(data_bytes, sizeof data_bytes);
	p->to = 2;
	ck_assert(!tcp_decode(p, &s));
	ip_packet_free(p);
}
END_TEST

/* A right checksum over a header that is too short, or over options without end. */
static const struct {
	uint8_t offset, option[4];
} nonsense[] = {{0x00, {0}},          {0x40, {0}},          {0x70, {0}},          {0x60, {2, 0, 0, 0}},
                {0x60, {2, 1, 0, 0}}, {0x60, {1, 1, 1, 2}}, {0x60, {8, 10, 0, 0}}};

START_TEST(senselessness)
{
	struct ip_packet *p = packet_of(syn_bytes, sizeof syn_bytes);
	struct tcp_segment s;

	p->data[12] = nonsense[_i].offset;
	memcpy(p->data + TCP_HEADER_BYTES, nonsense[_i].option, 4);
	memset(p->data + 16, 0, 2);
	tcp_seal(p, 0, 1);
	ck_assert(!tcp_decode(p, &s));
	ip_packet_free(p);
}
END_TEST

START_TEST(wrapping)
{
	ck_assert(tcp_before(UINT32_MAX, 0));
	ck_assert(tcp_before(UINT32_MAX - 10, 10));
	ck_assert(!tcp_before(10, UINT32_MAX - 10));
	ck_assert(!tcp_before(7, 7));
	ck_assert(tcp_not_after(7, 7));
	ck_assert(tcp_before(0x7FFFFFFF, 0x80000000));
}
END_TEST

/* A stream through a ring, in pieces of changing size, each followed by one that came too early. */
START_TEST(ring)
{
	enum { TOTAL = 200000, MOST = 3000 };
	struct tcp_ring r = {0};
	uint8_t bytes[2 * MOST];
	uint32_t put = 0, got = 0;

	while (got < TOTAL) {
		uint32_t n = put % MOST + 1, m = got % (MOST / 2) + 1;

		for (uint32_t i = 0; i < 2 * n; i++)
			bytes[i] = (uint8_t)((put + i) * 31 / 7);
		tcp_ring_write(&r, r.used + n, bytes + n, n);
		tcp_ring_write(&r, r.used, bytes, n);
		tcp_ring_extend(&r, 2 * n);
		put += 2 * n;
		while (r.used >= m) {
			tcp_ring_read(&r, 0, bytes, m);
			for (uint32_t i = 0; i < m; i++)
				ck_assert_uint_eq(bytes[i], (uint8_t)((got + i) * 31 / 7));
			tcp_ring_drop(&r, m);
			got += m;
		}
	}
	ck_assert_uint_eq(put - got, r.used);
	ck_assert_uint_le(r.size, 16384);
	tcp_ring_free(&r);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("TCP's bytes");
	TCase *cases = tcase_create("TCP's bytes");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(cases, encoding);
	tcase_add_test(cases, decoding);
	tcase_add_test(cases, damage);
	tcase_add_loop_test(cases, senselessness, 0, G_N_ELEMENTS(nonsense));
	tcase_add_test(cases, wrapping);
	tcase_add_test(cases, ring);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#include "experiments/app_ftp_line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The first line of what has been received moves to `text`; false if there is no whole one. */
static bool
take_received(struct ftp_line *l, char text[FTP_LINE])
{
	const char *end = memchr(l->received, '\n', l->n);
	size_t length = end ? (size_t)(end - l->received) : 0, taken = length + 1;

	if (!end && l->n < FTP_LINE)
		return false;
	if (!end)
		length = taken = FTP_LINE - 1;
	memcpy(text, l->received, length);
	if (length > 0 && text[length - 1] == '\r')
		length--;
	text[length] = '\0';
	l->n -= taken;
	memmove(l->received, l->received + taken, l->n);
	return true;
}

bool
ftp_take(struct ftp_line *l, char text[FTP_LINE])
{
	while (!take_received(l, text)) {
		ssize_t got = recv(l->fd, l->received + l->n, FTP_LINE - l->n, 0);

		if (got <= 0)
			return false;
		l->n += (size_t)got;
	}
	return true;
}

bool
ftp_say(const struct ftp_line *l, const char *format, ...)
{
	char text[FTP_LINE];
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	vsnprintf(text, sizeof text - 2, format, arguments);
	va_end(arguments);
	strcat(text, "\r\n");
	length = strlen(text);
	for (size_t done = 0; done < length;) {
		ssize_t sent = send(l->fd, text + done, length - done, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		done += (size_t)sent;
	}
	return true;
}

void
ftp_address_text(const struct sockaddr_in *address, char text[FTP_ADDRESS])
{
	uint32_t host = ntohl(address->sin_addr.s_addr);
	uint16_t port = ntohs(address->sin_port);

	snprintf(text, FTP_ADDRESS, "%u,%u,%u,%u,%u,%u", host >> 24, host >> 16 & 0xff, host >> 8 & 0xff, host & 0xff,
	         (unsigned)port >> 8, port & 0xffu);
}

bool
ftp_address(const char *text, struct sockaddr_in *address)
{
	const char *open = strchr(text, '(');
	unsigned n[6];
	int end = 0; /* where the closing bracket was */

	if (!open || sscanf(open, "(%u,%u,%u,%u,%u,%u)%n", &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &end) != 6 ||
	    end == 0)
		return false;
	for (unsigned i = 0; i < 6; i++)
		if (n[i] > 0xff)
			return false;
	*address = (struct sockaddr_in){.sin_family = AF_INET,
	                                .sin_port = htons((uint16_t)(n[4] << 8 | n[5])),
	                                .sin_addr.s_addr = htonl(n[0] << 24 | n[1] << 16 | n[2] << 8 | n[3])};
	return true;
}

/* The control connection of FTP: lines of text, each way (RFC 959, section 5.3). */
#ifndef EXPERIMENTS_APP_FTP_LINE_H
#define EXPERIMENTS_APP_FTP_LINE_H

#include "experiments/app.h"

#define FTP_LINE 256u /* bytes of a line, its end included; longer ones are cut */

struct ftp_line {
	int fd;
	char received[FTP_LINE]; /* behind the line that was taken last */
	size_t n;
};

/* ftp_take: the next line, without its end; false at the end of the connection, or if it broke. */
bool ftp_take(struct ftp_line *l, char text[FTP_LINE]);
/* ftp_say: a line, as printf; false if the connection broke. */
bool ftp_say(const struct ftp_line *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Addresses as PASV tells them, "h1,h2,h3,h4,p1,p2"; ftp_address: false if there is none in the text. */
#define FTP_ADDRESS 24u /* bytes of such a text */
void ftp_address_text(const struct sockaddr_in *address, char text[FTP_ADDRESS]);
bool ftp_address(const char *text, struct sockaddr_in *address);

#endif

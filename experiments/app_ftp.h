/* File transfer (RFC 959, a part of it): program 0 is a server that spawns a process for each control connection; every
 * other program logs in, and for each file puts one of its own, gets it back, gets one that the server has, compares
 * all contents, and quits.
 *
 * Files are made of app_byte(), those of the server when they are asked for: "file-10000" has 10000 bytes.  There is
 * no disk, so what is measured is the network's part; memory is read and written in pieces of FTP_PIECE, as the
 * programs of that time did with a file's blocks.
 *
 * Control connections have TCP_NODELAY: else Nagle's algorithm holds reply 226 until 150 is acknowledged, which the
 * client delays, and every transfer over TCP takes that much longer.
 *
 * The server knows USER, PASS, TYPE I, PASV, RETR, STOR, NOOP and QUIT; data connections are passive ones, binary, one
 * a transfer. */
#ifndef EXPERIMENTS_APP_FTP_H
#define EXPERIMENTS_APP_FTP_H

#include "experiments/app.h"

#define FTP_PIECE        8192u /* B: a file system's block */
#define FTP_FILE_MOST    (1u << 22)
#define FTP_CLIENTS_MOST 16u

enum ftp_direction { FTP_GET, FTP_PUT };

struct app_ftp {
	uint32_t file_bytes; /* of every file */
	uint32_t files;      /* that each client puts, gets back, and gets */
	/* moved: a transfer of the client's is over: the data took so long (from reply 150 to reply 226), all of it so
	 * long (from PASV on, with the data connection's set-up); may be NULL. */
	void (*moved)(const struct app_ftp *job, enum ftp_direction direction, double data_us, double all_us);
};

void app_ftp(struct app *app);
/* Its two halves. */
void app_ftp_server(struct app *app);
void app_ftp_client(struct app *app);

#endif

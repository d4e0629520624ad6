/* Workloads of Fast Sockets: transactions over a connection that is kept or made anew, and file transfer. */
#include "experiments/app_ftp.h"
#include "experiments/app_run.h"
#include "experiments/app_transactions.h"
#include "experiments/workload.h"

#include <glib.h>

#define HOSTS_MOST 16

static uint32_t
number(const struct point *point, const char *name)
{
	return (uint32_t)point_number(point, name);
}

/* Both place program 0, the server, on server_host. */
#define PLACE_PARAMETERS                                                                                               \
	{"server_host", "0", 0, HOSTS_MOST - 1, 0, NULL, "the server runs on this host"},                              \
	{                                                                                                              \
		"client_host", "1", 0, HOSTS_MOST - 1, 0, NULL, "and the clients on this one"                          \
	}

static bool
place(struct app_run *run, const struct point *point, char **error)
{
	run->placing = APP_TWO_HOSTS;
	run->server_host = number(point, "server_host");
	run->client_host = number(point, "client_host");
	run->hosts = MAX(run->server_host, run->client_host) + 1;
	if (run->server_host == run->client_host)
		*error = g_strdup_printf("client_host=%u: is the server's as well; allowed: another", run->client_host);
	return run->server_host != run->client_host;
}

/* Transactions. --------------------------------------------------------------------------------------- */

static enum exit_code
run_transactions(const struct point *point, struct results *results, char **error)
{
	const struct app_transactions job = {.transactions = number(point, "transactions"),
	                                     .request_bytes = number(point, "request_B"),
	                                     .reply_bytes = number(point, "reply_B"),
	                                     .anew = point_is(point, "connection", "anew")};
	struct app_run run = {.program = app_transactions, .job = &job, .n = 2};
	enum exit_code code;
	double time;

	if (!place(&run, point, error))
		return EXIT_BAD_INPUT;
	code = app_run(&run, point, results, error);
	if (code == EXIT_DONE && results_get(results, "time_us", &time))
		results_set(results, "bandwidth_MB_s", (double)job.reply_bytes * job.transactions / time);
	return code;
}

const struct workload app_transactions_workload = {
        .name = "transactions",
        .hosts = 2,
        .firmware = talk_firmware,
        .doc = "a client sends a request and waits for the reply, over one connection or a new one each time",
        .parameters =
                (const struct workload_parameter[]){
                        {"request_B", "1", 1, APP_TRANSACTION_MOST, 0, NULL, "size of a request, B"},
                        {"reply_B", "1", 1, APP_TRANSACTION_MOST, 0, NULL, "size of a reply, B"},
                        {"transactions", "100", 1, 1000000, 0, NULL, "that are measured"},
                        {"connection", "kept", 0, 0, 0, "kept anew", "one for all, or one for each"},
                        PLACE_PARAMETERS,
                        APP_RUN_PARAMETERS,
                        {0},
                },
        .metrics =
                (const struct workload_metric[]){
                        APP_RUN_METRICS("transactions"),
                        {"bandwidth_MB_s", "replies over the time, MB/s"},
                        {0},
                },
        .run = run_transactions,
};

/* File transfer. -------------------------------------------------------------------------------------- */

struct ftp {
	struct app_ftp job; /* first: moved() casts back */
	/* by direction */
	double data_us[2], all_us[2];
	uint32_t moved[2];
};

static void
moved(const struct app_ftp *job, enum ftp_direction direction, double data_us, double all_us)
{
	struct ftp *f = (struct ftp *)job;

	f->data_us[direction] += data_us;
	f->all_us[direction] += all_us;
	f->moved[direction]++;
}

static void
set_rates(const struct ftp *f, struct results *results)
{
	static const char *const data[] = {[FTP_GET] = "get_MB_s", [FTP_PUT] = "put_MB_s"},
	                         *const all[] = {[FTP_GET] = "get_all_MB_s", [FTP_PUT] = "put_all_MB_s"};

	double sum = 0, time;

	for (unsigned i = 0; i < 2; i++) {
		double bytes = (double)f->job.file_bytes * f->moved[i];

		results_set(results, data[i], bytes / f->data_us[i]);
		results_set(results, all[i], bytes / f->all_us[i]);
		sum += bytes;
	}
	if (results_get(results, "time_us", &time))
		results_set(results, "bandwidth_MB_s", sum / time);
}

static enum exit_code
run_ftp(const struct point *point, struct results *results, char **error)
{
	struct ftp f = {
	        .job = {.file_bytes = number(point, "file_B"), .files = number(point, "files"), .moved = moved}};
	struct app_run run = {.program = app_ftp, .job = &f.job, .n = number(point, "clients") + 1};
	enum exit_code code;

	if (!place(&run, point, error))
		return EXIT_BAD_INPUT;
	code = app_run(&run, point, results, error);
	if (code == EXIT_DONE)
		set_rates(&f, results);
	return code;
}

const struct workload app_ftp_workload = {
        .name = "ftp",
        .hosts = 2,
        .firmware = talk_firmware,
        .doc = "FTP: a server that spawns a process for each client; files are put, got back, and compared",
        .parameters =
                (const struct workload_parameter[]){
                        {"file_B", "65536", 1, FTP_FILE_MOST, 0, NULL, "size of a file, B"},
                        {"files", "4", 1, 1000, 0, NULL, "that each client puts, gets back, and gets"},
                        {"clients", "1", 1, FTP_CLIENTS_MOST, 0, NULL, "at the same time"},
                        PLACE_PARAMETERS,
                        APP_RUN_PARAMETERS,
                        {0},
                },
        .metrics =
                (const struct workload_metric[]){
                        APP_RUN_METRICS("transfers"),
                        {"get_MB_s", "GET: contents over the time from reply 150 to reply 226, a client's, MB/s"},
                        {"put_MB_s", "PUT: the same"},
                        {"get_all_MB_s", "GET: contents over the time from PASV to reply 226, with the data "
                                         "connection's set-up, MB/s"},
                        {"put_all_MB_s", "PUT: the same"},
                        {"bandwidth_MB_s", "contents of all files, both ways, over the whole time, MB/s"},
                        {0},
                },
        .run = run_ftp,
};

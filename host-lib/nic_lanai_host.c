/* The driver's side of the running firmware: signals, commands, interrupts. */
#include "host-lib/nic_lanai.h"

#include "host-lib/lanai_boot.h"

/* Words of the NIC's window. -----------------------------------------------------------------------------------------
 */

void
fw_write(struct lanai_nic *nic, uint32_t offset, const uint32_t *words, unsigned n)
{
	hb_pio_write_wait(nic->base.host->bus, offset, words, n, 0);
}

void
fw_write_word(struct lanai_nic *nic, uint32_t offset, uint32_t word)
{
	fw_write(nic, offset, &word, 1);
}

uint32_t
fw_read(struct lanai_nic *nic, uint32_t offset)
{
	return hb_pio_read_wait(nic->base.host->bus, offset);
}

enum vmmc_nic_result
fw_await(struct lanai_nic *nic, uint32_t offset, uint32_t value, sim_time patience)
{
	sim_time deadline = sim_now() + patience;
	unsigned epoch = nic->epoch;

	while (fw_read(nic, offset) != value)
		if (sim_now() > deadline || nic->dead || nic->epoch != epoch)
			return VMMC_NIC_DEAD;
	return VMMC_NIC_OK;
}

/* Waits until the firmware has counted signal `number`. */
static enum vmmc_nic_result
await_signal(struct lanai_nic *nic, uint32_t number, sim_time deadline)
{
	unsigned epoch = nic->epoch;

	while ((int32_t)(fw_read(nic, LANAI_CTRL(synced)) - number) < 0)
		if (sim_now() > deadline || nic->dead || nic->epoch != epoch)
			return VMMC_NIC_DEAD;
	return nic->dead || nic->epoch != epoch ? VMMC_NIC_DEAD : VMMC_NIC_OK;
}

/* One at a time: between the answer to the last one and the next one nothing blocks. */
enum vmmc_nic_result
fw_signal(struct lanai_nic *nic)
{
	sim_time deadline = sim_now() + LANAI_PATIENCE;
	uint32_t mine;

	if (nic->dead)
		return VMMC_NIC_DEAD;
	do {
		mine = nic->signals;
		if (await_signal(nic, mine, deadline) != VMMC_NIC_OK)
			return VMMC_NIC_DEAD;
	} while (mine != nic->signals);
	mine = ++nic->signals;
	fw_write_word(nic, NIC_WINDOW_REGS + LANAI_ISR, LANAI_ISR_LAN0_SIG);
	return await_signal(nic, mine, deadline);
}

enum vmmc_nic_result
fw_quiesce(struct vmmc_nic *base)
{
	return fw_signal((struct lanai_nic *)base);
}

/* Commands. ----------------------------------------------------------------------------------------------------------
 */

static void
lock_command(struct lanai_nic *nic)
{
	while (nic->commanding) {
		g_queue_push_tail(&nic->commander, task_self());
		cpu_block("the NIC's command words", SIM_NEVER);
	}
	nic->commanding = true;
}

static void
unlock_command(struct lanai_nic *nic)
{
	struct task *next = g_queue_pop_head(&nic->commander);

	nic->commanding = false;
	if (next)
		cpu_poke(next);
}

/* The words from vmmc_ctrl.command on; the operation is written last, since another task's signal may come first. */
static enum vmmc_nic_result
command(struct lanai_nic *nic, unsigned epoch, const uint32_t *words, unsigned n)
{
	enum vmmc_nic_result result = VMMC_NIC_DEAD;

	lock_command(nic);
	if (!nic->dead && nic->epoch == epoch) {
		hb_pio_publish_wait(nic->base.host->bus, LANAI_CTRL(command), words, n, 0);
		result = fw_signal(nic);
	}
	unlock_command(nic);
	return result;
}

enum vmmc_nic_result
fw_forget(struct vmmc_nic_queue *q, uint64_t address, unsigned n)
{
	const uint32_t words[] = {VMMC_COMMAND_FORGET, q->index, (uint32_t)(address >> VMMC_PAGE_SHIFT), n};

	return command(q->nic, q->epoch, words, G_N_ELEMENTS(words));
}

void
fw_install(struct vmmc_nic *base, const uint32_t *entries, unsigned n)
{
	struct lanai_nic *nic = (struct lanai_nic *)base;
	uint32_t words[4 + VMMC_PREFETCH_MAX] = {VMMC_COMMAND_INSTALL, nic->missed_process, nic->missed_page};

	words[3] = MIN(n, VMMC_PREFETCH_MAX);
	for (unsigned i = 0; i < words[3]; i++)
		words[4 + i] = entries[i];
	command(nic, nic->epoch, words, 4 + words[3]);
}

void
fw_peer_up(struct vmmc_nic *base, uint32_t node)
{
	const uint32_t words[] = {VMMC_COMMAND_PEER_UP, node};
	struct lanai_nic *nic = (struct lanai_nic *)base;

	command(nic, nic->epoch, words, G_N_ELEMENTS(words));
}

void
fw_stop(struct vmmc_nic *base)
{
	struct lanai_nic *nic = (struct lanai_nic *)base;

	nic->dead = true;
	fw_write_word(nic, NIC_WINDOW_CONTROL, NIC_CONTROL_RESET_ON);
}

/* Watched pages. -----------------------------------------------------------------------------------------------------
 */

static void
write_watch(struct lanai_nic *nic, uint32_t at, uint32_t word)
{
	if (!nic->dead)
		fw_write_word(nic, at, word);
}

static void
mark(struct lanai_nic *nic, unsigned frame, bool on)
{
	uint32_t *word = &nic->watch[frame / 32], bit = 1u << frame % 32;

	if (on == ((*word & bit) != 0))
		return;
	*word ^= bit;
	nic->watched += on ? 1u : -1u;
}

void
fw_watch(struct vmmc_nic *base, const unsigned *frames, unsigned n, bool on)
{
	struct lanai_nic *nic = (struct lanai_nic *)base;
	unsigned before, row = VMMC_MAX_FRAMES;
	uint32_t any;

	cpu_settle(); /* of calls that overlap the last one to count writes last */
	before = nic->watched;
	for (unsigned i = 0; i < n; i++)
		mark(nic, frames[i], on);
	any = nic->watched != 0;
	if ((before != 0) != any)
		write_watch(nic, LANAI_CTRL(watching), any);
	for (unsigned i = 0; i < n; i++)
		if (frames[i] / 32 != row) {
			row = frames[i] / 32;
			write_watch(nic, NIC_WINDOW_SRAM + VMMC_WATCH + 4 * row, nic->watch[row]);
		}
}

void
fw_watchdog(struct vmmc_nic_queue *q, sim_time after)
{
	if (!fw_is_dead(q))
		fw_write_word(q->nic, LANAI_PROC(q, watchdog), after ? lanai_ticks(after) : 0);
}

void
fw_waiting(struct vmmc_nic_queue *q, bool begins)
{
	uint32_t *waits = &q->nic->waits[q->index];

	if (fw_is_dead(q))
		return;
	cpu_settle();
	q->nic->waiting[q->index] += begins ? 1u : -1u;
	*waits = ((*waits >> 1) + 1) << 1 | (q->nic->waiting[q->index] != 0);
	fw_write_word(q->nic, LANAI_PROC(q, waits), *waits);
}

/* Interrupts. --------------------------------------------------------------------------------------------------------
 */

static void
read_notes(struct lanai_nic *nic, struct vmmc_nic_news *news)
{
	uint32_t notified = fw_read(nic, LANAI_CTRL(notified));

	if (notified - nic->notes > VMMC_NOTES) {
		news->notes_lost = true;
		nic->notes = notified;
	}
	for (; nic->notes != notified; nic->notes++)
		news->note[news->n_notes++] = fw_read(nic, LANAI_CTRL(note) + 4 * (nic->notes % VMMC_NOTES));
}

static void
read_down(struct lanai_nic *nic, struct vmmc_nic_news *news)
{
	unsigned words = (nic->base.host->machine->n_hosts + 31) / 32;

	for (unsigned i = 0; i < words; i++)
		news->down |= (uint64_t)fw_read(nic, LANAI_CTRL(down) + 4 * i) << 32 * i;
}

static void
read_miss(struct lanai_nic *nic, struct vmmc_nic_news *news)
{
	news->missed = fw_read(nic, LANAI_CTRL(miss.wanted)) == 1;
	if (!news->missed)
		return;
	nic->missed_process = fw_read(nic, LANAI_CTRL(miss.process)) % VMMC_MAX_PROCESSES;
	nic->missed_page = fw_read(nic, LANAI_CTRL(miss.page));
	news->miss.queue = nic->queues[nic->missed_process];
	news->miss.page = nic->missed_page;
	news->miss.count = fw_read(nic, LANAI_CTRL(miss.count));
}

enum vmmc_nic_result
fw_interrupt(struct vmmc_nic *base, struct vmmc_nic_news *news)
{
	struct lanai_nic *nic = (struct lanai_nic *)base;
	unsigned epoch = nic->epoch;

	fw_write_word(nic, NIC_WINDOW_REGS + LANAI_ISR, LANAI_ISR_HOST_SIG);
	if (fw_read(nic, LANAI_CTRL(ready)) == VMMC_REFUSED)
		return VMMC_NIC_DEAD;
	read_notes(nic, news);
	read_down(nic, news);
	if (base->host->params->translation_by_interrupt)
		read_miss(nic, news);
	return nic->dead || nic->epoch != epoch ? VMMC_NIC_DEAD : VMMC_NIC_OK;
}

/* Counts. ------------------------------------------------------------------------------------------------------------
 */

static const char *const counter_names[VMMC_N_COUNTERS] = {
        [VMMC_C_SHORT_SENDS] = "short_sends",
        [VMMC_C_LONG_SENDS] = "long_sends",
        [VMMC_C_PACKETS_SENT] = "packets_sent",
        [VMMC_C_RETRANSMITTED] = "retransmitted",
        [VMMC_C_TIMEOUTS] = "timeouts",
        [VMMC_C_ACKS_SENT] = "acks_sent",
        [VMMC_C_ACKS_RECEIVED] = "acks_received",
        [VMMC_C_DEPOSITS] = "deposits",
        [VMMC_C_DEPOSIT_BYTES] = "deposit_bytes",
        [VMMC_C_DROP_CRC] = "drop_crc",
        [VMMC_C_DROP_TYPE] = "drop_type",
        [VMMC_C_DROP_DUPLICATE] = "drop_duplicate",
        [VMMC_C_DROP_GAP] = "drop_gap",
        [VMMC_C_DROP_PROTECTION] = "drop_protection",
        [VMMC_C_BAD_DESCRIPTOR] = "bad_descriptor",
        [VMMC_C_LONG_PACKETS] = "long_packets",
        [VMMC_C_BUS_ERRORS] = "bus_errors",
        [VMMC_C_COMPLETIONS] = "completions",
        [VMMC_C_NACKS_SENT] = "nacks_sent",
        [VMMC_C_NACKS_RECEIVED] = "nacks_received",
        [VMMC_C_NETWORK_RESETS] = "network_resets",
        [VMMC_C_NOTIFICATIONS] = "notifications",
        [VMMC_C_CACHE_HITS] = "cache_hits",
        [VMMC_C_CACHE_MISSES] = "cache_misses",
        [VMMC_C_WALKS] = "walks",
        [VMMC_C_ENTRIES_FETCHED] = "entries_fetched",
        [VMMC_C_MISS_INTERRUPTS] = "miss_interrupts",
        [VMMC_C_POSTS] = "posts",
        [VMMC_C_POSTS_REFUSED] = "posts_refused",
        [VMMC_C_REDIRECTED_BYTES] = "redirected_bytes",
        [VMMC_C_PEERS_DOWN] = "peers_down",
        [VMMC_C_DROP_SESSION] = "drop_session",
        [VMMC_C_UNREACHABLE] = "unreachable",
        [VMMC_C_ARRIVALS] = "arrivals",
        [VMMC_C_WATCHDOGS] = "watchdogs",
        [VMMC_C_INTERRUPTS] = "interrupts",
};

unsigned
fw_counters(struct vmmc_nic *base, struct vmmc_nic_counter *counters, unsigned max)
{
	for (unsigned i = 0; i < MIN(max, (unsigned)VMMC_N_COUNTERS); i++) {
		counters[i].name = counter_names[i];
		counters[i].value = nic_read(base->host->nic, LANAI_CTRL(counter) + 4 * i);
	}
	return VMMC_N_COUNTERS;
}

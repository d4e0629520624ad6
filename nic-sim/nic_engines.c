/* The three DMA engines.  Data move in one piece when a transfer ends; progress in between is computed when somebody
 * looks. */
#include "nic-sim/nic_internal.h"

#include "nic-sim/trace.h"

#include <string.h>

#define WORD 4u

static inline uint32_t
round_up(uint32_t bytes)
{
	return (bytes + WORD - 1) & ~(WORD - 1);
}

/* in_sram: whole words inside SRAM. */
static inline bool
in_sram(const struct nic *nic, uint32_t address, uint32_t bytes)
{
	uint32_t size = lanai_sram_bytes(nic->core);

	return address % WORD == 0 && address <= size && bytes <= size - address;
}

static inline uint32_t
tag_of(const struct nic *nic, uint32_t address)
{
	return nic->tags[address >> TAG_SHIFT];
}

static void
set_tags(struct nic *nic, uint32_t address, uint32_t bytes, uint32_t tag)
{
	if (!trace_recording() || bytes == 0)
		return;
	for (uint32_t i = address >> TAG_SHIFT; i <= (address + bytes - 1) >> TAG_SHIFT; i++)
		nic->tags[i] = tag;
}

/* Host DMA. -------------------------------------------------------------------------------- */

static bool
move_to_host(struct nic *nic)
{
	const struct host_dma *d = &nic->dma;

	hb_pio_settle(nic->bus);
	if (!hb_dma_to_host(nic->bus, d->address, lanai_sram(nic->core) + d->sram, d->bytes))
		return false;
	trace_point(tag_of(nic, d->sram), TRACE_STAGE_DEPOSITED, nic->node);
	return true;
}

static bool
move_from_host(struct nic *nic)
{
	const struct host_dma *d = &nic->dma;

	if (!nic_touch_sram(nic, d->sram, d->bytes))
		return true; /* into code: the LANai stopped instead */
	if (!hb_dma_from_host(nic->bus, d->address, lanai_sram(nic->core) + d->sram, d->bytes))
		return false;
	trace_point(tag_of(nic, d->sram), TRACE_STAGE_FETCHED, nic->node);
	return true;
}

static void
dma_done(void *arg, bool ok)
{
	struct nic *nic = arg;
	struct host_dma *d = &nic->dma;

	d->busy = false;
	nic->counts.dma_busy += sim_now() - d->since;
	ok = ok && (d->to_host ? move_to_host(nic) : move_from_host(nic));
	trace_event(SIM_RANK_NODE + nic->node, TRACE_DMA_DONE, d->bytes | (uint64_t)d->to_host << 32);
	port_update(nic);
	regs_flag(nic, LANAI_ISR_DMA | (ok ? 0 : LANAI_ISR_WDOG), 0);
}

void
dma_start(struct nic *nic, uint32_t bytes)
{
	struct host_dma *d = &nic->dma;
	uint32_t sram = REG(nic, LAR);

	if (d->busy) {
		nic_mistake(nic, "host DMA started while it runs", bytes);
		return;
	}
	if (bytes > LANAI_SRAM_MAX || REG(nic, EAR) % WORD || !in_sram(nic, sram, round_up(bytes)) || !nic->bus) {
		nic_mistake(nic, "host DMA outside SRAM or not word-aligned", sram);
		regs_flag(nic, LANAI_ISR_DMA | LANAI_ISR_WDOG, 0);
		return;
	}
	*d = (struct host_dma){.busy = true,
	                       .to_host = !(REG(nic, DMA_DIR) & 1),
	                       .address = REG(nic, EAR),
	                       .sram = sram,
	                       .bytes = round_up(bytes),
	                       .since = sim_now()};
	d->rate = hb_dma_rate(nic->bus, d->bytes, nic->port_rate);
	trace_point(tag_of(nic, sram), d->to_host ? TRACE_STAGE_DEPOSIT : TRACE_STAGE_FETCH, nic->node);
	hb_dma_start(nic->bus, d->address, d->bytes, nic->port_rate, dma_done, nic);
	port_update(nic);
}

uint32_t
dma_left(const struct nic *nic)
{
	return nic->dma.busy ? hb_dma_left(nic->bus) : 0;
}

/* Send DMA. -------------------------------------------------------------------------------- */

/* send_piece: the next bytes of the packet; the first open it. */
static void
send_piece(struct nic *nic, const uint8_t *data, uint32_t bytes, bool tail, uint32_t tag)
{
	struct send_dma *s = &nic->send;
	bool opens = !s->busy;

	if (opens) {
		*s = (struct send_dma){.busy = true, .since = sim_now()};
		port_update(nic);
	}
	if (!fabric_send(nic->fabric, nic->node, data, bytes, tail, tag)) {
		nic_mistake(nic, "send while a packet leaves, without a cable, or too long", bytes);
		s->busy = !opens;
		port_update(nic);
		return;
	}
	s->bytes += bytes;
	if (opens)
		regs_flag(nic, 0, LANAI_ISR_SEND_RDY);
	if (tail)
		trace_point(tag, TRACE_STAGE_INJECT, nic->node);
}

void
send_words(struct nic *nic, uint32_t last, bool tail)
{
	uint32_t first = REG(nic, SMP), skip = REG(nic, SA) % WORD;

	if (last % WORD || last < first || last > LANAI_SRAM_MAX || !in_sram(nic, first, last + WORD - first)) {
		nic_mistake(nic, "send DMA outside SRAM or not word-aligned", last);
		return;
	}
	send_piece(nic, lanai_sram(nic->core) + first + skip, last + WORD - first - skip, tail, tag_of(nic, first));
	regs_store(nic, LANAI_SMP, last + WORD);
}

void
send_literal(struct nic *nic, uint32_t value, unsigned bytes)
{
	uint8_t piece[WORD];

	for (unsigned i = 0; i < bytes; i++)
		piece[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
	send_piece(nic, piece, bytes, false, 0);
}

void
send_tail(struct nic *nic)
{
	static const uint8_t nothing[1];

	if (nic->send.busy)
		send_piece(nic, nothing, 0, true, 0);
	else
		nic_mistake(nic, "tail without a packet", 0);
}

static void
send_over(struct nic *nic, uint32_t flag)
{
	nic->counts.send_busy += sim_now() - nic->send.since;
	nic->send = (struct send_dma){0};
	port_update(nic);
	regs_flag(nic, flag | LANAI_ISR_SEND_RDY, 0);
}

static void
port_sent(void *arg)
{
	struct nic *nic = arg;

	nic->counts.packets_sent++;
	nic->counts.bytes_sent += nic->send.bytes;
	send_over(nic, LANAI_ISR_SEND);
}

/* Receive DMA. ----------------------------------------------------------------------------- */

void
receive_set_pointer(struct nic *nic, uint32_t value)
{
	if (nic->receive.state == RECEIVE_OFF)
		REG(nic, RMP) = value;
	else
		nic_mistake(nic, "RMP written while receive DMA is armed", value);
}

/* receive_pointer: what has come in by now is in memory for whoever looks. */
uint32_t
receive_pointer(struct nic *nic)
{
	const uint8_t *data;
	uint32_t bytes;

	if (nic->receive.state != RECEIVE_TAKING)
		return REG(nic, RMP);
	bytes = fabric_progress(nic->fabric, nic->node, &data) & ~(WORD - 1);
	if (bytes > 0)
		memcpy(lanai_sram(nic->core) + nic->receive.at, data, bytes);
	return nic->receive.at + bytes;
}

void
receive_arm(struct nic *nic, uint32_t last)
{
	struct receive_dma *r = &nic->receive;
	uint32_t first = REG(nic, RMP);

	if (r->state != RECEIVE_OFF) {
		nic_mistake(nic, "receive DMA armed while it is", last);
		return;
	}
	if (last % WORD || last < first || last > LANAI_SRAM_MAX || !in_sram(nic, first, last + WORD - first)) {
		nic_mistake(nic, "receive DMA outside SRAM or not word-aligned", last);
		return;
	}
	regs_store(nic, LANAI_RML, last);
	r->state = RECEIVE_ARMED;
	r->at = first;
	r->end = last + WORD;
	fabric_accept(nic->fabric, nic->node);
}

/* fits: how many of `left` bytes go into the buffer; the tail brings a residue word, which needs room too. */
static uint32_t
fits(const struct receive_dma *r, uint32_t left)
{
	uint32_t room = r->end - r->at;

	if (room >= WORD && round_up(left) <= room - WORD)
		return left;
	return room < left ? room : room - WORD;
}

static uint32_t
port_take(void *arg, uint32_t left, uint32_t tag)
{
	struct nic *nic = arg;
	struct receive_dma *r = &nic->receive;

	if (r->state != RECEIVE_ARMED)
		return FABRIC_NO_BUFFER;
	if (r->total == 0)
		trace_point(tag, TRACE_STAGE_HEAD, nic->node);
	r->state = RECEIVE_TAKING;
	r->since = sim_now();
	port_update(nic);
	return fits(r, left);
}

static uint32_t
port_more(void *arg, uint32_t left)
{
	return fits(&((struct nic *)arg)->receive, left);
}

static void
port_link(void *arg, bool up)
{
	struct nic *nic = arg;

	if (REG(nic, LINK) == up)
		return;
	nic->link_down = !up;
	regs_store(nic, LANAI_LINK, up);
	regs_flag(nic, LANAI_ISR_LINK, 0);
}

static void
receive_over(struct nic *nic)
{
	struct receive_dma *r = &nic->receive;

	nic->counts.receive_busy += sim_now() - r->since;
	r->state = RECEIVE_OFF;
	r->rate = 0;
	port_update(nic);
}

/* whole_packet: the last part ends at `at`; its residue word goes behind it. */
static void
whole_packet(struct nic *nic, uint32_t at, uint8_t residue)
{
	static const uint32_t odd = LANAI_ISR_ORUN1 | LANAI_ISR_ORUN2;
	uint32_t total = nic->receive.total;
	const uint8_t word[WORD] = {residue};

	memcpy(lanai_sram(nic->core) + at, word, WORD);
	nic->receive.total = 0;
	nic->counts.packets_received++;
	nic->counts.bytes_received += total;
	nic->counts.crc_errors += residue != 0;
	REG(nic, RMP) = at + WORD;
	regs_flag(nic,
	          LANAI_ISR_RECV | LANAI_ISR_TAIL | (total & 1 ? LANAI_ISR_ORUN1 : 0) |
	                  (total & 2 ? LANAI_ISR_ORUN2 : 0),
	          odd);
}

static void
port_taken(void *arg, const uint8_t *data, uint32_t bytes, bool last, uint8_t residue, uint32_t tag)
{
	struct nic *nic = arg;
	struct receive_dma *r = &nic->receive;
	uint32_t words = round_up(bytes);

	receive_over(nic);
	r->total += bytes;
	if (!nic_touch_sram(nic, r->at, words + (last ? WORD : 0)))
		return;
	memcpy(lanai_sram(nic->core) + r->at, data, bytes);
	memset(lanai_sram(nic->core) + r->at + bytes, 0, words - bytes);
	set_tags(nic, r->at, bytes, tag);
	if (last) {
		trace_point(tag, TRACE_STAGE_TAIL, nic->node);
		whole_packet(nic, r->at + words, residue);
	} else {
		REG(nic, RMP) = r->at + words;
		regs_flag(nic, LANAI_ISR_BUFF, 0);
	}
}

/* Both. ------------------------------------------------------------------------------------ */

static void
port_flow(void *arg, bool sending, uint64_t bytes_per_s)
{
	struct nic *nic = arg;

	if (sending)
		nic->send.rate = bytes_per_s;
	else
		nic->receive.rate = bytes_per_s;
	port_update(nic);
}

/* port_reset: a network reset; it restarts the LANai too if it asked for that. */
static void
port_reset(void *arg, bool sending)
{
	struct nic *nic = arg;

	if (sending) {
		send_over(nic, LANAI_ISR_NRES);
	} else {
		receive_over(nic);
		nic->receive.total = 0;
		regs_flag(nic, LANAI_ISR_NRES, 0);
	}
	if (REG(nic, MYRINET) & LANAI_MYRINET_NRES_ENABLE) {
		nic_reset(nic);
		nic_start(nic);
	}
}

static sim_time
port_timeout(void *arg)
{
	static const sim_time periods[] = {SIM_S / 16, SIM_S / 4, SIM_S, 4 * SIM_S};
	const struct nic *nic = arg;

	return periods[REG(nic, TIMEOUT) % 4];
}

void
engines_init(struct nic *nic)
{
	const struct fabric_port port = {.nic = nic,
	                                 .take = port_take,
	                                 .taken = port_taken,
	                                 .sent = port_sent,
	                                 .flow = port_flow,
	                                 .reset = port_reset,
	                                 .timeout = port_timeout,
	                                 .more = port_more,
	                                 .link = port_link};

	fabric_attach(nic->fabric, nic->node, &port);
}

void
engines_reset(struct nic *nic)
{
	nic->dma = (struct host_dma){0};
	nic->send = (struct send_dma){0};
	nic->receive = (struct receive_dma){0};
	if (nic->bus)
		hb_dma_abort(nic->bus);
	fabric_abort(nic->fabric, nic->node);
	port_update(nic);
}

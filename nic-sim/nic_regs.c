/* The register block: one table, handlers for what is more than storage. */
#include "nic-sim/nic_internal.h"

#include "nic-sim/trace.h"

#define TICK   ((sim_time)LANAI_TICK_NS * SIM_NS)
#define IT_OFF 0xFFFFFFFFu

#define ISR_LEVELS  LANAI_ISR_SEND_RDY
#define ISR_LAN_SIG 0x00FF0000u /* LAN0_SIG..LAN7_SIG */

/* Interrupts. ------------------------------------------------------------------------------ */

static void
tell_host(struct nic *nic)
{
	if (nic->irq_told == nic->irq_level)
		return;
	nic->irq_told = nic->irq_level;
	if (nic->irq)
		nic->irq(nic->irq_arg, nic->irq_level);
}

static void
irq_fire(struct sim_event *ev)
{
	tell_host(sim_event_owner(ev, struct nic, irq_change));
}

static inline bool
irq_wanted(const struct nic *nic, uint32_t isr)
{
	return (isr & REG(nic, EIMR)) != 0 && nic->irq_enabled;
}

/* regs_update_irq: a change that the LANai makes reaches the host as an event of the same date, since a LANai may run
 * ahead of the rest of the machine. */
void
regs_update_irq(struct nic *nic)
{
	uint32_t cause = REG(nic, ISR) & REG(nic, EIMR);
	bool level = irq_wanted(nic, REG(nic, ISR));

	if (level == nic->irq_level)
		return;
	nic->irq_level = level;
	if (level)
		trace_event(SIM_RANK_NODE + nic->node, TRACE_INTERRUPT, cause);
	if (nic->in_core)
		sim_post(&nic->irq_change, sim_now());
	else
		tell_host(nic);
}

void
regs_store(struct nic *nic, enum lanai_register offset, uint32_t value)
{
	if (nic->reg[offset / 4] == value)
		return;
	nic_touch_regs(nic);
	nic->reg[offset / 4] = value;
}

void
regs_flag(struct nic *nic, uint32_t set, uint32_t clear)
{
	if (!nic->in_core)
		lanai_take_back(nic->core);
	regs_store(nic, LANAI_ISR, (REG(nic, ISR) & ~clear) | set);
	regs_update_irq(nic);
}

/* The LANai sets HOST_SIG, the host sets LANn_SIG; each clears what the other set, and any other bit, by writing 1. */
static inline uint32_t
isr_written(const struct nic *nic, uint32_t value, uint32_t sets)
{
	return (REG(nic, ISR) & ~(value & ~sets & ~ISR_LEVELS)) | (value & sets);
}

static void
write_ISR(struct nic *nic, uint32_t value)
{
	uint32_t sets = nic->in_core ? LANAI_ISR_HOST_SIG : ISR_LAN_SIG;

	regs_store(nic, LANAI_ISR, isr_written(nic, value, sets));
	regs_update_irq(nic);
}

static void
write_EIMR(struct nic *nic, uint32_t value)
{
	regs_store(nic, LANAI_EIMR, value);
	regs_update_irq(nic);
}

/* Timers. ---------------------------------------------------------------------------------- */

static inline uint32_t
rtc_at(const struct nic *nic, sim_time date)
{
	return REG(nic, RTC) + (uint32_t)((date - nic->rtc_since) / TICK);
}

static uint32_t
read_RTC(struct nic *nic)
{
	return rtc_at(nic, sim_now());
}

static void
write_RTC(struct nic *nic, uint32_t value)
{
	REG(nic, RTC) = value;
	nic->rtc_since = sim_now();
}

static uint32_t
read_IT(struct nic *nic)
{
	return REG(nic, IT) - (uint32_t)((sim_now() - nic->it_since) / TICK);
}

static void
write_IT(struct nic *nic, uint32_t value)
{
	REG(nic, IT) = value;
	nic->it_since = sim_now();
	if (value == IT_OFF)
		sim_cancel(&nic->it_zero);
	else
		sim_post(&nic->it_zero, sim_now() + value * TICK);
}

static void
it_zero_fire(struct sim_event *ev)
{
	regs_flag(sim_event_owner(ev, struct nic, it_zero), LANAI_ISR_TIME, 0);
}

/* Engines. --------------------------------------------------------------------------------- */

static uint32_t
read_DMA_CTR(struct nic *nic)
{
	return dma_left(nic);
}

static void
write_DMA_CTR(struct nic *nic, uint32_t value)
{
	dma_start(nic, value);
}

static uint32_t
read_RMP(struct nic *nic)
{
	return receive_pointer(nic);
}

static void
write_RMP(struct nic *nic, uint32_t value)
{
	receive_set_pointer(nic, value);
}

static void
write_RML(struct nic *nic, uint32_t value)
{
	receive_arm(nic, value);
}

static void
write_SML(struct nic *nic, uint32_t value)
{
	send_words(nic, value, false);
}

static void
write_SMLT(struct nic *nic, uint32_t value)
{
	send_words(nic, value, true);
}

static void
write_SB(struct nic *nic, uint32_t value)
{
	send_literal(nic, value, 1);
}

static void
write_SH(struct nic *nic, uint32_t value)
{
	send_literal(nic, value, 2);
}

static void
write_SW(struct nic *nic, uint32_t value)
{
	send_literal(nic, value, 4);
}

static void
write_ST(struct nic *nic, uint32_t value)
{
	(void)value;
	send_tail(nic);
}

static uint32_t
read_nothing(struct nic *nic)
{
	nic->counts.unmodelled_accesses++;
	return 0;
}
#define read_RB read_nothing
#define read_RH read_nothing
#define read_RW read_nothing

/* The table. ------------------------------------------------------------------------------- */

struct reg {
	const char *name;
	bool readable, writable, steady;
	uint32_t reset;
	uint32_t (*read)(struct nic *nic);              /* NULL: what is stored */
	void (*write)(struct nic *nic, uint32_t value); /* NULL: store it */
};

#define ACCESS_RW(n)     .readable = true, .writable = true
#define ACCESS_RW_EW(n)  .readable = true, .writable = true, .write = write_##n
#define ACCESS_RW_ERW(n) .readable = true, .writable = true, .read = read_##n, .write = write_##n
#define ACCESS_RO(n)     .readable = true
#define ACCESS_RO_ER(n)  .readable = true, .read = read_##n
#define ACCESS_WO_EW(n)  .writable = true, .write = write_##n
#define ROW(n, offset, access, is_steady, at_reset, meaning)                                                           \
	[offset / 4] = {.name = #n, .steady = is_steady, .reset = at_reset, ACCESS_##access(n)},

static const struct reg table[N_REGISTERS] = {LANAI_REGISTERS(ROW)};

bool
regs_read(void *device, uint32_t offset, uint32_t *value, bool *steady)
{
	struct nic *nic = device;
	const struct reg *r = &table[offset / 4 % N_REGISTERS];

	if (!r->name)
		return false;
	*steady = r->steady;
	if (!r->readable) {
		nic_mistake(nic, "read of a write-only register", offset);
		*value = 0;
	} else {
		*value = r->read ? r->read(nic) : nic->reg[offset / 4];
	}
	return true;
}

/* regs_storage, regs_glance, regs_change: as struct lanai_bus wants them. */
uint32_t *
regs_storage(void *device, uint32_t offset)
{
	struct nic *nic = device;
	const struct reg *r = &table[offset / 4];

	return r->readable && !r->read && r->steady ? &nic->reg[offset / 4] : NULL;
}

/* RMP stands still while receive DMA is off, and only the LANai itself arms it unasked.  RTC is left out though it
 * follows from the date: firmware that polls it waits for somebody, who would have the core taken back. */
bool
regs_glance(const void *device, uint32_t offset, sim_time date, uint32_t *value)
{
	const struct nic *nic = device;

	if (offset == LANAI_RTC) {
		*value = rtc_at(nic, date);
		return true;
	}
	*value = REG(nic, RMP);
	return offset == LANAI_RMP && nic->receive.state == RECEIVE_OFF;
}

/* A change of ISR is no more than that if the host's line stays; the fabric looks at TIMEOUT and MYRINET at any time.
 */
uint32_t *
regs_change(void *device, uint32_t offset, uint32_t value, uint32_t *becomes)
{
	struct nic *nic = device;
	const struct reg *r = &table[offset / 4];

	if (offset == LANAI_ISR) {
		*becomes = isr_written(nic, value, LANAI_ISR_HOST_SIG);
		return irq_wanted(nic, *becomes) == nic->irq_level ? &REG(nic, ISR) : NULL;
	}
	*becomes = value;
	if (offset == LANAI_RMP)
		return nic->receive.state == RECEIVE_OFF ? &REG(nic, RMP) : NULL;
	return r->writable && !r->write && r->steady && offset != LANAI_TIMEOUT && offset != LANAI_MYRINET
	               ? &nic->reg[offset / 4]
	               : NULL;
}

bool
regs_write(void *device, uint32_t offset, uint32_t value)
{
	struct nic *nic = device;
	const struct reg *r = &table[offset / 4 % N_REGISTERS];

	if (!r->name)
		return false;
	if (!r->writable)
		nic_mistake(nic, "write to a read-only register", offset);
	else if (r->write)
		r->write(nic, value);
	else
		regs_store(nic, (enum lanai_register)offset, value);
	return true;
}

void
regs_reset(struct nic *nic)
{
	sim_cancel(&nic->it_zero);
	for (unsigned i = 0; i < N_REGISTERS; i++)
		nic->reg[i] = table[i].reset;
	REG(nic, ISR) |= LANAI_ISR_SEND_RDY;
	REG(nic, LINK) = !nic->link_down;
	nic->rtc_since = nic->it_since = sim_now();
	regs_update_irq(nic);
}

void
regs_init(struct nic *nic)
{
	sim_event_init(&nic->it_zero, SIM_RANK_NODE + nic->node, it_zero_fire);
	sim_event_init(&nic->irq_change, SIM_RANK_NODE + nic->node, irq_fire);
	regs_reset(nic);
}

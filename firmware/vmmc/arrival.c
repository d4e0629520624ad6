#include "firmware/vmmc/arrival.h"
#include "firmware/vmmc/receive.h"

void
arrival_init(void)
{
	S.coalesce = sram_read(CTRL(coalesce_ticks));
	S.coalesce_count = sram_read(CTRL(coalesce_count));
}

static void
raise_signal(void)
{
	S.news = 0;
	count(VMMC_C_INTERRUPTS);
	reg_write(LANAI_ISR, LANAI_ISR_HOST_SIG);
}

void
arrival_note(uint32_t word)
{
	uint32_t n = sram_read(CTRL(notified));
	sram_write(CTRL(note) + 4 * (n % VMMC_NOTES), word);
	sram_write(CTRL(notified), n + 1);
	if (!(word & VMMC_NOTE_ARRIVAL))
		count(VMMC_C_NOTIFICATIONS);
	S.news++;
	if (!S.coalesce || S.news >= S.coalesce_count) {
		raise_signal();
	} else if (S.news == 1) {
		S.raise_at = reg_read(LANAI_RTC) + S.coalesce;
		timer_set(S.raise_at);
	}
}

static uint32_t
waits(const struct port *port)
{
	return sram_read(port->row + (uint32_t)offsetof(struct vmmc_proc, waits));
}

/* guard: if the process waits, and no earlier arrival of this wait is guarded.  It may have found the message already,
 * since that is in memory for a microsecond or more. */
static void
guard(struct port *port, uint32_t bus, uint32_t ticks)
{
	uint32_t wait = waits(port);
	if (!(wait & 1) || (port->guarded && port->guard_wait == wait))
		return;
	if (!port->guarded)
		S.guards++;
	port->guarded = 1;
	port->guard_wait = wait;
	port->guard_bus = bus;
	port->guard_at = reg_read(LANAI_RTC) + ticks;
	timer_set(port->guard_at);
}

static uint32_t
watched(uint32_t frame)
{
	return sram_read(VMMC_WATCH + 4 * (frame / 32)) >> (frame % 32) & 1;
}

void
arrival_look(uint32_t bus)
{
	if (!watched(bits(bus, VMMC_PAGE_SHIFT, IN_BITS - VMMC_PAGE_SHIFT)))
		return;
	uint32_t owner = bits(receive_in_entry(bus), VMMC_IN_OWNER_BIT, OWNER_BITS);
	struct port *port = &S.ports[owner];
	uint32_t ticks = sram_read(port->row + (uint32_t)offsetof(struct vmmc_proc, watchdog));
	count(VMMC_C_ARRIVALS);
	if (ticks)
		guard(port, bus, ticks);
	else
		arrival_note(bus | VMMC_NOTE_ARRIVAL);
}

/* guard_ended: is the wait over? */
static void
guard_ended(struct port *port)
{
	port->guarded = 0;
	S.guards--;
	if (waits(port) != port->guard_wait)
		return;
	count(VMMC_C_WATCHDOGS);
	arrival_note(port->guard_bus | VMMC_NOTE_ARRIVAL);
}

static void
look_at_guards(uint32_t now)
{
	for (struct port *port = S.ports; port != S.ports + VMMC_MAX_PROCESSES; port++) {
		int32_t left = (int32_t)(port->guard_at - now);
		if (!port->guarded)
			continue;
		if (left <= 0)
			guard_ended(port);
		else
			timer_set(port->guard_at);
	}
}

void
arrival_timer(void)
{
	uint32_t now = reg_read(LANAI_RTC);
	int32_t left = (int32_t)(S.raise_at - now);
	if (S.news && left <= 0)
		raise_signal();
	else if (S.news)
		timer_set(S.raise_at);
	if (S.guards)
		look_at_guards(now);
}

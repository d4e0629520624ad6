#include "tests/firmware/mock_nic.h"
#ifdef MOCK_AM
#include "firmware/am/step.h"
#define step am_step
#elif defined(MOCK_RAW)
#include "firmware/raw/step.h"
#define step raw_step
#else
#include "firmware/vmmc/step.h"
#define step vmmc_step
#endif

#include <string.h>

#define REG(nic, name) ((nic)->regs[LANAI_##name / 4])

static uint32_t
get_word(const uint8_t *at)
{
	uint32_t raw;
	memcpy(&raw, at, sizeof(raw));
	return GUINT32_FROM_BE(raw);
}

static void
put_word(uint8_t *at, uint32_t value)
{
	uint32_t raw = GUINT32_TO_BE(value);
	memcpy(at, &raw, sizeof(raw));
}

static void say(struct mock_nic *nic, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
say(struct mock_nic *nic, const char *format, ...)
{
	if (!nic->log)
		return;
	va_list args;
	va_start(args, format);
	g_string_append_vprintf(nic->log, format, args);
	va_end(args);
	g_string_append_c(nic->log, '\n');
}

uint32_t
mock_sram(const struct mock_nic *nic, uint32_t address)
{
	return get_word(nic->sram + address);
}

static void
touch(struct mock_nic *nic, uint32_t address, uint32_t bytes)
{
	if (nic->touch && bytes)
		nic->touch(nic, address, bytes);
}

void
mock_set_sram(struct mock_nic *nic, uint32_t address, uint32_t value)
{
	touch(nic, address, 4);
	put_word(nic->sram + address, value);
}

void
mock_raise(struct mock_nic *nic, uint32_t isr_bits)
{
	touch(nic, LANAI_REG_BASE, 4);
	REG(nic, ISR) |= isr_bits;
}

/* start_send: the bytes leave SRAM when the engine starts, as far as this mock is concerned. */
static void
start_send(struct mock_nic *nic, uint32_t last)
{
	uint32_t first = REG(nic, SMP) + REG(nic, SA);
	g_assert_cmpuint(REG(nic, SMP) % 4 + last % 4, ==, 0);
	g_assert_cmpuint(REG(nic, SA), <=, 3);
	g_assert_cmpuint(last + 4, >, first);
	g_assert_cmpuint(last, <, MOCK_SRAM_BYTES);
	g_assert_false(nic->send_busy);
	uint32_t bytes = last + 4 - first;
	struct mock_packet *packet = g_malloc(sizeof(*packet) + bytes);
	packet->bytes = bytes;
	memcpy(packet->data, nic->sram + first, bytes);
	for (packet->route_bytes = 0; packet->data[packet->route_bytes] & 0x80; packet->route_bytes++)
		;
	nic->sending = packet;
	nic->send_busy = true;
	nic->packets++;
	REG(nic, ISR) &= ~LANAI_ISR_SEND_RDY;
	uint32_t hash = 2166136261u;
	for (uint32_t i = 0; i < bytes; i++)
		hash = (hash ^ packet->data[i]) * 16777619u;
	say(nic, "send %u bytes %08x", bytes, hash);
}

struct mock_packet *
mock_finish_send(struct mock_nic *nic)
{
	struct mock_packet *packet = nic->sending;
	if (!packet)
		return NULL;
	nic->sending = NULL;
	nic->send_busy = false;
	mock_raise(nic, LANAI_ISR_SEND | LANAI_ISR_SEND_RDY);
	return packet;
}

bool
mock_reset_send(struct mock_nic *nic)
{
	if (!nic->send_busy)
		return false;
	g_clear_pointer(&nic->sending, g_free);
	nic->send_busy = false;
	mock_raise(nic, LANAI_ISR_NRES | LANAI_ISR_SEND_RDY);
	return true;
}

bool
mock_reset_reception(struct mock_nic *nic)
{
	if (!nic->armed)
		return false;
	nic->armed = false;
	mock_raise(nic, LANAI_ISR_NRES);
	return true;
}

static void
start_dma(struct mock_nic *nic, uint32_t bytes)
{
	g_assert_false(nic->dma_busy);
	g_assert_cmpuint((REG(nic, EAR) | REG(nic, LAR) | bytes) & 3, ==, 0);
	g_assert_cmpuint(bytes, >, 0);
	g_assert_cmpuint(REG(nic, LAR) + bytes, <=, MOCK_SRAM_BYTES);
	g_assert_true(!MOCK_DMA_PAGED || REG(nic, EAR) / MOCK_PAGE == (REG(nic, EAR) + bytes - 1) / MOCK_PAGE);
	nic->dma_busy = true;
	nic->dma_starts++;
	say(nic, "dma dir %u bus %08x sram %05x bytes %u", REG(nic, DMA_DIR), REG(nic, EAR), REG(nic, LAR), bytes);
}

bool
mock_finish_dma(struct mock_nic *nic, bool fail)
{
	uint32_t bus = REG(nic, EAR);
	uint32_t bytes = REG(nic, DMA_CTR);
	if (!nic->dma_busy)
		return false;
	nic->dma_busy = false;
	if (fail || bus + bytes > MOCK_MEMORY) {
		mock_raise(nic, LANAI_ISR_WDOG | LANAI_ISR_DMA);
		return true;
	}
	touch(nic, REG(nic, LAR), REG(nic, DMA_DIR) ? bytes : 0);
	if (REG(nic, DMA_DIR))
		memcpy(nic->sram + REG(nic, LAR), nic->memory + bus, bytes);
	else
		memcpy(nic->memory + bus, nic->sram + REG(nic, LAR), bytes);
	mock_raise(nic, LANAI_ISR_DMA);
	return true;
}

/* receive: as much of the packet as the armed buffer takes. */
static void
receive(struct mock_nic *nic)
{
	uint32_t room = REG(nic, RML) + 4 - REG(nic, RMP);
	nic->armed = false;
	touch(nic, REG(nic, RMP), MIN(room, ((nic->rest_bytes + 3) & ~3u) + 4));
	if (nic->rest_bytes + 4 > room) {
		memcpy(nic->sram + REG(nic, RMP), nic->rest, room);
		REG(nic, RMP) += room;
		nic->rest += room;
		nic->rest_bytes = nic->rest_bytes > room ? nic->rest_bytes - room : 0;
		mock_raise(nic, LANAI_ISR_BUFF);
		return;
	}
	uint32_t odd = nic->rest_bytes & 3;
	memcpy(nic->sram + REG(nic, RMP), nic->rest, nic->rest_bytes);
	REG(nic, RMP) += (nic->rest_bytes + 3) & ~3u;
	put_word(nic->sram + REG(nic, RMP), nic->rest_residue << LANAI_CRC_RESIDUE_SHIFT);
	REG(nic, RMP) += 4;
	nic->rest = NULL;
	mock_raise(nic,
	           LANAI_ISR_RECV | LANAI_ISR_TAIL | (odd & 1 ? LANAI_ISR_ORUN1 : 0) | (odd & 2 ? LANAI_ISR_ORUN2 : 0));
}

bool
mock_deliver(struct mock_nic *nic, const uint8_t *data, uint32_t bytes, uint32_t residue)
{
	if (!nic->armed || nic->rest)
		return false;
	nic->rest = data;
	nic->rest_bytes = bytes;
	nic->rest_residue = residue;
	receive(nic);
	return true;
}

void
mock_advance(struct mock_nic *nic, uint32_t ticks)
{
	bool due = nic->alarm_on && nic->alarm - nic->now <= ticks;
	nic->now += ticks;
	if (!due)
		return;
	nic->alarm_on = false;
	mock_raise(nic, LANAI_ISR_TIME);
}

uint32_t
mock_read(struct mock_nic *nic, uint32_t offset)
{
	if (offset == LANAI_RTC) {
		mock_advance(nic, nic->hurry);
		return nic->now;
	}
	return nic->regs[offset / 4];
}

static void
write_isr(struct mock_nic *nic, uint32_t value)
{
	REG(nic, ISR) &= ~(value & ~(LANAI_ISR_HOST_SIG | LANAI_ISR_SEND_RDY));
	REG(nic, ISR) |= value & LANAI_ISR_HOST_SIG;
}

void
mock_write(struct mock_nic *nic, uint32_t offset, uint32_t value)
{
	nic->writes++;
	say(nic, "reg %02x = %08x", offset, value);
	if (offset == LANAI_ISR) {
		write_isr(nic, value);
		return;
	}
	if (nic->armed && (offset == LANAI_RMP || offset == LANAI_RML)) {
		nic->rearmed += offset == LANAI_RML;
		return;
	}
	nic->regs[offset / 4] = value;
	if (offset == LANAI_SMLT) {
		start_send(nic, value);
	} else if (offset == LANAI_DMA_CTR) {
		start_dma(nic, value);
	} else if (offset == LANAI_RML) {
		nic->armed = true;
		if (nic->rest)
			receive(nic);
	} else if (offset == LANAI_IT) {
		nic->alarm = nic->now + value;
		nic->alarm_on = true;
	}
	if (nic->written)
		nic->written(nic, offset);
}

static uint32_t
machine_read(void *device, uint32_t offset)
{
	return mock_read(device, offset);
}

static void
machine_write(void *device, uint32_t offset, uint32_t value)
{
	mock_write(device, offset, value);
}

static void
machine_sram_written(void *device, uint32_t address, uint32_t value)
{
	struct mock_nic *nic = device;
	nic->writes++;
	(void)address;
	(void)value;
}

struct mock_nic *
mock_new(void)
{
	struct mock_nic *nic = g_new0(struct mock_nic, 1);
	nic->sram = g_malloc0(MOCK_SRAM_BYTES);
	nic->memory = g_malloc0(MOCK_MEMORY);
	nic->machine.state = &nic->state;
	nic->machine.sram = nic->sram;
	nic->machine.sram_bytes = MOCK_SRAM_BYTES;
	nic->machine.device = nic;
	nic->machine.reg_read = machine_read;
	nic->machine.reg_write = machine_write;
	nic->machine.sram_written = machine_sram_written;
	REG(nic, ISR) = LANAI_ISR_SEND_RDY;
	return nic;
}

void
mock_free(struct mock_nic *nic)
{
	g_free(nic->sending);
	g_free(nic->sram);
	g_free(nic->memory);
	g_free(nic);
}

void
mock_select(struct mock_nic *nic)
{
	arch_machine = &nic->machine;
}

void
mock_step(struct mock_nic *nic)
{
	mock_select(nic);
	step();
}

/* Inside of the NIC: nic.c (window, board), nic_regs.c (register block, timers, interrupts), nic_engines.c (the three
 * DMA engines), nic_port.c (who gets how much of the SRAM port). */
#ifndef NIC_SIM_NIC_INTERNAL_H
#define NIC_SIM_NIC_INTERNAL_H

#include "nic-sim/fabric.h"
#include "nic-sim/host_bus.h"
#include "nic-sim/nic.h"

#define TAG_SHIFT   6 /* one tag for 64 bytes */
#define N_REGISTERS (LANAI_REG_BYTES / 4)

struct host_dma {
	bool busy, to_host;
	uint32_t address, sram, bytes;
	uint64_t rate;
	sim_time since;
};

struct send_dma {
	bool busy; /* a packet is open or leaving */
	uint32_t bytes;
	uint64_t rate; /* that the packet moves at now */
	sim_time since;
};

enum receive_state { RECEIVE_OFF, RECEIVE_ARMED, RECEIVE_TAKING };

struct receive_dma {
	enum receive_state state;
	uint32_t at, end; /* the buffer: next word, first byte behind it */
	uint32_t total;   /* bytes of this packet that earlier buffers took */
	uint64_t rate;
	sim_time since;
};

struct nic {
	unsigned node;
	const struct params *params;
	struct fabric *fabric;
	struct host_bus *bus;
	struct lanai_core *core;
	uint64_t hz;
	uint64_t port_rate, link_out, link_in; /* bytes/s: what engines may take together, what the cable can move */
	void (*irq)(void *arg, bool level);
	void *irq_arg;
	bool irq_level, irq_enabled;
	bool irq_told; /* the level that the host knows */
	struct sim_event irq_change;
	bool loaded;
	bool link_down;
	void (*on_reset)(void *arg); /* told of injected resets */
	void *on_reset_arg;
	bool in_core; /* the access comes from the LANai itself */
	uint32_t reg[N_REGISTERS];
	sim_time rtc_since, it_since; /* dates at which reg[RTC], reg[IT] were right */
	struct sim_event it_zero;
	struct host_dma dma;
	struct send_dma send;
	struct receive_dma receive;
	uint64_t moved; /* bytes/s by engines, that `load` was computed from */
	uint32_t load;  /* as the core knows it */
	uint32_t *tags;
	const char *last_mistake;
	uint32_t last_mistake_value;
	sim_time last_mistake_at;
	struct nic_counts counts;
};

#define REG(nic, name) ((nic)->reg[LANAI_##name / 4])

/* nic.c */
/* Before anything that the LANai may be watching changes; touch_sram: false, LANai halted, if that would change code.
 */
void nic_touch_regs(struct nic *nic);
bool nic_touch_sram(struct nic *nic, uint32_t address, uint32_t bytes);
void nic_mistake(struct nic *nic, const char *what, uint32_t value);
void nic_reset(struct nic *nic);
void nic_start(struct nic *nic);

/* nic_regs.c */
bool regs_read(void *device, uint32_t offset, uint32_t *value, bool *steady);
bool regs_write(void *device, uint32_t offset, uint32_t value);
uint32_t *regs_storage(void *device, uint32_t offset);
bool regs_glance(const void *device, uint32_t offset, sim_time date, uint32_t *value);
uint32_t *regs_change(void *device, uint32_t offset, uint32_t value, uint32_t *becomes);
void regs_reset(struct nic *nic);
void regs_init(struct nic *nic);
/* regs_flag: sets and clears ISR bits. */
void regs_flag(struct nic *nic, uint32_t set, uint32_t clear);
void regs_update_irq(struct nic *nic);
/* regs_store: a register that firmware can read changes by itself. */
void regs_store(struct nic *nic, enum lanai_register offset, uint32_t value);

/* nic_engines.c */
void engines_init(struct nic *nic);
void engines_reset(struct nic *nic);
void dma_start(struct nic *nic, uint32_t bytes);
uint32_t dma_left(const struct nic *nic);
void send_words(struct nic *nic, uint32_t last, bool tail);
void send_literal(struct nic *nic, uint32_t value, unsigned bytes);
void send_tail(struct nic *nic);
void receive_arm(struct nic *nic, uint32_t last);
uint32_t receive_pointer(struct nic *nic);
void receive_set_pointer(struct nic *nic, uint32_t value);

/* nic_port.c */
void port_init(struct nic *nic);
void port_update(struct nic *nic);

#endif

#include "tests/am/mock_am.h"

struct mock_am_options
mock_am_defaults(void)
{
	return (struct mock_am_options){
	        .n_nodes = 2, .window = 8, .ack_every = 4, .ack_delay = 100, .rto = 2000, .reliable = 1};
}

#define PUT(nic, member, value) mock_set_sram(nic, AM_CTRL + (uint32_t)offsetof(struct am_ctrl, member), value)

void
mock_am_control(struct mock_nic *nic, const struct mock_am_options *options)
{
	PUT(nic, magic, AM_MAGIC);
	PUT(nic, version, AM_ABI_VERSION);
	PUT(nic, node, options->node);
	PUT(nic, n_nodes, options->n_nodes);
	PUT(nic, window, options->window);
	PUT(nic, ack_every, options->ack_every);
	PUT(nic, ack_delay_ticks, options->ack_delay);
	PUT(nic, rto_ticks, options->rto);
	PUT(nic, first_sequence, options->first_sequence);
	PUT(nic, give_up_ticks, options->give_up);
	PUT(nic, reliable, options->reliable);
	PUT(nic, incarnation, options->incarnation);
	for (uint32_t node = 0; node < options->n_nodes && node < LINK_MAX_NODES; node++)
		if (node != options->node)
			host_route(nic, AM_NODES, node, 1);
}

static uint32_t
row(unsigned e)
{
	return AM_ROWS + e * (uint32_t)sizeof(struct am_endpoint);
}

uint32_t
mock_am_bus(unsigned e, uint32_t offset)
{
	return MOCK_AM_FRAME(e) * AM_PAGE + offset;
}

void
mock_am_open(struct mock_nic *nic, unsigned e, uint32_t tag)
{
	const uint32_t words[] = {
	        1, tag, 0, MOCK_AM_ENTRIES, MOCK_AM_DATA, MOCK_AM_PAGES, MOCK_AM_BULK, MOCK_AM_BULKS * AM_PAGE};
	for (uint32_t n = 0; n < AM_SLOTS; n++)
		mock_set_sram(nic, mock_am_slot(e, n), 0);
	for (uint32_t page = 0; page < MOCK_AM_PAGES; page++)
		mock_set_sram(nic, AM_WINDOWS + 4 * (e * AM_PAGES + page), mock_am_bus(e, page * AM_PAGE));
	for (unsigned i = G_N_ELEMENTS(words); i-- > 0;)
		mock_set_sram(nic, row(e) + 4 * i, words[i]);
	mock_raise(nic, LANAI_ISR_LAN0_SIG);
}

void
mock_am_close(struct mock_nic *nic, unsigned e)
{
	mock_set_sram(nic, row(e) + (uint32_t)offsetof(struct am_endpoint, open), 0);
	mock_raise(nic, LANAI_ISR_LAN0_SIG);
}

void
mock_am_peer_up(struct mock_nic *nic, uint32_t node)
{
	PUT(nic, command.node, node);
	PUT(nic, command.op, AM_COMMAND_PEER_UP);
	mock_raise(nic, LANAI_ISR_LAN0_SIG);
}

uint32_t
mock_am_slot(unsigned e, uint32_t n)
{
	return AM_QUEUES + (e * AM_SLOTS + n % AM_SLOTS) * (uint32_t)sizeof(struct am_slot);
}

void
mock_am_post(struct mock_nic *nic, unsigned e, uint32_t n, uint32_t control, uint32_t to, const uint32_t *words,
             unsigned n_words)
{
	uint32_t slot = mock_am_slot(e, n);
	mock_set_sram(nic, slot + 4, to);
	for (unsigned i = 0; i < n_words; i++)
		mock_set_sram(nic, slot + 8 + 4 * i, words[i]);
	mock_set_sram(nic, slot, control);
}

uint32_t
mock_am_counter(const struct mock_nic *nic, enum am_counter which)
{
	return mock_sram(nic, AM_CTRL + (uint32_t)offsetof(struct am_ctrl, counter) + 4 * which);
}

uint32_t
mock_am_row(const struct mock_nic *nic, unsigned e, size_t member)
{
	return mock_sram(nic, row(e) + (uint32_t)member);
}

uint32_t
mock_am_entry(const struct mock_nic *nic, unsigned e, uint32_t serial, unsigned word)
{
	uint32_t entry = (serial - 1) % MOCK_AM_ENTRIES * (uint32_t)sizeof(struct am_entry);
	return host_word(nic, mock_am_bus(e, entry + 4 * word));
}

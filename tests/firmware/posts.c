#include "tests/firmware/posts.h"

#include <string.h>

#define TURN_STEPS 12u /* native steps in which the firmware becomes idle */

static void
put_word(struct posts *posts, uint32_t bus, uint32_t value)
{
	uint32_t raw = GUINT32_TO_BE(value);
	memcpy(posts->nic->memory + bus, &raw, sizeof(raw));
}

static void
fill(struct posts *posts, uint32_t frame, uint32_t value)
{
	for (uint32_t at = 0; at < VMMC_PAGE; at += 4)
		put_word(posts, frame * VMMC_PAGE + at, value);
}

/* new_frame: each but the first once, no two that follow each other side by side. */
static uint32_t
new_frame(struct posts *posts)
{
	g_assert_cmpuint(posts->frames, <, HOST_TABLES - 1);
	return 1 + posts->frames++ * 29 % (HOST_TABLES - 1);
}

/* table_entry: bus address of the entry of a page, in a table that is made if need be. */
static uint32_t
table_entry(struct posts *posts, unsigned p, uint32_t address)
{
	uint32_t at = posts->directory[p] + 4 * (address >> 22);
	if (!(host_word(posts->nic, at) & VMMC_XLATE_VALID)) {
		uint32_t frame = new_frame(posts);
		fill(posts, frame, 0);
		put_word(posts, at, frame << VMMC_PAGE_SHIFT | VMMC_XLATE_VALID);
	}
	return (host_word(posts->nic, at) & ~(VMMC_PAGE - 1)) +
	       4 * (address >> VMMC_PAGE_SHIFT & (VMMC_XLATE_SPAN - 1));
}

void
posts_map(struct posts *posts, unsigned p, uint32_t address, uint32_t bytes)
{
	uint32_t last = (address + bytes - 1) >> VMMC_PAGE_SHIFT;
	for (uint32_t page = address >> VMMC_PAGE_SHIFT; page <= last; page++) {
		uint32_t at = table_entry(posts, p, page << VMMC_PAGE_SHIFT);
		if (!(host_word(posts->nic, at) & VMMC_XLATE_VALID))
			put_word(posts, at, new_frame(posts) << VMMC_PAGE_SHIFT | VMMC_XLATE_VALID);
	}
}

void
posts_unmap(struct posts *posts, unsigned p, uint32_t address)
{
	uint32_t at = table_entry(posts, p, address);
	put_word(posts, at, host_word(posts->nic, at) & ~VMMC_XLATE_VALID);
}

uint32_t
posts_bus(const struct posts *posts, unsigned p, uint32_t address)
{
	uint32_t table = host_word(posts->nic, posts->directory[p] + 4 * (address >> 22)) & ~(VMMC_PAGE - 1);
	uint32_t entry = host_word(posts->nic, table + 4 * (address >> VMMC_PAGE_SHIFT & (VMMC_XLATE_SPAN - 1)));
	g_assert_cmpuint(entry, !=, 0);
	return (entry & ~(VMMC_PAGE - 1)) | (address & (VMMC_PAGE - 1));
}

static uint32_t
in_entry(const struct posts *posts, unsigned p, uint32_t address)
{
	return VMMC_IN_TABLE + 4 * (posts_bus(posts, p, address) >> VMMC_PAGE_SHIFT);
}

void
posts_export(struct posts *posts, unsigned p, uint32_t address, uint32_t bytes, uint32_t flags)
{
	uint32_t last = (address + bytes - 1) >> VMMC_PAGE_SHIFT;
	for (uint32_t page = address >> VMMC_PAGE_SHIFT; page <= last; page++)
		mock_set_sram(posts->nic, in_entry(posts, p, page << VMMC_PAGE_SHIFT),
		              VMMC_IN_ENTRY(POSTS_TAG + p, p, flags));
}

void
posts_withdraw(struct posts *posts, unsigned p, uint32_t address)
{
	mock_set_sram(posts->nic, in_entry(posts, p, address), 0);
}

bool
posts_redirected(const struct posts *posts, unsigned p, uint32_t address)
{
	return mock_sram(posts->nic, in_entry(posts, p, address)) & VMMC_IN_REDIRECT;
}

void
posts_signal(struct posts *posts, enum vmmc_command command, unsigned p, uint32_t page, uint32_t count)
{
	uint32_t at = VMMC_CTRL + offsetof(struct vmmc_ctrl, command);
	const uint32_t words[] = {command, p, page, count};
	for (uint32_t i = 0; i < G_N_ELEMENTS(words); i++)
		mock_set_sram(posts->nic, at + 4 * i, words[i]);
	mock_raise(posts->nic, LANAI_ISR_LAN0_SIG);
}

static void
native_turn(void *owner)
{
	struct posts *posts = owner;
	for (unsigned i = 0; i < TURN_STEPS; i++)
		mock_step(posts->nic);
}

void
posts_init(struct posts *posts, struct mock_nic *nic, void (*turn)(void *owner), void *owner)
{
	posts->nic = nic;
	posts->turn = turn;
	posts->owner = owner;
	posts->frames = posts->value = posts->sequence = 0;
	for (uint32_t frame = 0; frame < MOCK_FRAMES; frame++)
		fill(posts, frame, POSTS_CANARY);
	for (unsigned p = 0; p < POSTS_PROCESSES; p++) {
		uint32_t frame = new_frame(posts);
		fill(posts, frame, 0);
		posts->directory[p] = frame * VMMC_PAGE;
		posts->queued[p] = 0;
		host_open(nic, p, POSTS_STATUS(p));
		mock_set_sram(nic, VMMC_PROCS + p * sizeof(struct vmmc_proc) + offsetof(struct vmmc_proc, directory),
		              posts->directory[p]);
		posts_turn(posts);
	}
}

struct posts *
posts_new(void)
{
	struct posts *posts = g_new0(struct posts, 1);
	struct mock_nic *nic = mock_new();
	struct host_options options = host_defaults();
	g_assert_true(host_start(nic, &options));
	posts_init(posts, nic, native_turn, posts);
	return posts;
}

void
posts_free(struct posts *posts)
{
	mock_free(posts->nic);
	g_free(posts);
}

void
posts_post(struct posts *posts, unsigned p, uint32_t slot, uint32_t serial, uint32_t range, uint32_t user,
           uint32_t bytes)
{
	const uint32_t data[] = {user, serial};
	host_post(posts->nic, p, posts->queued[p]++, VMMC_CONTROL(VMMC_OP_POST, slot, bytes), range, data,
	          G_N_ELEMENTS(data));
}

void
posts_cancel(struct posts *posts, unsigned p, uint32_t slot)
{
	host_post(posts->nic, p, posts->queued[p]++, VMMC_CONTROL(VMMC_OP_CANCEL, slot, 0), 0, NULL, 0);
}

bool
posts_arrive(struct posts *posts, unsigned p, uint32_t address, uint32_t bytes, uint32_t flags)
{
	if (!posts->nic->armed)
		return false;
	uint32_t length = host_packet(posts->packet, 1, posts->sequence++ & 0xFFFF, 0, posts_bus(posts, p, address),
	                              VMMC_KEY(POSTS_TAG + p, flags, bytes));
	for (uint32_t at = VMMC_HEADER; at < length; at += 4) {
		uint32_t raw = GUINT32_TO_BE(POSTS_VALUE + ++posts->value);
		memcpy(posts->packet + at, &raw, sizeof(raw));
	}
	g_assert_true(mock_deliver(posts->nic, posts->packet, length, 0));
	posts_turn(posts);
	return true;
}

void
posts_turn(struct posts *posts)
{
	posts->turn(posts->owner);
}

bool
posts_dma(struct posts *posts)
{
	bool was = mock_finish_dma(posts->nic, false);
	posts_turn(posts);
	return was;
}

void
posts_settle(struct posts *posts)
{
	bool more = true;
	posts_turn(posts);
	while (more) {
		struct mock_packet *sent = mock_finish_send(posts->nic);
		bool dma = posts_dma(posts);
		more = sent || dma;
		g_free(sent);
	}
}

struct post_report
posts_status(const struct posts *posts, unsigned p, uint32_t slot)
{
	uint32_t at = POSTS_STATUS(p) + offsetof(struct vmmc_status, post) + slot * sizeof(struct vmmc_post_status);
	return (struct post_report){.serial = host_word(posts->nic, at),
	                            .state = host_word(posts->nic, at + 4),
	                            .first = host_word(posts->nic, at + 8),
	                            .taken = host_word(posts->nic, at + 12)};
}

uint32_t
posts_word(const struct posts *posts, unsigned p, uint32_t address)
{
	return host_word(posts->nic, posts_bus(posts, p, address));
}

uint32_t
posts_values(const struct posts *posts)
{
	uint32_t values = 0;
	for (uint32_t bus = 0; bus < MOCK_MEMORY; bus += 4)
		values += host_word(posts->nic, bus) >> 24 == POSTS_VALUE >> 24;
	return values;
}

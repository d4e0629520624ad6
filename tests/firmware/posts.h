/* Processes that post redirections, for tests of the firmware: translation tables in the mock's host memory, exported
 * and pinned pages, a stream of packets from node 1.
 *
 * Every word that arrives has a value of its own, and host memory begins full of POSTS_CANARY, so that a test can tell
 * for each word of memory what was written there.  Frames are given out in an order in which neighbouring pages never
 * have neighbouring frames.  The NIC is a native one (posts_new) or one whose firmware `turn` runs. */
#ifndef TESTS_FIRMWARE_POSTS_H
#define TESTS_FIRMWARE_POSTS_H

#include "tests/firmware/mock_host.h"

#define POSTS_CANARY    0xC5C5C5C5u
#define POSTS_VALUE     0xD0000000u /* the values that arrive count from here */
#define POSTS_PROCESSES 2u
#define POSTS_STATUS(p) (0x100u * ((p) + 1)) /* bus address of the status words of process p, in frame 0 */
#define POSTS_TAG       0x70u                /* of process 0; the next ones follow */

struct posts {
	struct mock_nic *nic;
	void (*turn)(void *owner); /* runs the firmware until it is idle */
	void *owner;
	uint32_t frames; /* given out so far */
	uint32_t directory[POSTS_PROCESSES];
	uint32_t queued[POSTS_PROCESSES]; /* descriptors so far */
	uint32_t sequence, value;         /* of the last packet, the last word */
	uint8_t packet[VMMC_HEADER + VMMC_PAGE];
};

struct post_report {
	uint32_t serial, state, first, taken;
};

/* posts_new: on a started native NIC. posts_init: fills in what posts_new() does, on any NIC whose firmware waits for
 * its first signal; opens both processes. */
struct posts *posts_new(void);
void posts_init(struct posts *posts, struct mock_nic *nic, void (*turn)(void *owner), void *owner);
void posts_free(struct posts *posts); /* of posts_new() */

/* posts_map: pins a page of process p, or takes it away; posts_bus: the bus address of its byte, mapped or not. */
void posts_map(struct posts *posts, unsigned p, uint32_t address, uint32_t bytes);
void posts_unmap(struct posts *posts, unsigned p, uint32_t address);
uint32_t posts_bus(const struct posts *posts, unsigned p, uint32_t address);
/* posts_export: what posts_map() has mapped. posts_withdraw: a page, without the signal. */
void posts_export(struct posts *posts, unsigned p, uint32_t address, uint32_t bytes, uint32_t flags);
void posts_withdraw(struct posts *posts, unsigned p, uint32_t address);
/* posts_signal: the driver's, with a command or VMMC_COMMAND_NONE; posts_synced: are all of them counted? */
void posts_signal(struct posts *posts, enum vmmc_command command, unsigned p, uint32_t page, uint32_t count);
bool posts_redirected(const struct posts *posts, unsigned p, uint32_t address); /* VMMC_IN_REDIRECT of its page */

/* posts_post, posts_cancel: put the descriptor into the queue; the firmware has not seen it yet. */
void posts_post(struct posts *posts, unsigned p, uint32_t slot, uint32_t serial, uint32_t range, uint32_t user,
                uint32_t bytes);
void posts_cancel(struct posts *posts, unsigned p, uint32_t slot);
/* posts_arrive: a packet for an exported address, within a page; false if no buffer is armed. The firmware takes it. */
bool posts_arrive(struct posts *posts, unsigned p, uint32_t address, uint32_t bytes, uint32_t flags);
/* posts_turn: runs the firmware; posts_dma: ends the host DMA under way, then the same, false if there was none;
 * posts_settle: until nothing is under way. */
void posts_turn(struct posts *posts);
bool posts_dma(struct posts *posts);
void posts_settle(struct posts *posts);

struct post_report posts_status(const struct posts *posts, unsigned p, uint32_t slot);
uint32_t posts_word(const struct posts *posts, unsigned p, uint32_t address);
/* posts_values: words of host memory that hold a value that arrived. */
uint32_t posts_values(const struct posts *posts);

#endif

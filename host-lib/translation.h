/* The translation table of a process, as the NIC reads it: simulated address -> frame of a pinned page.
 *
 * Two levels, each of frames of 1024 big-endian words in memory of the host that belongs to no process: a directory,
 * indexed by bits 31..22 of the address, whose words are bus addresses of second-level frames, and those, indexed by
 * bits 21..12, whose words are the bus addresses of pages; bit 0 says that a word is valid.  A second-level frame is
 * made when it is first needed and stays.
 *
 * The driver alone writes entries, as plain stores: they cost no bus time.  The NIC may have copies; to take an entry
 * away the driver clears it here and tells the NIC (vmmc_nic_ops.forget). */
#ifndef HOST_LIB_TRANSLATION_H
#define HOST_LIB_TRANSLATION_H

#include <stdbool.h>
#include <stdint.h>

struct host_bus;
struct translation;

#define TRANSLATION_VALID 1u

struct translation *translation_new(struct host_bus *bus); /* NULL: the host's memory is used up */
void translation_free(struct translation *t);
uint32_t translation_directory(const struct translation *t); /* bus address */
/* translation_set: page number (address / 4096) -> frame; false: no memory for a second-level frame. */
bool translation_set(struct translation *t, uint32_t page, unsigned frame);
void translation_clear(struct translation *t, uint32_t page);
/* translation_entry: the word of a page, as the NIC would find it; 0: none. */
uint32_t translation_entry(const struct translation *t, uint32_t page);

#endif

/* The caller's memory: pointers of the program, as addresses of its process, page by page. */
#ifndef SOCKETS_USER_H
#define SOCKETS_USER_H

#include "nic-sim/umem.h"

#include <stdbool.h>
#include <stdint.h>

/* user_address: simulated address of `p`; at *run, how many of the `bytes` bytes from there on have consecutive
 * addresses. */
uint64_t user_address(struct umem_space *space, const void *p, uint64_t bytes, uint64_t *run);

/* user_valid: can [p, +bytes) be the program's?  Of memory outside the arena that is not known here. */
bool user_valid(struct umem_space *space, const void *p, uint64_t bytes);

/* user_fetch, user_store: between the program's memory at `p` and the library's hands. */
void user_fetch(struct umem_space *space, const void *p, void *to, uint64_t bytes);
void user_store(struct umem_space *space, void *p, const void *from, uint64_t bytes);

/* user_to_arena, arena_to_user: between the program's memory and arena memory of its process. */
void user_to_arena(struct umem_space *space, const void *p, uint64_t address, uint64_t bytes);
void arena_to_user(struct umem_space *space, uint64_t address, void *p, uint64_t bytes);

#endif

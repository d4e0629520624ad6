/* What the address sanitizer must be told; without it nothing of this does anything.
 *
 * Stacks: SimGrid switches them behind the sanitizer's back, which harms in one place only: where a function is left
 * for good (an exception is thrown, as SimGrid does to end an actor), the sanitizer clears its marks from the stack
 * pointer up to what it believes to be the top.  So who is about to end says where he is, and who goes on behind him
 * says so as well; the marks of a stack that is used again are then those of its new owner, and leaks are looked for in
 * the right place.
 *
 * Leaks: they are looked for where a process ends by exit(); who ends otherwise asks for it. */
#ifndef NIC_SIM_SANITIZER_H
#define NIC_SIM_SANITIZER_H

#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED /* clang */
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED /* gcc */
#endif

struct sanitized_stack {
	const void *bottom;
	size_t bytes;
};

#ifdef SANITIZED

#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>

/* sanitized_stack_enter: the processor is on that stack; returns the one that it was believed to be on. */
static inline struct sanitized_stack
sanitized_stack_enter(struct sanitized_stack stack)
{
	struct sanitized_stack before;
	void *fake = NULL;

	__sanitizer_start_switch_fiber(&fake, stack.bottom, stack.bytes);
	__sanitizer_finish_switch_fiber(fake, &before.bottom, &before.bytes);
	return before;
}

/* sanitizer_find_leaks: ends the process with a report if there are any. */
static inline void
sanitizer_find_leaks(void)
{
	__lsan_do_leak_check();
}

#else

static inline struct sanitized_stack
sanitized_stack_enter(struct sanitized_stack stack)
{
	return stack;
}

static inline void
sanitizer_find_leaks(void)
{
}

#endif

/* sanitized_stack_below: the part of a stack of so many bytes that lies below a frame near its top. */
static inline struct sanitized_stack
sanitized_stack_below(const void *frame, size_t bytes)
{
	return (struct sanitized_stack){(const char *)frame - bytes, bytes};
}

/* sanitized_stack_now: the one that the processor is believed to be on. */
static inline struct sanitized_stack
sanitized_stack_now(void)
{
	struct sanitized_stack now = sanitized_stack_enter((struct sanitized_stack){0});

	sanitized_stack_enter(now);
	return now;
}

#endif

/* Compiling firmware inside a test: C or assembler text -> image, by firmware/lanai-cc or by bare clang. */
#ifndef TESTS_LANAI_TOOLCHAIN_H
#define TESTS_LANAI_TOOLCHAIN_H

#include "nic-sim/image.h"

/* toolchain_start: makes a temporary directory and compiles the run-time (crt0, memory, arithmetic) into it. */
void toolchain_start(void);
/* toolchain_stop: removes the directory. */
void toolchain_stop(void);
const char *toolchain_directory(void);

/* toolchain_run: runs a command line (words by spaces), with output to `log` if not NULL; its exit status. */
int toolchain_run(const char *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* toolchain_build: compiles `source` (a path) with lanai-cc and the extra flags, links it with the run-time into an
 * image below `limit`; NULL if the compiler fails (or runs for longer than it may). */
struct lanai_image *toolchain_build(const char *source, const char *flags, uint32_t limit);
/* toolchain_text: the same for C text. */
struct lanai_image *toolchain_text(const char *text, const char *flags, uint32_t limit);
/* The same with clang -O2 and none of the flags that make code correct. */
struct lanai_image *toolchain_unsafe(const char *text, uint32_t limit);

#endif

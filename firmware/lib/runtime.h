/* What the compiler needs at run time, because the LANai has neither multiply nor divide, and 64-bit numbers are pairs.
 *
 * Firmware does not include this file for its own use: the compiler refers to these functions by name. */
#ifndef FIRMWARE_LIB_RUNTIME_H
#define FIRMWARE_LIB_RUNTIME_H

typedef unsigned char u8;
typedef unsigned int u32;
typedef int s32;
typedef unsigned long long u64;
typedef long long s64;

void *memcpy(void *to, const void *from, u32 n);
void *memmove(void *to, const void *from, u32 n);
void *memset(void *to, int value, u32 n);

u32 __mulsi3(u32 a, u32 b);
u32 __udivsi3(u32 a, u32 b);
u32 __umodsi3(u32 a, u32 b);
s32 __divsi3(s32 a, s32 b);
s32 __modsi3(s32 a, s32 b);

u64 __muldi3(u64 a, u64 b);
u64 __udivdi3(u64 a, u64 b);
u64 __umoddi3(u64 a, u64 b);
s64 __divdi3(s64 a, s64 b);
s64 __moddi3(s64 a, s64 b);
u64 __ashldi3(u64 a, s32 n);
u64 __lshrdi3(u64 a, s32 n);
s64 __ashrdi3(s64 a, s32 n);

#endif

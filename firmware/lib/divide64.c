/* 64-bit multiplication, division and shifts, out of 32-bit words. */
#include "firmware/lib/runtime.h"

u64
__muldi3(u64 a, u64 b)
{
	u64 sum = 0;

	for (; b; b >>= 1, a <<= 1)
		if ((u32)b & 1)
			sum += a;
	return sum;
}

static u64
divide(u64 a, u64 b, u64 *rest)
{
	u64 quotient = 0, bit = 1;

	if (b == 0) {
		*rest = a;
		return ~0ull;
	}
	while (b < a && !(b >> 63)) {
		b <<= 1;
		bit <<= 1;
	}
	for (; bit; bit >>= 1, b >>= 1)
		if (a >= b) {
			a -= b;
			quotient |= bit;
		}
	*rest = a;
	return quotient;
}

u64
__udivdi3(u64 a, u64 b)
{
	u64 rest;

	return divide(a, b, &rest);
}

u64
__umoddi3(u64 a, u64 b)
{
	u64 rest;

	divide(a, b, &rest);
	return rest;
}

static u64
magnitude(s64 a)
{
	return a < 0 ? 0 - (u64)a : (u64)a;
}

s64
__divdi3(s64 a, s64 b)
{
	u64 q = __udivdi3(magnitude(a), magnitude(b));

	return (s64)((a ^ b) < 0 ? 0 - q : q);
}

s64
__moddi3(s64 a, s64 b)
{
	u64 rest = __umoddi3(magnitude(a), magnitude(b));

	return (s64)(a < 0 ? 0 - rest : rest);
}

union pair {
	u64 whole;
	struct {
		u32 high, low; /* big-endian */
	} half;
};

u64
__ashldi3(u64 a, s32 n)
{
	union pair in = {.whole = a}, out;

	if (n == 0)
		return a;
	if (n >= 32) {
		out.half.high = in.half.low << (n - 32);
		out.half.low = 0;
	} else {
		out.half.high = in.half.high << n | in.half.low >> (32 - n);
		out.half.low = in.half.low << n;
	}
	return out.whole;
}

u64
__lshrdi3(u64 a, s32 n)
{
	union pair in = {.whole = a}, out;

	if (n == 0)
		return a;
	if (n >= 32) {
		out.half.low = in.half.high >> (n - 32);
		out.half.high = 0;
	} else {
		out.half.low = in.half.low >> n | in.half.high << (32 - n);
		out.half.high = in.half.high >> n;
	}
	return out.whole;
}

s64
__ashrdi3(s64 a, s32 n)
{
	u64 filled = a < 0 && n ? ~(~0ull >> n) : 0;

	return (s64)(__lshrdi3((u64)a, n) | filled);
}

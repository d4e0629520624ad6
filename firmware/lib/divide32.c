/* 32-bit multiplication and division by shifts.  Division by zero gives all ones and the dividend as remainder. */
#include "firmware/lib/runtime.h"

u32
__mulsi3(u32 a, u32 b)
{
	u32 sum = 0;

	if (b > a) {
		u32 t = a;

		a = b;
		b = t;
	}
	for (; b; b >>= 1, a <<= 1)
		if (b & 1)
			sum += a;
	return sum;
}

static u32
divide(u32 a, u32 b, u32 *rest)
{
	u32 quotient = 0, bit = 1;

	if (b == 0) {
		*rest = a;
		return 0xFFFFFFFF;
	}
	while (b < a && !(b >> 31)) {
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

u32
__udivsi3(u32 a, u32 b)
{
	u32 rest;

	return divide(a, b, &rest);
}

u32
__umodsi3(u32 a, u32 b)
{
	u32 rest;

	divide(a, b, &rest);
	return rest;
}

static u32
magnitude(s32 a)
{
	return a < 0 ? 0 - (u32)a : (u32)a;
}

s32
__divsi3(s32 a, s32 b)
{
	u32 q = __udivsi3(magnitude(a), magnitude(b));

	return (s32)((a ^ b) < 0 ? 0 - q : q);
}

s32
__modsi3(s32 a, s32 b)
{
	u32 rest = __umodsi3(magnitude(a), magnitude(b));

	return (s32)(a < 0 ? 0 - rest : rest);
}

/* memcpy, memmove, memset: the compiler calls them by itself, for structures and loops that look like them.
 *
 * Word by word where both addresses allow it.  -ffreestanding keeps the compiler from turning these loops into calls of
 * themselves. */
#include "firmware/lib/runtime.h"

static void
copy_up(u8 *to, const u8 *from, u32 n)
{
	if ((((u32)to | (u32)from) & 3) == 0)
		for (; n >= 4; n -= 4, to += 4, from += 4)
			*(u32 *)to = *(const u32 *)from;
	for (; n; n--)
		*to++ = *from++;
}

static void
copy_down(u8 *to, const u8 *from, u32 n)
{
	for (to += n, from += n; n; n--)
		*--to = *--from;
}

void *
memcpy(void *to, const void *from, u32 n)
{
	copy_up(to, from, n);
	return to;
}

void *
memmove(void *to, const void *from, u32 n)
{
	if ((u32)to - (u32)from >= n)
		copy_up(to, from, n);
	else
		copy_down(to, from, n);
	return to;
}

void *
memset(void *to, int value, u32 n)
{
	u8 *p = to;
	u32 word = (u8)value;

	word |= word << 8;
	word |= word << 16;
	if (((u32)p & 3) == 0)
		for (; n >= 4; n -= 4, p += 4)
			*(u32 *)p = word;
	for (; n; n--)
		*p++ = (u8)value;
	return to;
}

! Start of every firmware: a stack at the top of memory, zeroed registers assumed, then main().
!
! The stack pointer is a multiple of 8 here, so that it is 4 modulo 8 behind each call, as the compiler expects.
! __stack_top comes from the loader (the end of SRAM), or from an object of the program that defines it.
! When main() returns, the processor stays in a loop that does nothing.

        .text
        .globl  _start
        .type   _start,@function
_start:
        mov     hi(__stack_top), %sp
        or      %sp, lo(__stack_top), %sp
        or      %sp, 0x0, %fp
        add     %pc, 0x10, %rca
        st      %rca, [--%sp]
        bt      main
        nop
.Lhalt:
        bt      .Lhalt
        nop
        .size   _start, .-_start

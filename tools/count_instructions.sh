#!/bin/sh
# Counts the host instructions of the library's own code and writes host-lib/instruction_counts.h.
#
#   tools/count_instructions.sh <build folder>      (after: cmake --build <build folder> --target count_instructions count_am)
#
# callgrind counts what functions of the library (vmmc*.c, nic_lanai.c; apart: pinning.c) execute themselves, in two runs
# that differ in the number of calls only; what they call in the simulator (bus, memory, processor time) is not the
# library's and not counted, nor is begin(), which keeps the trace.
# Of Active Messages the sending files (am.c, am_nic.c), the taking one (am_receive.c) and the waiting one (am_wait.c) are
# counted apart; a request
# brings a reply, so both are counted for two messages.  While one is under way the receiver polls three times.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$1" && pwd)
header=$root/host-lib/instruction_counts.h
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
few=16
many=80
cd "$root"

library='host-lib\/((vmmc|vmmc_send|vmmc_wait|vmmc_state|nic_lanai)[.][ch]:|driver_interrupt[.]c:driver_broken)'
pinning='host-lib\/pinning[.]c:'

# own <files> <program> <arguments>: instructions that they execute themselves in the whole run
own() {
	files=$1
	program=$build/host-lib/$2
	shift 2
	valgrind --tool=callgrind --callgrind-out-file="$work/out" "$program" "$@" \
		>"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
	callgrind_annotate --threshold=100 --auto=no "$work/out" |
		awk '/'"$files"'/ && !/:begin / { gsub(",", "", $1); sum += $1 } END { print sum + 0 }'
}

# each <files> <program> <kind> [number]: instructions of one call, rounded
each() {
	files=$1
	program=$2
	kind=$3
	shift 3
	a=$(own "$files" "$program" "$kind" $few "$@")
	b=$(own "$files" "$program" "$kind" $many "$@")
	echo $(((b - a + (many - few) / 2) / (many - few)))
}

word=$(each "$library" count_instructions send 4)
words=$(each "$library" count_instructions send 128)
page=$(each "$library" count_instructions send 4096)
check=$(each "$pinning" count_instructions send 4096)
checks=$(each "$pinning" count_instructions send 65536)
wait=$(each "$library" count_instructions wait)
a_word=$(((words - word + 15) / 31))
a_check=$(((checks - check + 7) / 15))
sending='host-lib\/(am|am_nic|am_state)[.][ch]:'
taking='host-lib\/am_receive[.]c:'
one=$(each "$sending" count_am request 1)
seven=$(each "$sending" count_am request 7)
medium=$(each "$sending" count_am medium)
taken=$(each "$taking" count_am request 1)
taken_seven=$(each "$taking" count_am request 7)
poll=$(each "$taking" count_am poll)
am_wait=$(each 'host-lib\/(am_wait[.]c:|am[.]c:am_(enter|leave|in_handler))' count_am wait)
argument=$(((seven - one + 3) / 6))
taken_word=$(((taken_seven - taken + 3) / 6))
compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
type=$(sed -n 's/^CMAKE_BUILD_TYPE:[A-Z]*=//p' "$build/CMakeCache.txt")

cat >"$header" <<END
/* Host instructions of the library's own code, a call: made by tools/count_instructions.sh, do not edit.
 * Counted by callgrind ($(valgrind --version)) in a ${type:-Release} build by $("$compiler" --version | head -n 1). */
#ifndef HOST_LIB_INSTRUCTION_COUNTS_H
#define HOST_LIB_INSTRUCTION_COUNTS_H

#define IC_VMMC_SHORT      $((word - a_word)) /* vmmc_send of inline data */
#define IC_VMMC_SHORT_WORD $a_word /* and each word of it */
#define IC_VMMC_LONG       $page /* vmmc_send by DMA, without the check */
#define IC_PIN_CHECK       $((check - a_check)) /* are the pages pinned? */
#define IC_PIN_CHECK_PAGE  $a_check /* and each of them */
#define IC_VMMC_WAIT       $wait /* vmmc_wait, without the polling */
#define IC_AM_SHORT     $((one / 2 - argument)) /* a short message sent: mean of request and reply */
#define IC_AM_WORD      $argument /* and each argument of it */
#define IC_AM_LONG      $((medium - one / 2 - 4 * argument)) /* am_request_medium, without the copy */
#define IC_AM_TAKE      $(((taken - 3 * poll) / 2 - 2 * taken_word)) /* a message that came, without the handler */
#define IC_AM_TAKE_WORD $taken_word /* and each word of it */
#define IC_AM_POLL      $poll /* am_poll when nothing has come */
#define IC_AM_WAIT      $am_wait /* am_wait, without polling */

#endif
END
cat "$header"

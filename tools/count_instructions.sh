#!/bin/sh
# Counts the host instructions of the library's own code and writes host-lib/instruction_counts.h.
#
#   tools/count_instructions.sh <build folder>      (after: cmake --build <build folder> --target count_instructions)
#
# callgrind counts what functions of the library (vmmc*.c, nic_lanai.c; apart: pinning.c) execute themselves, in two runs
# that differ in the number of calls only; what they call in the simulator (bus, memory, processor time) is not the
# library's and not counted, nor is begin(), which keeps the trace.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$1" && pwd)
header=$root/host-lib/instruction_counts.h
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
few=16
many=80
cd "$root"

library='host-lib\/((vmmc|vmmc_send|vmmc_state|nic_lanai)[.][ch]:|driver_interrupt[.]c:driver_broken)'
pinning='host-lib\/pinning[.]c:'

# own <files> <arguments>: instructions that they execute themselves in the whole run
own() {
	files=$1
	shift
	valgrind --tool=callgrind --callgrind-out-file="$work/out" "$build/host-lib/count_instructions" "$@" \
		>"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
	callgrind_annotate --threshold=100 --auto=no "$work/out" |
		awk '/'"$files"'/ && !/:begin / { gsub(",", "", $1); sum += $1 } END { print sum + 0 }'
}

# each <files> <kind> [bytes]: instructions of one call, rounded
each() {
	files=$1
	kind=$2
	shift 2
	a=$(own "$files" "$kind" $few "$@")
	b=$(own "$files" "$kind" $many "$@")
	echo $(((b - a + (many - few) / 2) / (many - few)))
}

word=$(each "$library" send 4)
words=$(each "$library" send 128)
page=$(each "$library" send 4096)
check=$(each "$pinning" send 4096)
checks=$(each "$pinning" send 65536)
wait=$(each "$library" wait)
a_word=$(((words - word + 15) / 31))
a_check=$(((checks - check + 7) / 15))
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

#endif
END
cat "$header"

#!/bin/sh
# Counts the host instructions of the library's own code and writes host-lib/instruction_counts.h.
#
#   tools/count_instructions.sh <build folder>      (after: cmake --build <build folder> --target count_instructions)
#
# callgrind counts what functions of vmmc.c and nic_lanai.c execute themselves, in two runs that differ in the number of
# calls only; what they call in the simulator (bus, memory, processor time) is not the library's and not counted, nor is
# begin(), which keeps the trace.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$1" && pwd)
header=$root/host-lib/instruction_counts.h
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
few=16
many=80
cd "$root"

# own <arguments>: instructions that the library executes itself in the whole run
own() {
	valgrind --tool=callgrind --callgrind-out-file="$work/out" "$build/host-lib/count_instructions" "$@" \
		>"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
	callgrind_annotate --threshold=100 --auto=no "$work/out" |
		awk '/host-lib\/(vmmc|nic_lanai)\.[ch]:/ && !/:begin / { gsub(",", "", $1); sum += $1 } END { print sum + 0 }'
}

# each <kind> [bytes]: instructions of one call, rounded
each() {
	kind=$1
	shift
	a=$(own "$kind" $few "$@")
	b=$(own "$kind" $many "$@")
	echo $(((b - a + (many - few) / 2) / (many - few)))
}

word=$(each send 4)
words=$(each send 128)
page=$(each send 4096)
pages=$(each send 65536)
wait=$(each wait)
a_word=$(((words - word + 15) / 31))
a_page=$(((pages - page + 7) / 15))
compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
type=$(sed -n 's/^CMAKE_BUILD_TYPE:[A-Z]*=//p' "$build/CMakeCache.txt")

cat >"$header" <<END
/* Host instructions of the library's own code, a call: made by tools/count_instructions.sh, do not edit.
 * Counted by callgrind ($(valgrind --version)) in a ${type:-Release} build by $("$compiler" --version | head -n 1). */
#ifndef HOST_LIB_INSTRUCTION_COUNTS_H
#define HOST_LIB_INSTRUCTION_COUNTS_H

#define IC_VMMC_SHORT      $((word - a_word)) /* vmmc_send of inline data */
#define IC_VMMC_SHORT_WORD $a_word /* and each word of it */
#define IC_VMMC_LONG       $((page - a_page)) /* vmmc_send by DMA, pages translated */
#define IC_VMMC_LONG_PAGE  $a_page /* and each source page */
#define IC_VMMC_WAIT       $wait /* vmmc_wait, without the polling */

#endif
END
cat "$header"

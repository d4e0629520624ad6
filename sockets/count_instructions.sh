#!/bin/sh
# Counts the host instructions of the sockets' own code and writes sockets/instruction_counts.h.
#
#   sockets/count_instructions.sh <build folder>    (after: cmake --build <build folder> --target count_socket_instructions)
#
# The build is configured with CMAKE_BUILD_TYPE=RelWithDebInfo, which is not linked across files: else functions of the
# simulator are inlined into the library's, and counted as its own.
#
# callgrind counts what the functions of the data path execute themselves, in two runs that differ in the number of calls
# only; what they call in VMMC is charged there, and what they call in the simulator is not the library's.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$1" && pwd)
header=$root/sockets/instruction_counts.h
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
type=$(sed -n 's/^CMAKE_BUILD_TYPE:[A-Z]*=//p' "$build/CMakeCache.txt")
[ "$type" = RelWithDebInfo ] || { echo "$1: not a build of type RelWithDebInfo" >&2; exit 1; }

# own <arguments>: instructions that the library executes itself in the whole run
own() {
	valgrind --tool=callgrind --callgrind-out-file="$work/out" "$build/sockets/count_socket_instructions" "$@" \
		>"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
	callgrind_annotate --threshold=100 --auto=no "$work/out" | awk '
		/sockets\/(transfer|stream|user|descriptors|description|poll|nsock)\.[ch]:/ {
			gsub(",", "", $1); sum += $1
		}
		END { print sum + 0; exit !sum }'
}

# each <what> <bytes> <protocol>: instructions of one call (or a pair of calls), rounded; both numbers of calls fit into
# the rings
each() {
	what=$1
	shift
	five=$(own "$what" 5 "$@")
	one=$(own "$what" 1 "$@")
	echo $(((five - one + 2) / 4))
}

send=$(each send 4 1)
pair=$(each transfer 4 1)
send_copied=$(each send 8192 1)
send_direct=$(each send 8192 2)
pair_direct=$(each transfer 8192 2)
look=$(each look 0 0)
poll_1=$(each poll 1 0)
poll_17=$(each poll 17 0)
poll_each=$(((poll_17 - poll_1 + 8) / 16))
compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")

cat >"$header" <<END
/* Host instructions of the sockets' own code: made by sockets/count_instructions.sh, do not edit.
 * Counted by callgrind ($(valgrind --version)) in a $type build by $("$compiler" --version | head -n 1). */
#ifndef SOCKETS_INSTRUCTION_COUNTS_H
#define SOCKETS_INSTRUCTION_COUNTS_H

#define IC_SOCK_SEND         $send /* send() of one INLINE record */
#define IC_SOCK_RECEIVE      $((pair - send)) /* recv() of it */
#define IC_SOCK_SEND_COPIED  $send_copied /* send() of one RING record of 8 KB by way of the staging ring */
#define IC_SOCK_SEND_DIRECT  $send_direct /* ... and from the user's buffer */
#define IC_SOCK_RECEIVE_RING $((pair_direct - send_direct)) /* recv() of it */
#define IC_SOCK_FRUITLESS    $look /* recv() that finds nothing */
#define IC_SOCK_POLL         $((poll_1 - poll_each)) /* poll() of no descriptor */
#define IC_SOCK_POLL_EACH    $poll_each /* ... and of each */

#endif
END
cat "$header"

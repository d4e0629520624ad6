#!/bin/sh
# Counts the host instructions of the sockets' own code and writes sockets/instruction_counts.h.
#
#   sockets/count_instructions.sh <build folder>    (after: cmake --build <build folder> --target count_socket_instructions count_fast)
#
# The build is configured with CMAKE_BUILD_TYPE=RelWithDebInfo, which is not linked across files: else functions of the
# simulator are inlined into the library's, and counted as its own.
#
# callgrind counts what the functions of the data path execute themselves, in two runs that differ in the number of calls
# only; what they call in VMMC is charged there, and what they call in the simulator is not the library's.  The part of a
# call that is the same for every kind of link is counted once more by itself.
#
# Of Fast Sockets' link callgrind counts what single functions execute with what they call in the library; tables are
# GLib's, and the library's here.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$1" && pwd)
header=$root/sockets/instruction_counts.h
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
type=$(sed -n 's/^CMAKE_BUILD_TYPE:[A-Z]*=//p' "$build/CMakeCache.txt")
[ "$type" = RelWithDebInfo ] || { echo "$1: not a build of type RelWithDebInfo" >&2; exit 1; }

data_path='transfer|vmmc\/stream|user|descriptors|description|poll|nsock'
any_link='transfer|descriptors|description|nsock'

# own <files> <arguments>: instructions that these files of the library execute themselves in the whole run
own() {
	files=$1
	shift
	valgrind --tool=callgrind --callgrind-out-file="$work/out" "$build/sockets/count_socket_instructions" "$@" \
		>"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
	callgrind_annotate --threshold=100 --auto=no "$work/out" | awk '
		/sockets\/('"$files"')\.[ch]:/ { gsub(",", "", $1); sum += $1 }
		END { print sum + 0; exit !sum }'
}

# each_of <files> <what> <bytes> <protocol>: instructions of one call (or a pair of calls), rounded; both numbers of
# calls fit into the rings
each_of() {
	files=$1
	what=$2
	shift 2
	five=$(own "$files" "$what" 5 "$@")
	one=$(own "$files" "$what" 1 "$@")
	echo $(((five - one + 2) / 4))
}

each() {
	each_of "$data_path" "$@"
}

# inside <function> <times> [placed]: instructions of one of its calls, of which there are so many in a round
inside() {
	for rounds in 4 20; do
		valgrind --tool=callgrind --collect-atstart=no --toggle-collect="$1" --callgrind-out-file="$work/out" \
			"$build/sockets/count_fast" $rounds ${3:-} >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
		callgrind_annotate --threshold=100 --auto=no "$work/out" | awk '
			/sockets\/(fast\/fast[a-z_]*|user)\.[ch]:|:g_(hash_table_lookup|direct_hash) / {
				gsub(",", "", $1); sum += $1
			}
			END { print sum + 0; exit !sum }' >"$work/$rounds"
	done
	echo $((($(cat "$work/20") - $(cat "$work/4") + 8 * $2) / (16 * $2)))
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
call_send=$(each_of "$any_link" send 4 1)
call_pair=$(each_of "$any_link" transfer 4 1)
say=$(inside fast_pay 1)
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

/* of these, what is the same for every kind of link */
#define IC_CALL_SEND    $call_send
#define IC_CALL_RECEIVE $((call_pair - call_send))

/* Fast Sockets' link */
#define IC_FAST_SEND    $(inside fast_put 1) /* a fragment put */
#define IC_FAST_HANDLE  $(inside take_data 1) /* its handler */
#define IC_FAST_SEND_PLACED   $(inside fast_put 1 placed) /* ... by the sender-based variant */
#define IC_FAST_HANDLE_PLACED $(inside fast_take_placed 1 placed)
#define IC_FAST_DONE    $(inside take_done 2) /* the handler of a reply */
#define IC_FAST_RECEIVE $(($(inside fast_take 1) - say)) /* bytes taken */
#define IC_FAST_SAY     $say /* credit or last words */
#define IC_FAST_HEAR    $(inside take_credit 1) /* their handler */

#endif
END
cat "$header"

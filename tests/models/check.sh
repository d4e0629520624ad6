#!/bin/sh
# Checks a Promela model exhaustively with spin and prints the number of states: check.sh model.pml safety|ends [-DNAME=value...]
#
#   safety   assertions, and that no state has no successor
#   ends     besides, every execution comes to its end: a cycle is an error
#
# Fails if spin finds an error, prints how it comes about, and if the search was not complete.
model=$(cd "$(dirname "$1")" && pwd)/$(basename "$1") kind=$2
shift 2
command -v spin >/dev/null || {
	echo "skipped: there is no spin here"
	exit 77
}
case $kind in
safety) build=-DSAFETY search= ;;
ends) build=-DNP search=-l ;;
*) echo "check.sh: '$kind' is neither safety nor ends" && exit 2 ;;
esac
work=$(mktemp -d) && cd "$work" || exit 1
trap 'rm -rf "$work"' EXIT
spin -a "$@" "$model" >spin.txt && cc -O2 -w -DCOLLAPSE -DMEMLIM=2000 $build -o pan pan.c || {
	cat spin.txt
	exit 1
}
./pan $search -m2000000 -v >pan.txt 2>&1
states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' pan.txt)
sed -n '/^Full statespace/p; /^State-vector/p; /states, stored/p; /elapsed/p' pan.txt
if grep -q 'errors: 0$' pan.txt && [ -n "$states" ] &&
	! grep -E 'too small|MEMLIM|out of memory|Search not completed|truncated' pan.txt; then
	echo "$(basename "$model") $kind $*: no error in $states states, all of them"
	exit 0
fi
cat pan.txt
[ ! -e "$(basename "$model").trail" ] || spin -t -p -g -r -s -k "$(basename "$model").trail" "$@" "$model" | tail -n 200
exit 1

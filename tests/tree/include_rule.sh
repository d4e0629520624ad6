#!/bin/sh
# Who may know whom: experiments -> sockets -> host-lib -> nic-sim.  Firmware is known to nic-sim only as bytes; its
# contract header <program>/abi.h to host-lib only.  SimGrid is known to the engine and the platform loader only.
# Includes are written from the repository root, so that this script can check them.
cd "$(dirname "$0")/../.." || exit 2
bad=0

# deny FOLDER PATTERN WHY: no file of FOLDER may include what matches PATTERN
deny()
{
	hits=$(grep -rnE --include='*.[ch]' --include='*.def' "^[ \t]*#[ \t]*include[ \t]*[\"<]($2)" "$1" 2>/dev/null)
	if [ -n "$hits" ]; then
		printf '%s\n  -> %s\n' "$hits" "$3" >&2
		bad=1
	fi
}

deny nic-sim 'host-lib/|sockets/|experiments/|firmware/' 'nic-sim knows nothing above it, and firmware only as bytes'
deny host-lib 'sockets/|experiments/' 'host-lib knows nothing above it'
deny host-lib 'firmware/(lib|arch)|firmware/[a-z]+/[a-z_]*fw' 'host-lib knows of firmware the contract headers only'
deny sockets 'experiments/|firmware/' 'sockets knows host-lib and nic-sim only'
deny experiments 'firmware/' 'experiments load firmware, they do not include it'
deny firmware 'host-lib/|sockets/|experiments/|nic-sim/[^l]|nic-sim/lanai_[^r]|glib|stdio' 'firmware knows the register table and its own headers only'
for folder in nic-sim host-lib sockets experiments; do
	hits=$(grep -rlE --include='*.[ch]' '^[ \t]*#[ \t]*include[ \t]*<(simgrid|xbt)' $folder | grep -vE '^nic-sim/(engine|platform)[a-z_]*\.c$')
	[ -z "$hits" ] || { printf '%s\n  -> only nic-sim/engine.c and the platform loader include SimGrid headers\n' "$hits" >&2; bad=1; }
done
# Quoted includes start with a folder of the repository.
hits=$(grep -rnE --include='*.[ch]' '^[ \t]*#[ \t]*include[ \t]*"' nic-sim host-lib sockets experiments firmware tests |
	grep -vE '"(nic-sim|host-lib|sockets|experiments|firmware|tests)/' | grep -vE '^firmware/.*"arch\.h"|^tests/firmware/.*"arch\.h"')
[ -z "$hits" ] || { printf '%s\n  -> write includes from the repository root\n' "$hits" >&2; bad=1; }
exit $bad

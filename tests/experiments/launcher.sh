#!/bin/sh
# The launcher's own duties, without a build: help, verbs, exit codes, working from another directory.
# usage: launcher.sh path-of-nicsim
set -u
nicsim=$1
failed=0

# expect CODE TEXT ARGUMENTS...: the exit code, and a text that the output has
expect()
{
	code=$1 text=$2
	shift 2
	output=$("$nicsim" "$@" 2>&1 </dev/null)
	got=$?
	case $got:$output in
	"$code":*"$text"*) ;;
	*)
		printf 'nicsim %s: exit %s instead of %s, or no "%s" in:\n%s\n' "$*" "$got" "$code" "$text" "$output"
		failed=1
		;;
	esac
}

cd / || exit 1
expect 0 './nicsim reproduce' help
expect 0 './nicsim reproduce'
expect 2 "no verb 'fly'; allowed: setup demo" fly
expect 2 "no verb 'fly'; allowed: setup demo" help fly
expect 2 "setup takes --no-install only, not '--now'" setup --now
exit $failed

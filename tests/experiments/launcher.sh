#!/bin/sh
# The launcher's own duties, without a build: help, verbs, missing packages, exit codes, working from another directory.
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

# A Debian on which two of the packages are missing, as dpkg-query tells.
fake=$(mktemp -d) || exit 1
trap 'rm -rf "$fake"' EXIT
cat >"$fake/dpkg-query" <<'EOF'
#!/bin/sh
case "$*" in
*csmith) echo 'deinstall ok config-files' ;;
*check) exit 1 ;;
*) echo 'install ok installed' ;;
esac
EOF
chmod +x "$fake/dpkg-query"
PATH=$fake:$PATH
for verb in setup demo reproduce test bench; do
	expect 2 'apt-get install -y --no-install-recommends check csmith' "$verb" --no-install
done
for verb in run list report; do
	expect 2 'apt-get install -y --no-install-recommends check csmith' "$verb"
done
exit $failed

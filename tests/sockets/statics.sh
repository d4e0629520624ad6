#!/bin/sh
# No writable statics in the bodies: many of them share one image.  Arguments: nm, and object files.
nm=$1
shift
hits=$("$nm" "$@" | grep -E ' [bBdDC] ')
[ -z "$hits" ] || { printf '%s\n  -> writable statics\n' "$hits" >&2; exit 1; }

#!/bin/sh
# No writable statics in the bodies: many of them share one image.  Arguments: objdump, and object files.
# Constant tables of pointers are in .data.rel.ro.
objdump=$1
shift
hits=$("$objdump" -h "$@" | awk '$2 ~ /^\.(data|bss|tdata|tbss)/ && $2 !~ /^\.data\.rel\.ro/ && $3 !~ /^0+$/ { print $2, $3 }')
sections=$("$objdump" -h "$@" | grep -c '\.rodata')
[ "$sections" -gt 0 ] || { echo 'no sections: are these objects?' >&2; exit 1; }
[ -z "$hits" ] || { printf '%s\n  -> writable statics\n' "$hits" >&2; exit 1; }

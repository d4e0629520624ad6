#!/bin/sh
# The reference objects in firmware/images are what the named compiler makes of the sources, byte for byte.
named=$(sed -n 's/^Compiler: //p' firmware/images/README)
here=$("${CLANG:-clang}" --version 2>/dev/null | head -n 1)
if [ "$here" != "$named" ]; then
	echo "skipped: the reference image is made by '$named', here is '$here'"
	exit 77
fi
fresh=$(mktemp -d) || exit 1
trap 'rm -rf "$fresh"' EXIT
firmware/update-images "$fresh" || exit 1
diff -r -x README firmware/images "$fresh" || {
	echo "firmware/images is not what the sources give: build the target firmware-update-images"
	exit 1
}

#!/bin/bash
# What libconfab shows is what its map lists by name, confab_test_* and confab_private_*, no more, no less.
# SPDX-License-Identifier: MIT
set -euo pipefail
library=core/.libs/libconfab.so.1
map=${CONFAB_SRCDIR:-.}/core/libconfab.map
[ -e "$library" ] || { echo "no $library: run me in the build's folder"; exit 1; }

soname=$(readelf -d "$library" | sed -n 's/.*soname: \[\(.*\)\]/\1/p')
[ "$soname" = libconfab.so.1 ] || { echo "the soname is $soname"; exit 1; }

shown=$(nm -D --defined-only --with-symbol-versions "$library" | awk '$2 != "A" { print $3 }')
# "name@@NODE" of the map; patterns are not listed one by one.
listed=$(awk '/^CONFAB_/ { node = $1 } /^\t\t[a-z_0-9]+;/ { sub(";", "", $1); print $1 "@@" node }' "$map")
rest=$(grep -vE '^confab_(test_[a-z0-9_]+@@CONFAB_TEST|private_[a-z0-9_]+@@CONFAB_PRIVATE)$' <<<"$shown")
if ! diff <(sort <<<"$listed") <(sort <<<"$rest"); then
	echo "< is listed in the map but not shown by the library; > the other way (./dev abi map writes the map)"
	exit 1
fi
echo "$(wc -l <<<"$listed") functions, all as the map says"

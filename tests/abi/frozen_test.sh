#!/bin/bash
# What a released minor promised still holds: every function and struct of its headers is there, with the
# same types and places; rows may have grown at their end. Run in the build's folder by make check.
# SPDX-License-Identifier: MIT
set -euo pipefail
top=${CONFAB_SRCDIR:-.}
library=core/.libs/libconfab.so.1
here=$top/tests/abi
command -v abidiff >/dev/null || { echo "abidiff is missing: install abigail-tools"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
read -ra jansson <<<"$(pkg-config --cflags jansson)"
failed=0

# probe NAME HEADERS WHOSE: a library whose debugging information knows all of WHOSE names by HEADERS.
probe() {
	python3 "$here/abi.py" probe "$2" "$3" >"$folder/$1.c"
	gcc -std=gnu11 -g -fPIC -shared -fno-eliminate-unused-debug-types -Wno-deprecated-declarations \
		"${jansson[@]}" -I"$2" -o "$folder/$1.so" "$folder/$1.c"
}

for minor in "$here"/[0-9]*.[0-9]*; do
	[ -d "$minor/include" ] || continue
	name=$(basename "$minor")
	missing=$(comm -23 <(sort "$minor/symbols") \
		<(nm -D --defined-only "$library" | awk '{ sub("@.*", "", $3); print $3 }' | sort -u))
	if [ -n "$missing" ]; then
		printf '%s promised these, and they are gone:\n%s\n' "$name" "$missing"
		failed=1
	fi
	probe "then" "$minor/include" "$minor/include"
	if ! probe now "$top/core/include" "$minor/include"; then
		echo "$name promised what the headers of today do not have (above)"
		failed=1
	elif ! abidiff --no-added-syms --suppressions "$here/grown.abignore" \
		"$folder/then.so" "$folder/now.so"; then
		echo "$name promised another shape (above). A minor that is not released is taken anew by" \
			"./dev abi freeze $name; a released one keeps its promise: docs/abi.md"
		failed=1
	fi
	echo "$name: $(wc -l <"$minor/symbols") functions looked at"
done
exit "$failed"

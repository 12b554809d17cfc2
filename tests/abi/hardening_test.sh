#!/bin/bash
# Programs, library and plugins are position-independent, with full RELRO and no executable stack.
# SPDX-License-Identifier: MIT
set -euo pipefail
bad=0
checked=0

# want FILE WHAT TEXT PATTERN: the pattern must be found in the text.
want() {
	if ! grep -qE -- "$4" <<<"$3"; then
		echo "$1: $2"
		bad=1
	fi
}

for file in .libs/confabd .libs/confabctl .libs/confab-helper core/.libs/libconfab.so.1 plugins/.libs/*.so; do
	[ -e "$file" ] || continue
	checked=$((checked + 1))
	dynamic=$(readelf -dW "$file")
	segments=$(readelf -lW "$file")
	want "$file" "is no position-independent object" "$(readelf -hW "$file")" 'Type: +DYN'
	want "$file" "binds lazily (-z now is missing)" "$dynamic" 'BIND_NOW|Flags:.*NOW'
	want "$file" "has no RELRO segment" "$segments" 'GNU_RELRO'
	want "$file" "has an executable stack" "$segments" 'GNU_STACK.* RW +0x'
	if grep -qE 'TEXTREL' <<<"$dynamic"; then
		echo "$file: has text relocations"
		bad=1
	fi
done
echo "$checked files checked"
[ "$checked" -ge 4 ] && [ "$bad" = 0 ]

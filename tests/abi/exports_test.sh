#!/bin/bash
# What libconfab shows is confab_* in CONFAB_1.0 and confab_private_* in CONFAB_PRIVATE, no more.
# SPDX-License-Identifier: MIT
set -euo pipefail
library=core/.libs/libconfab.so.1
[ -e "$library" ] || { echo "no $library: run me in the build's folder"; exit 1; }

shown=$(nm -D --defined-only --with-symbol-versions "$library" | awk '$2 != "A" { print $3 }')
strange=$(grep -vE '^confab_[a-z0-9_]+@@CONFAB_(1\.0|PRIVATE)$' <<<"$shown" || true)
private=$(grep -E '^confab_private_.*@@CONFAB_1' <<<"$shown" || true)
leaked=$(grep -E '@@CONFAB_PRIVATE$' <<<"$shown" | grep -v '^confab_private_' || true)

soname=$(readelf -d "$library" | sed -n 's/.*soname: \[\(.*\)\]/\1/p')
[ "$soname" = libconfab.so.1 ] || { echo "the soname is $soname"; exit 1; }
if [ -n "$strange$private$leaked" ]; then
	printf 'shown, but should not be so:\n%s\n' "$strange" "$private" "$leaked"
	exit 1
fi
grep -q '^confab_code_name@@CONFAB_1.0$' <<<"$shown" || { echo "confab_code_name is not shown"; exit 1; }
echo "$(wc -l <<<"$shown") symbols, all as they should be"

#!/bin/bash
# What a plugin author has: the installed headers and pkg-config must build a plugin.
# usage: installed_test.sh PKGCONFIG-FOLDER SOURCE CC      (run by make installcheck)
# SPDX-License-Identifier: MIT
set -euo pipefail
export PKG_CONFIG_PATH=$1${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
source=$2
read -ra compiler <<<"$3"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

read -ra flags <<<"$(pkg-config --cflags --libs confab)"
"${compiler[@]}" -std=c11 -Wall -Wextra -Werror -fPIC -shared -o "$folder/plugin.so" "$source" \
	"${flags[@]}" -Wl,-z,defs
nm -D --defined-only "$folder/plugin.so" | grep -q ' confab_plugin$' ||
	{ echo "the plugin does not show confab_plugin"; exit 1; }
[ -n "$(pkg-config --variable=plugindir confab)" ] || { echo "confab.pc names no plugindir"; exit 1; }

headers=$(pkg-config --variable=includedir confab)/confab
for header in "$headers"/*.h "$headers"/provider/*.h; do
	echo "#include <confab/${header#"$headers"/}>"
done >"$folder/all.c"
"${compiler[@]}" -std=c11 -Wall -Wextra -Werror -fsyntax-only "$folder/all.c" "${flags[@]}"
echo "a plugin and all headers build against what is installed"

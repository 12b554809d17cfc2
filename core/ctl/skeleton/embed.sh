#!/bin/sh
# Print the files of this folder as C strings: skeleton_NAME.
# usage: embed.sh FILE.in...        SPDX-License-Identifier: MIT
set -eu
echo "/* Made by core/ctl/skeleton/embed.sh from the files beside it. */"
for file; do
	name=$(basename "$file" .in)
	echo "static const char skeleton_${name}[] ="
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/	"/' -e 's/$/\\n"/' "$file"
	echo ";"
done

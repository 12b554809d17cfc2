"""The tutorial is true: its blocks are written, compiled and run in order, by one shell, against an
installed confab, and what it says will be printed is printed.

A block is ```LANGUAGE FILE (it becomes the file), ```sh (it is run in the folder where the last one ended)
or ```text (the run before it prints these lines, in this order; … stands for anything). Two things differ
from what is printed: the port, and that an installation moved to another folder must be told where its
own plugins are.

SPDX-License-Identifier: MIT
"""

import re

import pytest
from installed import Installed
from server import TOP, free_port

pytestmark = pytest.mark.native
MARK = "=== block {} ==="


def blocks(text):
    """(what stands behind the fence, the text in it)"""
    return re.findall(r"^```([^\n]*)\n(.*?)^```$", text, re.M | re.S)


def script(parts):
    """One shell script of all blocks."""
    lines = ["trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"]
    for number, (head, body) in enumerate(parts):
        language, _, file = head.partition(" ")
        if language == "sh":
            lines.append(f"echo '{MARK.format(number)}'\n{body}")
        elif file:
            lines.append(f"cat >{file} <<'END-OF-{file}'\n{body}END-OF-{file}")
    return "\n".join(lines)


def looks_like(line):
    """A line of the tutorial as a regular expression."""
    return ".*".join(re.escape(piece.strip()) for piece in line.split("…"))


def test_every_block(tmp_path):
    run = Installed()
    text = (TOP / "docs/plugin-tutorial.md").read_text()
    parts = blocks(text)
    assert {head.split(" ")[0] for head, _ in parts} == {"sh", "c", "text", "yaml", "python"}
    text = script(parts).replace("8080", str(free_port())).replace(
        "plugin_dirs: [.]", f"plugin_dirs: [., {run.prefix}/lib/confab/plugins]")
    said = run(text, tmp_path)
    heard = ""
    for number, (head, body) in enumerate(parts):
        if head == "sh":
            heard = said.split(MARK.format(number))[1].split("=== block")[0]
        elif head == "text":
            wanted = ".*".join(looks_like(line) for line in body.splitlines())
            assert re.search(wanted, re.sub(r"[ \t]+", " ", heard), re.S), f"{body}\nis not in\n{heard}"


def test_the_example_of_the_manual_page(tmp_path):
    run = Installed()
    page = (TOP / "man/confab-plugin.3").read_text()
    example = re.search(r"^\.nf\n(#define .*?)^\.fi", page, re.M | re.S).group(1)
    (tmp_path / "darn.c").write_text(example.replace("\\&", ""))
    run("$CC -std=c11 -Wall -Wextra -Werror -fPIC -shared $SANITIZE -fvisibility=hidden -o darn.so darn.c "
        "$($PKG_CONFIG --cflags --libs confab) $DEFS", tmp_path)
    assert "darn.so: ok" in run("confabctl plugin lint darn.so", tmp_path)

"""What is written: licences, docstrings, ghosts, white space, formatting, scripts.

SPDX-License-Identifier: MIT
"""

import os
import re
import subprocess
import sys

import tree

SPDX_LINES = 60
SPDX_KINDS = (".c", ".h", ".py", ".sh", ".js", ".ts", ".tsx", ".jsx", "Makefile.inc", "Makefile.am",
              "configure.ac", ".ci/run")
TEXT_KINDS = SPDX_KINDS + (".md", ".yaml", ".yml", ".in", ".map", ".css", ".html", ".service", ".socket")


def spdx():
    """Every source says its licence near its top."""
    for name in tree.matching(*SPDX_KINDS) + ["dev"]:
        head = tree.text(name).splitlines()[:SPDX_LINES]
        if not any("SPDX-License-Identifier: MIT" in line for line in head):
            yield name, 1, "has no line SPDX-License-Identifier: MIT in the comment at its top"


def ghosts():
    """No promises and no dead code."""
    words = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b|^\s*#\s*if\s+0\b")
    for name in tree.matching(*SPDX_KINDS) + ["dev"]:
        for number, line in enumerate(tree.text(name).splitlines(), 1):
            found = words.search(line)
            if found:
                yield name, number, f"'{found.group(0).strip()}': do it, or file it, and take it out"


def sleeps():
    """Tests wait for conditions; none skips or sleeps a guess."""
    words = re.compile(r"pytest\.(mark\.)?skip|pytest\.importorskip|xfail|\bsleep\([0-9.]+\)")
    for name in tree.matching(".py", ".c", folders=("tests/",)):
        if name.startswith("tests/lint/"):
            continue
        for number, line in enumerate(tree.text(name).splitlines(), 1):
            found = words.search(line)
            if found:
                yield name, number, f"'{found.group(0)}': wait for a condition with a deadline; never skip"


def white_space():
    """No line ends in white space; every file ends with one newline."""
    for name in tree.matching(*TEXT_KINDS) + ["dev"]:
        body = tree.text(name)
        for number, line in enumerate(body.split("\n"), 1):
            if line != line.rstrip():
                yield name, number, "ends in white space"
        if body and (not body.endswith("\n") or body.endswith("\n\n")):
            yield name, body.count("\n"), "should end with exactly one newline"


def docstrings():
    """Every function in a header stands below a comment (one may serve a paragraph)."""
    for name, function, kind, first, _ in tree.tags():
        if function.isupper() or not name.endswith(".h") or not name.startswith(("core/", "plugins/")):
            continue
        lines = tree.text(name).splitlines()
        start = first - 1
        while start > 0 and lines[start - 1].strip():
            start -= 1
        above = "\n".join(lines[start:first - 1])
        if "/*" not in above and "*/" not in above:
            yield name, first, (f"{function} has no comment: say ranges, errors, ownership, thread "
                                "and source")


def c_format():
    """C is formatted by clang-format."""
    names = tree.c_files()
    run = subprocess.run(["clang-format", "--dry-run", "--Werror", "--ferror-limit=1", *names],
                         capture_output=True, text=True, check=False, cwd=tree.TOP)
    for line in run.stderr.splitlines():
        found = re.match(r"([^:]+):(\d+):\d+: error: ", line)
        if found:
            yield found.group(1), int(found.group(2)), f"is not formatted: ./dev format {found.group(1)}"
    if run.returncode != 0 and "error: code should be" not in run.stderr:
        yield "clang-format", 1, run.stderr.strip() or "failed"


def shell():
    """Shell scripts are clean under shellcheck."""
    names = [name for name in tree.files()
             if name.endswith(".sh") or tree_shebang(name, "sh") or tree_shebang(name, "bash")]
    run = subprocess.run(["shellcheck", "-x", "-f", "gcc", *names],
                         capture_output=True, text=True, check=False, cwd=tree.TOP)
    yield from gcc_lines(run.stdout + run.stderr)


def python():
    """Python is clean under pyflakes."""
    names = [name for name in tree.files() if name.endswith(".py") or tree_shebang(name, "python3")]
    run = subprocess.run([sys.executable, "-m", "pyflakes", *names],
                         capture_output=True, text=True, check=False, cwd=tree.TOP)
    yield from gcc_lines(run.stdout + run.stderr)


def tree_shebang(name, interpreter):
    """Whether a file without an ending starts as a script of this interpreter."""
    if "." in os.path.basename(name) or not os.access(os.path.join(tree.TOP, name), os.X_OK):
        return False
    first = tree.text(name).split("\n", 1)[0]
    return first.startswith("#!") and first.rstrip().endswith(interpreter)


def gcc_lines(output):
    """Lines file:line:[column:] text as findings; anything else is a finding without a place."""
    for line in output.splitlines():
        found = re.match(r"([^:]+):(\d+):(?:\d+:)?\s*(.*)", line)
        if found:
            yield found.group(1), int(found.group(2)), found.group(3)
        elif line.strip():
            yield "lint", 1, line.strip()


CHECKS = (spdx, ghosts, sleeps, white_space, docstrings, c_format, shell, python)

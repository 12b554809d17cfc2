"""The tree as the checks see it: which files there are, and their text without comments.

SPDX-License-Identifier: MIT
"""

import functools
import os
import re
import subprocess

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
C_FOLDERS = ("core/", "plugins/", "tests/", "bench/", "examples/")


@functools.lru_cache(maxsize=None)
def files():
    """Every file of the project: tracked by git, or not ignored; outside git, all but built ones."""
    git = subprocess.run(
        ["git", "-C", TOP, "ls-files", "-co", "--exclude-standard"],
        capture_output=True, text=True, check=False)
    if git.returncode == 0:
        names = git.stdout.splitlines()
    else:
        skip = {"build", "build-aux", "autom4te.cache", "m4", "data", "node_modules", "__pycache__"}
        names = []
        for folder, subfolders, found in os.walk(TOP):
            subfolders[:] = [name for name in subfolders if name not in skip]
            names += [os.path.relpath(os.path.join(folder, name), TOP) for name in found]
    return sorted({name for name in names if os.path.isfile(os.path.join(TOP, name))})


def matching(*endings, folders=None):
    """Files that end in one of the endings, below one of the folders."""
    return [name for name in files()
            if name.endswith(endings) and (folders is None or name.startswith(folders))]


def c_files():
    return matching(".c", ".h", folders=C_FOLDERS)


def headers():
    return matching(".h", folders=C_FOLDERS)


@functools.lru_cache(maxsize=None)
def text(name):
    with open(os.path.join(TOP, name), encoding="utf-8", errors="replace") as file:
        return file.read()


def _blank(match):
    """What a comment or literal becomes: as many lines, no words."""
    found = match.group(0)
    if found[0] in "\"'":
        return found[0] + found[0]
    return re.sub(r"[^\n]", " ", found)


@functools.lru_cache(maxsize=None)
def code(name):
    """The text of a C file with comments blanked and literals emptied; lines stay where they are."""
    return re.sub(
        r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'",
        _blank, text(name), flags=re.S)


@functools.lru_cache(maxsize=None)
def tags():
    """Functions and prototypes of all C files: (file, name, kind, first line, last line)."""
    run = subprocess.run(
        ["ctags", "-L", "-", "--languages=C", "--langmap=C:.c.h", "--kinds-C=fp",
         "-I", "CONFAB_MUSTCHECK,CONFAB_PRINTF+,CONFAB_EXPORT,_Atomic+",
         "--fields=+neK", "-o", "-"],
        input="\n".join(c_files()), capture_output=True, text=True, check=True, cwd=TOP)
    rows = []
    for line in run.stdout.splitlines():
        if line.startswith("!"):
            continue
        parts = line.split("\t")
        fields = dict(part.split(":", 1) for part in parts[3:] if ":" in part)
        kind = "function" if "function" in parts else "prototype"
        first = int(fields["line"])
        rows.append((parts[1], parts[0], kind, first, int(fields.get("end", first))))
    return rows

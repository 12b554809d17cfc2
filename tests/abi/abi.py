#!/usr/bin/env python3
"""The plugin ABI: what the headers declare, what the map lists, and what a released minor promised.

usage: abi.py map                      write core/libconfab.map from the headers
       abi.py freeze 1.0               take the copy of the headers that tests/abi/1.0 promises
       abi.py probe HEADERS NAMES      print C that uses every function and struct that NAMES declare

A probe is compiled twice, with the headers of a released minor and with today's; abidiff then compares
functions, rows and enums, also those that a plugin hands over as bytes.

SPDX-License-Identifier: MIT
"""

import re
import shutil
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
HEADERS = TOP / "core/include"
MAP = TOP / "core/libconfab.map"
HEAD = """/* What libconfab shows: the plugin ABI by name (made by ./dev abi map from the headers; docs/abi.md says
 * how it may grow), what unit tests of plugins call, and what its own programs call. */
"""
TAIL = """
/* confab/test.h: for tests, which are built anew with each confab. Not part of the ABI. */
CONFAB_TEST {
	global:
		confab_test_*;
};

CONFAB_PRIVATE {
	global:
		confab_private_*;
};
"""


def plain(path):
    """A header without comments, directives and inline functions."""
    text = re.sub(r"/\*.*?\*/", " ", path.read_text(encoding="utf-8"), flags=re.S)
    text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", "", text, flags=re.M)
    return re.sub(r"^static inline.*?^}", "", text, flags=re.M | re.S)


def headers(folder=HEADERS):
    return sorted((Path(folder) / "confab").rglob("*.h"))


def functions(folder=HEADERS):
    """Every function that a plugin may call."""
    found = set()
    for path in headers(folder):
        if path.name != "test.h":
            found |= set(re.findall(r"\b(confab_[a-z0-9_]+)\(", plain(path)))
    return sorted(found)


def types(folder=HEADERS):
    """Every struct and enum whose body is public: "struct confab_hook_row" …"""
    found = set()
    for path in headers(folder):
        if path.name != "test.h":
            found |= set(re.findall(r"^((?:struct|enum) confab_\w+)\s*\{", plain(path), re.M))
    return sorted(found)


def mapped():
    """Names that the map lists, by version node."""
    nodes = {}
    for node, body in re.findall(r"^(CONFAB_[\w.]+) \{(.*?)^\}", MAP.read_text(), re.M | re.S):
        nodes[node] = re.findall(r"^\t\t(\w+);", body, re.M)
    return nodes


def node_name():
    text = (HEADERS / "confab/plugin.h").read_text()
    numbers = [re.search(rf"define CONFAB_ABI_{part} (\d+)", text).group(1)
               for part in ("MAJOR", "MINOR")]
    return "CONFAB_" + ".".join(numbers)


def write_map():
    """Released nodes stay as they are; what is new belongs to today's minor."""
    today = node_name()
    nodes = {name: symbols for name, symbols in mapped().items()
             if re.fullmatch(r"CONFAB_\d+\.\d+", name) and name != today}
    old = {symbol for symbols in nodes.values() for symbol in symbols}
    nodes[today] = [name for name in functions() if name not in old]
    text, former = HEAD, ""
    for name, symbols in nodes.items():
        lines = "".join(f"\t\t{symbol};\n" for symbol in symbols)
        local = "" if former else "\tlocal:\n\t\t*;\n"
        text += f"{name} {{\n\tglobal:\n{lines}{local}}}{former};\n"
        former = f" {name}"
    MAP.write_text(text + TAIL)


def freeze(minor):
    folder = TOP / "tests/abi" / minor
    if (folder / "RELEASED").exists():
        sys.exit(f"abi: {minor} is released; its promise does not change any more")
    if f"CONFAB_{minor}" != node_name():
        sys.exit(f"abi: the headers are those of {node_name()}, not of {minor}")
    shutil.rmtree(folder / "include", ignore_errors=True)
    for path in headers():
        if path.name == "test.h":
            continue
        target = folder / "include" / path.relative_to(HEADERS)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    symbols = mapped()[f"CONFAB_{minor}"]
    (folder / "symbols").write_text("".join(f"{name}\n" for name in symbols))


def probe(folder, names):
    """A pointer to every type, a pointer to every function. names: whose list it is."""
    lines = [f"#include <{path.relative_to(folder)}>" for path in headers(folder)]
    lines += [f"{name} *probe_{name.split()[1]};" for name in types(names)]
    lines += [f"__typeof__(&{name}) call_{name} = {name};" for name in functions(names)]
    return "\n".join(lines) + "\n"


def abi_map():
    """The map lists every public function of the headers, and nothing else."""
    listed = {name for node, names in mapped().items() if re.fullmatch(r"CONFAB_\d+\.\d+", node)
              for name in names}
    declared = set(functions())
    for name in sorted(declared - listed):
        yield "core/libconfab.map", 1, f"{name} is declared in a header but not listed: ./dev abi map"
    for name in sorted(listed - declared):
        yield "core/libconfab.map", 1, f"{name} is listed but no header declares it: ./dev abi map"


CHECKS = (abi_map,)

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["map"]:
            write_map()
        case ["freeze", version]:
            freeze(version)
        case ["probe", where, whose]:
            print(probe(where, whose), end="")
        case _:
            sys.exit(__doc__)

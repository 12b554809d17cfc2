"""How the tree is cut: include arrows, doors, sizes, names, and that make knows every file.

SPDX-License-Identifier: MIT
"""

import os
import re

import tree

# Who may include whom; everybody may include <confab/...>, base, config and its own folder.
ARROWS = {
    "base": set(),
    "config": set(),
    "loop": set(),
    "net": {"loop"},
    "wire": {"net", "loop"},
    "store": {"loop"},
    "bus": {"loop"},
    "chat": {"store", "loop"},
    "pipeline": {"chat", "store", "bus", "wire", "loop", "net/topic.h", "net/frame.h", "net/net.h"},
    "ops": {"pipeline", "chat", "wire", "store", "loop"},
    "plugin": {"pipeline", "chat", "wire", "store", "bus", "loop"},
    "admin": {"plugin", "pipeline", "chat", "store", "loop", "net"},
    "ctl": {"plugin/manifest.h", "plugin/loader.h", "plugin/object.h", "plugin/descriptor.h"},
    "helper": {"plugin/manifest.h", "plugin/loader.h"},
    "kit": {"sim", "plugin", "pipeline", "chat", "ops", "wire", "store", "net", "loop"},
    "server": None,  # all
    "sim": None,
}

# What only one place may call, so that the simulator can replace it: name, calls, who may.
DOORS = (
    ("time", r"clock_gettime|gettimeofday|time|nanosleep|clock_nanosleep|usleep|sleep|timerfd_create",
     ("core/base/clock.c",), "ask base/clock.h (a plugin: its host)"),
    ("chance", r"getrandom|getentropy|rand|rand_r|random|srand|drand48|arc4random|RAND_bytes",
     ("core/base/chance.c",), "ask base/chance.h (a plugin: its host)"),
    ("threads", r"pthread_create|thrd_create|fork|vfork|posix_spawn|popen|system",
     ("core/loop/", "core/base/log.c", "core/ctl/plugin_cycles.c"), "use a loop, lane, worker or helper of core/loop"),
    ("sockets", r"socket|socketpair|accept|accept4|connect|bind|listen",
     ("core/net/", "core/loop/", "core/admin/", "core/ctl/", "plugins/fetch/transfer.c"), "go through core/net"),
)

DRAWERS = {"util", "utils", "misc", "common", "helpers", "manager", "data", "info", "stuff"}
FILE_LINES = 800
FUNCTION_LINES = 100


def arrows():
    """Includes follow the arrows of the house: base ← loop ← net ← wire ← ops …"""
    for name in tree.c_files():
        parts = name.split("/")
        for number, line in enumerate(tree.text(name).splitlines(), 1):
            found = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
            if not found:
                continue
            quote, target = found.groups()
            if parts[0] == "plugins":
                own = os.path.exists(os.path.join(tree.TOP, "plugins", target)) or os.path.exists(
                    os.path.join(tree.TOP, os.path.dirname(name), target))
                if quote == '"' and not own:
                    yield name, number, (f'a plugin includes "{target}": '
                                         "only <confab/...> and its own folder are open to it")
                continue
            if parts[0] != "core" or len(parts) < 3 or parts[1] == "include":
                continue
            folder = target.split("/")[0] if "/" in target else ""
            allowed = ARROWS.get(parts[1], set())
            if quote == "<" or folder in ("", "base", "config", parts[1]) or allowed is None:
                if parts[1] != "base" or folder != "config":
                    continue
            if folder in ARROWS and folder not in allowed and target not in allowed:
                yield name, number, (f'core/{parts[1]} includes "{target}": no arrow leads there; '
                                     "ask the owner above, or pass a function pointer down")


def doors():
    """Time, chance, threads and sockets each have one door."""
    for name in tree.matching(".c", ".h", folders=("core/", "plugins/")):
        for door, calls, allowed, advice in DOORS:
            if name.startswith(allowed):
                continue
            for number, line in enumerate(tree.code(name).splitlines(), 1):
                found = re.search(rf"(?<![\w.>])({calls})\s*\(", line)
                if found:
                    yield name, number, f"calls {found.group(1)}() beside the door for {door}: {advice}"


def file_sizes():
    """No file is longer than 800 lines."""
    kinds = (".c", ".h", ".py", ".sh", ".js", ".ts", ".tsx", ".jsx", ".css")
    for name in tree.matching(*kinds) + ["dev"]:
        lines = tree.text(name).count("\n")
        if lines > FILE_LINES:
            yield name, lines, f"has {lines} lines of {FILE_LINES}: two subjects, split at the seam"


def function_sizes():
    """No function is longer than 100 lines."""
    for name, function, kind, first, last in tree.tags():
        if kind == "function" and last - first + 1 > FUNCTION_LINES:
            yield name, first, (f"{function} has {last - first + 1} lines of {FUNCTION_LINES}: "
                                "give its steps names")


def drawers():
    """No file or folder is a drawer."""
    for name in tree.files():
        for part in name.split("/"):
            stem = part.split(".")[0]
            if stem in DRAWERS or (stem == "helper" and "." in part):
                yield name, 1, f"'{part}' is a drawer: name it after the one thing it holds"


def listed():
    """Every C file is in a Makefile.inc, and every C file in a Makefile.inc is there."""
    known = set()
    for name in tree.matching("Makefile.inc", "Makefile.am"):
        for number, line in enumerate(tree.text(name).splitlines(), 1):
            if line.startswith("##"):
                continue
            for path in re.findall(r"\w[\w./-]*\.[ch]\b", line):
                known.add(path)
                if "/" in path and not os.path.exists(os.path.join(tree.TOP, path)):
                    yield name, number, f"lists {path}, which is not there"
    for name in tree.c_files():
        if name not in known and not name.startswith("tests/abi/"):
            folder = os.path.dirname(name)
            yield name, 1, f"is in no Makefile.inc: add it (to {folder}/Makefile.inc), or dist loses it"


def keys_in_force():
    """Every key of the configuration is read by somebody beside the configuration itself."""
    readers = [name for name in tree.matching(".c", folders=("core/", "plugins/"))
               if not name.startswith(("core/config/", "core/ctl/"))]
    code = "\n".join(tree.code(name) for name in readers)
    name = "core/config/sections.c"
    for number, line in enumerate(tree.text(name).splitlines(), 1):
        found = re.search(r"\bAT\((\w+)\)", line)
        if found and not line.startswith("#") and \
                not re.search(rf"(->|\.)\s*{found.group(1)}\b", code):
            yield name, number, f"nobody reads {found.group(1)}: a key that is not in force is a lie"


CHECKS = (arrows, doors, file_sizes, function_sizes, drawers, listed, keys_in_force)

"""Headers stand alone: each compiles by itself as C11, the public ones as C++20 too.

SPDX-License-Identifier: MIT
"""

import concurrent.futures
import os
import re
import subprocess

import tree

PACKAGES = ("libevent_core", "jansson", "yaml-0.1", "libpcre2-8", "libssl", "zlib", "icu-uc",
            "sqlite3", "libargon2", "libcurl", "lua5.4", "libxxhash", "cmocka")


def compile_alone(job):
    """Compile one header; gives (name, language, errors)."""
    name, language, command = job
    run = subprocess.run([*command, "-"], input=f'#include "{os.path.join(tree.TOP, name)}"\n',
                         capture_output=True, text=True, check=False, cwd=tree.TOP)
    return name, language, run.stderr if run.returncode else ""


def alone(names, language, command):
    jobs = [(name, language, command) for name in names]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, language, errors in pool.map(compile_alone, jobs):
            if errors:
                first = next((line for line in errors.splitlines() if "error" in line), errors)
                place = re.search(r":(\d+):\d+: ", first)
                reason = first.split("error: ")[-1].strip()
                yield name, int(place.group(1)) if place else 1, f"does not compile alone as {language}: {reason}"


def flags(*include):
    packages = subprocess.run(["pkg-config", "--cflags", *PACKAGES],
                              capture_output=True, text=True, check=True)
    return ["-D_GNU_SOURCE", *[f"-I{folder}" for folder in include], *packages.stdout.split()]


def c11():
    """Each header compiles alone in C11."""
    warnings = ["-Wall", "-Wextra", "-Wno-unused-function", "-Werror"]
    command = ["gcc", "-std=c11", "-fsyntax-only", *warnings, *flags("core", "core/include", "plugins"), "-x", "c"]
    inner = [name for name in tree.headers() if name.startswith(("core/", "bench/", "tests/"))]
    yield from alone(inner, "C11", command)
    command = ["gcc", "-std=c11", "-pedantic", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
               *flags("core/include"), "-x", "c"]
    yield from alone(tree.matching(".h", folders=("core/include/",)), "strict C11", command)
    command = ["gcc", "-std=c11", "-fsyntax-only", *warnings, *flags("core/include", "plugins"), "-x", "c"]
    yield from alone(tree.matching(".h", folders=("plugins/",)), "C11", command)


def cxx20():
    """Each public header compiles alone in C++20."""
    command = ["g++", "-std=c++20", "-pedantic", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
               *flags("core/include"), "-x", "c++"]
    yield from alone(tree.matching(".h", folders=("core/include/",)), "C++20", command)


CHECKS = (c11, cxx20)

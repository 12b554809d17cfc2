"""confab as a stranger has it: installed below a folder, found by pkg-config, nothing of the tree in reach.

    run = installed()
    run("confabctl plugin new x && make -C x", tmp_path)     a shell command; its output

SPDX-License-Identifier: MIT
"""

import fcntl
import os
import re
import subprocess
from pathlib import Path

from server import BUILD

STAGE = BUILD / "staging"


def make_variable(name):
    """What configure has put into the build's Makefile."""
    found = re.search(rf"^{name} = (.*)$", (BUILD / "Makefile").read_text(), re.M)
    return found.group(1).strip() if found else ""


def install():
    """make install DESTDIR=…, once per build; tests that run at the same time wait."""
    with open(BUILD / "staging.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = STAGE / "stamp"
        parts = [BUILD / "core/.libs/libconfab.so", BUILD / "Makefile",
                 *(BUILD / "plugins/.libs").glob("*.so")]
        if stamp.exists() and stamp.stat().st_mtime > max(p.stat().st_mtime for p in parts):
            return
        done = subprocess.run(["make", "-C", BUILD, "install", f"DESTDIR={STAGE}"],
                              capture_output=True, text=True, check=False,
                              env={k: v for k, v in os.environ.items() if k != "MAKEFLAGS"})
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        stamp.touch()


class Installed:
    """Runs shell commands with an installed confab first in every path."""

    def __init__(self):
        install()
        self.prefix = Path(f"{STAGE}{make_variable('prefix')}")
        flags = make_variable("SANITIZE_FLAGS")
        compiler = make_variable("CC").replace("ccache ", "")
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "CONFAB"))},
            "PATH": f"{self.prefix}/bin:{self.prefix}/sbin:{os.environ['PATH']}",
            "PKG_CONFIG": "pkg-config --define-prefix",
            "PKG_CONFIG_PATH": f"{self.prefix}/lib/pkgconfig",
            "LD_LIBRARY_PATH": f"{self.prefix}/lib",
            "CC": compiler,
            "CXX": {"clang": "clang++", "gcc": "g++"}.get(compiler, "c++"),
            "CFLAGS": make_variable("CFLAGS") + " -Werror",
            "CXXFLAGS": make_variable("CFLAGS") + " -Werror",
            "SANITIZE": flags,
            "DEFS": make_variable("DEFS_LDFLAGS"),
        }

    def __call__(self, command, folder, status=0):
        """Run it by sh -e in a folder; it must end with that status. Gives what it wrote."""
        done = subprocess.run(["sh", "-ec", command], cwd=folder, env=self.env, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=100, check=False)
        assert done.returncode == status, f"{command}\nended with {done.returncode}:\n{done.stdout}"
        return done.stdout

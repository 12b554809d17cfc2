"""confabctl plugin info and plugin lint: what a file says about itself, and what is wrong with it.

SPDX-License-Identifier: MIT
"""

import json
import subprocess

import pytest
from server import BUILD

MODULES = BUILD / "tests/plugins/.libs"
OWN = sorted((BUILD / "plugins/.libs").glob("*.so"))
EXAMPLES = sorted((BUILD / "plugins/examples/.libs").glob("*.so"))
CYCLES = "1000"
SANITIZED = b"__asan_init" in (BUILD / "core/.libs/libconfab.so").read_bytes()


def ctl(*words):
    done = subprocess.run([BUILD / "confabctl", "--json", "plugin", *words],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100,
                          check=False)
    try:
        return done.returncode, json.loads(done.stdout)
    except ValueError:
        return done.returncode, done.stdout + done.stderr


def test_info_reads_what_stands_in_the_file():
    status, info = ctl("info", BUILD / "plugins/.libs/typing.so")
    assert status == 0 and info["loadable"] is True and info["resident"] is False
    assert (info["name"], info["version"], info["licence"]) == ("typing", "1.0", "MIT")
    assert info["summary"] == "Shows who is writing."
    assert info["tables"] == {"settings": 3, "hooks": 1, "kinds": 1, "ops": 1}
    assert "libconfab.so.1" in info["needs"] and "confab_event_actor" in info["calls"]
    assert info["bytes"] > 1000


@pytest.mark.parametrize("name,why", [
    ("newer", "is made for ABI 1.99, but this server has ABI 1.0"),
    ("nosymbol", "it has no symbol confab_plugin"),
    ("threads", "calls pthread_create"),
    ("eager", "calls fork"),
])
def test_info_says_why_not_and_runs_nothing(name, why):
    status, info = ctl("info", MODULES / f"{name}.so")
    assert status == 1 and info["loadable"] is False and why in info["why"]


def test_info_of_other_files(tmp_path):
    (tmp_path / "x.so").write_text("hello")
    assert ctl("info", tmp_path / "x.so")[1]["error"]["text"].endswith("is no shared object")
    assert "No such file" in ctl("info", tmp_path / "y.so")[1]["error"]["text"]


@pytest.mark.native
@pytest.mark.parametrize("path", OWN + EXAMPLES, ids=lambda path: path.stem)
def test_our_own_are_clean(path):
    status, lint = ctl("lint", path, "--cycles", CYCLES)
    assert status == 0 and lint["ok"] and lint["cycles"] == int(CYCLES), lint


FINDINGS = {
    "eager": {"calls": "it calls fork", "constructors": "1 functions run when it is loaded"},
    "early": {"constructors": "do that in load()", "thread-locals": "variables in every thread"},
    "keys": {"calls": "it calls pthread_key_create"},
    "lacking": {"imports": "does not have (confab_no_such_function)", "load": "cannot be linked"},
    "leaky": {"memory": "does unload() free what load() made?"},
    "mortal": {"death": "ended the process"},
    "newer": {"abi": "is made for ABI 1.99, but this server has ABI 1.0"},
    "stages": {"tables": "table hooks, row 1: its stage is unknown"},
    "strange": {"tables": "table hooks, row 2: it uses fields behind"},
    "threads": {"calls": "it calls pthread_create: threads and signals are confab's"},
    "twonames": {"manifest": "its note says version 1.0, its descriptor 2.0"},
}
# A sanitizer brings constructors itself, and finds leaks itself, at the end.
SANITIZED_FINDINGS = {
    "eager": {"calls": "it calls fork"},
    "leaky": {"death": "ended the process"},
}


@pytest.mark.native
@pytest.mark.parametrize("name", [name for name in FINDINGS if not SANITIZED or name != "early"])
def test_what_lint_finds(name):
    wanted = FINDINGS[name]
    if SANITIZED and name in SANITIZED_FINDINGS:
        wanted = SANITIZED_FINDINGS[name]
    status, lint = ctl("lint", MODULES / f"{name}.so", "--cycles", "100")
    found = {finding["check"]: finding["text"] for finding in lint["findings"]}
    assert status == 1 and set(found) == set(wanted), found
    for check, text in wanted.items():
        assert text in found[check]


def test_lint_asked_wrongly():
    assert ctl("lint")[0] == 2
    assert ctl("lint", MODULES / "plain.so", "--cycles", "1")[0] == 2
    assert ctl("lint", MODULES / "plain.so", "--cycles", "x")[0] == 2
    assert ctl("lint", MODULES / "nosymbol.so")[0] == 1

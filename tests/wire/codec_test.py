"""A plugin's codec serves its path, and speaks WebSocket as Autobahn's cases say.

SPDX-License-Identifier: MIT
"""

import subprocess
import sys
from pathlib import Path

import pytest
import websockets.sync.client
from server import BUILD

# The slow groups are for a run by hand: 9 measures, 12 and 13 make 1,000 round trips a case.
SLOW = ("9.*", "12.*", "13.*")


@pytest.fixture
def echo(make_server):
    """A server with the default limits and the test plugin echo."""
    return make_server({
        "server": {"plugin_dirs": [str(BUILD / "plugins/.libs"),
                                   str(BUILD / "tests/plugins/.libs")]},
        "plugins": {"echo": True}})


def test_text_and_bytes_come_back_as_they_went(echo):
    with websockets.sync.client.connect(f"ws://127.0.0.1:{echo.port}/echo") as ws:
        for message in ("grüß dich", b"\x00\xff", "", "x" * 300_000):
            ws.send(message)
            assert ws.recv(10) == message


def test_the_fast_cases_of_autobahn_pass(echo, tmp_path):
    excluded = [word for case in SLOW for word in ("-x", case)]
    done = subprocess.run(
        [Path(sys.executable).parent / "kosoku", f"ws://127.0.0.1:{echo.port}/echo",
         "-o", tmp_path / "report", *excluded],
        capture_output=True, text=True, timeout=120, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0 and "247 cases passed" in said, said

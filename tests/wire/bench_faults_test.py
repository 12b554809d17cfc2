"""The load tool sees what a server does wrong: faults planted in the baseline make it fail.

SPDX-License-Identifier: MIT
"""
import json
import os
import subprocess
from pathlib import Path

import pytest

BUILD = Path(os.environ.get("CONFAB_BUILD", Path(__file__).resolve().parents[2] / "build/run"))


@pytest.mark.parametrize("fault, counted", [
    ("--skip", "missing"), ("--twice", "repeated"), ("--text", "altered"), ("--ack", "altered"),
    ("--lose", None),
])
def test_planted_fault_is_seen(fault, counted):
    server = subprocess.Popen([BUILD / "bench/baseline", fault, "0"], stdout=subprocess.PIPE,
                              text=True)
    try:
        port = server.stdout.readline().rsplit(":", 1)[1].strip()
        done = subprocess.run(
            [BUILD / "bench/confab-bench", "fanout", "5", "--port", port, "--rate", "200",
             "--warmup", "0.1", "--duration", "0.5", "--drain", "8", "--json"],
            capture_output=True, text=True, timeout=60, check=False)
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()
    result = json.loads(done.stdout)
    assert done.returncode == 1
    if counted:
        assert result["faults"][counted] > 0
    else:
        assert result["undelivered"] > 0

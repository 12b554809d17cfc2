"""The load tool and its baselines: everything arrives, in order and once. No number is judged.

SPDX-License-Identifier: MIT
"""
import os
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]


@pytest.mark.native
def test_quick_bench_finds_no_fault():
    if "CONFAB_BUILD" not in os.environ:
        os.environ["CONFAB_BUILD"] = str(TOP / "build/run")
    done = subprocess.run([TOP / "bench/run", "--quick"], capture_output=True, text=True,
                          timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

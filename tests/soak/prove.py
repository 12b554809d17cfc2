#!/usr/bin/env python3
"""./dev soak prove [NAME…]: plant faults, each must be found by the checker under its right name.

SPDX-License-Identifier: MIT
"""

import argparse
import asyncio
import copy
import sys
import tempfile
from collections import Counter
from pathlib import Path

import faults
from checker import check
from kill import soak
from server import BUILD

ROUNDS = 2
ROUND_S = (0.7, 0.9)
SEED = 11


def true_run(folder):
    """A run without planted faults, to plant them in what was written down; a slow daemon gets longer."""
    for times in 1, 3, 9:
        records, story = asyncio.run(soak(folder / str(times), 3 * times, SEED, round_s=ROUND_S))
        kicked = faults.with_kicked(records, copy.deepcopy(story))
        if faults.kick_of_a_speaker(kicked):
            return records, story
    raise AssertionError("nobody was kicked who had said something")


def live(fault, folder):
    """A run with the fault in the daemon, in its file or in the frames."""
    options = {}
    if fault.where == "daemon":
        options["env"] = fault.plant(BUILD)
    elif fault.where == "frames":
        options["tap"] = fault.plant()
    else:
        options["between"] = lambda _, path: faults.in_file(fault.plant, path)
    records, story = asyncio.run(soak(folder, ROUNDS, SEED, settle_s=0, round_s=ROUND_S, **options))
    return records, faults.without_marks(story)


def found(fault, folder, base=None):
    """The laws that are broken where the fault is planted: how often each."""
    if fault.where == "record":
        records, story = copy.deepcopy(base)
        fault.plant(records, faults.with_kicked(records, story))
    else:
        records, story = live(fault, folder)
    return Counter(each.law for each in check(records, story))


def main():
    names = [fault.name for fault in faults.PLANTED]
    parser = argparse.ArgumentParser(prog="dev soak prove", description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="*", choices=[[], *names], help="all by default")
    options = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory(prefix="confab-prove-") as folder:
        base = true_run(Path(folder) / "true")
        print(f"without a fault: {dict(Counter(f.law for f in check(*base))) or 'nothing'}", flush=True)
        for fault in faults.PLANTED:
            if options.name and fault.name not in options.name:
                continue
            laws = found(fault, Path(folder) / fault.name, base)
            caught = fault.law in laws
            missed += not caught
            print(f"{'ok  ' if caught else 'MISS'} {fault.name} ({fault.where}): {fault.law} is "
                  f"wanted, found {dict(laws)}", flush=True)
    print(f"prove: {missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

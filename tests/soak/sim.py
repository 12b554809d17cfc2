"""Seeds of confab-sim, one after the other on every processor, and how long it took.

usage: ./dev soak sim [SEEDS] [--from N] [--events M]

SPDX-License-Identifier: MIT
"""

import argparse
import os
import subprocess
import sys
import time

CHUNK = 20      # seeds a process plays, so that a crash costs little


def play(program, first, last, events):
    return subprocess.Popen(
        [program, "--seeds", f"{first}-{last}", "--events", str(events)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def main():
    parser = argparse.ArgumentParser(prog="./dev soak sim", description=__doc__.splitlines()[0])
    parser.add_argument("seeds", nargs="?", type=int, default=2000)
    parser.add_argument("--from", dest="first", type=int, default=1)
    parser.add_argument("--events", type=int, default=400)
    args = parser.parse_args()
    program = os.path.join(os.environ["CONFAB_BUILD"], "confab-sim")
    last, at, running, broken = args.first + args.seeds - 1, args.first, [], 0
    start = time.monotonic()
    while at <= last or running:
        while at <= last and len(running) < (os.cpu_count() or 1):
            end = min(at + CHUNK - 1, last)
            running.append((at, end, play(program, at, end, args.events)))
            at = end + 1
        first, end, process = running.pop(0)
        output, _ = process.communicate()
        if process.returncode:
            broken += 1
            print(f"seeds {first} to {end}:\n{output}", flush=True)
    seconds = time.monotonic() - start
    print(f"{args.seeds} seeds of {args.events} events in {seconds:.0f} s, "
          f"{broken} runs of {CHUNK} broke a law")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

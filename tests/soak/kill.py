#!/usr/bin/env python3
"""./dev soak kill [ROUNDS] [--seed N] [--keep DIR]: kill -9 at random moments under load.

A real confabd with its embedded store; clients send, edit, delete, reply, read, come and go, kick and
add, and ask again, among slow mode, rate limits and verdicts that come later. It is killed at random
moments and started again; the clients reconnect, sync by the stream rule and ask again for what was
not acknowledged. Some rounds end by a stop instead, which must come to its end by itself. At the end
the checker reads what each of them wrote down.

What a seed replays is every draw: who does what in which order, and how long each round lasts. When a
kill hits is the machine's. A failure keeps the data and the records, and says where.

SPDX-License-Identifier: MIT
"""

import argparse
import asyncio
import json
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from acts import CONFIG, LAWS, Person
from checker import check
from record import read
from world import World, merged

NAMES = ("ann", "bob", "cyd", "dan", "eve", "fay", "gil", "hal", "cyd~2")
PAUSE_S = 0.06
ROUND_S = (0.15, 1.6)
STOPS = 0.15        # of the rounds end politely: it must end by itself, under the same load
SETTLE_S = 40       # todos of who died between a commit and them are taken up after 10 s


async def live(person, world, until):
    """One person acts at random moments until the end of the rounds."""
    while not until.is_set():
        await asyncio.sleep(person.random.expovariate(1 / PAUSE_S))
        person.act()
        world.look()


async def soak(folder, rounds, seed, tap=None, between=None, env=None, settle_s=SETTLE_S,
               round_s=ROUND_S, say=lambda text: None):
    """Run it; gives (records by name, story). between(round, folder) is called while it is dead."""
    draw = random.Random(seed)
    config = merged(CONFIG, {"plugins": {"later": {}}})
    world = World(folder, NAMES, config, tap, env)
    users = sorted({client.user for client in world.clients})
    people = [Person(client, i, users, seed) for i, client in enumerate(world.clients)]
    ended = asyncio.Event()
    await world.start()
    world.enter()
    await world.until(lambda: all(c.ready.is_set() for c in world.clients), "everybody to enter")
    for person in people:
        person.begin()
    await world.quiet()
    for person in people:
        person.enter()
    await world.quiet()
    acting = [asyncio.ensure_future(live(person, world, ended)) for person in people]
    for n in range(rounds):
        await asyncio.sleep(draw.uniform(*round_s))
        if draw.random() < STOPS and not between:
            await asyncio.to_thread(world.server.stop)
        else:
            world.server.kill()
        if between:
            between(n, world.folder)
        await world.start()
        if n % 20 == 19:
            say(f"{n + 1} kills")
        await world.until(lambda: any(c.ready.is_set() for c in world.clients), "a hello")
    await asyncio.sleep(draw.uniform(*round_s))
    ended.set()
    await asyncio.gather(*acting)
    world.server.kill()
    await world.start()
    await world.until(lambda: all(c.ready.is_set() for c in world.clients), "everybody to be back")
    await world.quiet()
    await world.settled(settle_s)
    await world.quiet()
    story = await world.tell(LAWS)
    await world.leave()
    return {name: read(world.records / f"{name}.jsonl") for name in NAMES}, story


def again(folder):
    """What soak() gave, read from a folder that was kept."""
    folder = Path(folder)
    records = {path.stem: read(path) for path in sorted((folder / "records").glob("*.jsonl"))}
    return records, json.loads((folder / "story.json").read_text())


def report(faults, folder, seed):
    for fault in faults[:40]:
        print(f"  {fault}")
    if len(faults) > 40:
        print(f"  and {len(faults) - 40} more")
    print(f"kept: {folder} (seed {seed})")


def main():
    parser = argparse.ArgumentParser(prog="dev soak kill", description=__doc__.splitlines()[0])
    parser.add_argument("rounds", nargs="?", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--keep", metavar="DIR", help="run in this folder and keep it")
    parser.add_argument("--check", metavar="DIR", help="check the records of a folder that was kept")
    options = parser.parse_args()
    if options.check:
        faults = check(*again(options.check))
        report(faults, options.check, "of that run")
        return 1 if faults else 0
    seed = options.seed if options.seed is not None else random.SystemRandom().getrandbits(32)
    folder = options.keep or tempfile.mkdtemp(prefix="confab-kill-")
    start = time.monotonic()
    print(f"soak kill: {options.rounds} rounds, seed {seed}, in {folder}", flush=True)
    try:
        records, story = asyncio.run(soak(
            folder, options.rounds, seed, say=lambda text: print(text, flush=True)))
    except Exception:
        print(f"kept: {folder} (seed {seed})")
        raise
    faults = check(records, story)
    logs = story["store"].values()
    print(f"{options.rounds} kills, {sum(len(log['entries']) for log in logs)} entries, "
          f"{sum(len(lines) for lines in records.values())} lines of records, "
          f"{len(faults)} faults ({time.monotonic() - start:.0f} s)")
    if faults:
        report(faults, folder, seed)
        return 1
    if not options.keep:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())

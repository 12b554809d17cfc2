#!/usr/bin/env python3
"""./dev soak replay [MESSAGES]: people say what was really said, in many languages and scripts.

50 users in 20 channels say the texts of Debian's fortune packages, edit, delete and answer them, come
and go and are kicked; now and then one is away. In the end every client must hold the same history, by
the stream rule alone; numbers are dense; unread is counted anew from what was sent; search finds words
of every script.

SPDX-License-Identifier: MIT
"""

import argparse
import asyncio
import itertools
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from acts import Person
from checker import ending, play, sayings, sent_by_cid
from finding import search
from record import read
from world import World

FORTUNES = Path("/usr/share/games/fortunes")
TEXT_MAX = 1500
TURN_S = 300        # one process plays all people: on a busy machine a turn may be long in coming
KINDS = ("sent", "answer")      # what is written down: the rest would be a gigabyte


def fortunes():
    """The texts of all fortune packages that are installed, as UTF-8; none that would be a command."""
    texts = []
    for path in sorted(FORTUNES.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.suffix != ".dat":
            texts += [text.strip() for text in path.read_bytes().decode().split("\n%\n")]
    return [text for text in texts
            if 0 < len(text) <= TEXT_MAX and "\0" not in text and text[0] != "/"]


class Talker(Person):
    """Says one text after the other."""

    acts = (("send", 66), ("reply", 9), ("edit", 8), ("delete", 5), ("read", 6), ("door", 2),
            ("kick", 3), ("repeat", 1))
    in_flight = 16

    def __init__(self, client, number, names, seed, stage):
        super().__init__(client, number, names, seed)
        self.stage = stage
        self.owners = stage.owners
        self.doors = self.random.sample(stage.open, min(6, len(stage.open)))

    @property
    def channels(self):
        """Where one may act: where one is, or else anywhere."""
        inside = [log for log in self.client.logs if not log.startswith("@")]
        return sorted(inside) or self.stage.channels

    def text(self):
        return next(self.stage.texts)

    def begin(self):
        """Groups begin with some: their owner is in the same channels as few others."""
        for channel, owner in self.stage.makers.items():
            if owner != self.number:
                continue
            members = {}
            if channel in self.owners:
                names = self.random.sample(self.names, min(12, len(self.names)))
                members = {"members": [name for name in names if name != self.client.name]}
            kind = "group" if channel in self.owners else "open"
            self.client.change("channel.create", channel, self.cid(), type=kind, **members)

    def _send(self, channel, draw):
        if channel in self.client.logs:
            self.stage.left -= 1
            super()._send(channel, draw)


class Stage:
    """The channels, who made them, and the texts that are left to be said."""

    def __init__(self, users, channels, texts, messages, draw):
        self.channels = [f"c{n}" for n in range(channels)]
        self.open = self.channels[: channels * 2 // 3]
        self.makers = {name: draw.randrange(users) for name in self.channels}
        self.owners = {name: self.makers[name] for name in self.channels if name not in self.open}
        self.left = messages
        self.texts = itertools.cycle(texts)

    def laws(self):
        return {name: {"kind": "group" if name in self.owners else "open"} for name in self.channels}


CONFIG = {
    "auth": {"providers": ["auth-jwt"]},
    "limits": {"user_rate": "off", "address_rate": "off", "channel_rate": "off",
               "connections_per_address": 1000, "in_flight": 64},
    "channel_types": {
        name: {"rate": "off", "user_rate": "off", "message_length": 4000}
        for name in ("open", "group")
    },
    "roles": {"user": ["channels.create.open", "channels.create.group"]},
    "log": {"level": "warning"},
}


async def talk(person, world, stage):
    """Act until all is said, as fast as the answers come; sometimes be away for a while."""
    while stage.left > 0:
        world.look()
        await world.until(lambda: person.client.ready.is_set() and
                          len(person.client.pending) < person.in_flight,
                          lambda: f"{person.client.name}: {person.client.unrest()}", TURN_S)
        for _ in range(person.in_flight):
            person.act()
        if person.random.random() < 0.01 and person.client.socket:
            await person.client.socket.close()
        await asyncio.sleep(person.random.random() * stage.pause_s)


async def replay(folder, texts, messages, users=50, channels=20, seed=1, pause_s=0.1):
    """Run it until so many messages were sent, replies not counted. Gives (faults, what was found: a Counter)."""
    draw = random.Random(seed)
    draw.shuffle(texts)
    stage = Stage(users, channels, texts, messages, draw)
    stage.pause_s = pause_s
    names = [f"user{n}" for n in range(users)]
    world = World(folder, names, CONFIG, kinds=KINDS)
    people = [Talker(client, n, names, seed, stage) for n, client in enumerate(world.clients)]
    await world.start()
    world.enter()
    await world.quiet()
    for person in people:
        person.begin()
    await world.quiet()
    for person in people:
        person.enter()
    await world.quiet()
    await asyncio.gather(*(talk(person, world, stage) for person in people))
    await world.quiet()
    await world.settled(20)
    await world.quiet()
    await asyncio.to_thread(world.server.stop)
    store = world.store()
    await world.start()
    await world.quiet()
    return await judge(world, store, stage)


async def judge(world, store, stage):
    """What was said and what is there: everybody's last look against the model."""
    for client in world.clients:
        client.record.file.flush()
    records = {c.name: read(c.record.path) for c in world.clients}
    models = play(store, sent_by_cid(records), stage.laws())
    faults, paged = sayings(records, models), set(models)
    for client in world.clients:
        faults += ending(await world.last_look(client, paged), models)
    found = Counter(entry["op"] for name in models for entry in store[name]["entries"])
    faults += await search(world.clients, models, found)
    await world.leave()
    await asyncio.to_thread(world.server.stop)
    return faults, found


def main():
    parser = argparse.ArgumentParser(prog="dev soak replay", description=__doc__.splitlines()[0])
    parser.add_argument("messages", nargs="?", type=int, default=50000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", metavar="DIR", help="run in this folder and keep it")
    options = parser.parse_args()
    texts = fortunes()
    folder = options.keep or tempfile.mkdtemp(prefix="confab-replay-")
    start = time.monotonic()
    print(f"soak replay: {options.messages} messages out of {len(texts)} texts, in {folder}", flush=True)
    faults, found = asyncio.run(replay(folder, texts, options.messages, seed=options.seed))
    print(f"{dict(found)}, {len(faults)} faults ({time.monotonic() - start:.0f} s)")
    for fault in faults[:40]:
        print(f"  {fault}")
    if faults:
        print(f"kept: {folder}")
    elif not options.keep:
        shutil.rmtree(folder)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

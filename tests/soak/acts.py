"""What the people of a kill soak do, drawn from a seeded random: send, reply, edit, delete, read, come
and go, kick and add, ask again. The same seed draws the same acts; when they happen is the machine's.

SPDX-License-Identifier: MIT
"""

import itertools
import random

from model import IDEMPOTENT

HALL, SLOW, DEN, VAULT = "hall", "slow", "den", "vault"
SLOW_MS = 300
CHANNELS = (HALL, SLOW, DEN, VAULT)
OWNERS = {DEN: 0, VAULT: 1}     # whose group it is: the one who kicks and adds there
IN_FLIGHT = 6

WORDS = ("tea", "rain", "Straße", "мост", "猫", "🌊", "hello", "naïve", "שלום", "good night")

ACTS = (("send", 52), ("reply", 8), ("edit", 12), ("delete", 6), ("read", 10), ("door", 3),
        ("kick", 4), ("hush", 3), ("repeat", 5))

# What the checker must know of the channels: who is inside, who sees what, how fast one may speak.
LAWS = {
    HALL: {"kind": "open"},
    SLOW: {"kind": "open", "slow_ms": SLOW_MS},
    DEN: {"kind": "group"},
    VAULT: {"kind": "group", "floors": True},
}

CONFIG = {
    "auth": {"providers": ["auth-jwt"]},
    "limits": {"user_rate": "10000/s", "address_rate": "10000/s", "channel_rate": "70/s burst 30"},
    "channel_types": {
        HALL: {"like": "open"},
        SLOW: {"like": "open", "slow_mode": f"{SLOW_MS}ms"},
        DEN: {"like": "group"},
        VAULT: {"like": "group", "history_for_newcomers": False},
    },
    "roles": {"user": ["channels.create." + name for name in CHANNELS]},
    "log": {"level": "info"},
}


class Person:
    """Draws the acts of one client."""

    acts = ACTS
    channels = CHANNELS     # where one acts
    doors = (HALL, SLOW)    # where one comes and goes
    owners = OWNERS
    in_flight = IN_FLIGHT

    def __init__(self, client, number, names, seed):
        self.client = client
        self.number = number
        self.names = names
        self.random = random.Random(f"{seed}/{client.name}")
        self.made = 0
        self.out = {}       # (channel, user) → kicked out by us and to be added again
        self.hushed = []    # the changes that take our last mutes and locks back
        client.on_answer = self._answered

    def cid(self):
        self.made += 1
        return f"{self.client.name}.{self.made}.{self.random.getrandbits(64):016x}"

    def text(self):
        words = " ".join(self.random.choice(WORDS) for _ in range(self.random.randint(1, 8)))
        text = f"{self.client.name} {self.made} {words}"
        draw = self.random.random()
        if draw < 0.05:
            return f"later:{self.random.randint(1, 250)}:{text}"
        if draw < 0.06:
            return "never:" + text
        if draw < 0.08:
            return "mask:" + text
        if draw < 0.09:
            return "wont:" + text
        return "shadow:" + text if draw < 0.11 else text

    # ---- beginnings ----

    def begin(self):
        """The first of all makes the channels; the groups begin with everybody."""
        for channel in self.channels:
            if self.owners.get(channel, 0) == self.number:
                members = self.names if channel in self.owners else []
                more = {"members": [n for n in members if n != self.client.user]} if members else {}
                self.client.change("channel.create", channel, self.cid(), type=channel, **more)

    def enter(self):
        for channel in self.doors:
            self.client.change("channel.join", channel, self.cid())

    # ---- acts ----

    def act(self):
        """One act, if its time has come: the draw is made all the same."""
        verb = self.random.choices([a for a, _ in self.acts], [w for _, w in self.acts])[0]
        channel = self.random.choice(self.channels)
        seed = self.random.getrandbits(32)
        if not self.client.ready.is_set() or len(self.client.pending) >= self.in_flight:
            return
        getattr(self, "_" + verb)(channel, random.Random(seed))

    def _messages(self, channel, mine=False):
        held = self.client.logs.get(channel)
        if not held:
            return []
        newest = list(itertools.islice(reversed(held.rows.items()), 60))
        return [row for (kind, _), row in reversed(newest)
                if kind == "message" and not row.get("deleted") and not row.get("hidden") and
                (not mine or row.get("user") == self.client.user)]

    def _send(self, channel, draw):
        more = {}
        if draw.random() < 0.08:
            more["mentions"] = ["@channel" if draw.random() < 0.3 else draw.choice(self.names)]
        if channel in self.client.logs or draw.random() < 0.05:
            self.client.change("message.send", channel, self.cid(), text=self.text(), **more)

    def _reply(self, channel, draw):
        parents = [m for m in self._messages(channel) if not m.get("parent")]
        if parents:
            self.client.change("message.send", channel, self.cid(), text=self.text(),
                               parent=draw.choice(parents)["id"])

    def _edit(self, channel, draw):
        own = self._messages(channel, mine=True)
        if own:
            message = draw.choice(own)
            self.client.change("message.edit", channel, self.cid(), seq=message["id"],
                               ver=message["ver"], text=self.text())

    def _delete(self, channel, draw):
        own = self._messages(channel, mine=True)
        if own:
            self.client.change("message.delete", channel, self.cid(), seq=draw.choice(own)["id"])

    def _read(self, channel, draw):
        seen = self._messages(channel)
        if seen:
            self.client.read(channel, draw.choice(seen[-5:])["id"])

    def _door(self, _channel, draw):
        channel = draw.choice(self.doors)
        inside = channel in self.client.logs
        if self.number and (not inside or draw.random() < 0.3):
            self.client.change("channel.leave" if inside else "channel.join", channel, self.cid())

    def _kick(self, _channel, draw):
        mine = [c for c, owner in self.owners.items() if owner == self.number]
        if not mine:
            return
        channel = draw.choice(mine)
        if self.out and draw.random() < 0.7:
            self.bring_back(draw.choice(sorted(self.out)))
            return
        user = draw.choice(self.names)
        if user != self.client.user and (channel, user) not in self.out:
            self.client.change("member.kick", channel, self.cid(), user=user)

    def _hush(self, _channel, draw):
        """Mute somebody, lock a channel, or take that back."""
        mine = [c for c, owner in self.owners.items() if owner == self.number]
        if not mine:
            return
        if len(self.hushed) > 1 or (self.hushed and draw.random() < 0.6):
            op, channel, args = self.hushed.pop(0)
            self.client.change(op, channel, self.cid(), **args)
            return
        channel, user = draw.choice(mine), draw.choice(self.names)
        if draw.random() < 0.3:
            self.client.change("channel.update", channel, self.cid(), locked=True)
            self.hushed.append(("channel.update", channel, {"locked": False}))
        elif user != self.client.user:
            self.client.change("member.mute", channel, self.cid(), user=user)
            self.hushed.append(("member.unmute", channel, {"user": user}))

    def _repeat(self, _channel, draw):
        done = [request for request in self.client.done if request.op not in IDEMPOTENT]
        if done:
            self.client.repeat(draw.choice(done))

    def bring_back(self, who):
        channel, user = who
        self.out.pop(who, None)
        self.client.change("member.add", channel, self.cid(), user=user)

    def _answered(self, request, outcome):
        if request.op == "member.kick" and "ok" in outcome and request.tries >= 1:
            self.out[(request.channel, request.args["user"])] = True

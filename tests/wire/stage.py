"""A channel with somebody in every role, for tests that play all ops.

    stage = Stage(server)                      accounts, sessions, the administrator
    place = stage.channel("group")             a fresh channel; place.id, place.seq(role)
    stage.arguments(op, place, "member")       what a person of that role would ask

SPDX-License-Identifier: MIT
"""

import itertools

from people import PASSWORD, Person, cid, people, sign_in
from setup_test import fresh_code, redeem

# What becomes of each person in a channel; the order is the one in which it is done.
MEMBERS = ("moderator", "member", "reader", "muted", "banned", "removed", "victim")
ROLES = ("owner", *MEMBERS[:-1], "stranger", "guest", "admin")
_places = itertools.count(1)


class Place:
    """One channel as it was set."""

    def __init__(self, name, type, seqs, target="victim"):
        self.id = name
        self.target = target  # a plain member, to whom things are done
        self.type = type
        self.seqs = seqs

    def seq(self, role, own=False):
        """A message by that role, else by somebody else."""
        if own:
            return self.seqs.get(role)
        return self.seqs["owner"] if role != "owner" else self.seqs["victim"]


class Stage:
    """Everybody who plays."""

    def __init__(self, server):
        self.server = server
        code = fresh_code(server)
        assert redeem(server, code, "admin")[0] == 200
        names = ("owner", *MEMBERS, "stranger", "guest", "outsider")
        self.people = dict(zip(names, people(server, *names, watch=[])))
        self.people["admin"] = Person(server, sign_in(server, "admin", "login")).enter(watch=[])
        self["admin"].ask("user.role", user="guest", role="guest")

    def __getitem__(self, name):
        return self.people[name]

    # ---- channels ----

    def channel(self, type, talk=True):
        """A fresh one with everybody in it; talk: each has said something, where the role may."""
        name = f"place{next(_places)}"
        owner = self["owner"]
        if type == "direct":
            return self._direct()
        if type == "broadcast":
            self._broadcast(name)
        else:
            owner.ask("channel.create", cid=cid(), type=type, channel=name,
                      members=list(MEMBERS) if type == "group" else [])
        if type != "group":
            for member in MEMBERS:
                self[member].ask("channel.join", cid=cid(), channel=name)
        if type == "broadcast":
            for member in MEMBERS:
                owner.ask("member.role", cid=cid(), channel=name, user=member, role="member")
        said = {}
        for person in ("owner", *MEMBERS) if talk else ("owner", "victim"):
            said[person] = self[person].say(name, f"said by {person}")["seq"]
        for role in ("moderator", "reader"):
            owner.ask("member.role", cid=cid(), channel=name, user=role, role=role)
        owner.ask("member.mute", cid=cid(), channel=name, user="muted")
        owner.ask("member.ban", cid=cid(), channel=name, user="banned")
        owner.ask("member.kick", cid=cid(), channel=name, user="removed")
        return Place(name, type, said)

    def _broadcast(self, name):
        """Only administrators make them; this one hands it on."""
        admin = self["admin"]
        admin.ask("channel.create", cid=cid(), type="broadcast", channel=name)
        self["owner"].ask("channel.join", cid=cid(), channel=name)
        admin.ask("member.role", cid=cid(), channel=name, user="owner", role="owner")
        admin.ask("channel.leave", cid=cid(), channel=name)

    def _direct(self):
        """With somebody new: there is one direct channel of two people, for ever."""
        owner = self["owner"]
        peer, = people(self.server, f"peer{next(_places)}", watch=[])
        name = owner.ask("channel.create", cid=cid(), type="direct", user=peer.id)["channel"]
        return Place(name, "direct", {"owner": owner.say(name)["seq"], "victim": peer.say(name)["seq"]},
                     peer.id)

    # ---- requests ----

    def arguments(self, op, place, role, own=False, **more):
        """Arguments that make sense in a place."""
        person = self.people.get(role) or self["owner"]
        values = {
            "channel": place.id, "seq": place.seq(role, own), "ver": 1, "cid": cid(),
            "user": place.target, "users": ["victim"], "text": "a new text", "type": place.type,
            "token": person.token, "level": "watch", "held": "no.such.held",
            "session": "no.such.session", "refresh": person.refresh, "password": PASSWORD,
            "new": PASSWORD, "name": "A name", "role": "user",
            "channels": [{"id": place.id, "rev": 0}],
        }
        values.update(PARTICULAR.get(op.name, {}))
        values.update(more)
        wanted = op.required | set(PARTICULAR.get(op.name, {})) | set(more) | (
            {"text"} if op.name.startswith("message.") else set())
        return {k: (v(self, place) if callable(v) else v)
                for k, v in op.right(**values).items() if k in wanted}



# What an op needs beyond what the names of its fields say.
PARTICULAR = {
    "block.set": {"user": "outsider"},
    "block.clear": {"user": "outsider"},
    "mute.set": {"target": lambda stage, place: place.id},
    "mute.clear": {"target": lambda stage, place: place.id},
    "member.add": {"user": "outsider"},
    "member.role": {"role": "reader"},
    "invite.send": {"user": "outsider"},
    "link.redeem": {"code": "no.such~secret"},
    "link.look": {"code": "no.such~secret"},
    "user.role": {"user": "outsider", "role": "user"},
    "user.disable": {"user": "outsider", "disabled": False},
    "channel.update": {"topic": "what it is about"},
    "plugin.set": {"plugin": "typing", "settings": {}},
    "plugin.clear": {"plugin": "typing"},
    "channel.create": {"name": "fresh", "user": "outsider"},
    "auth.register": {"user": lambda stage, place: f"new{next(_places)}"},
    "auth.login": {"user": "outsider"},
    "hello": {"watch": "all"},
}

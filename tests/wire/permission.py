"""The permission table: what the rows of ops and the configuration together say that a role may do.

    table = Permissions(server)
    table.expected(op, "member", "group", own=True)     set(): it may; else the codes it is refused with

    CONFAB_BUILD=build/run build/venv/bin/python tests/wire/permission.py     prints it

SPDX-License-Identifier: MIT
"""

import tempfile

from rows import ops
from server import Server

TYPES = ("direct", "group", "open", "broadcast")
JOINED = ("owner", "moderator", "member", "reader", "muted")
OUTSIDE = ("banned", "removed", "stranger", "guest", "admin")
ROLES = (*JOINED, *OUTSIDE)

# Codes by which somebody is told that they may not.
REFUSALS = {"forbidden", "not_member", "no_channel", "banned", "muted", "locked", "token"}

# What a muted member may not: the grants of speaking.
SPEECH = {"send", "thread", "edit.own", "react", "upload", "typing"}

# Besides grants: these keep something about a channel in the own log, for members whatever their role.
MEMBERS_ONLY = {"mark.set", "draft.set", "mute.set"}

# Two people for ever: nobody comes, goes or is changed, whoever asks.
NOT_IN_DIRECT = {"member.add", "member.kick", "member.role", "member.ban",
                 "member.mute", "member.unmute", "channel.leave", "channel.join",
                 "invite.send", "link.make"}


def words(text):
    """The set of a list as `config explain` prints it."""
    return {w for w in text.strip("[]").replace(" ", "").split(",") if w}


class Permissions:
    """What a server's configuration grants."""

    def __init__(self, server, locked=False):
        self.locked = locked

        def explained(key):
            status, keys = server.ctl("config", "explain", key)
            assert status == 0, keys
            return {k["key"].rsplit(".", 1)[1]: words(k["value"]) for k in keys}

        self.server_roles = explained("roles")
        self.types = {t: explained(f"channel_types.{t}.roles") for t in TYPES}
        status, info = server.request("GET", "/v1/server")
        assert status == 200, info
        self.features = {t["name"]: t for t in info["types"]}

    def _granted(self, grants, word):
        return "all" in grants or word in grants

    def _in_channel(self, role, type, word):
        """Codes of refusal for a grant of the channel; empty: granted."""
        roles = self.types[type]
        public = self._granted(roles["guest"], "read") or self._granted(roles["guest"], "join")
        if role == "banned":
            return {"banned"}
        if role == "admin" and word != "send":
            return set()
        if role in OUTSIDE:
            if public and self._granted(roles["guest"], word):
                return set()
            return {"not_member"} if public or role == "admin" else {"no_channel"}
        known = "member" if role == "muted" or type == "direct" else role
        if not self._granted(roles[known], word):
            return {"forbidden"}
        if role == "muted" and word in SPEECH:
            return {"muted"}
        shut = self.locked and not self._granted(roles[known], "lock")
        return {"locked"} if shut and word in SPEECH else set()

    def expected(self, op, role, type, own=False):
        """Codes that refuse it, any of them; empty: it may."""
        codes = self._by_rule(op, role, type)
        if codes is not None:
            return codes
        for grant in op.grants:
            word = grant.get("grant") or grant["own" if own else "others"]
            if grant["scope"] == "server":
                granted = self._granted(
                    self.server_roles[role if role in ("admin", "guest") else "user"],
                    word.replace("{type}", type))
                codes = set() if granted else {"forbidden"}
            else:
                codes = self._in_channel(role, type, word)
            if codes:
                return codes
        return set()

    def _by_rule(self, op, role, type):
        """The few rules that no grant can say; None: grants decide."""
        if op.actor == "admin":
            return set() if role == "admin" else {"forbidden"}
        if op.name in MEMBERS_ONLY:
            return set() if role in JOINED else {"not_member"}
        if op.name == "channel.join" and role in JOINED:
            return set()
        if op.name == "typing" and not self.features[type]["typing"]:
            return {"forbidden"}
        if op.name == "member.list" and self.features[type]["members"] == "unlisted":
            return self._in_channel(role, type, "read") or self._in_channel(role, type, "kick")
        if op.name == "invite.send" and self.features[type]["members"] == "unlisted":
            return self._in_channel(role, type, "invite") or {"forbidden"}
        if type == "direct" and op.name in NOT_IN_DIRECT and role in (*JOINED, "admin"):
            return {"forbidden"}
        return None


def of_users(server):
    """The ops that need a user."""
    return [op for op in ops(server) if op.actor != "anybody"]


def both_ways(op):
    """Does it matter whose the message is?"""
    return (True, False) if any("own" in g for g in op.grants) else (False,)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, Server(folder) as running:
        permissions = Permissions(running)
        for type_ in TYPES:
            print(f"\n{type_}\n{'':24}" + "".join(f"{r:>11}" for r in ROLES))
            for op_ in of_users(running):
                for own_ in both_ways(op_):
                    name = op_.name + (" (own)" if own_ else "")
                    cells = [permissions.expected(op_, r, type_, own_) for r in ROLES]
                    print(f"{name:24}" + "".join(f"{'/'.join(sorted(c)) or 'yes':>11}" for c in cells))

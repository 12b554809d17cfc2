"""What a channel must be: its entries played through again from what the clients sent, each judged by
the log as it stood (design: commit at), so that every row has its right content at every rev.

SPDX-License-Identifier: MIT
"""

import bisect
from dataclasses import dataclass, field

OPEN = "open"

# What changes nothing when it is so already: it then takes no rev, and nothing remembers its cid.
IDEMPOTENT = ("channel.join", "channel.leave", "member.add", "member.mute", "member.unmute",
              "channel.update")


@dataclass
class Fault:
    """A law that was broken: its name, where, and what was seen."""

    law: str
    where: str
    what: str

    def __str__(self):
        return f"{self.law}: {self.where}: {self.what}"


def is_gone(row):
    """Gone, or a member's row that is kept for another reason than membership."""
    return row.get("gone") or (row["kind"] == "member" and not row.get("joined"))


@dataclass
class Message:
    """A message as the model has it."""

    seq: int
    user: str
    born: int           # rev
    row: dict
    counts: bool
    everybody: bool     # mentions everybody
    mentions: list
    shadow: bool
    deleted: int = 0    # rev


@dataclass
class Model:
    """One channel, entry by entry."""

    name: str
    kind: str = OPEN            # open, or group: private
    floors: bool = False        # newcomers do not see what was before
    slow_ms: int = 0
    faults: list = field(default_factory=list)
    members: dict = field(default_factory=dict)     # user → floor
    inside: dict = field(default_factory=dict)      # user → [[first rev, last rev or None]]
    all_floors: dict = field(default_factory=dict)  # user → set of floors
    owner: str = ""
    muted: set = field(default_factory=set)
    locked: bool = False
    messages: dict = field(default_factory=dict)    # seq → Message
    versions: dict = field(default_factory=dict)    # (kind, id) → [(rev, row or None)]
    touched: dict = field(default_factory=dict)     # rev → [(kind, id)]
    last: dict = field(default_factory=dict)        # user → ts of the newest own message
    rev: int = 0
    seq: int = 0
    ord: int = 0
    all: int = 0
    ts: int = 0

    def fault(self, law, rev, what):
        self.faults.append(Fault(law, f"{self.name} rev {rev}", what))

    # ---- rows ----

    def put(self, rev, kind, key, row):
        self.versions.setdefault((kind, str(key)), []).append((rev, row))
        self.touched.setdefault(rev, []).append((kind, str(key)))

    def version(self, key, rev):
        """The row of that rev: (True, row or None), or (False, None) if there never was such a rev. Of a
        member's row only coming and going is modelled: between, its newest state holds."""
        found = self.versions.get(key, [])
        at = bisect.bisect_right(found, rev, key=lambda v: v[0]) - 1
        if at >= 0 and (found[at][0] == rev or key[0] == "member"):
            return True, found[at][1]
        return False, None

    def final(self):
        """All rows that live at the end."""
        return {key: found[-1][1] for key, found in self.versions.items() if found[-1][1]}

    # ---- entries ----

    def entry(self, e, sent):
        """Play one entry; sent: what its author sent under its cid, or None."""
        self.rev += 1
        if e["rev"] != self.rev:
            self.fault("hole", e["rev"], f"follows rev {self.rev - 1}")
            self.rev = e["rev"]
        if e["ts"] < self.ts:
            self.fault("altered", e["rev"], "ts goes back")
        self.ts = max(self.ts, e["ts"])
        play = getattr(self, "_" + e["op"].replace(".", "_"), None)
        if not sent:
            self.fault("phantom", e["rev"], f"{e['op']} by {e['user']} ({e['cid']}): nobody sent it")
        elif play:
            play(e, e["user"], sent["args"])
        if (e["seq"], e["ord"], e["all"]) != (self.seq, self.ord, self.all):
            self.fault("hole", e["rev"], f"seq, ord, all are {e['seq']}, {e['ord']}, {e['all']} "
                       f"where {self.seq}, {self.ord}, {self.all} must be")
            self.seq, self.ord, self.all = e["seq"], e["ord"], e["all"]

    def _enter(self, e, user, floor=0):
        if user in self.members:
            self.fault("unjudged", e["rev"], f"{user} enters and was inside")
        self.members[user] = floor
        self.all_floors.setdefault(user, set()).add(floor)
        self.inside.setdefault(user, []).append([e["rev"], None])
        row = {"joined": True}
        if floor:
            row["floor"] = floor
        self.put(e["rev"], "member", user, row)

    def _part(self, e, user):
        self.muted.discard(user)
        if self.members.pop(user, None) is None:
            self.fault("unjudged", e["rev"], f"{user} goes and was not inside")
        else:
            self.inside[user][-1][1] = e["rev"]
        self.put(e["rev"], "member", user, None)

    def _channel_create(self, e, user, args):
        self.owner = user
        self.put(e["rev"], "channel", self.name, {"type": args["type"]})
        for member in [user] + args.get("members", []):
            self._enter(e, member)

    def _member_join(self, e, user, _args):
        self._enter(e, user)

    def _member_leave(self, e, user, _args):
        self._part(e, user)

    def _member_add(self, e, user, args):
        self._inside(e, user)
        self._enter(e, args["user"], self.seq + 1 if self.floors else 0)

    def _member_kick(self, e, user, args):
        self._inside(e, user)
        self._part(e, args["user"])

    def _member_mute(self, e, user, args):
        self._inside(e, user)
        self.muted.add(args["user"])
        self.put(e["rev"], "member", args["user"], {"joined": True})

    def _member_unmute(self, e, user, args):
        self._inside(e, user)
        self.muted.discard(args["user"])
        self.put(e["rev"], "member", args["user"], {"joined": True})

    def _channel_update(self, e, user, args):
        self._inside(e, user)
        self.locked = args["locked"]
        self.put(e["rev"], "channel", self.name, {"locked": self.locked})

    def _may_speak(self, e, user):
        self._inside(e, user)
        if user in self.muted:
            self.fault("unjudged", e["rev"], f"{e['op']} by {user}, who is muted ({e['cid']})")
        if self.locked and user != self.owner:
            self.fault("unjudged", e["rev"], f"{e['op']} by {user} in a locked channel ({e['cid']})")

    def _inside(self, e, user):
        if user not in self.members:
            self.fault("after_kick", e["rev"], f"{e['op']} by {user}, who is no member ({e['cid']})")

    def _text(self, args):
        text = args["text"]
        return "done:" + text[len("mask:"):] if text.startswith("mask:") else text

    def _message_send(self, e, user, args):
        self._may_speak(e, user)
        self.seq += 1
        parent = args.get("parent")
        everybody = "@channel" in args.get("mentions", []) and e["all"] == self.all + 1
        counts = parent is None
        self.ord += counts
        self.all += counts and everybody
        row = {"text": self._text(args), "ver": 1, "user": user, "cid": e["cid"], "seq": None,
               "ord": self.ord, "all": self.all, "ts": e["ts"]}
        if parent is not None:
            hidden = args["text"].startswith("shadow:")
            row.update(parent=parent, n=self._reply(e, user, parent, hidden))
        if self.slow_ms and user != self.owner and e["ts"] < self.last.get(user, 0) + self.slow_ms:
            self.fault("slow", e["rev"], f"{user} speaks {e['ts'] - self.last[user]} ms after seq "
                       f"before, slow mode is {self.slow_ms} ms")
        self.last[user] = e["ts"]
        self.messages[self.seq] = Message(
            self.seq, user, e["rev"], row, counts, counts and everybody, args.get("mentions", []),
            args["text"].startswith("shadow:"))
        self.put(e["rev"], "message", self.seq, row)

    def _reply(self, e, user, parent, hidden):
        to = self.messages.get(parent)
        if not to or to.deleted or "parent" in to.row:
            self.fault("unjudged", e["rev"], f"a reply to seq {parent}, which can have none")
            return 0
        thread = to.row.get("thread", {"n": 0, "user": None})
        number = thread["n"] + 1
        to.row = {**to.row, "thread": {"n": number, "last": self.seq,
                                       "user": thread["user"] if hidden else user}}
        self.put(e["rev"], "message", parent, to.row)
        return number

    def _mine(self, e, user, seq):
        message = self.messages.get(seq)
        if not message or message.deleted or message.user != user:
            self.fault("unjudged", e["rev"], f"{e['op']} of seq {seq} by {user}, not to be changed")
            return None
        return message

    def _message_edit(self, e, user, args):
        self._may_speak(e, user)
        message = self._mine(e, user, args["seq"])
        if not message:
            return
        if message.row["ver"] != args["ver"]:
            self.fault("unjudged", e["rev"], f"edit of ver {args['ver']}, it was "
                       f"{message.row['ver']}")
        message.row = {**message.row, "text": self._text(args), "ver": args["ver"] + 1}
        self.put(e["rev"], "message", args["seq"], message.row)

    def _message_delete(self, e, user, args):
        self._inside(e, user)
        message = self._mine(e, user, args["seq"])
        if not message:
            return
        message.deleted = e["rev"]
        message.row = {key: value for key, value in message.row.items() if key != "text"}
        message.row.update(ver=message.row["ver"] + 1, deleted=True)
        self.put(e["rev"], "message", args["seq"], message.row)

    # ---- questions ----

    def was_inside(self, user, rev):
        """May the user hear of this rev: was inside before it, or after it?"""
        return any(first <= rev and (last is None or rev <= last)
                   for first, last in self.inside.get(user, []))

    def unread(self, user, read, rev):
        """(unread, of them mentioning everybody) as the log stood at rev, by counting."""
        count = mentions = 0
        for seq in range(read + 1, self.seq + 1):
            m = self.messages.get(seq)
            if not m or m.born > rev or not m.counts or m.shadow or m.user == user:
                continue
            if m.deleted and m.deleted <= rev:
                continue
            count += 1
            mentions += m.everybody
        return count, mentions

    def personal(self, user, read):
        """How many living messages above read mention this user by name."""
        return sum(1 for m in self.messages.values()
                   if m.seq > read and not m.deleted and not m.shadow and user in m.mentions and
                   m.user != user and self.was_inside(user, m.born))

    def difference(self, key, want, row):
        """What is wrong with a row, or None."""
        gone = is_gone(row)
        if want is None or gone:
            return None if want is None and gone else "lives and must not, or the reverse"
        for name, value in want.items():
            if value is None:
                continue
            have = row.get(name)
            if isinstance(value, dict) and isinstance(have, dict):
                have = {k: have.get(k) for k in value}
            if have != value:
                return f"{name} is {have!r} where {value!r} must be"
        if want.get("deleted") and ("text" in row or "parts" in row):
            return "deleted and its body is there"
        return None

    def sight(self, user, key):
        """May this user see it whole: True, False, or None where both were right at some time."""
        if key[0] != "message" or int(key[1]) not in self.messages:
            return True
        message = self.messages[int(key[1])]
        if message.shadow and message.user != user:
            return False
        floors = self.all_floors.get(user, {0})
        if message.seq >= max(floors):
            return True
        return False if message.seq < min(floors) else None

"""Faults that are planted to prove the checker: each must be found under its right name. Where:

    daemon   in the running confabd, by a preloaded library
    file     in the store's file, while confabd is dead: it serves the fault afterwards
    frames   between the server and the clients
    record   in what was written down of a true run

SPDX-License-Identifier: MIT
"""

import copy
import sqlite3
from collections import defaultdict

from acts import DEN, OWNERS, SLOW, VAULT

GROUPS = tuple(OWNERS)


class Planted:
    """A fault: its name, the law under which it must be found, where it is, and how to plant it."""

    def __init__(self, law, where, plant):
        self.name = plant.__name__
        self.law = law
        self.where = where
        self.plant = plant
        self.what = plant.__doc__


PLANTED = []


def planted(law, where):
    def keep(plant):
        PLANTED.append(Planted(law, where, plant))
        return plant
    return keep


# ---- daemon: plant() gives the environment ------------------------------------------------------

@planted("lost", "daemon")
def acknowledge_before_commit(build):
    """Ack and delivery come before the commit is on disk."""
    return {"LD_PRELOAD": str(build / "tests/soak/.libs/late_commit.so")}


# ---- file: plant(db) while the server is dead -----------------------------------------------------

def log_id(db, name):
    return db.execute("SELECT id FROM logs WHERE name = ?", (name,)).fetchone()[0]


def span(log):
    """The keys of a log's entries and messages."""
    return log << 32, (log + 1) << 32


@planted("lost", "file")
def forget_the_newest(db):
    """The last entry of each channel is not there after the crash, and its rev is given again."""
    for log, name, rev, seq in db.execute("SELECT id, name, rev, seq FROM logs").fetchall():
        entries = db.execute("SELECT op, seq FROM entries WHERE id = ?", (log << 32 | rev,)).fetchone()
        if name.startswith("@") or entries[0] != "message.send":
            continue
        before = db.execute("SELECT seq, ord, all_ FROM entries WHERE id = ?",
                            (log << 32 | rev - 1,)).fetchone()
        db.execute("DELETE FROM entries WHERE id = ?", (log << 32 | rev,))
        db.execute("DELETE FROM messages WHERE id = ?", (log << 32 | seq,))
        db.execute("UPDATE logs SET rev = ?, seq = ?, ord = ?, all_ = ? WHERE id = ?",
                   (rev - 1, *before, log))


@planted("doubled", "file")
def forget_the_cids(db):
    """What is sent again is written again: the store has forgotten every cid."""
    db.execute("UPDATE entries SET cid = id || '~' || cid WHERE cid IS NOT NULL AND cid NOT LIKE '%~%'")


@planted("altered", "file")
def alter_a_body(db):
    """The server serves other words than were said."""
    db.execute("UPDATE messages SET body = replace(body, 'tea', 'TEA')")


@planted("hole", "file")
def lose_an_entry(db):
    """An entry from the middle of a log is gone."""
    low, high = span(log_id(db, DEN))
    db.execute("DELETE FROM entries WHERE id = (SELECT id FROM entries WHERE id > ? AND id < ? "
               "ORDER BY id LIMIT 1 OFFSET 3)", (low, high))


@planted("unread", "file")
def count_own_messages(db):
    """The record of own messages is gone: they count as unread."""
    db.execute("DELETE FROM own")


@planted("cursor", "file")
def forget_what_was_read(db):
    """The read cursors go back to the beginning."""
    db.execute("UPDATE cursors SET read_seq = 0, read_ord = 0, read_all = 0")


@planted("slow", "file")
def forget_slow_mode(db):
    """The channel is not in slow mode any more."""
    db.execute("UPDATE rows SET body = replace(body, '\"slow_ms\":300', '\"slow_ms\":0') "
               "WHERE log = ? AND kind = 'channel'", (log_id(db, SLOW),))


@planted("leak", "file")
def show_what_is_hidden(db):
    """What only its author may see is shown to all."""
    db.execute("UPDATE messages SET audience = NULL")


@planted("hidden", "file")
def hide_what_is_to_be_seen(db):
    """What all may see is shown to its author alone."""
    db.execute("UPDATE messages SET audience = '{\"author\":true}'")


@planted("membership", "file")
def forget_a_membership(db):
    """A user's own log does not say that it is a member."""
    db.execute("DELETE FROM rows WHERE kind = 'membership' AND id = 'den'")


# ---- frames: plant() gives what lies between: (client, frame) → frames --------------------------------

@planted("incomplete", "frames")
def drop_an_event():
    """A row is left out of a change; the numbers say nothing of it."""
    def tap(client, frame):
        rows = frame.get("rows", [])
        if frame.get("ev") == "change" and frame["rev"] % 7 == 0 and client.name != "ann":
            frame = {**frame, "rows": [row for row in rows if row["kind"] != "message"]}
        return (frame,)
    return tap


@planted("incomplete", "frames")
def read_the_head_after_the_rows():
    """A sync says that it is complete up to a rev that its rows were not read with."""
    def tap(_client, frame):
        for item in frame.get("ok", {}).get("channels", []) if "re" in frame else []:
            if "rows" in item and not item["id"].startswith("@") and not item["more"]:
                item["rows"] = [row for row in item["rows"] if row["rev"] < item["rev"]]
        return (frame,)
    return tap


@planted("after_kick", "frames")
def deliver_after_a_kick():
    """Who was removed hears what others hear."""
    out = defaultdict(set)

    def tap(client, frame):
        channel = frame.get("channel")
        if frame.get("ev") == "bye":
            out[channel].add(client)
        elif frame.get("ev") == "change" and channel in out:
            for other in out.pop(channel) - {client}:
                other.record.add("change", conn=other.conn,
                                 **{k: v for k, v in frame.items() if k != "ev"})
        return (frame,)
    return tap


# ---- record: plant(records, story) changes them ---------------------------------------------------------

def entries(story, channels, op):
    for name in channels:
        for at, entry in enumerate(story["store"][name]["entries"]):
            if entry["op"] == op:
                yield name, at, entry


def lines(records, what):
    for name, each in records.items():
        for line in each:
            if line["t"] == what:
                yield name, line


@planted("lost", "record")
def publish_before_commit(records, _story):
    """A change is heard of, then the server dies, and it never was."""
    name, line = [(n, x) for n, x in lines(records, "change") if x["channel"] == DEN][-1]
    told = copy.deepcopy(line)
    told.update(prev=line["rev"] + 10000, rev=line["rev"] + 10001, rows=[])
    records[name].insert(records[name].index(line) + 1, told)


@planted("lost", "record")
def reuse_a_rev(records, _story):
    """Two changes are told under one rev."""
    line = [x for _, x in lines(records, "change") if x["channel"] == DEN and x.get("by")][-1]
    line["by"][-1] = {"op": "message.send", "user": "ann", "cid": "ann.another.of.this.rev"}


def kick_of_a_speaker(story):
    """A log, a message in it, and the place of its author's kick behind that; or None."""
    for name, at, kick in entries(story, GROUPS, "member.kick"):
        log = story["store"][name]["entries"]
        before = [e for e in log[:at] if e["op"] == "message.send" and e["user"] == kick["kicked"]]
        if before:
            return log, before[-1], at
    return None


@planted("after_kick", "record")
def judge_no_more_after_waiting(_records, story):
    """A deferred message is committed though its author was removed while it waited."""
    log, message, at = kick_of_a_speaker(story)
    swap(log, log.index(message), at)


def swap(log, a, b):
    """Two entries change places: what they are, not their numbers."""
    numbers = ("rev", "seq", "ord", "all", "ts")
    one, two = log[a], log[b]
    log[a] = {**two, **{key: one[key] for key in numbers}}
    log[b] = {**one, **{key: two[key] for key in numbers}}


@planted("reordered", "record")
def reorder_two(records, story):
    """Two messages of one connection are written the other way round."""
    sent = defaultdict(list)
    for name, line in lines(records, "sent"):
        sent[name, line["channel"], line["conn"]].append(line["cid"])
    for name, at, entry in entries(story, (DEN, VAULT), "message.send"):
        log = story["store"][name]["entries"]
        for later in range(at + 1, len(log)):
            both = {entry["cid"], log[later]["cid"]}
            if log[later]["op"] == "message.send" and any(
                    both <= set(cids) for cids in sent.values()):
                swap(log, at, later)
                return
    raise AssertionError("no connection said two things")


@planted("doubled", "record")
def double_a_message(_records, story):
    """One message is there twice."""
    rows = story["clients"]["ann"][DEN]["rows"]
    row = [r for r in rows if r["kind"] == "message" and r.get("cid")][-1]
    rows.append({**row, "id": row["id"] + 10000})


@planted("forgot", "record")
def answer_a_resend_anew(records, _story):
    """A resend gets another result than the first."""
    line = [x for _, x in lines(records, "answer") if x.get("again") and "seq" in x.get("ok", {})][-1]
    line["ok"]["seq"] += 1


@planted("refused", "record")
def refuse_what_is_written(records, _story):
    """The client is told that nothing was done, and it was."""
    line = [x for _, x in lines(records, "answer") if "seq" in x.get("ok", {})][-1]
    del line["ok"]
    line["error"] = {"code": "busy", "retry": "later"}
    for each in records.values():
        each[:] = [x for x in each if x is line or x["t"] != "answer" or x["cid"] != line["cid"]]


@planted("unjudged", "record")
def edit_an_old_version(records, story):
    """An edit is taken that was made from an older version."""
    name, _, edit = list(entries(story, (DEN, VAULT, "hall"), "message.edit"))[-1]
    for each in records.values():
        for line in each:
            if line.get("cid") == edit["cid"] and line["t"] == "sent" and line["channel"] == name:
                line["args"]["ver"] += 1


@planted("diverged", "record")
def hold_another_history(_records, story):
    """A client ends with another history than is to be read."""
    rows = story["held"]["bob"][DEN]["rows"]
    rows.remove([r for r in rows if r["kind"] == "message"][-1])


# ---- helps for who plants ------------------------------------------------------------------------------

def with_kicked(records, story):
    """The story, its kicks saying whom: their entries do not."""
    whom = {line["cid"]: line["args"]["user"] for _, line in lines(records, "sent")
            if line["op"] == "member.kick"}
    for _, _, entry in entries(story, GROUPS, "member.kick"):
        entry["kicked"] = whom[entry["cid"]]
    return story


def in_file(plant, folder):
    """Plant a fault into a store's file."""
    db = sqlite3.connect(folder / "data/confab.db")
    with db:
        plant(db)
    db.close()


def without_marks(story):
    """Cids as they were before forget_the_cids."""
    for log in story["store"].values():
        for entry in log["entries"]:
            entry["cid"] = entry["cid"].split("~")[-1] if entry["cid"] else entry["cid"]
    return story

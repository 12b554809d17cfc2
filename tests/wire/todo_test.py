"""What must follow a commit follows it after a crash too: left todos are found and run.

SPDX-License-Identifier: MIT
"""

import json
import sqlite3
import time

from people import OPEN, cid, people
from server import wait_for


def plant(server, name, body, log="room"):
    """A todo of the newest entry of a log, due now, as a crash between commit and todo leaves it."""
    with sqlite3.connect(server.folder / "data" / "confab.db") as db:
        number, rev = db.execute("SELECT id, rev FROM logs WHERE name = ?", (log,)).fetchone()
        db.execute("INSERT INTO todos VALUES (?, ?, 9, ?, ?, 0, ?)",
                   (number, rev, name, json.dumps(body), int(time.time() * 1000) - 1))
        db.execute("DELETE FROM leases")


def undone(server):
    with sqlite3.connect(server.folder / "data" / "confab.db") as db:
        return db.execute("SELECT name, attempts FROM todos").fetchall()


def forget_membership(server, user, channel):
    """As if the user's log had never heard of it."""
    with sqlite3.connect(server.folder / "data" / "confab.db") as db:
        done = db.execute("DELETE FROM rows WHERE kind = 'membership' AND id = ? AND "
                          "log = (SELECT id FROM logs WHERE name = ?)", (channel, f"@{user}"))
        assert done.rowcount == 1


def memberships(person):
    return [c["id"] for c in person.enter(watch=[]).hello["channels"]]


def test_a_membership_that_was_lost_arrives(make_server):
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    ann.make("room", bob)
    server.kill()
    forget_membership(server, "bob", "room")
    plant(server, "core.membership", {"user": "bob", "channel": "room"})
    server.start()
    wait_for(lambda: "room" in memberships(bob), "the membership to be brought")
    wait_for(lambda: not undone(server), "the todo to be removed")


def test_a_late_todo_brings_how_things_stand_now(make_server):
    server = make_server(OPEN)
    ann, bob, eve = people(server, "ann", "bob", "eve")
    ann.make("room", bob)
    ann.ask("member.kick", channel="room", cid=cid(), user="bob")
    bob.row("@bob", "membership", lambda r: r.get("gone"))
    server.stop()
    # Left from when bob was a member; and one for somebody who never was.
    plant(server, "core.membership", {"user": "bob", "channel": "room", "role": "owner"})
    server.start()
    wait_for(lambda: not undone(server), "the todo to be run")
    assert "room" not in memberships(bob)
    assert "room" not in memberships(eve)


def test_a_todo_of_nobody_stays(make_server):
    server = make_server(OPEN)
    ann, = people(server, "ann")
    ann.make("room")
    server.stop()
    plant(server, "elsewhere.push", {})
    server.start()
    wait_for(lambda: undone(server) == [("elsewhere.push", 1)], "it to be put off")

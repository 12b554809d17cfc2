"""Retention by channel type: what it no longer keeps goes for everybody, once the administrator said so.

SPDX-License-Identifier: MIT
"""

import sqlite3

from people import OPEN, cid, people
from server import merged, wait_for


def of_type(report, name):
    return [t for t in report["types"] if t["type"] == name][0]


def bodies(server):
    with sqlite3.connect(server.folder / "data" / "confab.db") as db:
        return db.execute("SELECT count(*) FROM messages WHERE body LIKE '%secret%'").fetchone()[0]


def test_made_shorter_it_waits_and_then_deletes(make_server):
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    ann.make("room", bob)
    ann.make("other", type="open")
    for n in range(5):
        ann.say("room", f"secret {n}", **({"parent": 1} if n == 4 else {}))
    ann.say("other", "secret of another type")
    assert server.ctl("retention", "show")[1]["types"][1]["messages"] == 0
    server.stop()
    server.config = merged(server.config, {"channel_types": {"group": {"retention": "1s"}}})
    server.start()
    for person in (ann, bob):
        person.enter()
    wait_for(lambda: of_type(server.ctl("retention", "show")[1], "group")["messages"] == 5,
             "the messages to be old enough")
    group = of_type(server.ctl("retention", "show")[1], "group")
    assert (group["channels"], group["waits"], group["retention_ms"], group["in_force_ms"]) == (
        1, True, 1000, 0)
    status, said = server.ctl("retention", "apply")
    assert status == 1 and "--yes" in said["error"]["text"]
    assert len(bob.ask("history", channel="room")["rows"]) == 5, "not yet"
    before = bob.ask("channel.watch", channel="room", level="watch")["rev"]
    status, report = server.ctl("retention", "apply", "--yes")
    assert status == 0 and of_type(report, "group")["messages"] == 5
    # Everybody hears of it, and what is below first is gone by every way.
    change = bob.event("change", "room")
    assert (change["first"], change["rows"], change["rev"]) == (6, [], before + 1)
    page = bob.ask("history", channel="room")
    assert (page["rows"], page["first"], page["seq"]) == ([], 6, 5)
    assert [r["kind"] for r in bob.sync("room") if r["kind"] == "message"] == []
    assert bob.item("room")["first"] == 6
    assert ann.refused("message.edit", channel="room", cid=cid(), seq=1, ver=1, text="x") == "no_message"
    assert ann.refused("message.send", channel="room", cid=cid(), text="x", parent=1) == "no_message"
    wait_for(lambda: bodies(server) == 1, "the purge")
    assert ann.say("room", "next")["seq"] == 6
    group = of_type(server.ctl("retention", "show")[1], "group")
    assert (group["waits"], group["in_force_ms"]) == (False, 1000)
    server.kill()
    server.start()
    bob.enter()
    assert [r["text"] for r in bob.ask("history", channel="room")["rows"]] == ["next"]
    assert len(ann.enter().ask("history", channel="other")["rows"]) == 1

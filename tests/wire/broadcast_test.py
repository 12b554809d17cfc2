"""A broadcast: few write, many read; who reads is in nobody's list, and moderation binds all the same.

SPDX-License-Identifier: MIT
"""

from people import OPEN, cid, people
from server import merged

CONFIG = merged(OPEN, {"roles": {"user": ["all"]}})


def begin(server, *names):
    ann, *readers = people(server, "ann", *names)
    ann.ask("channel.create", channel="news", type="broadcast", cid=cid(), name="News")
    for reader in readers:
        reader.ask("channel.join", channel="news", cid=cid())
        assert reader.row(f"@{reader.id}", "membership")["role"] == "reader"
        reader.ask("channel.watch", channel="news", level="watch")
    return ann, *readers


def test_joining_and_leaving_are_the_readers_own(make_server):
    server = make_server(CONFIG)
    ann, bob = begin(server, "bob")
    head = ann.say("news", "one")["rev"]
    assert head == 2, "made and said: a reader's coming is no entry of the channel"
    assert bob.row("news")["text"] == "one"
    assert bob.refused("message.send", channel="news", cid=cid(), text="me too") == "forbidden"
    assert bob.refused("member.list", channel="news") == "forbidden"
    server.kill()
    server.start()
    bob.enter()
    assert [c["id"] for c in bob.ask("channel.list")["channels"]] == ["news"]
    assert bob.item("news")["unread"] == 1
    bob.ask("channel.leave", channel="news", cid=cid())
    assert bob.event("bye", "news")["why"] == "left"
    assert bob.item("news") is None
    ann.enter()
    assert ann.say("news", "two")["rev"] == 3


def test_a_kick_a_ban_and_a_role_of_a_reader(make_server):
    server = make_server(CONFIG)
    ann, bob, eve = begin(server, "bob", "eve")
    ann.ask("member.kick", channel="news", cid=cid(), user="bob")
    ann.say("news", "not for bob")
    assert bob.event("bye", "news")["why"] == "removed"
    assert [e for e in bob.nothing() if e.get("channel") == "news"] == []
    assert bob.item("news") is None
    bob.ask("channel.join", channel="news", cid=cid())
    assert bob.item("news")["role"] == "reader"
    ann.ask("member.ban", channel="news", cid=cid(), user="bob")
    assert bob.event("bye", "news")["why"] == "banned"
    assert bob.refused("channel.join", channel="news", cid=cid()) == "banned"
    ann.ask("member.role", channel="news", cid=cid(), user="eve", role="member")
    eve.row("@eve", "membership", lambda r: r["role"] == "member")
    eve.say("news", "I may write now")
    ann.ask("member.mute", channel="news", cid=cid(), user="eve")
    assert eve.refused("message.send", channel="news", cid=cid(), text="x") == "muted"
    ann.ask("member.role", channel="news", cid=cid(), user="eve", role="reader")
    assert eve.refused("message.send", channel="news", cid=cid(), text="x") == "forbidden"
    assert eve.item("news")["role"] == "reader"


def test_a_reader_loses_what_was_deleted_when_it_asks(make_server):
    """Nobody knows who reads: the row in their own log goes when they sync."""
    server = make_server(CONFIG)
    ann, bob = begin(server, "bob")
    rev = ann.say("news", "one")["rev"]
    bob.leave()
    ann.ask("channel.delete", channel="news", cid=cid())
    server.stop()
    server.start()
    bob.enter()
    assert bob.ask("sync", channels=[{"id": "news", "rev": rev}])["channels"] == [
        {"id": "news", "gone": "deleted"}]
    assert bob.row("@bob", "membership")["gone"]
    bob.enter()
    assert [c["id"] for c in bob.hello["channels"]] == ["@bob"]
    assert [r for r in bob.sync("@bob") if r["kind"] == "membership" and not r.get("gone")] == []

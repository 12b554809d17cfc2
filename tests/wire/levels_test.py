"""What a session hears of a channel: notices, everything, or everything with its attention.

SPDX-License-Identifier: MIT
"""

import time

import pytest
from people import OPEN, cid, people
from server import wait_for

FAST = {**OPEN, "limits": {"user_rate": "off"},
        "channel_types": {"group": {"user_rate": "off", "rate": "off"}}}


def room(server, level):
    """bob hears of "room" at a level; ann speaks there."""
    ann, bob = people(server, "ann", "bob")
    ann.make("room", bob)
    bob.ask("channel.watch", channel="room", level=level)
    bob.nothing()
    return ann, bob


@pytest.mark.parametrize("level", ["watch", "focus"])
def test_watchers_hear_every_change_and_no_notice(make_server, level):
    ann, bob = room(make_server(FAST), level)
    revs = [ann.say("room", f"{n}")["rev"] for n in range(10)]
    heard = []
    while not heard or heard[-1][1] < revs[-1]:
        change = bob.event("change", "room")
        heard.append((change["prev"], change["rev"]))
    assert heard[0][0] == revs[0] - 1
    assert all(a[1] == b[0] for a, b in zip(heard, heard[1:])), "each begins where the last ended"
    assert [e for e in bob.nothing() if e["ev"] == "notice"] == []


def test_notices_are_at_most_one_a_second_and_the_last_is_true(make_server):
    ann, bob = room(make_server(FAST), "notice")
    began = time.monotonic()
    last = None
    said = 0
    while time.monotonic() - began < 2.5:
        last = ann.say("room", "again")
        said += 1
    notices = [bob.event("notice", "room")]
    while notices[-1]["rev"] < last["rev"]:
        notices.append(bob.event("notice", "room"))
    took = time.monotonic() - began
    assert len(notices) <= took + 1 and said > len(notices)
    assert notices[-1]["seq"] == last["seq"] and notices[-1]["ord"] == said
    assert [e for e in bob.nothing() if e["ev"] == "change" and e["channel"] == "room"] == []


def test_none_hears_nothing(make_server):
    ann, bob = room(make_server(FAST), "none")
    ann.say("room")
    assert bob.nothing() == []


def test_reply_of_watch_is_where_the_stream_goes_on(make_server):
    ann, bob = room(make_server(FAST), "none")
    ann.say("room", "missed")
    head = bob.ask("channel.watch", channel="room", level="watch")
    ann.say("room", "heard")
    assert bob.event("change", "room")["prev"] == head["rev"]
    assert head["unread"] == 1


def test_one_channel_has_the_focus(make_server):
    ann, bob = room(make_server(FAST), "focus")
    ann.make("other", bob)
    bob.ask("channel.watch", channel="other", level="focus")
    ann.say("room", "still heard")
    assert bob.row("room")["text"] == "still heard"


def test_open_channels_are_watched_without_membership_and_others_not(make_server):
    ann, bob = people(make_server(FAST), "ann", "bob")
    ann.make("lobby", type="open")
    ann.make("den")
    bob.ask("channel.watch", channel="lobby", level="watch")
    ann.say("lobby", "hello guests")
    assert bob.row("lobby")["text"] == "hello guests"
    assert bob.refused("channel.watch", channel="den", level="watch") == "no_channel"


def test_hello_of_many_channels(make_server):
    server = make_server({**FAST, "limits": {"user_rate": "off", "address_rate": "off"}})
    ann, bob = people(server, "ann", "bob")
    names = [f"room{n}" for n in range(130)]
    for name in names:
        ann.ask("channel.create", cid=cid(), type="group", channel=name, members=["bob"])
        ann.say(name, mentions=["bob"] if name == "room7" else [])
    wait_for(lambda: len([r for r in bob.sync("@bob") if r["kind"] == "membership"]) == 130 and
             [r for r in bob.sync("@bob") if r["kind"] == "mention"], "memberships and mention")
    for restart in (False, True):
        if restart:
            server.kill()
            server.start()
        bob.enter(watch=["room3"])
        hello = bob.hello
        assert hello["channels"][0]["id"] == "@bob" and hello["channels"][0]["watch"]
        items = {item["id"]: item for item in hello["channels"][1:]}
        assert len(items) == 101, "the hundred most active, and the one that is watched"
        assert set(names[30:]) | {"room3"} == set(items)
        assert hello["totals"] == {"unread": 130, "mentions": 1}
        assert items["room3"]["watch"] and not items["room129"]["watch"]
        assert hello["more"]
    rest = bob.ask("channel.list", after=hello["more"])["channels"]
    assert {c["id"] for c in rest} == set(names[:30])


def test_resumed_session_goes_on_where_it_was(make_server):
    server = make_server(FAST)
    ann, bob = people(server, "ann", "bob")
    ann.make("room", bob)
    seen = ann.say("room", "seen")
    bob.row("room")
    bob.leave()
    ann.say("room", "missed")
    session = bob.hello["session"]
    bob.enter(session=session)
    assert bob.hello["session"] == session
    assert [r["text"] for r in bob.sync("room", seen["rev"]) if r["kind"] == "message"] == ["missed"]

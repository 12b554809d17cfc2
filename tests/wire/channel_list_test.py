"""channel.list: own channels by activity with their last message, page by page.

SPDX-License-Identifier: MIT
"""

from people import OPEN, cid, people


def test_own_channels_by_activity(make_server):
    server = make_server({**OPEN, "limits": {"user_rate": "off"}})
    ann, bob = people(server, "ann", "bob")
    for name in "abcdef":
        ann.make(name, bob, name=name.upper())
        ann.say(name, f"in {name}")
    ann.say("b", "newest")
    status, page = bob.http("GET", "/v1/me/channels?limit=4")
    assert status == 200, page
    assert [c["id"] for c in page["channels"]] == ["b", "f", "e", "d"]
    first = page["channels"][0]
    assert (first["channel"]["name"], first["last"]["text"], first["unread"], first["role"]) == (
        "B", "newest", 2, "member")
    page = bob.ask("channel.list", limit=4, after=page["next"])
    assert [c["id"] for c in page["channels"]] == ["c", "a"] and page["next"] is None
    # After a restart nothing is in memory; a lost channel is no more listed.
    ann.ask("member.kick", channel="c", cid=cid(), user="bob")
    ann.ask("channel.delete", channel="d", cid=cid())
    bob.row("@bob", "membership", lambda r: r["id"] == "d" and r.get("gone"))
    server.stop()
    server.start()
    bob.enter(watch=[])
    page = bob.ask("channel.list")
    assert [(c["id"], c["last"]["text"]) for c in page["channels"]] == [
        ("b", "newest"), ("f", "in f"), ("e", "in e"), ("a", "in a")]
    assert bob.hello["totals"] == {"unread": 5, "mentions": 0}


def test_history_is_hidden_from_newcomers_in_the_list_too(make_server):
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    ann.make("room", history=False)
    ann.ask("channel.update", channel="room", cid=cid(), history=False)
    ann.say("room", "before bob")
    ann.ask("member.add", channel="room", cid=cid(), user="bob")
    bob.row("@bob", "membership")
    server.stop()
    server.start()
    bob.enter(watch=[])
    last = bob.ask("channel.list")["channels"][0]["last"]
    assert last["hidden"] and "text" not in last


def test_hello_carries_the_most_active_and_totals(make_server):
    config = {**OPEN, "limits": {"user_rate": "off"}}
    server = make_server(config)
    ann, bob = people(server, "ann", "bob")
    names = [f"room-{n:03d}" for n in range(103)]
    for name in names:
        ann.ask("channel.create", cid=cid(), type="group", channel=name, members=["bob"])
        ann.say(name)
    bob.row("@bob", "membership", lambda r: r["id"] == names[-1])
    bob.leave()
    bob.enter(watch=[])
    listed = [c["id"] for c in bob.hello["channels"]]
    assert listed == ["@bob"] + names[:2:-1]
    assert bob.hello["totals"]["unread"] == 103
    rest = bob.ask("channel.list", after=bob.hello["more"])
    assert [c["id"] for c in rest["channels"]] == names[2::-1]

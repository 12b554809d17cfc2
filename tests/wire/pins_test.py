"""Pins are rows of the channel; one message, and history around it.

SPDX-License-Identifier: MIT
"""

import pytest
from people import OPEN, cid, people


def room(server, messages=5):
    ann, bob = people(server, "ann", "bob")
    ann.make("room", bob)
    for n in range(1, messages + 1):
        ann.say("room", f"m{n}")
    bob.nothing()
    return ann, bob


def pinned(person):
    return [p["pin"]["seq"] for p in person.ask("pin.list", channel="room")["pins"]]


def test_pinned_seen_and_unpinned(make_server):
    server = make_server(OPEN)
    ann, bob = room(server)
    for seq in (2, 4, 3):
        ann.ask("pin.add", channel="room", seq=seq, cid=cid())
    assert bob.row("room", "pin")["by"] == "ann"
    assert pinned(bob) == [3, 4, 2], "the newest first"
    same = ann.ask("pin.add", channel="room", seq=2, cid=cid())
    assert same["rev"] == ann.ask("pin.list", channel="room")["rev"]
    ann.ask("message.edit", channel="room", seq=2, ver=1, text="new", cid=cid())
    pins = bob.ask("pin.list", channel="room")["pins"]
    assert [p["message"]["text"] for p in pins] == ["m3", "m4", "new"]
    ann.ask("message.delete", channel="room", seq=4, cid=cid())
    assert pinned(bob) == [3, 2], "a pin goes with its message"
    server.kill()
    server.start()
    ann.enter()
    status, _ = ann.http("DELETE", "/v1/channels/room/pins/3", {"cid": cid()})
    assert status == 200 and pinned(ann) == [2]
    assert ann.http("GET", "/v1/channels/room/pins")[1]["pins"][0]["pin"]["seq"] == 2


@pytest.mark.parametrize("seq,code", [(99, "no_message"), (1, "no_message")])
def test_what_cannot_be_pinned(make_server, seq, code):
    ann, _ = room(make_server(OPEN))
    ann.ask("message.delete", channel="room", seq=1, cid=cid())
    assert ann.refused("pin.add", channel="room", seq=seq, cid=cid()) == code


def test_members_need_the_grant(make_server):
    _, bob = room(make_server(OPEN))
    assert bob.refused("pin.add", channel="room", seq=1, cid=cid()) == "forbidden"
    assert bob.http("PUT", "/v1/channels/room/pins/1", {"cid": cid()})[0] == 403


def test_a_hundred_pins_and_no_more(make_server):
    ann, _ = room(make_server({**OPEN, "limits": {"user_rate": "off"}, "channel_types": {
        "group": {"user_rate": "off", "rate": "off"}}}), 101)
    for seq in range(1, 101):
        ann.ask("pin.add", channel="room", seq=seq, cid=cid())
    assert ann.refused("pin.add", channel="room", seq=101, cid=cid()) == "limit"
    assert pinned(ann) == list(range(100, 0, -1))


@pytest.mark.parametrize("ask,want", [
    ({}, [1, 2, 3, 4, 5]), ({"limit": 2}, [4, 5]), ({"limit": 2, "before": 4}, [2, 3]),
    ({"limit": 2, "after": 3}, [4, 5]), ({"limit": 3, "around": 3}, [2, 3, 4]),
    ({"limit": 3, "around": 1}, [1, 2]), ({"limit": 4, "around": 5}, [3, 4, 5]), ({"after": 9}, []),
])
def test_history_pages_and_around(make_server, ask, want):
    _, bob = room(make_server(OPEN))
    page = bob.ask("history", channel="room", **ask)
    assert [row["id"] for row in page["rows"]] == want
    if want:
        assert (page["from"], page["to"]) == (want[0], want[-1])


def test_one_message(make_server):
    ann, bob = room(make_server(OPEN))
    assert bob.ask("message.get", channel="room", seq=2)["row"]["text"] == "m2"
    assert bob.http("GET", "/v1/channels/room/messages/2")[1]["row"]["user"] == "ann"
    assert bob.refused("message.get", channel="room", seq=99) == "no_message"
    carol, = people(ann.server, "carol")
    assert carol.refused("message.get", channel="room", seq=2) == "no_channel"

"""What one keeps about channels for one's own devices: mutes, marks, drafts.

SPDX-License-Identifier: MIT
"""

import pytest
from people import OPEN, Person, cid, people, sign_in


def pair(server):
    """ann with a phone and a laptop, and bob; all in "room"."""
    ann, bob = people(server, "ann", "bob")
    bob.make("room", ann)
    bob.nothing()
    return ann, Person(server, sign_in(server, "ann", "login")).enter(), bob


@pytest.mark.parametrize("verb,path,body,row", [
    ("mute.set", "/v1/mutes/room", {"target": "room"}, {"kind": "mute", "id": "room"}),
    ("mute.set", "/v1/mutes/@bob", {"target": "@bob", "until": 5},
     {"kind": "mute", "id": "@bob", "until": 5}),
    ("mark.set", "/v1/channels/room/mark", {"channel": "room", "seq": 2},
     {"kind": "mark", "id": "room", "seq": 2}),
    ("draft.set", "/v1/channels/room/draft", {"channel": "room", "text": "not yet"},
     {"kind": "draft", "id": "room", "channel": "room", "text": "not yet"}),
    ("draft.set", "/v1/channels/room/draft", {"channel": "room", "text": "x", "parent": 7},
     {"kind": "draft", "id": "room:7", "channel": "room", "text": "x", "parent": 7}),
])
@pytest.mark.parametrize("over_http", [False, True])
def test_kept_on_all_devices_and_dropped_again(make_server, verb, path, body, row, over_http):
    phone, laptop, bob = pair(make_server(OPEN))
    clear = {k: v for k, v in body.items() if k in ("target", "channel", "parent")}

    def do(name, method, fields):
        change = {**fields, "cid": cid()}
        first = phone.http(method, path, change)[1] if over_http else phone.ask(name, **change)
        assert "rev" in first, first
        again = phone.ask(name, **change, again=True)
        assert again == {**first, "again": True}
        same = phone.ask(name, **{**change, "cid": cid()})
        assert same["rev"] == first["rev"], "what changes nothing takes no rev"

    do(verb, "PUT", body)
    kept = laptop.row("@ann", row["kind"])
    assert {k: v for k, v in kept.items() if k != "rev"} == row
    assert [r for r in laptop.sync("@ann") if r["kind"] == row["kind"]] == [kept]
    do(verb.replace("set", "clear"), "DELETE", clear)
    assert laptop.row("@ann", row["kind"])["gone"]
    assert bob.nothing() == [], "nobody else hears of it"


@pytest.mark.parametrize("verb,fields", [
    ("mute.set", {"target": "elsewhere"}), ("mark.set", {"channel": "elsewhere", "seq": 1}),
    ("draft.set", {"channel": "elsewhere", "text": "x"}),
])
def test_only_about_own_channels(make_server, verb, fields):
    phone, _, _ = pair(make_server(OPEN))
    assert phone.refused(verb, cid=cid(), **fields) == "not_member"


def test_mark_stays_until_a_read_names_it(make_server):
    phone, laptop, bob = pair(make_server(OPEN))
    seq = bob.say("room")["seq"]
    phone.ask("read", channel="room", seq=seq)
    phone.ask("mark.set", channel="room", seq=seq, cid=cid())
    item = phone.item("room")
    assert (item["mark"], item["unread"], item["read"]["seq"]) == (seq, 0, seq)
    phone.ask("read", channel="room", seq=seq)
    assert phone.item("room")["mark"] == seq
    phone.ask("read", channel="room", seq=seq, mark=True)
    assert "mark" not in phone.item("room")
    assert laptop.row("@ann", "mark", lambda row: row.get("gone"))


def test_other_devices_follow_the_cursor(make_server):
    phone, laptop, bob = pair(make_server(OPEN))
    seq = bob.say("room")["seq"]
    phone.ask("read", channel="room", seq=seq)
    cursor = laptop.event("cursor", "room")
    assert (cursor["read"]["seq"], cursor["unread"], cursor["user"]) == (seq, 0, "ann")

"""A block hides somebody on every path there is to read, and shows to nobody.

SPDX-License-Identifier: MIT
"""

import pytest
from people import OPEN, cid, people


def stub(row):
    """Is it no more than a place?"""
    return row.get("hidden") and set(row) <= {"kind", "id", "seq", "rev", "hidden"}


def live(ann, seq):
    return ann.row("room", wanted=lambda row: row["id"] == seq)


def synced(ann, seq):
    return [r for r in ann.sync("room") if r["kind"] == "message" and r["id"] == seq][0]


def paged(ann, seq):
    return ann.ask("history", channel="room", after=seq - 1, limit=1)["rows"][0]


def paged_over_http(ann, seq):
    return ann.http("GET", f"/v1/channels/room/messages?around={seq}&limit=1")[1]["rows"][0]


def got(ann, seq):
    return ann.ask("message.get", channel="room", seq=seq)["row"]


def in_thread(ann, seq):
    return ann.ask("thread.page", channel="room", parent=1)["rows"][seq - 2]


def pinned(ann, seq):
    return [p["message"] for p in ann.ask("pin.list", channel="room")["pins"]
            if p["message"]["id"] == seq][0]


PATHS = [live, synced, paged, paged_over_http, got, in_thread, pinned]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("away", [False, True])
def test_blocked_author_is_a_stub(make_server, path, away):
    """away: the blocked one is not in the server's memory when it is read."""
    server = make_server(OPEN)
    ann, bob, carol = people(server, "ann", "bob", "carol")
    carol.make("room", ann, bob)
    root = carol.say("room", "a thread")["seq"]
    seq = bob.say("room", "seen before", parent=root)["seq"]
    ann.ask("block.set", cid=cid(), user="bob")
    if away:
        server.stop()
        server.start()
        ann.enter()
        carol.enter()
    if path is pinned:
        carol.ask("pin.add", channel="room", seq=seq, cid=cid())
    if path is live:
        ann.events.clear()
        if away:
            carol.ask("message.delete", channel="room", seq=seq, cid=cid())
        else:
            bob.ask("message.edit", channel="room", seq=seq, ver=1, text="again", cid=cid())
        assert stub(path(ann, seq))
        return
    assert stub(path(ann, seq))
    assert not path(carol, seq).get("hidden"), "to others nothing shows"
    ann.ask("block.clear", cid=cid(), user="bob")
    assert path(ann, seq)["text"] == "seen before"


def test_new_messages_are_stubs_and_still_count(make_server):
    ann, bob = people(make_server(OPEN), "ann", "bob")
    bob.make("room", ann)
    ann.ask("block.set", cid=cid(), user="bob")
    seq = bob.say("room", "psst")["seq"]
    assert stub(live(ann, seq))
    assert ann.item("room")["unread"] == 1, "until the cursor passes"
    ann.ask("read", channel="room", seq=seq)
    assert ann.item("room")["unread"] == 0


def test_blocked_author_cannot_write_directly(make_server):
    server = make_server(OPEN)
    ann, bob, carol = people(server, "ann", "bob", "carol")
    direct = bob.ask("channel.create", cid=cid(), type="direct", user="ann")["channel"]
    bob.say(direct, "hello")
    ann.ask("block.set", cid=cid(), user="bob")
    assert bob.refused("message.send", channel=direct, cid=cid(), text="hello?") == "refused"
    ann.ask("block.set", cid=cid(), user="carol")
    assert carol.refused("channel.create", cid=cid(), type="direct", user="ann") == "refused"
    server.stop()
    server.start()
    bob.enter()
    assert bob.refused("message.send", channel=direct, cid=cid(), text="hello?") == "refused"
    ann.enter()
    ann.ask("block.clear", cid=cid(), user="bob")
    assert "seq" in bob.say(direct, "hello again")


def test_direct_channel_made_by_the_blocker_is_refused_to_the_blocked(make_server):
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    ann.ask("block.set", cid=cid(), user="bob")
    direct = ann.ask("channel.create", cid=cid(), type="direct", user="bob")["channel"]
    server.stop()
    server.start()
    bob.enter()
    assert bob.refused("message.send", channel=direct, cid=cid(), text="oh") == "refused"


def test_blocks_are_rows_of_ones_own(make_server):
    ann, bob = people(make_server(OPEN), "ann", "bob")
    change = cid()
    first = ann.ask("block.set", cid=change, user="bob")
    assert ann.ask("block.set", cid=change, user="bob", again=True) == {**first, "again": True}
    assert ann.row("@ann", "block")["id"] == "bob"
    assert ann.refused("block.set", cid=cid(), user="nobody") == "no_user"
    assert ann.refused("block.set", cid=cid(), user="ann") == "bad_request"
    assert ann.http("DELETE", "/v1/blocks/bob", {"cid": cid()})[0] == 200
    assert ann.row("@ann", "block")["gone"]
    assert bob.nothing() == []

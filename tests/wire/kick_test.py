"""Whoever loses a channel gets the entry that does it, then bye, then nothing more by any way.

SPDX-License-Identifier: MIT
"""

import time

import pytest
from people import OPEN, cid, people


def lose(loser, channel, why):
    """The entry is the last change of the channel; bye follows it."""
    loser.event("change", channel, lambda e: e["by"][-1]["op"].split(".")[0] in ("member", "channel"))
    assert loser.event("bye", channel)["why"] == why


def has_nothing(loser, channel, why="removed"):
    """Live, sync, history, watching, sending and HTTP."""
    assert [e for e in loser.nothing() if e.get("channel") == channel] == []
    held = [{"id": channel, "rev": 1}]
    assert loser.ask("sync", channels=held)["channels"] == [{"id": channel, "gone": why}]
    for op in ("history", "member.list", "channel.get"):
        assert loser.refused(op, channel=channel) in ("no_channel", "banned")
    assert loser.refused("channel.watch", channel=channel, level="watch") in ("no_channel", "banned")
    assert loser.refused("message.send", channel=channel, cid=cid(), text="still here?") in (
        "no_channel", "banned")
    for path in (f"/v1/channels/{channel}", f"/v1/channels/{channel}/messages",
                 f"/v1/channels/{channel}/members"):
        assert loser.http("GET", path)[0] in (403, 404)
    assert loser.http("POST", "/v1/sync", {"channels": held})[1]["channels"][0]["gone"] == why


@pytest.mark.parametrize("over", ["ws", "http"])
def test_a_kick_ends_everything(make_server, over):
    ann, bob = people(make_server(OPEN), "ann", "bob")
    ann.make("room", bob)
    ann.say("room", "before")
    if over == "ws":
        ann.ask("member.kick", channel="room", cid=cid(), user="bob")
    else:
        status, answer = ann.http("DELETE", "/v1/channels/room/members/bob", {"cid": cid()})
        assert status == 200, answer
    ann.say("room", "after")
    lose(bob, "room", "removed")
    has_nothing(bob, "room")
    assert bob.item("room") is None


def test_a_kick_from_an_open_channel_ends_what_was_subscribed(make_server):
    ann, bob = people(make_server(OPEN), "ann", "bob")
    ann.make("market", type="open")
    bob.ask("channel.join", channel="market", cid=cid())
    bob.ask("channel.watch", channel="market", level="watch")
    ann.ask("member.kick", channel="market", cid=cid(), user="bob")
    ann.say("market", "gone?")
    lose(bob, "market", "removed")
    assert [e for e in bob.nothing() if e.get("channel") == "market"] == []
    # It is open: who is not banned may look in, and come again.
    bob.ask("channel.join", channel="market", cid=cid())


def test_leaving_is_said_too(make_server):
    ann, bob = people(make_server(OPEN), "ann", "bob")
    ann.make("room", bob)
    bob.ask("channel.leave", channel="room", cid=cid())
    ann.say("room")
    lose(bob, "room", "left")
    has_nothing(bob, "room")


def test_a_ban_keeps_out_until_it_is_over_or_lifted(make_server):
    ann, bob = people(make_server(OPEN), "ann", "bob")
    ann.make("market", type="open")
    bob.ask("channel.join", channel="market", cid=cid())
    bob.ask("channel.watch", channel="market", level="watch")
    ann.ask("member.ban", channel="market", cid=cid(), user="bob")
    ann.say("market")
    lose(bob, "market", "banned")
    has_nothing(bob, "market", "banned")
    assert bob.refused("channel.join", channel="market", cid=cid()) == "banned"
    assert ann.refused("member.add", channel="market", cid=cid(), user="bob") == "banned"
    banned = ann.ask("member.list", channel="market", banned=True)["members"]
    assert [(m["id"], m["banned_until"]) for m in banned] == [("bob", -1)]
    assert [m["id"] for m in ann.ask("member.list", channel="market")["members"]] == ["ann"]
    ann.ask("member.unban", channel="market", cid=cid(), user="bob")
    bob.ask("channel.join", channel="market", cid=cid())
    bob.ask("channel.leave", channel="market", cid=cid())
    until = int(time.time() * 1000) + 1500
    assert ann.http("PUT", "/v1/channels/market/bans/bob", {"cid": cid(), "until": until})[0] == 200
    assert bob.refused("channel.join", channel="market", cid=cid()) == "banned"

    def joined():
        return bob.http("POST", "/v1/channels/market/join", {"cid": cid()})[0] == 200
    from server import wait_for
    wait_for(joined, "the ban to be over")
    assert time.time() * 1000 >= until


def test_a_deleted_channel_is_gone_for_all_and_its_id_stays_taken(make_server):
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    ann.make("room", bob)
    ann.say("room", "soon gone")
    assert bob.refused("channel.delete", channel="room", cid=cid()) == "forbidden"
    ann.ask("channel.delete", channel="room", cid=cid())
    for person in (ann, bob):
        lose(person, "room", "deleted")
        assert person.refused("history", channel="room") == "no_channel"
        assert person.ask("sync", channels=[{"id": "room", "rev": 1}])["channels"] == [
            {"id": "room", "gone": "deleted"}]
        person.row(f"@{person.id}", "membership", lambda r: r["id"] == "room" and r.get("gone"))
        assert person.item("room") is None
    assert bob.refused("channel.create", channel="room", cid=cid(), type="group") == "exists"
    server.stop()
    server.start()
    bob.enter()
    assert bob.refused("channel.create", channel="room", cid=cid(), type="group") == "exists"

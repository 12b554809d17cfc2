"""Roles, mutes, locks and slow mode: who may do what to whom, and that it binds what comes after.

SPDX-License-Identifier: MIT
"""

import time

from people import OPEN, Refused, cid, people
from server import wait_for


def roles(person, channel):
    return {m["id"]: m["role"] for m in person.ask("member.list", channel=channel)["members"]}


def test_who_may_give_which_role(make_server):
    ann, bob, eve, joe = people(make_server(OPEN), "ann", "bob", "eve", "joe")
    ann.make("room", bob, eve, joe)
    assert bob.refused("member.role", channel="room", cid=cid(), user="eve", role="reader") == "forbidden"
    ann.ask("member.role", channel="room", cid=cid(), user="bob", role="moderator")
    status, answer = ann.http("PUT", "/v1/channels/room/members/eve/role",
                              {"cid": cid(), "role": "moderator"})
    assert status == 200, answer
    bob.row("@bob", "membership", lambda r: r["role"] == "moderator")
    assert roles(ann, "room") == {"ann": "owner", "bob": "moderator", "eve": "moderator", "joe": "member"}
    # A moderator is above members only, and never above the owner.
    assert bob.refused("member.kick", channel="room", cid=cid(), user="eve") == "forbidden"
    assert bob.refused("member.kick", channel="room", cid=cid(), user="ann") == "forbidden"
    assert bob.refused("member.mute", channel="room", cid=cid(), user="bob") == "forbidden"
    bob.ask("member.kick", channel="room", cid=cid(), user="joe")
    assert bob.refused("member.kick", channel="room", cid=cid(), user="joe") == "no_member"
    # A channel keeps an owner.
    assert ann.refused("member.role", channel="room", cid=cid(), user="ann", role="member") == "forbidden"
    ann.ask("member.role", channel="room", cid=cid(), user="bob", role="owner")
    ann.ask("member.role", channel="room", cid=cid(), user="ann", role="member")
    assert roles(bob, "room") == {"ann": "member", "bob": "owner", "eve": "moderator"}


def test_a_mute_binds_until_it_is_over_or_lifted(make_server):
    ann, bob = people(make_server(OPEN), "ann", "bob")
    ann.make("room", bob)
    seq = bob.say("room", "loud")["seq"]
    until = int(time.time() * 1000) + 60000
    ann.ask("member.mute", channel="room", cid=cid(), user="bob", until=until)
    try:
        bob.say("room", "loud")
        raise AssertionError("a muted member spoke")
    except Refused as refused:
        assert refused.code == "muted" and refused.error["retry"] == "later"
        assert 50000 < refused.error["retry_ms"] <= 60000
    assert bob.refused("message.edit", channel="room", cid=cid(), seq=seq, ver=1, text="x") == "muted"
    bob.ask("message.delete", channel="room", cid=cid(), seq=seq)
    assert bob.http("POST", "/v1/channels/room/messages", {"cid": cid(), "text": "x"})[1][
        "error"]["code"] == "muted"
    assert ann.http("DELETE", "/v1/channels/room/mutes/bob", {"cid": cid()})[0] == 200
    bob.say("room", "thanks")
    assert ann.refused("member.mute", channel="room", cid=cid(), user="bob", until=1) == "bad_request"


def test_update_and_lock(make_server):
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    ann.make("room", bob, name="Room")
    assert bob.refused("channel.update", channel="room", cid=cid(), name="Mine") == "forbidden"
    assert ann.refused("channel.update", channel="room", cid=cid()) == "bad_request"
    rev = ann.ask("channel.update", channel="room", cid=cid(), topic="tea")["rev"]
    assert bob.row("room", "channel")["topic"] == "tea"
    assert ann.ask("channel.update", channel="room", cid=cid(), topic="tea")["rev"] == rev, "no rev"
    status, answer = ann.http("PATCH", "/v1/channels/room", {"cid": cid(), "locked": True})
    assert status == 200, answer
    assert bob.refused("message.send", channel="room", cid=cid(), text="hello?") == "locked"
    ann.say("room", "only I")
    status, got = bob.http("GET", "/v1/channels/room")
    assert status == 200
    assert (got["channel"]["name"], got["channel"]["topic"], got["channel"]["locked"]) == (
        "Room", "tea", True)
    assert (got["role"], got["members"], got["unread"]) == ("member", 2, 1)
    server.kill()
    server.start()
    bob.enter()
    assert bob.refused("message.send", channel="room", cid=cid(), text="hello?") == "locked"


def test_slow_mode_holds_over_a_restart(make_server):
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    ann.make("room", bob)
    ann.ask("channel.update", channel="room", cid=cid(), slow_ms=600000)
    sent = bob.say("room", "one")
    # Two that come at once are still judged one after the other.
    for number in [bob.post("message.send", channel="room", cid=cid(), text="two") for _ in range(2)]:
        try:
            bob.answer(number)
            raise AssertionError("too soon")
        except Refused as refused:
            assert refused.code == "slow" and 590000 < refused.error["retry_ms"] <= 600000
    bob.ask("channel.leave", channel="room", cid=cid())
    ann.ask("member.add", channel="room", cid=cid(), user="bob")
    assert bob.refused("message.send", channel="room", cid=cid(), text="I am new") == "slow"
    ann.say("room", "owners bypass it")
    ann.say("room", "twice")
    bob.ask("read", channel="room", seq=sent["seq"] + 2)
    server.kill()
    server.start()
    bob.enter()
    assert bob.refused("message.send", channel="room", cid=cid(), text="two") == "slow"
    ann.enter()
    ann.ask("channel.update", channel="room", cid=cid(), slow_ms=300)

    def sends():
        try:
            return bob.say("room", "three")
        except Refused as refused:
            assert refused.code == "slow"
    assert wait_for(sends, "slow mode to let it pass")["ts"] >= sent["ts"] + 300

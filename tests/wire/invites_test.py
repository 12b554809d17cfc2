"""One person asks another into a channel, and the other decides.

SPDX-License-Identifier: MIT
"""

import time

import pytest
from people import OPEN, cid, people
from server import merged, wait_for


@pytest.fixture
def ann_bob(make_server):
    server = make_server(merged(OPEN, {"limits": {"user_rate": "off"}}))
    ann, bob = people(server, "ann", "bob")
    ann.make("room", name="The room")
    return ann, bob


def invite(person, user, channel="room", **fields):
    return person.ask("invite.send", channel=channel, user=user, cid=cid(), **fields)


def accept(person, channel="room"):
    return person.refused("invite.accept", channel=channel, cid=cid())


def own_row(person, channel="room"):
    return person.row(f"@{person.id}", "invite", lambda row: row["id"] == channel)


def mine(person):
    return {row["id"]: row for row in person.ask("invite.mine")["invites"]}


def test_accepting(ann_bob):
    ann, bob = ann_bob
    sent = invite(ann, "bob")
    assert ann.row("room", "invite")["by"] == "ann"
    row = own_row(bob)
    assert (row["by"], row["name"], row["type"]) == ("ann", "The room", "group")
    assert mine(bob) == {"room": row}
    assert [r["id"] for r in ann.ask("invite.list", channel="room")["invites"]] == ["bob"]
    assert bob.refused("history", channel="room") == "no_channel", "invited is not joined"
    assert bob.ask("invite.accept", channel="room", cid=cid())["rev"] > sent["rev"]
    assert own_row(bob)["gone"]
    assert bob.say("room", "here I am")["seq"] == 1
    assert not ann.ask("invite.list", channel="room")["invites"]
    again = bob.ask("invite.accept", channel="room", cid=cid())
    assert "ts" not in again, "who is there changes nothing"


def test_over_http(ann_bob):
    ann, bob = ann_bob
    assert ann.http("PUT", "/v1/channels/room/invites/bob", {"cid": cid()})[0] == 200
    own_row(bob)
    assert bob.http("GET", "/v1/invites")[1]["invites"][0]["id"] == "room"
    assert bob.http("POST", "/v1/invites/room", {"cid": cid()})[0] == 200
    assert bob.http("GET", "/v1/channels/room/messages")[0] == 200


def test_declining(ann_bob):
    ann, bob = ann_bob
    invite(ann, "bob")
    own_row(bob)
    bob.ask("invite.decline", channel="room", cid=cid())
    assert own_row(bob)["gone"] and not mine(bob)
    assert ann.row("room", "invite", lambda row: row.get("gone"))["id"] == "bob"
    assert accept(bob) == "no_invite"


def test_offline_and_after_a_restart(make_server):
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    ann.make("room")
    bob.leave()
    invite(ann, "bob")
    wait_for(lambda: bob.http("GET", "/v1/invites")[1]["invites"], "bob's own log to hear of it")
    server.stop()
    server.start()
    bob.enter()
    assert mine(bob)["room"]["by"] == "ann"
    bob.ask("invite.accept", channel="room", cid=cid())


def test_revoked(ann_bob):
    ann, bob = ann_bob
    invite(ann, "bob")
    own_row(bob)
    ann.ask("invite.revoke", channel="room", user="bob", cid=cid())
    assert own_row(bob)["gone"]
    assert accept(bob) == "no_invite"


def test_only_the_own_ones_unless_one_may_kick(ann_bob):
    ann, bob = ann_bob
    eve, = people(ann.server, "eve")
    joe, = people(ann.server, "joe")
    for user in ("bob", "joe"):
        ann.ask("member.add", channel="room", user=user, cid=cid())
    invite(bob, "eve")
    asked = {"channel": "room", "user": "eve"}
    assert joe.refused("invite.revoke", cid=cid(), **asked) == "forbidden"
    ann.ask("invite.revoke", cid=cid(), **asked)
    assert accept(eve) == "no_invite"


def test_expired(ann_bob):
    ann, bob = ann_bob
    until = int(time.time() * 1000) + 400
    invite(ann, "bob", until=until)
    assert own_row(bob)["until"] == until
    while time.time() * 1000 <= until:
        bob.ask("session.list")
    assert accept(bob) == "no_invite"
    assert ann.refused("invite.send", channel="room", user="bob", cid=cid(),
                       until=until) == "bad_request"


def test_the_inviter_lost_its_place(ann_bob):
    ann, bob = ann_bob
    eve, = people(ann.server, "eve")
    ann.ask("member.add", channel="room", user="bob", cid=cid())
    invite(bob, "eve")
    ann.ask("member.kick", channel="room", user="bob", cid=cid())
    assert accept(eve) == "no_invite"


def test_banned(ann_bob):
    ann, bob = ann_bob
    invite(ann, "bob")
    own_row(bob)
    ann.ask("member.ban", channel="room", user="bob", cid=cid())
    assert own_row(bob)["gone"]
    assert accept(bob) == "no_invite"
    assert ann.refused("invite.send", channel="room", user="bob", cid=cid()) == "banned"
    ann.ask("member.unban", channel="room", user="bob", cid=cid())
    assert accept(bob) == "no_invite", "the ban has ended it"


def test_who_is_blocked_is_not_heard(ann_bob):
    """And is not told so; but nobody is put into a channel by somebody they block."""
    ann, bob = ann_bob
    bob.ask("block.set", user="ann", cid=cid())
    assert invite(ann, "bob")["rev"]
    ann.row("room", "invite")
    assert not mine(bob)
    assert not [e for e in bob.nothing() if any(
        r["kind"] == "invite" for r in e.get("rows", []))]
    assert ann.refused("member.add", channel="room", user="bob", cid=cid()) == "refused"


def test_a_block_takes_the_invitation_away(ann_bob):
    ann, bob = ann_bob
    eve, = people(ann.server, "eve")
    eve.make("other")
    invite(ann, "bob")
    invite(eve, "bob", "other")
    own_row(bob, "other")
    wait_for(lambda: len(mine(bob)) == 2, "both invitations")
    bob.ask("block.set", user="ann", cid=cid())
    assert own_row(bob)["gone"] and list(mine(bob)) == ["other"]


def test_added_meanwhile(ann_bob):
    ann, bob = ann_bob
    invite(ann, "bob")
    own_row(bob)
    ann.ask("member.add", channel="room", user="bob", cid=cid())
    assert own_row(bob)["gone"]
    assert not ann.ask("invite.list", channel="room")["invites"]


def test_deleted_with_the_channel(ann_bob):
    ann, bob = ann_bob
    invite(ann, "bob")
    own_row(bob)
    ann.ask("channel.delete", channel="room", cid=cid())
    assert own_row(bob)["gone"]
    assert accept(bob) == "no_invite"


def test_no_invitation_tells_nothing(ann_bob):
    """Is there such a channel? Who is not invited is answered alike."""
    _, bob = ann_bob
    assert accept(bob) == accept(bob, "nowhere") == "no_invite"
    assert bob.refused("invite.send", channel="room", user="bob", cid=cid()) == "no_channel"


def test_not_where_it_makes_no_sense(ann_bob):
    ann, bob = ann_bob
    direct = ann.ask("channel.create", type="direct", user="bob", cid=cid())["channel"]
    ask = {"op": "invite.send", "user": "bob"}
    assert ann.refused(channel=direct, cid=cid(), **ask) == "forbidden"
    assert ann.refused("invite.send", channel="room", user="nobody", cid=cid()) == "no_user"

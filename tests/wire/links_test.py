"""A link lets whoever holds its code into a channel: so many times, until a day, unless it was revoked.

SPDX-License-Identifier: MIT
"""

import time

import pytest
from people import OPEN, Person, cid, people, sign_in
from server import merged
from setup_test import fresh_code, redeem as make_admin


@pytest.fixture
def ann_bob(make_server):
    server = make_server(merged(OPEN, {"limits": {"user_rate": "off"}}))
    ann, bob = people(server, "ann", "bob")
    ann.make("room", name="The room")
    return ann, bob


def make(person, channel="room", **fields):
    return person.ask("link.make", channel=channel, cid=cid(), **fields)


def refused(person, link):
    return person.refused("link.redeem", code=link["code"], cid=cid())


def row_of(person, link):
    return {r["id"]: r for r in person.ask("link.list", channel="room")["links"]}.get(link["link"])


def test_coming_by_a_link(ann_bob):
    ann, bob = ann_bob
    link = make(ann)
    assert "code" not in str(ann.row("room", "link")), "who reads the channel does not get the code"
    look = bob.ask("link.look", code=link["code"])
    assert (look["channel"], look["name"], look["members"]) == ("room", "The room", 1)
    assert look["link"]["by"] == "ann" and look["link"]["used"] == 0
    assert bob.refused("history", channel="room") == "no_channel", "looking is not joining"
    assert bob.ask("link.redeem", code=link["code"], cid=cid())["channel"] == "room"
    assert bob.say("room")["seq"] == 1
    assert row_of(ann, link)["used"] == 1
    assert bob.ask("link.redeem", code=link["code"], cid=cid())["channel"] == "room"
    assert row_of(ann, link)["used"] == 1, "who is there spends no use"


def test_over_http(ann_bob):
    ann, bob = ann_bob
    status, link = ann.http("POST", "/v1/channels/room/links", {"cid": cid(), "uses": 3})
    assert status == 200 and ann.http("GET", "/v1/channels/room/links")[1]["links"][0]["uses"] == 3
    assert bob.http("POST", "/v1/links/look", {"code": link["code"]})[1]["type"] == "group"
    assert bob.http("POST", "/v1/links", {"code": link["code"], "cid": cid()})[0] == 200
    path = f"/v1/channels/room/links/{link['link']}?cid={cid()}"
    assert ann.http("DELETE", path)[0] == 200
    assert bob.http("POST", "/v1/links/look", {"code": link["code"]})[0] == 404


def test_a_resend_gives_the_same_code(ann_bob):
    ann, _ = ann_bob
    sent = {"channel": "room", "cid": cid()}
    first = ann.ask("link.make", **sent)
    assert ann.ask("link.make", again=True, **sent)["code"] == first["code"]


def test_used_up(ann_bob):
    """The last use is given once, however many ask at the same time."""
    ann, bob = ann_bob
    others = people(ann.server, *(f"u{n}" for n in range(4)))
    link = make(ann, uses=2)
    asked = [(p, p.post("link.redeem", code=link["code"], cid=cid())) for p in (bob, *others)]
    came = 0
    for person, number in asked:
        try:
            came += bool(person.answer(number))
        except Exception as e:  # pylint: disable=broad-except
            assert e.code == "no_invite"
    assert came == 2
    assert row_of(ann, link)["used"] == 2


def test_revoked(ann_bob):
    ann, bob = ann_bob
    link = make(ann)
    ann.ask("link.revoke", channel="room", link=link["link"], cid=cid())
    assert refused(bob, link) == "no_invite"
    assert bob.refused("link.look", code=link["code"]) == "no_invite"
    assert ann.refused("link.revoke", channel="room", link=link["link"], cid=cid()) == "no_invite"


def test_expired(ann_bob):
    ann, bob = ann_bob
    until = int(time.time() * 1000) + 400
    link = make(ann, until=until)
    while time.time() * 1000 <= until:
        bob.ask("session.list")
    assert refused(bob, link) == "no_invite"
    assert ann.refused("link.make", channel="room", cid=cid(), until=until) == "bad_request"


def test_banned(ann_bob):
    ann, bob = ann_bob
    link = make(ann)
    bob.ask("link.redeem", code=link["code"], cid=cid())
    ann.ask("member.ban", channel="room", user="bob", cid=cid())
    assert refused(bob, link) == "banned"


def test_removed_may_come_back_but_not_by_the_own_link(ann_bob):
    """A link is as good as who made it."""
    ann, bob = ann_bob
    link = make(ann)
    bob.ask("link.redeem", code=link["code"], cid=cid())
    own = make(bob)
    ann.ask("member.kick", channel="room", user="bob", cid=cid())
    assert refused(bob, own) == "no_invite"
    bob.ask("link.redeem", code=link["code"], cid=cid())


def test_an_administrators_link_needs_no_member(make_server):
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    assert make_admin(server, fresh_code(server), "root")[0] == 200
    root = Person(server, sign_in(server, "root", "login")).enter()
    ann.make("room")
    link = make(root)
    assert row_of(ann, link)["server"]
    assert bob.ask("link.redeem", code=link["code"], cid=cid())["channel"] == "room"


def test_full(make_server):
    server = make_server(merged(OPEN, {"channel_types": {"group": {"max_members": 2}}}))
    ann, bob, eve = people(server, "ann", "bob", "eve")
    ann.make("room")
    link = make(ann)
    bob.ask("link.redeem", code=link["code"], cid=cid())
    assert refused(eve, link) == "full"
    assert row_of(ann, link)["used"] == 1


def test_wrong_codes_tell_nothing(ann_bob):
    ann, bob = ann_bob
    secret = make(ann)["code"].split("~")[1]
    for code in ("room", "room~", "room~wrong", "nowhere~" + secret, "@ann~" + secret, "~", "~" + secret,
                 "d." + "a" * 26 + "~" + secret):
        assert bob.refused("link.redeem", code=code, cid=cid()) == "no_invite", code
        assert bob.refused("link.look", code=code) == "no_invite", code


def test_where_there_are_two_people_for_ever(ann_bob):
    ann, _ = ann_bob
    direct = ann.ask("channel.create", type="direct", user="bob", cid=cid())["channel"]
    assert ann.refused("link.make", channel=direct, cid=cid()) == "forbidden"

"""A message that a plugin holds waits in its author's log until somebody with the grant review decides.

SPDX-License-Identifier: MIT
"""

from people import OPEN, cid, people
from server import BUILD, merged

LATER = merged(OPEN, {
    "server": {"plugin_dirs": [str(BUILD / "plugins/.libs"), str(BUILD / "tests/plugins/.libs")]},
    "plugins": {"later": {}},
})


def held_by(person, text="hold: my tongue"):
    sent = {"channel": "room", "cid": cid(), "text": text}
    answer = person.ask("message.send", **sent)
    assert answer["held"] is True and "seq" not in answer
    return sent, answer["id"]


def test_approval_sends_it_with_the_authors_cid(make_server):
    server = make_server(LATER)
    ann, bob, eve = people(server, "ann", "bob", "eve")
    ann.make("room", bob, eve)
    sent, held = held_by(bob)
    row = bob.row("@bob", "held")
    assert (row["id"], row["state"], row["why"], row["queue"]) == (held, "pending", {"word": "hold"}, "words")
    assert bob.ask("message.send", **sent, again=True)["held"] is True
    assert bob.ask("message.send", **sent)["held"] is True, "nothing is held twice"
    assert bob.ask("history", channel="room")["rows"] == []
    assert eve.refused("held.list", channel="room") == "forbidden"
    server.kill()
    server.start()
    for person in (ann, bob, eve):
        person.enter()
    status, listed = ann.http("GET", "/v1/channels/room/held")
    assert status == 200 and listed["next"] is None
    assert [(h["id"], h["user"], h["body"]["text"]) for h in listed["held"]] == [
        (held, "bob", "hold: my tongue")]
    decide = {"channel": "room", "user": "bob", "held": held}
    assert eve.refused("held.approve", **decide) == "forbidden"
    first = ann.ask("held.approve", **decide)
    assert first["seq"] == 1
    row = bob.row("room")
    assert (row["text"], row["user"], row["cid"]) == (sent["text"], "bob", sent["cid"])
    assert bob.row("@bob", "held")["gone"]
    again = bob.ask("message.send", **sent, again=True)
    assert (again["seq"], again["rev"], again["again"]) == (1, first["rev"], True)
    assert ann.refused("held.approve", **decide) == "not_found"
    assert ann.ask("held.list", channel="room")["held"] == []


def test_rejection_tells_the_author_why(make_server):
    ann, bob = people(make_server(LATER), "ann", "bob")
    ann.make("room", bob)
    _, held = held_by(bob)
    status, answer = ann.http("POST", f"/v1/channels/room/held/{held}/reject",
                              {"user": "bob", "text": "no tongues"})
    assert status == 200, answer
    row = bob.row("@bob", "held", lambda r: r.get("state") == "rejected")
    assert (row["text"], row["by"]) == ("no tongues", "ann")
    assert ann.ask("held.list", channel="room")["held"] == []
    assert ann.refused("held.approve", channel="room", user="bob", held=held) == "not_found"
    bob.ask("held.withdraw", cid=cid(), held=held)
    assert bob.row("@bob", "held")["gone"]


def test_what_happened_meanwhile_binds(make_server):
    ann, bob = people(make_server(LATER), "ann", "bob")
    ann.make("room", bob)
    _, held = held_by(bob)
    _, taken_back = held_by(bob, "hold: another")
    bob.ask("held.withdraw", cid=cid(), held=taken_back)
    decide = {"channel": "room", "user": "bob"}
    assert ann.refused("held.approve", **decide, held=taken_back) == "not_found"
    ann.ask("member.kick", channel="room", cid=cid(), user="bob")
    assert ann.refused("held.approve", **decide, held=held) in ("not_member", "no_channel")
    ann.ask("member.add", channel="room", cid=cid(), user="bob")
    assert ann.ask("held.approve", **decide, held=held)["seq"] == 1

"""Sessions: one connection each, resumed by id.

SPDX-License-Identifier: MIT
"""

from people import OPEN, Person, people, sign_in


def test_second_connection_of_a_session_closes_the_first(make_server):
    server = make_server(OPEN)
    signed = sign_in(server, "ann")
    first = Person(server, signed).enter()
    second = Person(server, signed).enter()
    assert first.hello["session"] == second.hello["session"] == signed["session"]
    assert first.closed() == 4409
    assert len([s for s in second.ask("session.list")["sessions"] if s["online"]]) == 1


def test_what_is_said_reaches_who_watches(make_server):
    ann, bob = people(make_server(OPEN), "ann", "bob")
    ann.make("general", bob)
    seq = ann.say("general", "hi bob")["seq"]
    assert bob.row("general", wanted=lambda row: row["id"] == seq)["text"] == "hi bob"
    assert [e["ev"] for e in bob.nothing()] == []

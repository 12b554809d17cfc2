"""A read is answered when it is stored, with what is stored.

SPDX-License-Identifier: MIT
"""

from people import OPEN, people


def test_an_answer_does_not_name_what_is_not_stored_yet(make_server):
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    ann.make("general", bob)
    for _ in range(3):
        ann.say("general")
    first = bob.post("read", channel="general", seq=1)
    bob.post("read", channel="general", seq=2)
    answer = bob.answer(first)
    assert (answer["read"]["seq"], answer["unread"]) == (1, 2)
    server.kill()
    server.start()
    assert bob.enter().item("general")["read"]["seq"] == 1
    third = bob.ask("read", channel="general", seq=3)
    assert (third["read"]["seq"], third["unread"]) == (3, 0)

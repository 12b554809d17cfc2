"""What is unread is exact: what counts, what does not, and what a cursor does to it.

SPDX-License-Identifier: MIT
"""

import pytest
from people import OPEN, cid, people
from server import wait_for


def delete(who, seq):
    who.ask("message.delete", channel="room", seq=seq, cid=cid())


def counts(person):
    """Unread and mentions as a fresh hello tells them."""
    item = person.item("room")
    return item["unread"], item["mentions"]


# What happens in "room", which ann owns, and what is then unread for bob.
def nothing(ann, bob):
    pass


def three(ann, bob):
    return [ann.say("room", f"{n}")["seq"] for n in range(3)]


def three_and_read_two(ann, bob):
    bob.ask("read", channel="room", seq=three(ann, bob)[1])


def own_do_not_count(ann, bob):
    three(ann, bob)
    bob.say("room")


def own_below_the_cursor(ann, bob):
    bob.say("room")
    bob.ask("read", channel="room", seq=three(ann, bob)[0])
    bob.say("room")


def deleted_above(ann, bob):
    delete(ann, three(ann, bob)[1])


def deleted_below(ann, bob):
    seqs = three(ann, bob)
    bob.ask("read", channel="room", seq=seqs[1])
    delete(ann, seqs[0])


def deleted_and_read_to_it(ann, bob):
    seqs = three(ann, bob)
    delete(ann, seqs[1])
    bob.ask("read", channel="room", seq=seqs[1])


def own_deleted(ann, bob):
    three(ann, bob)
    delete(bob, bob.say("room")["seq"])


def thread_replies(ann, bob):
    seqs = three(ann, bob)
    ann.say("room", parent=seqs[0])
    ann.say("room", parent=seqs[0])


def edits(ann, bob):
    seqs = three(ann, bob)
    ann.ask("message.edit", channel="room", seq=seqs[0], ver=1, text="new", cid=cid())


def mentioned(ann, bob):
    ann.say("room", mentions=["bob"])
    ann.say("room", mentions=["ann"])


def mentioned_in_a_thread(ann, bob):
    ann.say("room", parent=ann.say("room")["seq"], mentions=["bob"])


def mentioned_by_self(ann, bob):
    bob.say("room", mentions=["bob"])


def everybody(ann, bob):
    ann.say("room", mentions=["@channel"])
    ann.say("room", mentions=["@here", "bob"])


def everybody_without_the_grant(ann, bob):
    bob.say("room", mentions=["@channel"])


def mention_deleted(ann, bob):
    delete(ann, ann.say("room", mentions=["bob"])["seq"])


def everybody_deleted(ann, bob):
    delete(ann, ann.say("room", mentions=["@channel"])["seq"])


def mention_read(ann, bob):
    seq = ann.say("room", mentions=["bob"])["seq"]
    bob.row("@bob", "mention")
    bob.ask("read", channel="room", seq=seq)
    assert bob.row("@bob", "mention")["gone"]


def one_of_two_mentions_read(ann, bob):
    first = ann.say("room", mentions=["bob"])["seq"]
    ann.say("room", mentions=["bob"])
    for _ in range(2):
        bob.row("@bob", "mention")
    bob.ask("read", channel="room", seq=first)


def read_with_a_send(ann, bob):
    seqs = three(ann, bob)
    bob.say("room", read=seqs[1])
    bob.ask("read", channel="room", delivered=1)  # answered behind the one before it


def cursor_never_goes_back(ann, bob):
    seqs = three(ann, bob)
    bob.ask("read", channel="room", seq=seqs[2])
    assert bob.ask("read", channel="room", seq=seqs[0])["read"]["seq"] == seqs[2]


def read_beyond_the_head(ann, bob):
    three(ann, bob)
    assert bob.ask("read", channel="room", seq=10**9)["unread"] == 0
    ann.say("room")


CASES = [
    (nothing, 0, 0), (three, 3, 0), (three_and_read_two, 1, 0), (own_do_not_count, 3, 0),
    (own_below_the_cursor, 2, 0), (deleted_above, 2, 0), (deleted_below, 1, 0),
    (deleted_and_read_to_it, 1, 0), (own_deleted, 3, 0), (thread_replies, 3, 0), (edits, 3, 0),
    (mentioned, 2, 1), (mentioned_in_a_thread, 1, 1), (mentioned_by_self, 0, 0),
    (everybody, 2, 3), (everybody_without_the_grant, 0, 0), (mention_deleted, 0, 0),
    (everybody_deleted, 0, 0), (mention_read, 0, 0), (one_of_two_mentions_read, 1, 1),
    (read_with_a_send, 1, 0), (cursor_never_goes_back, 0, 0), (read_beyond_the_head, 1, 0),
]


@pytest.mark.parametrize("case,unread,mentions", CASES)
def test_unread(make_server, case, unread, mentions):
    ann, bob = people(make_server(OPEN), "ann", "bob")
    ann.make("room", bob)
    case(ann, bob)
    bob.nothing()
    assert counts(bob) == (unread, mentions)


def test_unread_is_the_same_after_a_restart(make_server):
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    ann.make("room", bob)
    for case in (own_below_the_cursor, deleted_above, thread_replies, everybody):
        case(ann, bob)
    before = counts(bob)
    server.kill()
    server.start()
    assert counts(bob) == before and before[0] > 0


@pytest.mark.parametrize("kind", ["open", "group"])
def test_what_was_said_before_one_came_is_not_unread(make_server, kind):
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    ann.make("room", type=kind)
    three(ann, bob)
    if kind == "open":
        bob.ask("channel.join", channel="room", cid=cid())
    else:
        ann.ask("member.add", channel="room", user="bob", cid=cid())
        bob.row("@bob", "membership")
    assert counts(bob) == (0, 0)
    ann.say("room")
    server.kill()
    server.start()
    assert counts(bob) == (1, 0)
    assert bob.item("room")["read"]["seq"] == 3


def test_totals_sum_up_what_is_not_muted(make_server):
    ann, bob = people(make_server(OPEN), "ann", "bob")
    for room in ("room", "other"):
        ann.make(room, bob)
        ann.say(room, mentions=["bob"])
    bob.ask("mute.set", target="other", cid=cid())

    def both_mentions_came():  # in one frame or in two
        bob.enter()
        return bob.hello["totals"]["mentions"] == 2

    wait_for(both_mentions_came, "both mentions in the own log")
    assert bob.hello["totals"] == {"unread": 1, "mentions": 2}
    assert [c["id"] for c in bob.hello["channels"] if c.get("muted")] == ["other"]

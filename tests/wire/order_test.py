"""What a session asks behind one another in a channel happens in that order: what is ahead counts as happened.

SPDX-License-Identifier: MIT
"""

from people import OPEN, Refused, cid, people


def outcomes(person, *requests):
    """All are sent before any is answered. Gives "ok" or the code, in order."""
    numbers = [person.post(op, cid=cid(), **fields) for op, fields in requests]
    answers = {}
    while len(answers) < len(numbers):
        message = person.receive()
        if "re" in message:
            answers[message["re"]] = message.get("error", {}).get("code", "ok")
    return [answers[n] for n in numbers]


def test_who_joins_may_speak_at_once(make_server):
    ann, bob = people(make_server(OPEN), "ann", "bob")
    ann.make("open", type="open")
    ann.make("closed")
    say = {"channel": "open", "text": "hi"}
    assert outcomes(bob, ("channel.join", {"channel": "open"}), ("message.send", say),
                    ("message.send", say), ("channel.leave", {"channel": "open"}),
                    ("message.send", say)) == ["ok", "ok", "ok", "ok", "not_member"]
    rows = ann.ask("history", channel="open")["rows"]
    assert [(r["id"], r["user"]) for r in rows] == [(1, "bob"), (2, "bob")]
    say = {"channel": "closed", "text": "hi"}
    assert outcomes(bob, ("channel.join", {"channel": "closed"}), ("message.send", say)) == [
        "no_channel", "no_channel"]


def test_who_makes_a_channel_may_fill_it_at_once(make_server):
    ann, bob = people(make_server(OPEN), "ann", "bob")
    assert outcomes(
        ann, ("channel.create", {"type": "group", "channel": "room"}),
        ("member.add", {"channel": "room", "user": "bob"}),
        ("message.send", {"channel": "room", "text": "welcome"}),
        ("message.send", {"channel": "room", "text": "a reply", "parent": 1}),
        ("message.edit", {"channel": "room", "seq": 1, "ver": 1, "text": "Welcome"}),
    ) == ["ok"] * 5
    try:
        assert [r.get("text") for r in bob.ask("history", channel="room")["rows"]] == [
            "Welcome", "a reply"]
    except Refused as refused:
        raise AssertionError(f"bob is no member: {refused}") from None

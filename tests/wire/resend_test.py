"""A change that is asked for again: its first result, whatever happened since.

SPDX-License-Identifier: MIT
"""

from people import OPEN, Refused, cid, people
from server import BUILD, merged

LATE = 4_000_000_000_000  # Unix ms
LATER = merged(OPEN, {
    "server": {"plugin_dirs": [str(BUILD / "plugins/.libs"), str(BUILD / "tests/plugins/.libs")]},
    "plugins": {"later": {}},
})


def test_what_may_be_written_is_not_called_undone(make_server):
    ann, = people(make_server(LATER), "ann")
    ann.make("general")
    written = {"channel": "general", "cid": cid(), "text": "hi"}
    first = ann.ask("message.send", **written)
    ahead = ann.post("message.send", channel="general", cid=cid(), text="never: answered")
    behind = ann.post("message.send", **written, again=True)
    fresh = ann.post("message.send", channel="general", cid=cid(), text="not sent before")
    codes = []
    for number in (ahead, behind, fresh):
        try:
            codes.append(ann.answer(number))
        except Refused as refused:
            codes.append((refused.code, refused.error["retry"]))
    assert codes == [("busy", "later"), ("unknown", "same"), ("busy", "later")]
    assert ann.ask("message.send", **written, again=True) == {**first, "again": True}


def test_a_first_result_outlasts_the_right_to_it(make_server):
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    ann.make("room", bob)
    sent = {"channel": "room", "cid": cid(), "text": "once"}
    first = bob.ask("message.send", **sent)
    ann.ask("member.mute", channel="room", cid=cid(), user="bob", until=LATE)
    assert bob.refused("message.send", channel="room", cid=cid(), text="more") == "muted"
    assert bob.ask("message.send", **sent) == {**first, "again": True}      # from memory
    assert bob.ask("message.send", **sent, again=True) == {**first, "again": True}
    assert bob.refused("message.send", **{**sent, "text": "twice"}, again=True) == "conflict"
    server.kill()
    server.start()
    bob.leave()
    bob.enter()
    assert bob.refused("message.send", channel="room", cid=cid(), text="more") == "muted"
    assert bob.ask("message.send", **sent, again=True) == {**first, "again": True}  # from the store


def test_what_changed_nothing_is_remembered_too(make_server):
    """bob is a member: joining changes nothing, and must not bring him back after a kick."""
    ann, bob = people(make_server(OPEN), "ann", "bob")
    ann.make("market", type="open")
    bob.ask("channel.join", channel="market", cid=cid())
    twice = {"channel": "market", "cid": cid()}
    first = bob.ask("channel.join", **twice)
    assert "ts" not in first, "it took no rev"
    ann.ask("member.kick", channel="market", cid=cid(), user="bob")
    assert bob.ask("channel.join", **twice, again=True) == {**first, "again": True}
    assert bob.ask("channel.join", **twice) == {**first, "again": True}
    assert ann.refused("member.kick", channel="market", cid=cid(), user="bob") == "no_member"
    assert bob.refused("channel.leave", **twice, again=True) == "conflict"

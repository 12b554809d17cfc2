"""A message for its author alone does not show to others: not by a mention, not by its thread.

SPDX-License-Identifier: MIT
"""

from people import cid, people
from server import merged
from resend_test import LATER


def test_a_shadow_mentions_nobody_and_is_nobodys_reply(make_server):
    ann, bob = people(make_server(LATER), "ann", "bob")
    ann.make("general", bob)
    parent = ann.say("general", "what do you say?")["seq"]
    hidden = ann.ask("message.send", channel="general", cid=cid(), text="shadow: psst",
                     mentions=["bob"], parent=parent)["seq"]
    row, = [row for row in bob.sync("general") if row["id"] == parent]
    assert row["thread"] == {"n": 1, "last": hidden}
    ann.ask("message.send", channel="general", cid=cid(), text="loud", mentions=["bob"])
    assert bob.row("@bob", "mention")["seq"] == hidden + 1


def test_slow_mode_does_not_tell_whose_the_hidden_message_is(make_server):
    config = merged(LATER, {"channel_types": {"group": {"slow_mode": "1h"}}})
    ann, bob = people(make_server(config), "ann", "bob")
    ann.make("general", bob)
    before = ann.ask("channel.get", channel="general")["rev"]
    hidden = bob.say("general", "shadow: psst")["seq"]
    change = ann.event("change", "general", lambda e: e["rev"] > before)
    assert [(r["kind"], r["id"], r["hidden"]) for r in change["rows"]] == [("message", hidden, True)]
    assert not [r for r in ann.sync("general", before) if r["kind"] == "member"]
    assert bob.refused("message.send", channel="general", cid=cid(), text="more") == "slow"


def test_nobody_handles_what_they_do_not_see(make_server):
    """Not even who may edit and delete everybody's messages."""
    ann, bob = people(make_server(LATER), "ann", "bob")
    ann.make("general", bob)
    hidden = bob.say("general", "shadow: psst")["seq"]
    named = {"channel": "general", "seq": hidden}
    assert ann.refused("message.delete", cid=cid(), **named) == "no_message"
    assert ann.refused("message.edit", cid=cid(), ver=1, text="x", **named) == "no_message"
    assert ann.refused("pin.add", cid=cid(), **named) == "no_message"
    assert ann.refused("message.send", cid=cid(), channel="general", text="re", parent=hidden) == \
        "no_message"
    assert bob.ask("message.edit", cid=cid(), ver=1, text="shadow: pssst", **named)["ver"] == 2
    bob.ask("message.delete", cid=cid(), **named)

"""A message for its author alone does not show to others: not by a mention, not by its thread.

SPDX-License-Identifier: MIT
"""

from people import cid, people
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

"""Slow mode, when the server was killed between two messages.

SPDX-License-Identifier: MIT
"""

from people import OPEN, cid, people


def test_it_outlives_a_kill_and_counts_replies(make_server):
    server = make_server({**OPEN, "channel_types": {"group": {"slow_mode": "1h"}}})
    ann, bob = people(server, "ann", "bob")
    ann.make("general", bob)
    parent = ann.say("general", "slowly, please")["seq"]
    bob.ask("message.send", channel="general", cid=cid(), text="yes", parent=parent)
    bob.ask("read", channel="general", seq=parent + 1)
    server.kill()
    server.start()
    assert bob.enter().refused(
        "message.send", channel="general", cid=cid(), text="at once") == "slow"

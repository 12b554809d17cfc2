"""What plugins register while the server runs: descriptors on its loop, and hooks.

SPDX-License-Identifier: MIT
"""

import pytest
import yaml
from people import OPEN, people
from server import BUILD, merged, wait_for

DIRS = {"server": {"plugin_dirs": [str(BUILD / "plugins/.libs"),
                                   str(BUILD / "tests/plugins/.libs")]}}


@pytest.fixture
def moving(make_server):
    return make_server(merged(OPEN, merged(DIRS, {"plugins": {"moving": True}})))


def fed(server):
    return server.ctl("moving", "fed")[1]


def test_a_descriptor_is_read_when_it_is_ready_and_may_be_stopped_inside(moving):
    assert fed(moving) == {"bytes": 0, "calls": 0, "watched": True}
    moving.ctl("moving", "feed", "a" * 250)
    wait_for(lambda: fed(moving)["bytes"] == 250, "the pipe to be read")
    moving.ctl("moving", "feed", "fox")
    wait_for(lambda: fed(moving)["bytes"] == 253 and not fed(moving)["watched"], "the end of it")
    calls = fed(moving)["calls"]
    moving.ctl("moving", "feed", "more")
    assert fed(moving) == {"bytes": 253, "calls": calls, "watched": False}


def test_what_cannot_be_watched_is_said(moving):
    assert moving.ctl("moving", "file") == (0, {"watched": False})
    wait_for(lambda: "plugin 'moving', descriptor " in moving.log(), "the log to say why")


def test_a_hook_comes_and_goes_between_events(moving):
    ann, = people(moving, "ann")
    ann.make("general")
    ann.say("general", "one")
    moving.ctl("moving", "hook")
    assert ann.refused("message.send", channel="general", cid="x" * 20, text="two") == "not_now"
    moving.ctl("moving", "unhook")
    ann.say("general", "three")
    moving.ctl("moving", "hook", "--once")
    assert ann.refused("message.send", channel="general", cid="y" * 20, text="four") == "not_now"
    ann.say("general", "five")
    assert moving.ctl("moving", "many")[1] == {
        "hooks": 64, "full": "plugin 'moving' has added 64 hooks already",
        "wrong": "plugin 'moving' hooks stage 5 in a way it cannot be hooked: accept, authorize, "
                 "transform and moderate take decide, observe takes observe, all name kinds"}
    moving.config["plugins"].pop("moving")
    moving.config_path.write_text(yaml.safe_dump(moving.config))
    assert moving.ctl("reload")[0] == 0
    wait_for(lambda: "plugin 'moving', is unloaded" in moving.log(), "the ledger to sweep them")
    ann.say("general", "six")


def test_hooks_that_take_back_each_other_and_themselves_harm_nobody(make_server):
    server = make_server(merged(OPEN, merged(DIRS, {"plugins": {"restless": True}})))
    ann, bob = people(server, "ann", "bob")
    ann.make("general", bob)
    bob.ask("channel.watch", channel="general", level="watch")
    for number in range(15):
        ann.say("general", f"message {number}")
        bob.row("general", wanted=lambda row, n=number: row.get("text") == f"message {n}")
    calls = {row["name"]: row["calls"] for row in server.ctl("plugins")[1]["plugins"]}
    assert calls["restless"] > 15

"""Plugins that were built with the headers of released minors are loaded by today's server, and work.

SPDX-License-Identifier: MIT
"""

from people import OPEN, people
from server import BUILD, merged, wait_for

DIRS = {"server": {"plugin_dirs": [str(BUILD / "tests/plugins/.libs"), str(BUILD / "plugins/.libs")]}}


def test_a_plugin_of_1_0(make_server):
    server = make_server(merged(OPEN, {
        **DIRS, "plugins": {"abi10": {}},
        "channel_types": {"loud": {"like": "group", "plugins": {"abi10": {"mark": "!"}}}},
        "roles": {"user": ["channels.create.group", "channels.create.loud"]}}))
    ann, bob = people(server, "ann", "bob")
    ann.make("room", bob)
    ann.make("hall", bob, type="loud")
    for text, row in (("a", "a?1"), ("b", "b?2")):
        ann.say("room", text)
        assert bob.row("room")["text"] == row
    ann.say("hall", "a")
    assert bob.row("hall")["text"] == "a!1"
    assert ann.refused("message.send", channel="room", cid="abi-test-00000001", text="no!!") == "refused"
    assert ann.ask("abi10.keep", what=1) == {"key": "ann", "rc": 0, "version": 1}
    assert ann.ask("abi10.keep", what=2)["version"] == 2
    ann.ask("abi10.wave", channel="room")
    assert bob.event("abi10.wave", "room")

    seen = []

    def told():
        ann.say("room", "/abi10 now")
        seen.append(ann.event("note", "room")["text"])
        print(seen)
        return seen[-1] == "roomnow: worked 1, done 3, ticking 1"

    wait_for(told, "work, todos and a timer")
    status, plugins = server.ctl("plugins")
    assert status == 0 and any(p["name"] == "abi10" and p["state"] == "up"
                               for p in plugins["plugins"])

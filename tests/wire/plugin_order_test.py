"""The order of hooks: what plugins say of each other, the administrator's word, and the reasons.

SPDX-License-Identifier: MIT
"""

import pytest
import yaml
from people import OPEN, people
from server import BUILD, merged, wait_for

DIRS = {"server": {"plugin_dirs": [str(BUILD / "plugins/.libs"),
                                   str(BUILD / "tests/plugins/.libs")]}}
BOTH = merged(OPEN, {**DIRS, "plugins": {"later": {}, "tuned": {}}})


def rewrite(server, change):
    """The server's file with a change on top, not yet in force."""
    server.config = merged(server.config, change)
    server.config_path.write_text(yaml.safe_dump(server.config))


def reload_refused(server, change):
    """A reload that must be refused: what it says. The file is as it was afterwards."""
    before = server.config_path.read_text()
    server.config_path.write_text(yaml.safe_dump(merged(server.config, change)))
    status, said = server.ctl("reload")
    server.config_path.write_text(before)
    assert status != 0, said
    return said["error"]["text"]


def moderators(server):
    return [(hook["plugin"], hook["because"]) for hook in server.ctl("hooks")[1]["hooks"]
            if hook["stage"] == "moderate"]


def test_reasons_name_who_said_so_and_the_administrator_counts_for_more(make_server):
    server = make_server(BOTH)
    assert moderators(server) == [("later", "before tuned (tuned says so)"),
                                  ("tuned", "after later (tuned says so)")]
    rewrite(server, {"pipeline": {"moderate": ["tuned"]}})
    assert server.ctl("reload")[0] == 0
    assert moderators(server) == [
        ("tuned", "named under pipeline:"),
        ("later", "before tuned (tuned says so), behind those named under pipeline:")]
    rewrite(server, {"pipeline": {"moderate": []}})
    assert server.ctl("reload")[0] == 0
    assert [name for name, _ in moderators(server)] == ["later", "tuned"]


def test_hooks_say_what_they_want_and_do_and_where_they_are_off(make_server):
    server = make_server(merged(BOTH, {
        "channel_types": {"open": {"plugins": {"later": False}}}}))
    hooks = {(h["plugin"], h["stage"]): h for h in server.ctl("hooks")[1]["hooks"]}
    later = hooks["later", "moderate"]
    assert later["kinds"] == "message.send message.edit"
    assert later["does"] == "does what the first word of the text says"
    assert later["off_in"] == ["open"] and later["breaker"] == "closed"
    assert hooks["tuned", "transform"]["off_in"] == []
    assert hooks["typing", "observe"]["because"] == "by its name"


@pytest.mark.parametrize("change, says", [
    ({"pipeline": {"moderate": ["latr"]}},
     ("pipeline.moderate: plugin 'latr' is not enabled", "did you mean 'later'?")),
    ({"pipeline": {"modrate": ["later"]}}, ("unknown key 'modrate'", "did you mean 'moderate'?")),
    ({"channel_types": {"open": {"plugins": {"tunde": False}}}},
     ("channel_types.open.plugins: 'tunde' is not enabled", "did you mean 'tuned'?")),
    ({"channel_types": {"open": {"plugins": {"store-sqlite": False}}}},
     ("channel_types.open.plugins.store-sqlite: ", "cannot be switched off")),
])
def test_wrong_names_are_told_with_their_place(make_server, change, says):
    server = make_server(BOTH)
    text = reload_refused(server, change)
    assert f"{server.config_path}:" in text
    for part in says:
        assert part in text, text


def test_a_ring_of_befores_is_printed_at_the_start(make_server):
    server = make_server(merged(OPEN, {**DIRS, "plugins": {"ring-a": {}, "ring-b": {}}}),
                         ready=False)
    assert server.process.wait(20) != 0
    server.process = None
    assert "plugins cannot be put in order: ring-a before ring-b before ring-a" in server.log()


def test_half_a_ring_is_no_ring(make_server):
    make_server(merged(OPEN, {**DIRS, "plugins": {"ring-a": {}}}))


def test_a_reload_puts_hooks_in_order_between_events(make_server):
    """A message that waits in a hook goes on by the order in which it began."""
    server = make_server(BOTH)
    (ann,) = people(server, "ann")
    ann.make("general", type="open")
    number = ann.post("message.send", channel="general", cid="waits-0123456789abc",
                      text="later:400:x")
    wait_for(lambda: server.ctl("status")[1]["chat"]["under_way"] >= 1, "the message to wait")
    rewrite(server, {"pipeline": {"moderate": ["tuned"]}})
    assert server.ctl("reload")[0] == 0
    assert ann.answer(number)["seq"] == 1
    assert ann.row("general")["text"] == "later:400:x -server"

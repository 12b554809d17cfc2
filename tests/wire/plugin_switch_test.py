"""A plugin is off in channels of a type: its hooks, kinds and commands, by a reload, between events.

SPDX-License-Identifier: MIT
"""

from people import cid, people
from plugin_order_test import BOTH, reload_refused, rewrite
from server import merged, wait_for


def off(type_, plugin, on=False):
    """A change of the configuration."""
    return {"channel_types": {type_: {"plugins": {plugin: on}}}}


def begin(make_server, *changes):
    config = BOTH
    for change in changes:
        config = merged(config, change)
    server = make_server(config)
    ann, bob = people(server, "ann", "bob")
    ann.make("square", type="open")
    bob.ask("channel.join", cid=cid(), channel="square")
    bob.ask("channel.watch", channel="square", level="watch")
    ann.make("club", bob, type="group")
    return server, ann, bob


def said(person, channel, text="hi"):
    """What becomes of a text."""
    seq = person.say(channel, text)["seq"]
    return person.row(channel, wanted=lambda row: row["id"] == seq)["text"]


def test_hooks_are_skipped_where_the_plugin_is_off(make_server):
    server, ann, _ = begin(make_server, off("open", "tuned"))
    assert said(ann, "square") == "hi"
    assert said(ann, "club") == "hi -server"
    rewrite(server, off("open", "tuned", True))
    assert server.ctl("reload")[1]["changed"] == [
        "channel_types.open.plugins.tuned: false -> true"]
    assert said(ann, "square") == "hi -server"
    rewrite(server, off("group", "tuned"))
    assert server.ctl("reload")[0] == 0
    assert said(ann, "club") == "hi"
    assert said(ann, "square") == "hi -server"


def test_a_channel_that_is_made_has_the_type_it_will_have(make_server):
    server, ann, _ = begin(make_server, off("open", "later"), off("group", "tuned"))
    ann.make("yard", type="open")
    assert said(ann, "yard", "wont:x") == "wont:x -server"
    assert ann.refused("message.send", channel="club", cid=cid(), text="wont:x") == "refused"
    assert server.process.poll() is None


def test_kinds_of_a_plugin_are_refused_where_it_is_off(make_server):
    server, ann, bob = begin(make_server)
    ann.ask("typing", channel="square")
    assert bob.event("typing", "square")["user"] == "ann"
    rewrite(server, off("open", "typing"))
    assert server.ctl("reload")[0] == 0
    assert bob.refused("typing", channel="square") == "forbidden"
    bob.ask("typing", channel="club")
    assert ann.event("typing", "club")["user"] == "bob"


def test_a_message_that_waits_goes_on_and_no_connection_is_closed(make_server):
    server, ann, bob = begin(make_server)
    number = ann.post("message.send", channel="square", cid=cid(), text="later:400:x")
    wait_for(lambda: server.ctl("status")[1]["chat"]["under_way"] >= 1, "the message to wait")
    rewrite(server, off("open", "later"))
    assert server.ctl("reload")[0] == 0
    assert ann.answer(number)["seq"] == 1
    assert bob.row("square")["text"] == "later:400:x -server"
    assert said(ann, "square", "wont:y") == "wont:y -server"
    assert bob.row("square")["text"] == "wont:y -server"


def test_a_type_that_is_like_another_has_its_switches(make_server):
    server, ann, _ = begin(make_server, off("group", "tuned"), {
        "channel_types": {"desk": {"like": "group"},
                          "bench": {"like": "group", "plugins": {"tuned": {"mark": "b"}}}},
        "roles": {"user": ["channels.create.desk", "channels.create.bench",
                           "channels.create.group", "channels.create.open"]}})
    ann.make("d1", type="desk")
    ann.make("b1", type="bench")
    assert said(ann, "d1") == "hi"
    assert said(ann, "b1") == "hi -b"
    status, keys = server.ctl("config", "explain", "channel_types.desk.plugins.tuned")
    assert status == 0 and keys[0]["value"] == "false" and keys[0]["line"]


def test_what_only_a_restart_changes_is_said_and_nothing_is_done(make_server):
    server, ann, _ = begin(make_server)
    text = reload_refused(server, {"plugins": {"tuned": {"mark": "new", "fixed": 2}}})
    assert "plugins.tuned.fixed: 1 -> 2 (needs a restart)" in text
    assert "needs a restart is not taken over by a reload" in text
    assert said(ann, "club") == "hi -server"

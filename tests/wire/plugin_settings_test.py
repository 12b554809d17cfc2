"""Settings of a plugin for one channel: read, set, cleared, kept, prepared once, refused with a reason.

SPDX-License-Identifier: MIT
"""

import pytest
import yaml
from people import Person, Refused, cid, people, sign_in
from plugin_order_test import BOTH, rewrite
from plugin_switch_test import said
from server import merged, wait_for
from setup_test import fresh_code, redeem


def begin(make_server, change=None):
    """Ann owns two groups, club and pub; bob is in both."""
    server = make_server(merged(BOTH, change or {}))
    ann, bob = people(server, "ann", "bob")
    ann.make("club", bob)
    ann.make("pub", bob)
    return server, ann, bob


def tune(person, channel="club", plugin="tuned", **fields):
    return person.ask("plugin.set", channel=channel, plugin=plugin, cid=cid(), **fields)


def refusal(person, channel="club", plugin="tuned", **fields):
    with pytest.raises(Refused) as why:
        tune(person, channel, plugin, **fields)
    return why.value.code, why.value.error["text"]


def shown(person, channel="club", plugin="tuned"):
    """{key: (value, from)} of plugin.get."""
    plugins = person.ask("plugin.get", channel=channel)["plugins"]
    found = next(p for p in plugins if p["plugin"] == plugin)
    return {s["name"]: (s["value"], s["from"]) for s in found["settings"]}


def counts(person, channel="pub"):
    """How often the plugin prepared settings, and how many of them are alive."""
    with pytest.raises(Refused) as why:
        person.say(channel, "count?")
    return tuple(int(n) for n in why.value.error["text"].split())


def administrator(server):
    assert redeem(server, fresh_code(server), "root")[0] == 200
    return Person(server, sign_in(server, "root", "login")).enter(watch=[])


def test_a_channel_has_settings_of_its_own_until_they_are_cleared(make_server):
    server, ann, bob = begin(make_server)
    assert shown(ann) == {"mark": ("server", "default")}
    tune(ann, settings={"mark": "club"})
    assert bob.row("club", "channel")["plugins"] == {"tuned": {"mark": "club"}}
    assert said(ann, "club") == "hi -club" and said(ann, "pub") == "hi -server"
    assert shown(ann) == {"mark": ("club", "channel")}
    status, answer = ann.http("PATCH", "/v1/channels/club/plugins/tuned",
                              {"cid": cid(), "settings": {"mark": None}})
    assert status == 200, answer
    assert said(ann, "club") == "hi -server"
    tune(ann, settings={"mark": "again"})
    assert said(bob, "club") == "hi -again"
    ann.ask("plugin.clear", channel="club", plugin="tuned", cid=cid())
    assert said(ann, "club") == "hi -server"
    assert "plugins" not in ann.ask("channel.get", channel="club")["channel"]
    assert server.process.poll() is None


def test_server_type_and_channel_are_laid_over_each_other(make_server):
    server, ann, _ = begin(make_server, {
        "plugins": {"tuned": {"mark": "all"}},
        "channel_types": {"group": {"plugins": {"tuned": {"loud": True}}}}})
    assert said(ann, "club") == "hi -all!"
    assert shown(ann) == {"mark": ("all", "server")}
    tune(ann, settings={"mark": "club"})
    assert said(ann, "club") == "hi -club!"
    rewrite(server, {"channel_types": {"group": {"plugins": {"tuned": {
        "loud": False, "mark": "group"}}}}})
    assert server.ctl("reload")[0] == 0
    assert said(ann, "club") == "hi -club" and said(ann, "pub") == "hi -group"
    assert shown(ann, "pub") == {"mark": ("group", "type")}


@pytest.mark.parametrize("plugin, settings, code, text", [
    ("tuned", {"mrak": "x"}, "bad_request", "tuned.unknown key 'mrak' (did you mean 'mark'?)"),
    ("tuned", {"mark": ""}, "bad_request", "tuned.mark: "),
    ("tuned", {"mark": "x" * 21}, "bad_request", "tuned.mark: "),
    ("tuned", {"loud": True}, "bad_request",
     "tuned.loud: may only be set for the whole server or a channel type"),
    ("tuned", {"mark": "bad"}, "bad_request", "the mark 'bad' is a bad one"),
    ("tund", {"mark": "x"}, "bad_request", "did you mean 'tuned'?"),
])
def test_what_cannot_be_is_refused_and_changes_nothing(make_server, plugin, settings, code, text):
    _, ann, _ = begin(make_server)
    tune(ann, settings={"mark": "club"})
    got, why = refusal(ann, plugin=plugin, settings=settings)
    assert got == code and text in why
    assert said(ann, "club") == "hi -club"


def test_only_who_may_change_the_channel_may_and_only_an_admin_switches(make_server):
    server, ann, bob = begin(make_server)
    assert refusal(bob, settings={"mark": "bob"})[0] == "forbidden"
    assert bob.refused("plugin.get", channel="club") == "forbidden"
    assert bob.refused("plugin.clear", channel="club", plugin="tuned", cid=cid()) == "forbidden"
    assert refusal(ann, on=False)[0] == "forbidden"
    root = administrator(server)
    tune(root, on=False)
    assert said(ann, "club") == "hi" and said(ann, "pub") == "hi -server"
    tune(root, plugin="typing", on=False)
    assert ann.refused("typing", channel="club") == "forbidden"
    ann.ask("typing", channel="pub")
    tune(root, on=True)
    assert said(ann, "club") == "hi -server"


def test_they_outlast_a_restart_and_a_resend_is_the_same_change(make_server):
    server, ann, _ = begin(make_server)
    mine = cid()
    first = ann.ask("plugin.set", channel="club", plugin="tuned", cid=mine,
                    settings={"mark": "kept"})
    again = ann.ask("plugin.set", channel="club", plugin="tuned", cid=mine, again=True,
                    settings={"mark": "kept"})
    assert again["again"] and again["rev"] == first["rev"]
    server.stop()
    server.start()
    ann = Person(server, sign_in(server, "ann", "login")).enter()
    ann.ask("channel.watch", channel="club", level="watch")
    assert said(ann, "club") == "hi -kept"
    assert shown(ann) == {"mark": ("kept", "channel")}


def test_each_distinct_snapshot_is_prepared_once_and_dropped(make_server):
    _, ann, bob = begin(make_server)
    made, alive = counts(ann)
    tune(ann, settings={"mark": "same"})
    tune(ann, "pub", settings={"mark": "same"})
    ann.ask("channel.update", channel="club", cid=cid(), topic="tea")
    assert said(bob, "club") == "hi -same" and said(bob, "pub") == "hi -same"
    assert counts(ann) == (made + 1, alive + 1)
    tune(ann, settings={"mark": "server"})
    assert counts(ann) == (made + 1, alive + 1), "what the server says was prepared before"
    ann.ask("plugin.clear", channel="pub", plugin="tuned", cid=cid())
    assert said(bob, "pub") == "hi -server"
    tune(ann, settings={"mark": None})
    assert said(bob, "club") == "hi -server"
    assert counts(ann) == (made + 1, alive)


def test_a_reload_prepares_channels_with_the_rest_or_changes_nothing(make_server):
    """With the type loud, every channel's own settings are others; they are prepared before."""
    server, ann, _ = begin(make_server)
    tune(ann, settings={"mark": "club"})
    made, alive = counts(ann)
    rewrite(server, {"channel_types": {"group": {"plugins": {"tuned": {"loud": True}}}}})
    assert server.ctl("reload")[0] == 0
    now = counts(ann)
    assert now == (made + 2, alive + 1), "the type's and the channel's; the channel's former is gone"
    assert said(ann, "club") == "hi -club!"
    assert counts(ann) == now
    bad = merged(server.config, {"channel_types": {"group": {"plugins": {"tuned": {
        "mark": "bad"}}}}})
    server.config_path.write_text(yaml.safe_dump(bad))
    status, why = server.ctl("reload")
    assert status != 0 and "plugin 'tuned', the mark 'bad' is a bad one" in why["error"]["text"]
    assert said(ann, "club") == "hi -club!"
    assert counts(ann) == now


def test_settings_of_a_plugin_that_goes_wait_for_it(make_server):
    server, ann, _ = begin(make_server)
    tune(ann, settings={"mark": "club"})
    rewrite(server, {"plugins": {"tuned": False}})
    assert server.ctl("reload")[0] == 0
    wait_for(lambda: "plugin 'tuned', is unloaded" in server.log(), "tuned to be gone")
    assert said(ann, "club") == "hi"
    assert "there is no plugin 'tuned'" in refusal(ann, settings={"mark": "x"})[1]
    rewrite(server, {"plugins": {"tuned": {}}})
    assert server.ctl("reload")[0] == 0
    wait_for(lambda: server.log().count("plugin 'tuned', is up") == 2, "tuned to be back")
    assert said(ann, "club") == "hi -club"


def test_the_row_has_a_bound(make_server):
    _, ann, _ = begin(make_server)
    code, text = refusal(ann, settings={"mark": "x" * 9000})
    assert code == "bad_request" and "tuned.mark" in text

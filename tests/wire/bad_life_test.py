"""Plugins that come to life halfway, answer twice, unload themselves, take everything or break when they are
replaced: each is contained with its message, and the server goes on.

SPDX-License-Identifier: MIT
"""

import pytest
from people import OPEN, Refused, people
from plugin_life_test import FAST, MODULES, ctl, put, swap
from server import BUILD, merged, wait_for


@pytest.fixture
def home(make_server, tmp_path):
    """A server, ann in her channel, and a folder whose plugins it finds first."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    dirs = [str(folder), str(MODULES), str(BUILD / "plugins/.libs")]
    server = make_server(merged(FAST, {
        "server": {"plugin_dirs": dirs}, "pipeline": {"on_deadline": "reject"},
        "channel_types": {"open": {"rate": "off", "user_rate": "off"}}}))
    (ann,) = people(server, "ann")
    ann.make("general", type="open")
    return server, ann, folder


def states(server):
    """Plugins by name: their states, leaving copies too."""
    listed = server.ctl("plugins")[1]["plugins"]
    return {name: [p["state"] for p in listed if p["name"] == name]
            for name in {p["name"] for p in listed}}


def gone(server, name):
    return set(states(server).get(name, ["gone"])) == {"gone"}


def refusal(ann, text):
    """Say it; gives the error."""
    with pytest.raises(Refused) as refused:
        ann.say("general", text)
    return refused.value.error


# ---- loading ---------------------------------------------------------------------------------------


def test_a_load_that_fails_halfway_leaves_nothing(home):
    server, ann, _ = home
    for _ in range(3):
        error = ctl(server, "load", "halfway")["error"]
        assert error == {"code": "failed", "text": "plugin 'halfway', the second half is missing"}
        assert "halfway" not in states(server)
        ann.say("general", "hi")
    assert not [hook for hook in server.ctl("hooks")[1]["hooks"] if hook["plugin"] == "halfway"]
    assert 'plugin="halfway"' not in server.request("GET", "/metrics")[1]


def test_two_ops_at_one_path_end_the_load_halfway(home):
    server, ann, _ = home
    error = ctl(server, "load", "halfway2")["error"]
    assert error == {"code": "exists", "text": (
        "plugin 'halfway2', op 'half.three' of 'halfway2' is there already "
        "(it or its path belongs to 'half.two' of 'halfway2')")}
    assert server.request("GET", "/v1/half/one", token=ann.token)[0] == 404
    assert "halfway2" not in states(server)
    ann.say("general", "hi")


def test_what_cannot_be_loaded_is_named(home):
    server, _, _ = home
    assert "there is no nobody.so in " in ctl(server, "load", "nobody")["error"]["text"]
    assert "cannot be a plugin's name" in ctl(server, "load", "../later")["error"]["text"]
    assert ctl(server, "load", "typing")["error"] == {
        "code": "exists", "text": "plugin 'typing', is loaded already; reload it"}
    assert ctl(server, "reload", "later")["error"]["code"] == "not_found"


# ---- answering --------------------------------------------------------------------------------------


def test_only_the_first_answer_to_a_deferral_counts(home):
    server, ann, _ = home
    ctl(server, "load", "twice")
    seqs = [ann.say("general", f"twice:{way}")["seq"]
            for way in ("at-once", "again", "lost", "guess")]
    error = refusal(ann, "twice:late")
    assert (error["code"], error["plugin"]) == ("busy", "twice")
    assert refusal(ann, "twice:two")["code"] == "internal"
    assert refusal(ann, "twice:both")["code"] == "internal"
    assert ann.say("general", "hi")["seq"] == seqs[-1] + 1 == seqs[0] + 4
    assert "plugin 'twice', deferred 'message.send' twice, or where nobody may wait" in server.log()
    assert "plugin 'twice', hook gave a verdict and another's reason (message.send)" in server.log()
    assert ctl(server, "unload", "twice")["state"] == "gone"


def test_a_request_that_is_never_answered_is_answered_at_the_unload(home):
    server, ann, _ = home
    ctl(server, "load", "leaver")
    with pytest.raises(Refused) as refused:
        ann.ask("leaver.ask")
    assert (refused.value.code, refused.value.error["plugin"]) == ("internal", "leaver")
    wait_for(lambda: gone(server, "leaver"), "the plugin to go")
    assert server.ctl("plugins", "leaver")[1]["unanswered"] == 1
    assert "plugin 'leaver', never answered 'leaver.ask'" in server.log()


def test_a_request_that_is_never_answered_is_answered_in_time(make_server):
    server = make_server(merged(OPEN, {
        "server": {"plugin_dirs": [str(MODULES), str(BUILD / "plugins/.libs")]},
        "pipeline": {"answer_timeout": "1s"}, "plugins": {"silent": {}}}))
    (ann,) = people(server, "ann")
    asked = {ann.post("silent.late"), ann.post("silent.never"), ann.post("silent.never")}
    while asked:
        answer = ann.receive()
        if "re" in answer:
            asked.remove(answer["re"])
            assert (answer["error"]["code"], answer["error"]["plugin"]) == ("internal", "silent")
    assert server.ctl("plugins", "silent")[1]["unanswered"] == 3
    assert 'confab_plugin_unanswered_total{plugin="silent"} 3' in server.request("GET", "/metrics")[1]
    wait_for(lambda: "answered a request that was answered for it long ago" in server.log(),
             "the late answer")
    assert ctl(server, "unload", "silent")["state"] == "gone"
    ann.make("general", type="open")


# ---- unloading itself ---------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["hook", "timer", "every", "done", "post"])
def test_it_unloads_itself_from_inside(home, where):
    server, ann, _ = home
    for i in range(3):
        ctl(server, "load", "leaver")
        ann.say("general", f"leaver:{where}")
        wait_for(lambda: gone(server, "leaver"), "the plugin to go")
        ann.say("general", f"after {i}")
    assert "plugin 'leaver', asks to be unloaded (it has had enough)" in server.log()


def test_an_event_whose_judge_is_gone_ends_as_if_it_were_late(home):
    server, ann, _ = home
    ctl(server, "load", "leaver")
    error = refusal(ann, "leaver:waiting")
    assert (error["code"], error["retry"], error["plugin"]) == ("busy", "later", "leaver")
    wait_for(lambda: gone(server, "leaver"), "the plugin to go")
    assert "plugin 'leaver', leaves 1 deferred events without an answer" in server.log()
    ann.say("general", "hi")


def test_an_unload_lets_what_it_has_begun_end(home):
    server, ann, _ = home
    ctl(server, "load", "later")
    waits = ann.post("message.send", channel="general", cid="waits-0123456789", text="later:400:")
    wait_for(lambda: server.ctl("plugins", "later")[1]["holds"], "the message to wait")
    assert ctl(server, "unload", "later")["state"] == "gone"
    assert ann.answer(waits)["seq"] > 0


# ---- taking ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what, got, code", [
    ("timers", 65534, "ELIMIT"), ("posts", 65536, "ELIMIT"), ("calls", 70000, "ELIMIT"),
    ("lanes", 7, "ELIMIT"), ("events", 1000, "ELIMIT"), ("works", None, None)])
def test_who_takes_too_much_is_refused_and_swept(home, what, got, code):
    server, ann, _ = home
    ctl(server, "load", "hoarder")
    ann.say("general", f"hoarder:{what}")
    told = wait_for(lambda: (lambda t: t["refused"] and t)(ann.ask("hoarder.tell")), "a refusal")
    assert told["code"] in ((code,) if code else ("ELIMIT", "EBUSY"))
    assert got is None or told["got"] == got
    about = server.ctl("plugins", "hoarder")[1]
    assert about["refused"] or what in ("works", "lanes"), about
    ann.say("general", "hi")
    assert ctl(server, "unload", "hoarder").get("state", "leaving") in ("gone", "leaving")
    wait_for(lambda: gone(server, "hoarder"), "everything to be swept")
    ann.say("general", "hi again")


def test_too_many_deferrals_are_refused(home):
    server, ann, _ = home
    ctl(server, "load", "hoarder")
    waits = ann.post("message.send", channel="general", cid="waits-0123456789", text="hoarder:ticket")
    ctl(server, "unload", "hoarder")
    with pytest.raises(Refused) as refused:
        ann.answer(waits)
    assert refused.value.code == "busy"


def test_the_connection_is_closed_by_a_hook(make_server):
    server = make_server(merged(OPEN, {
        "server": {"plugin_dirs": [str(MODULES), str(BUILD / "plugins/.libs")]},
        "plugins": {"closer": {}}}))
    ann, bob = people(server, "ann", "bob")
    ann.make("general", type="open")
    ann.post("message.send", channel="general", cid="closed-012345678", text="closer:me")

    def closed():
        try:
            ann.receive(5)
        except Exception as end:  # whatever the library says
            return "1000" in str(end) or "44" in str(end) or "closed" in str(end).lower()
        return False
    wait_for(closed, "the connection to be closed")
    bob.make("other", type="open")
    bob.say("other", "the server goes on")


# ---- being replaced ---------------------------------------------------------------------------------------


def test_a_reload_that_fails_changes_nothing(home):
    server, ann, folder = home
    put(folder, "brittle", "brittle")
    ctl(server, "load", "brittle")
    goes_on = "plugin 'brittle', is not reloaded, version 1.0 goes on "
    for count, (module, code, why) in enumerate([
            ("brittle_picky", "invalid", "(version 2.0 refuses the state of version 1.0 ("),
            ("brittle_slow", "timeout", "(it took "),
            ("brittle_twin", "exists", "(op 'message.send' of 'brittle' is there already (")], 1):
        assert ann.ask("brittle.count") == {"version": "1.0", "count": count}
        put(folder, "brittle", module)

        def refused():
            error = ctl(server, "reload", "brittle")["error"]
            return error if error["code"] == code else None  # busy: the copy before it goes
        error = wait_for(refused, f"{module} to be refused")
        assert error["text"].startswith(goes_on + why), error
        ann.say("general", f"after {module}")
    assert ann.ask("brittle.count")["count"] == 4
    put(folder, "brittle", "brittle")
    swap(server, "brittle")
    assert ann.ask("brittle.count") == {"version": "1.0", "count": 5}


def test_what_cannot_be_replaced_says_so(make_server):
    server = make_server(merged(OPEN, {
        "server": {"plugin_dirs": [str(MODULES), str(BUILD / "plugins/.libs")]},
        "plugins": {"echo": {}}}))
    for name, why in (("store-sqlite", "it provides the server's store, which cannot change hands"),
                      ("echo", "connections speak by its codec")):
        error = ctl(server, "reload", name)["error"]
        assert error["code"] == "unsupported" and why in error["text"], error
        assert "restart the server" in error["text"]
        assert ctl(server, "unload", name)["error"]["code"] == "busy"
    (ann,) = people(server, "ann")
    ann.make("general", type="open")


def test_auth_changes_hands_while_people_sign_in(home):
    server, ann, _ = home
    for i in range(3):
        answer = swap(server, "auth-local")
        assert answer["state"] == "up" and answer["swap_us"] > 0
        (person,) = people(server, f"new{i}")
        person.ask("channel.join", channel="general", cid=f"join-0123456789-{i}")
        person.say("general", "hi")
        ann.leave()
        ann.enter()
    ann.say("general", "my token is as good as before")

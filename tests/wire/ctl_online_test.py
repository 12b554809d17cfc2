"""confabctl on a running server: every verb that the manual names, and what it changes.

SPDX-License-Identifier: MIT
"""

import re

import pytest
from people import OPEN, Person, people, sign_in
from server import TOP, wait_for


@pytest.fixture
def busy(make_server):
    """A server on which ann and bob talk in one channel."""
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    ann.make("general", bob)
    ann.say("general")
    server.talking = (ann, bob)
    return server


def ok(server, *words):
    """What a verb answers; it must succeed and speak JSON."""
    status, answer = server.ctl(*words)
    assert status == 0 and not isinstance(answer, str), answer
    return answer


def test_status_counts_what_is_there(busy):
    status = ok(busy, "status")
    assert status["pid"] == busy.process.pid and status["config"] == str(busy.config_path)
    assert (status["net"]["websocket"], status["chat"]["sessions"]) == (2, 2)
    assert status["store"]["provider"] == "store-sqlite" and status["store"]["entries"] > 2


def test_lists_name_users_channels_and_sessions(busy):
    users = {u["id"]: u for u in ok(busy, "users", "list")["users"]}
    assert set(users) == {"ann", "bob"} and users["ann"]["sessions"] == 1
    assert [u["id"] for u in ok(busy, "users", "list", "bo")["users"]] == ["bob"]
    channels = ok(busy, "channels", "list")["channels"]
    assert [(c["id"], c["type"], c["members"], c["messages"]) for c in channels] == \
        [("general", "group", 2, 1)]
    assert ok(busy, "channels", "list", "x")["channels"] == []
    assert [s["user"] for s in ok(busy, "sessions", "list", "ann")["sessions"]] == ["ann"]


def test_users_are_managed(busy):
    bob, = [p for p in busy.talking if p.id == "bob"]
    session, = ok(busy, "users", "sessions", "bob")["sessions"]
    assert (session["id"], session["online"]) == (bob.session, True)
    ok(busy, "users", "role", "bob", "admin")
    assert {u["id"]: u["role"] for u in ok(busy, "users", "list")["users"]}["bob"] == "admin"
    ok(busy, "users", "disable", "bob", "1h")
    assert bob.closed() == 4401
    assert ok(busy, "users", "sessions", "bob")["sessions"] == []
    assert bob.http("GET", "/v1/sessions")[0] == 401
    ok(busy, "users", "enable", "bob")
    assert Person(busy, sign_in(busy, "bob", "login")).http("GET", "/v1/sessions")[0] == 200
    for words in (("users", "role", "bob", "king"), ("users", "role", "nobody", "user"),
                  ("users", "disable", "nobody"), ("users", "enable", "nobody"),
                  ("users", "sessions", "nobody"), ("users", "disable", "b b")):
        assert busy.ctl(*words)[0] == 1, words
    assert busy.ctl("users", "disable", "bob", "soon")[0] == 2


def test_plugins_say_how_they_do(busy):
    plugins = {p["name"]: p for p in ok(busy, "plugins")["plugins"]}
    assert plugins["store-sqlite"]["state"] == "up" and plugins["typing"]["failures"] == 0


def test_metrics_are_openmetrics(busy):
    text = ok(busy, "metrics")["text"]
    assert text.endswith("# EOF\n") and re.search(r"^confab_\w+ \d", text, re.M)


def test_the_log_level_changes_at_once(busy):
    assert ok(busy, "log", "level") == {"level": "debug"}
    assert ok(busy, "log", "level", "error") == {"level": "error"}
    assert ok(busy, "log", "level") == {"level": "error"}
    status, answer = busy.ctl("log", "level", "loud")
    assert status == 1 and answer["error"]["code"] == "bad_request"
    assert ok(busy, "log", "reopen") == {}


def test_config_verbs_read_the_servers_file(busy):
    assert ok(busy, "config", "check")["ok"]
    [level] = ok(busy, "config", "explain", "log.level")
    assert level["value"] == "debug" and level["set"]
    assert ok(busy, "reload") == {"changed": []}


def test_stop_ends_the_server_well(busy):
    assert ok(busy, "stop") == {}
    assert wait_for(lambda: busy.process.poll() is not None, "the end") and \
        busy.process.returncode == 0
    busy.process = None
    status, answer = busy.ctl("status")
    assert status == 1 and "no server listens" in answer["error"]["text"]


def test_every_verb_of_the_program_is_in_its_manual(busy):
    manual = (TOP / "man/confabctl.1").read_text().replace("\\-", "-").splitlines()
    help_text = busy.ctl("--help")[1]
    verbs = [re.split("  +", line.strip())[0]
             for line in help_text.split("Options:")[0].splitlines() if line.startswith("  ")]
    assert len(verbs) > 20 and "status" in verbs
    assert [v for v in verbs if f".B {v}" not in manual and not v.startswith("chat ")] == []

"""What a plugin costs is counted, per plugin and stage, and who misbehaves is named.

SPDX-License-Identifier: MIT
"""

import re

import pytest
from people import OPEN, Refused, people
from server import BUILD, merged, wait_for

DIRS = {"server": {"plugin_dirs": [str(BUILD / "plugins/.libs"),
                                   str(BUILD / "tests/plugins/.libs")]}}


def begin(make_server, *names, **pipeline):
    """Ann in a channel of her own on a server with these plugins. Gives server, ann."""
    server = make_server(merged(OPEN, {
        **DIRS, "limits": {"user_rate": "off"},
        "channel_types": {"open": {"rate": "off", "user_rate": "off"}}, "plugins": {name: {} for name in names}, "pipeline": pipeline}))
    (ann,) = people(server, "ann")
    ann.make("general", type="open")
    return server, ann


def values(server):
    """Every sample of /metrics by its name and labels."""
    text = server.request("GET", "/metrics")[1]
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
            for line in text.splitlines() if not line.startswith("#")}


def about(server, name):
    """What confabctl plugins NAME says."""
    status, answer = server.ctl("plugins", name)
    assert status == 0, answer
    return answer


def test_calls_of_hooks_are_counted_by_plugin_stage_and_verdict(make_server):
    server, ann = begin(make_server, "later")
    for text in ("hi", "later:1:", "hold:x"):
        ann.say("general", text)
    assert ann.refused("message.send", channel="general", cid="wont-0123456789012", text="wont:")
    seen = values(server)
    at = 'plugin="later",stage="moderate"'
    assert seen[f"confab_plugin_calls_total{{{at}}}"] == 4
    for verdict, count in {"pass": 1, "defer": 1, "hold": 1, "reject": 1, "stop": 0}.items():
        assert seen[f'confab_plugin_verdicts_total{{{at},verdict="{verdict}"}}'] == count
    assert seen[f"confab_plugin_seconds_count{{{at}}}"] == 4
    assert seen['confab_plugin_calls_total{plugin="later",stage="timer"}'] == 1
    later = about(server, "later")
    (stage,) = [row for row in later["stages"] if row["stage"] == "moderate"]
    assert (stage["calls"], stage["rejects"], stage["holds"], stage["defers"]) == (4, 1, 1, 1)
    assert later["hooks"][0]["calls"] == 4 and later["breaker"]["state"] == "closed"


def test_a_missed_deadline_is_a_timeout_and_a_failure(make_server):
    server, ann = begin(make_server, "later")
    with pytest.raises(Refused):
        ann.say("general", "never:")
    (stage,) = [row for row in about(server, "later")["stages"] if row["stage"] == "moderate"]
    assert (stage["timeouts"], stage["failures"]) == (1, 1)


def test_ops_of_plugins_are_counted(make_server):
    server, _ = begin(make_server)
    stages = {row["stage"] for row in about(server, "auth-local")["stages"]}
    assert {"op", "done", "work"} <= stages


def test_there_is_no_such_plugin(make_server):
    server, _ = begin(make_server)
    status, answer = server.ctl("plugins", "nobody")
    assert status == 1 and "there is no plugin 'nobody'" in answer["error"]["text"]


def test_a_slow_hook_is_logged_but_not_every_time(make_server):
    server, ann = begin(make_server, "sleepy", slow_hook="10ms")
    for _ in range(5):
        ann.say("general", "sleepy:15")
    assert len(re.findall(r"plugin 'sleepy', hook at moderate took \d+ ms \(message.send",
                          server.log())) == 1
    assert about(server, "sleepy")["hooks"][0]["slow"] == 5


def test_a_verdict_without_a_reason_is_internal(make_server):
    server, ann = begin(make_server, "speechless")
    for text in ("speechless:", "speechless:defer"):
        with pytest.raises(Refused) as refused:
            ann.say("general", text)
        assert refused.value.code == "internal" and refused.value.error["plugin"] == "speechless"
    assert "plugin 'speechless', hook gave a verdict without its reason" in server.log()


def test_strings_are_copied(make_server):
    _, ann = begin(make_server, "hasty")
    with pytest.raises(Refused) as refused:
        ann.say("general", "hasty:")
    assert refused.value.error["text"] == "a reason that is gone in a moment"


# ---- the breaker ----


def test_failures_open_the_breaker_and_a_reset_closes_it(make_server):
    server, ann = begin(make_server, "speechless", breaker_errors=3, breaker_pause="1h")
    for _ in range(3):
        with pytest.raises(Refused) as refused:
            ann.say("general", "speechless:")
        assert refused.value.code == "internal"
    with pytest.raises(Refused) as refused:
        ann.say("general", "nothing wrong")
    assert refused.value.code == "busy" and "speechless" in refused.value.error["text"]
    assert refused.value.error["retry_ms"] == 3600000
    breaker = about(server, "speechless")["breaker"]
    assert (breaker["state"], breaker["opened"], breaker["skipped"]) == ("open", 1, 1)
    assert "a verdict without its reason" in breaker["why"]
    assert values(server)['confab_plugin_breaker_open{plugin="speechless"}'] == 1
    assert "plugin 'speechless', its breaker is open" in server.log()
    assert server.ctl("plugin", "reset", "speechless")[1] == {
        "plugin": "speechless", "was_open": True}
    ann.say("general", "nothing wrong")
    assert about(server, "speechless")["breaker"]["state"] == "closed"


def test_events_may_pass_an_open_breaker(make_server):
    server, ann = begin(make_server, "speechless", breaker_errors=1, breaker_pause="1h",
                        on_open_except=["speechless"])
    with pytest.raises(Refused):
        ann.say("general", "speechless:")
    ann.say("general", "speechless: is not asked any more")
    assert "events pass without it" in server.log()


def test_time_over_budget_opens_the_breaker(make_server):
    server, ann = begin(make_server, "burner", breaker_time="100ms", breaker_window="1h",
                        breaker_pause="1h")
    with pytest.raises(Refused) as refused:
        for _ in range(4):  # on a busy machine sooner
            ann.say("general", "burner:40")
    assert refused.value.code == "busy"
    why = about(server, "burner")["breaker"]["why"]
    assert re.search(r"its hooks took \d+ ms within 3600 s", why)


def test_an_open_breaker_tries_again_and_closes_by_itself(make_server):
    server, ann = begin(make_server, "speechless", breaker_errors=1, breaker_pause="1s")
    with pytest.raises(Refused):
        ann.say("general", "speechless:")

    def goes():
        try:
            return ann.say("general", "hi")
        except Refused as refused:
            assert refused.code == "busy"
            return None

    wait_for(goes, "the breaker to try")
    assert about(server, "speechless")["breaker"]["state"] == "trying"
    for _ in range(9):
        ann.say("general", "hi")
    assert about(server, "speechless")["breaker"]["state"] == "closed"

"""What plugins show administrators: metrics in /metrics, verbs in confabctl.

SPDX-License-Identifier: MIT
"""

import subprocess
import threading

import pytest
import yaml
from metrics_test import values
from metrics_test import test_the_text_is_open_metrics as check_open_metrics
from server import BUILD, DEADLINE, wait_for

NAME = "confab_plugin_front_desk_"


@pytest.fixture
def desk(make_server):
    return make_server({
        "server": {"plugin_dirs": [str(BUILD / "plugins/.libs"),
                                   str(BUILD / "tests/plugins/.libs")]},
        "plugins": {"front-desk": True}})


def metrics(server):
    return server.request("GET", "/metrics")[1]


def test_every_type_of_metric_is_counted_and_the_text_stays_valid(desk):
    assert desk.ctl("front-desk", "visit", "ann", "3") == (0, {"welcome": "ann", "quietly": False})
    desk.ctl("front-desk", "visit", "ann")
    desk.ctl("front-desk", "visit", "bob")
    desk.ctl("front-desk", "heat", "--degrees=-5")
    for us in ("1000", "1025", "2000", "9000000"):
        desk.ctl("front-desk", "wait", us)
    seen = values(metrics(desk))
    assert seen[NAME + 'visits_total{who="ann",door="front"}'] == 4
    assert seen[NAME + 'visits_total{who="bob",door="front"}'] == 1
    assert seen[NAME + "warmth_celsius"] == -5
    assert seen[NAME + 'waiting_seconds_bucket{le="0.001024"}'] == 1
    assert seen[NAME + 'waiting_seconds_bucket{le="0.002048"}'] == 3
    assert seen[NAME + 'waiting_seconds_bucket{le="+Inf"}'] == 4
    assert seen[NAME + "waiting_seconds_count"] == 4
    assert seen[NAME + "waiting_seconds_sum"] == pytest.approx(9.004025)
    assert seen[NAME + "open_seconds_total"] == pytest.approx(9.004025)
    assert f"# UNIT {NAME}waiting_seconds seconds\n" in metrics(desk)
    check_open_metrics(desk)


def test_labels_without_end_are_counted_together(desk):
    assert desk.ctl("front-desk", "crowd")[0] == 0
    seen = {name: value for name, value in values(metrics(desk)).items()
            if name.startswith(NAME + "visits")}
    assert len(seen) == 65 and seen[NAME + 'visits_total{who="other",door="other"}'] == 36


def test_verbs_are_listed_and_their_arguments_are_checked(desk):
    status, said = desk.ctl("front-desk")
    assert status == 0
    assert said["verbs"][0] == {"verb": "visit", "arguments": "WHO [TIMES] [QUIETLY]",
                                "help": "Let somebody in."}
    assert desk.ctl("front-desk", "visit", "--quietly", "eve", "--times", "2") == (
        0, {"welcome": "eve", "quietly": True})
    assert desk.ctl("front-desk", "heat", "60") == (
        1, {"error": {"code": "too_hot", "text": "60 degrees are too many"}})
    for words, text in (
            (["heat"], "'degrees' is missing; usage: confabctl front-desk heat DEGREES"),
            (["heat", "x"], "'degrees' must be"),
            (["heat", "5", "6"], "'6' is one argument too many"),
            (["heat", "--colour=red"], "there is no argument --colour=red"),
            (["visit", "ann", "--times"], "--times wants a value"),
            (["dance"], "plugin 'front-desk' has no verb 'dance'")):
        status, said = desk.ctl("front-desk", *words)
        assert status == 1 and text in said["error"]["text"], said


def test_what_a_plugin_brings_is_shown(desk):
    brings = desk.ctl("plugins", "front-desk")[1]["brings"]
    assert brings == {"verbs": ["visit", "crowd", "heat", "wait", "later", "never"],
                      "metrics": ["visits", "warmth", "waiting", "open"]}


def test_a_plugin_or_verb_that_is_not_there_is_said_so(desk):
    status, said = desk.ctl("fornt-desk", "visit", "ann")
    assert status == 1 and "there is no verb or plugin 'fornt-desk'" in said["error"]["text"]
    status, said = desk.ctl("Nonsense")
    assert status == 2 and "there is no verb 'Nonsense'" in said["error"]["text"]


def test_people_are_shown_lines(desk):
    done = subprocess.run([BUILD / "confabctl", "-c", desk.config_path, "front-desk", "visit", "ann"],
                          capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert (done.returncode, done.stdout) == (0, "welcome: ann\nquietly: no\n")


def test_a_verb_may_answer_later_and_one_that_never_does_ends_with_its_plugin(desk):
    assert desk.ctl("front-desk", "later") == (0, {"said": "later"})
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(desk.ctl("front-desk", "never")))
    waiting.start()
    wait_for(lambda: "1 unanswered verb" in str(desk.ctl("plugins")[1]), "the verb to be held")
    desk.config["plugins"] = {}
    desk.config_path.write_text(yaml.safe_dump(desk.config))
    assert desk.ctl("reload")[0] == 0
    waiting.join(DEADLINE)
    assert answers == [(1, {"error": {"code": "gone",
                                      "text": "the plugin was unloaded before it answered"}})]
    assert NAME not in metrics(desk)

"""A plugin is loaded, replaced with its state and unloaded while people talk.

SPDX-License-Identifier: MIT
"""

import os
import shutil
import threading

import pytest
from people import OPEN, people
from server import BUILD, DEADLINE, merged, wait_for

MODULES = BUILD / "tests/plugins/.libs"
FAST = merged(OPEN, {"limits": {"user_rate": "off", "address_rate": "off"},
                     "channel_types": {"group": {"user_rate": "off", "rate": "off"}}})


def put(folder, name, module):
    """Put a module under a name, as an administrator should: the new file beside it, then mv."""
    folder.mkdir(exist_ok=True)
    shutil.copy(MODULES / f"{module}.so", folder / "new")
    os.chmod(folder / "new", 0o644)
    os.rename(folder / "new", folder / f"{name}.so")


def ctl(server, verb, name):
    """confabctl plugin VERB NAME. Gives its answer, or the error."""
    status, answer = server.ctl("plugin", verb, name)
    assert status == (1 if "error" in answer else 0), answer
    return answer


def swap(server, name):
    """Reload it; a turn that took too long only because this machine was busy is tried again, and so is one that
    comes before the copy before the last has left."""
    def reloaded():
        answer = ctl(server, "reload", name)
        if answer.get("error", {}).get("code") in ("timeout", "busy"):
            return None
        return answer
    return wait_for(reloaded, f"{name} to be reloaded")


def told(person):
    status, answer = person.server.request("GET", "/v1/tide", token=person.token)
    return answer if status == 200 else status


@pytest.fixture
def home(make_server, tmp_path):
    """A server that looks for plugins in a folder of the test's too, and that folder."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    dirs = [str(folder), str(MODULES), str(BUILD / "plugins/.libs")]
    return make_server(merged(FAST, {"server": {"plugin_dirs": dirs}})), folder


def test_it_is_loaded_reloaded_with_its_state_and_unloaded(home):
    server, folder = home
    ann, bob = people(server, "ann", "bob")
    ann.make("room", bob)
    assert told(ann) == 404
    put(folder, "tide", "tide")
    answer = ctl(server, "load", "tide")
    assert answer["version"] == "1.0" and answer["state"] == "up"
    assert "does not name it" in answer["note"]
    for i in range(20):
        ann.say("room", f"one {i}")
    assert told(ann) == {"version": "1.0", "count": 20, "swaps": 0, "holes": 0}
    put(folder, "tide", "tide2")
    answer = swap(server, "tide")
    assert answer["former"] == "1.0" and answer["version"] == "2.0" and answer["swap_us"] <= 20000
    for i in range(20):
        ann.say("room", f"two {i}")
    assert told(ann) == {"version": "2.0", "count": 40, "swaps": 1, "holes": 0}
    assert ctl(server, "unload", "tide")["state"] == "gone"
    assert told(ann) == 404
    ann.say("room", "three")
    assert ctl(server, "unload", "tide")["error"] == {
        "code": "not_found", "text": "plugin 'tide', is not loaded"}
    assert ctl(server, "load", "tide")["version"] == "2.0"
    assert told(ann)["count"] == 0
    status, answer = server.ctl("reload")
    assert status == 0, answer  # the configuration does not name it, so it goes
    wait_for(lambda: told(ann) == 404, "the plugin to go")


def test_people_talk_through_twenty_swaps(home):
    server, folder = home
    ann, bob = people(server, "ann", "bob")
    ann.make("room", bob)
    put(folder, "tide", "tide")
    ctl(server, "load", "tide")
    said, over = [], threading.Event()

    def talk():
        while not over.is_set():
            said.append(ann.say("room", f"{len(said)}")["seq"])

    talking = threading.Thread(target=talk)
    talking.start()
    for i in range(20):
        put(folder, "tide", "tide2" if i % 2 == 0 else "tide")
        swap(server, "tide")
    over.set()
    talking.join(DEADLINE)
    answer = told(ann)
    assert answer["swaps"] == 20 and answer["holes"] == 0 and answer["count"] == len(said)
    assert said == list(range(said[0], said[0] + len(said)))

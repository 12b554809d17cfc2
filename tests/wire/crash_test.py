"""A plugin that ends the process is named by the report, and at the second time it is not loaded any more.

SPDX-License-Identifier: MIT
"""

import json
import re
import signal
import time

import pytest
from blame_test import DIRS
from people import OPEN, Person, cid, people, sign_in
from server import DEADLINE, Server, merged, wait_for

# ThreadSanitizer takes deadly signals for itself.
pytestmark = pytest.mark.native

CRIMINALS = ("segfault", "quitter", "bottomless", "thief")


def make(tmp_path, *names, **server):
    """A server with these plugins, running."""
    return Server(tmp_path, merged(OPEN, {**merged(DIRS, {"server": server}),
                                          "plugins": {name: {} for name in names}})).start()


def crash(server, text, first=True):
    """Ann says what makes the plugin end the process. Gives the exit status."""
    if first:
        (ann,) = people(server, "ann")
        ann.make("general", type="open")
    else:
        ann = Person(server, sign_in(server, "ann", "login")).enter()
    ann.post("message.send", channel="general", cid=cid(), text=text)
    status = server.process.wait(DEADLINE)
    server.process = None
    return status


def records(server):
    """What crashes left in the data directory."""
    path = server.folder / "data/crashes"
    return [json.loads(line) for line in path.read_text().splitlines()]


def sanitized(server):
    return "Sanitizer" in server.log()


@pytest.mark.parametrize("name", CRIMINALS)
def test_the_report_names_the_plugin(tmp_path, name):
    server = make(tmp_path, name)
    status = crash(server, f"{name}:")
    log = server.log()
    (record,) = records(server)
    assert record["running"] == name and record["place"] == "moderate", log
    assert record["blamed"] == [name] and record["thread"] == "logic"
    assert f"while plugin '{name}' ran (moderate, message.send)" in log
    assert re.search(rf"^  plugin {name} 1\.0 0x[0-9a-f]+-0x[0-9a-f]+$", log, re.M)
    assert any(frame.startswith(f"{name}+") for frame in record["frames"]), record
    if not sanitized(server):
        expected = signal.SIGABRT if name in ("quitter", "thief") else signal.SIGSEGV
        assert status == -expected and record["signal"] == expected.name
        if name in ("segfault", "bottomless"):
            assert record["owner"] == name
    elif name == "thief":
        assert "attempting double-free" in log  # in a copy in memory, which it cannot name


def test_two_crashes_within_an_hour_are_enough(tmp_path):
    server = make(tmp_path, "segfault")
    crash(server, "segfault:")
    server.start()
    assert {p["name"]: p["state"] for p in server.ctl("plugins")[1]["plugins"]}["segfault"] == "up"
    crash(server, "segfault:", first=False)

    server.start()
    plugins = {p["name"]: p for p in server.ctl("plugins")[1]["plugins"]}
    assert plugins["segfault"]["state"] == "quarantine"
    assert re.search(r"twice within \d+ s", plugins["segfault"]["holds"])
    assert re.search(r"plugin 'segfault', is not loaded: it is in quarantine \(.* twice within",
                     server.log())
    (found,) = [check for check in server.ctl("doctor")[1]["checks"]
                if check["what"] == "quarantine"]
    assert not found["ok"] and "confabctl plugin release segfault" in found["is"]
    ann = Person(server, sign_in(server, "ann", "login")).enter()
    ann.say("general", "segfault: does nothing any more")
    assert server.ctl("reload")[0] == 0

    assert server.ctl("plugin", "release", "segfault") == (0, {"released": "segfault"})
    assert server.ctl("reload")[0] == 0
    wait_for(lambda: {p["name"]: p["state"] for p in server.ctl("plugins")[1]["plugins"]}
             ["segfault"] == "up", "the released plugin to be loaded")
    status, answer = server.ctl("plugin", "release", "segfault")
    assert status == 1 and "is in no quarantine" in answer["error"]["text"]
    server.stop()


def blame(server, *names, apart_s=60):
    """Write records as two crashes would."""
    path = server.folder / "data"
    path.mkdir(exist_ok=True)
    now = 1000 * int(time.time())
    with open(path / "crashes", "a", encoding="utf-8") as out:
        out.write('{"half a record\n')
        for ago in (apart_s, 0):
            out.write(json.dumps({"ts": now - 1000 * ago, "signal": "SIGSEGV",
                                  "blamed": list(names)}) + "\n")


def test_a_quarantine_may_be_switched_off(tmp_path):
    server = Server(tmp_path, merged(OPEN, merged(DIRS, {
        "plugins": {"later": {}}, "server": {"quarantine": False}})))
    blame(server, "later")
    with server:
        states = {p["name"]: p["state"] for p in server.ctl("plugins")[1]["plugins"]}
        assert states["later"] == "up"


def test_crashes_far_apart_are_forgiven(tmp_path):
    server = Server(tmp_path, merged(OPEN, merged(DIRS, {"plugins": {"later": {}}})))
    blame(server, "later", apart_s=3700)
    with server:
        assert "quarantine" not in server.log()


def test_a_provider_in_quarantine_keeps_the_server_from_starting(tmp_path):
    server = Server(tmp_path, OPEN)
    blame(server, "store-sqlite")
    server.start(ready=False)
    assert server.process.wait(DEADLINE) == 1
    server.process = None
    assert re.search(r"confabd: plugin 'store-sqlite', is in quarantine \(SIGSEGV twice within "
                     r"60 s.*\) and the server cannot do without it: look at .*/crashes, then "
                     r"'confabctl plugin release store-sqlite' or server.quarantine: false",
                     server.log())
    assert server.ctl("plugin", "release", "store-sqlite")[0] == 0
    with server:
        pass


def test_the_watchdog_names_who_does_not_come_back(tmp_path):
    """And when the service manager ends the process for that, the report does too."""
    server = make(tmp_path, "endless")
    (ann,) = people(server, "ann")
    ann.make("general", type="open")
    ann.post("message.send", channel="general", cid=cid(), text="endless:")
    wait_for(lambda: re.search(r"loop 'logic', has been in one turn for \d+ ms "
                               r"\(plugin 'endless' runs: moderate, message.send\)", server.log()),
             "the watchdog to notice")
    server.process.send_signal(signal.SIGABRT)  # as systemd does: WatchdogSignal=
    assert server.process.wait(DEADLINE) == -signal.SIGABRT
    server.process = None
    (record,) = records(server)
    assert record["blamed"] == ["endless"] and record["signal"] == "SIGABRT"
    assert "while a loop was stalled by plugin 'endless' (moderate, message.send)" in server.log()


def test_a_loop_that_comes_back_is_said_to(tmp_path):
    server = make(tmp_path, "sleepy")
    (ann,) = people(server, "ann")
    ann.make("general", type="open")
    ann.say("general", "sleepy:2600")
    assert "(plugin 'sleepy' runs: moderate, message.send)" in server.log()
    wait_for(lambda: "loop 'logic', turns again" in server.log(), "the watchdog to see it turn")
    server.stop()


def test_a_signal_from_outside_blames_nobody(tmp_path):
    server = make(tmp_path, "later")
    server.process.send_signal(signal.SIGABRT)
    assert server.process.wait(DEADLINE) == -signal.SIGABRT
    server.process = None
    (record,) = records(server)
    assert record["blamed"] == [] and "crashed by SIGABRT" in server.log()

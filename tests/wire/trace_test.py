"""confabctl trace follows events through stages, hooks, store and fan-out, without what people wrote.

SPDX-License-Identifier: MIT
"""

import json
import subprocess
import threading

import pytest
from blame_test import DIRS
from people import OPEN, Refused, people
from server import BUILD, DEADLINE, merged, wait_for


@pytest.fixture
def scene(make_server):
    """A server with a moderator, and Ann and Bob in a channel."""
    server = make_server(merged(OPEN, {**DIRS, "plugins": {"later": {}, "typing": False}}))
    ann, bob = people(server, "ann", "bob")
    ann.make("general", bob, type="open")
    return server, ann, bob


class Trace:
    """confabctl trace, running."""

    def __init__(self, server, *arguments, text=False):
        command = [BUILD / "confabctl", "-c", server.config_path, *([] if text else ["--json"]),
                   "trace", *arguments]
        self.lines = []
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                        stdin=subprocess.DEVNULL)
        self.reader = threading.Thread(target=self._read, args=(text,))
        self.reader.start()
        # It has begun when the server says so of itself.
        wait_for(lambda: "a trace begins" in server.log().rsplit("a trace ends", 1)[-1],
                 "the trace to begin")

    def _read(self, text):
        for line in self.process.stdout:
            self.lines.append(line if text else json.loads(line))

    def end(self):
        """What it printed, once it has ended by itself."""
        assert self.process.wait(DEADLINE) == 0
        self.reader.join()
        self.process.stdout.close()
        return self.lines


def places(lines):
    return [line["at"] for line in lines]


def test_a_message_is_followed_all_the_way(scene):
    server, ann, bob = scene
    trace = Trace(server, "general", "--count", "1")
    ann.say("general", "a secret between us")
    lines = trace.end()
    assert places(lines) == ["begin", "known", "accept", "resolve", "authorize", "transform",
                             "moderate", "moderate", "recheck", "persist", "store", "frames",
                             "persist", "fanout", "observe", "over"]
    assert "secret" not in json.dumps(lines)
    begin = lines[0]
    assert begin["kind"] == "message.send" and begin["user"] == "ann"
    assert begin["body"]["text"] == "<19 bytes>" and begin["body"]["channel"] == "general"
    hook = [line for line in lines if "plugin" in line]
    assert [(line["plugin"], line["verdict"]) for line in hook] == [("later", "pass")]
    store = lines[places(lines).index("store")]
    assert store["what"] == "done" and store["took_us"] > 0 and store["rev"] == lines[-1]["rev"]
    assert lines[places(lines).index("frames")]["frames"] >= 1
    assert lines[-1]["result"] == "ok"
    assert [line["us"] for line in lines] == sorted(line["us"] for line in lines)


@pytest.mark.parametrize("name", ["ann", "message.*", "message.send", "general", "*", "@session"])
def test_what_bears_the_name_is_followed(scene, name):
    server, ann, bob = scene
    if name == "@session":
        name = server.ctl("sessions", "list", "ann")[1]["sessions"][0]["id"]
    trace = Trace(server, name, "--count", "1")
    ann.say("general", "hi")
    assert trace.end()[0]["user"] == "ann"


def test_others_are_not_followed(scene):
    server, ann, bob = scene
    trace = Trace(server, "ann", "--count", "1")
    bob.say("general", "hi")
    ann.say("general", "hi")
    assert {line["event"] for line in trace.end()} == {trace.lines[0]["event"]}
    assert trace.lines[0]["user"] == "ann"


def test_a_refusal_names_the_plugin_and_a_wait_is_seen(scene):
    server, ann, bob = scene
    trace = Trace(server, "message.send", "--count", "2")
    ann.say("general", "later:20:hello")
    with pytest.raises(Refused):
        ann.say("general", "wont:say")
    lines = trace.end()
    first = [line for line in lines if line["event"] == lines[0]["event"]]
    (waits,) = [line for line in first if line.get("verdict") == "defer"]
    assert [line["answer"] for line in first if line["at"] == "moderate" and "answer" in line] == [
        "wait", "next"]
    assert waits["plugin"] == "later"
    assert lines[-1]["result"] == "refused" and lines[-1]["plugin"] == "later"


def test_it_is_told_to_people_too_and_ends_in_time(scene):
    server, ann, bob = scene
    trace = Trace(server, "ann", "--seconds", "1", text=True)
    ann.say("general", "hi")
    text = "".join(trace.end())
    assert "moderate  plugin=later verdict=pass (" in text and "<2 bytes>" in text


def test_who_leaves_is_forgotten(scene):
    server, ann, bob = scene
    trace = Trace(server, "ann")
    trace.process.terminate()
    trace.process.wait(DEADLINE)
    trace.reader.join()
    trace.process.stdout.close()
    wait_for(lambda: "a trace ends" in server.log(), "the trace to end")
    ann.say("general", "hi")


def test_a_name_is_wanted(scene):
    server, _, _ = scene
    for wrong in (["x", "--count"], ["x", "--count", "0"], ["x", "--for", "1"]):
        status, answer = server.ctl("trace", *wrong)
        assert status == 2 and "--count N" in answer["error"]["text"]

"""Webhooks against a program that checks signatures, is slow, dies, answers garbage, redirects.

SPDX-License-Identifier: MIT
"""

import base64
import http.server
import importlib.util
import json
import threading

import pytest
from people import OPEN, cid, people
from server import TOP, free_port, merged, wait_for

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes ...").decode()
SPEC = importlib.util.spec_from_file_location("wordfilter", TOP / "plugins/examples/wordfilter/wordfilter.py")
wordfilter = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(wordfilter)


class Asked:
    """A program that is asked and told; answer(event) gives (status, headers, bytes), or None: it hangs up."""

    def __init__(self):
        self.seen = []  # (webhook-id, event) of each request with a good signature
        self.answer = lambda event: self.say(verdict="pass")
        self.held = threading.Event()
        asked = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                good = wordfilter.signed(SECRET, self.headers, body)
                if good:
                    asked.seen.append((self.headers["webhook-id"], json.loads(body)))
                answer = asked.answer(json.loads(body)) if good else (401, {}, b"")
                if answer is None:
                    self.close_connection = True
                    return
                status, headers, content = answer
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def say(status=200, **body):
        return status, {}, json.dumps(body).encode()

    def told(self):
        """Texts of the events that came in batches."""
        return [event["data"]["text"] for _, all in self.seen if all["type"] == "events"
                for event in all["events"]]

    def end(self):
        self.held.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def asked():
    program = Asked()
    yield program
    program.end()


@pytest.fixture
def room(make_server, asked):
    """room(**settings): a server that asks, and two people in a group and an open channel."""
    def make(fetch=None, types=None, **settings):
        server = make_server(merged(OPEN, {
            "channel_types": {name: {"plugins": {"webhook": each}} for name, each in (types or {}).items()},
            "plugins": {"fetch": {"allow": ["127.0.0.1"]} if fetch is None else fetch,
                        "webhook": {"secret": SECRET, **settings}}}))
        ann, bob = people(server, "ann", "bob")
        ann.make("room", bob)
        return server, ann, bob
    return make


def refusal(ann, text="hello", channel="room"):
    return ann.refused("message.send", channel=channel, cid=cid(), text=text)


def test_what_is_asked_and_that_it_is_signed(room, asked):
    _, ann, bob = room(before_url=asked.url)
    ann.say("room", "hello")
    assert bob.row("room")["text"] == "hello"
    (name, event), = asked.seen
    assert name.startswith("msg_") and event["type"] == "message.send"
    assert event["data"] == {"actor": "ann", "channel": "room", "channel_type": "group", "role": "owner",
                             "text": "hello", "body": event["data"]["body"]}
    assert event["data"]["body"]["text"] == "hello"


def test_who_fails_is_asked_again_under_the_same_name(room, asked):
    _, ann, bob = room(before_url=asked.url, deadline="20s")
    answers = [(503, {}, b""), None, (429, {}, b""), Asked.say(verdict="mask", text="****")]
    asked.answer = lambda event: answers.pop(0)
    ann.say("room", "darn")
    assert bob.row("room")["text"] == "****"
    assert len(asked.seen) == 4 and len({name for name, _ in asked.seen}) == 1


@pytest.mark.parametrize("answer", [
    (200, {}, b"no JSON"), (200, {}, b'{"verdict": "perhaps"}'), (200, {}, b'{"verdict": "mask"}'),
    (200, {}, b'{"verdict": "reject", "code": "NO", "text": "x"}'), (200, {}, b"[]"), (404, {}, b""),
    (200, {}, b'{"verdict": "mask", "text": "a\\u0000b"}'), (200, {}, b"x" * 300000),
    (302, {"location": "http://10.0.0.1/"}, b""),
], ids=lambda answer: str(answer[2][:20]) + str(answer[0]))
def test_garbage_is_a_failure_and_the_type_says_what_it_means(room, asked, answer):
    server, ann, bob = room(before_url=asked.url, deadline="600ms", types={"open": {"on_failure": "pass"}})
    ann.make("square", type="open")
    asked.answer = lambda event: answer
    assert refusal(ann) == "busy"
    ann.say("square", "anyway")
    assert ann.row("square")["text"] == "anyway"
    wait_for(lambda: f"no verdict from {asked.url} (" in server.log(), "the log to say so")


def test_a_slow_program_is_waited_for_until_the_deadline(room, asked):
    _, ann, bob = room(before_url=asked.url, timeout="100ms", deadline="300ms")
    asked.answer = lambda event: asked.held.wait(10) and None
    assert refusal(ann) == "busy"
    assert asked.seen


def test_nobody_is_there(room, asked):
    _, ann, _ = room(before_url=f"http://127.0.0.1:{free_port()}/", deadline="300ms")
    assert refusal(ann) == "busy"


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/", "http://localhost:{port}/",
                                 "http://[::ffff:127.0.0.1]:{port}/", "http://0x7f000001:{port}/"])
def test_a_private_address_is_refused_however_it_is_written(room, asked, url):
    server, ann, _ = room(fetch={}, before_url=url.format(port=asked.server.server_port))
    assert refusal(ann) == "busy"
    assert not asked.seen
    wait_for(lambda: "its address is not public" in server.log(), "the log to say why")


def test_a_file_is_no_address(room, asked):
    _, ann, _ = room(before_url="file:///etc/passwd", deadline="300ms")
    assert refusal(ann) == "busy"


def test_a_wrong_secret_is_told_at_once(room, asked):
    server, _, _ = room(before_url=asked.url)
    from reload_test import rewrite
    rewrite(server, {"plugins": {"webhook": {"secret": "hush"}}})
    status, said = server.ctl("reload")
    assert status != 0 and "whsec_" in said["error"]["text"]


def test_events_are_told_in_batches_and_again_until_they_are_taken(room, asked):
    server, ann, bob = room(after_url=asked.url, batch_delay="300ms")
    answers = [(500, {}, b"")]
    asked.answer = lambda event: answers.pop() if answers else (204, {}, b"")
    for text in ("one", "two", "three"):
        ann.say("room", text)
    wait_for(lambda: sorted(set(asked.told())) == ["one", "three", "two"] and not answers, "all to be told")
    _, batch = asked.seen[-1]
    assert batch["events"][0]["log"] == "room" and batch["events"][0]["rev"] > 0


def test_what_nobody_takes_is_a_dead_letter(room, asked):
    server, ann, bob = room(after_url=asked.url, batch_delay="10ms", attempts=1)
    asked.answer = lambda event: (500, {}, b"")
    ann.say("room", "one")
    ann.say("room", "two")

    def dead():
        return server.ctl("webhook", "dead")[1]["dead"]

    letters = wait_for(lambda: len(dead()) == 2 and dead(), "two dead letters")
    assert {letter["log"] for letter in letters} == {"room"} and letters[0]["why"] == "status 500"
    status, said = server.ctl("webhook", "retry", letters[0]["letter"])
    assert status != 0 and "status 500" in said["error"]["text"]
    asked.answer = lambda event: (200, {}, b"")
    before = len(asked.told())
    assert server.ctl("webhook", "retry", letters[0]["letter"])[0] == 0
    assert len(asked.told()) == before + 1
    assert server.ctl("webhook", "drop", letters[1]["letter"])[0] == 0
    assert dead() == []
    assert server.ctl("webhook", "retry", letters[0]["letter"])[0] != 0


def test_what_was_not_told_is_told_after_a_crash(room, asked):
    server, ann, bob = room(after_url=asked.url, batch_delay="60s")
    ann.say("room", "one")
    server.kill()
    server.config = merged(server.config, {"plugins": {"webhook": {"batch_delay": "10ms"}}})
    server.start()
    wait_for(lambda: asked.told() == ["one"], "it to be told", deadline=40)


def test_a_server_that_stops_waits_for_nobody(room, asked):
    server, ann, _ = room(before_url=asked.url, timeout="30s", deadline="4s")
    asked.answer = lambda event: asked.held.wait(20) and None
    ann.post("message.send", channel="room", cid=cid(), text="hello")
    wait_for(lambda: asked.seen, "the program to be asked")
    server.stop()
    server.start()

"""Draining and stopping: nobody new, a moment to come back for everybody, and nothing lost.

SPDX-License-Identifier: MIT
"""

import json
import signal

import pytest
import websockets.exceptions
from people import OPEN, Person, cid, people, sign_in
from server import DEADLINE, merged, wait_for
from websockets.sync.client import connect


def to_the_end(person):
    """All messages until the connection ends, and its close code."""
    messages = []
    try:
        while True:
            messages.append(json.loads(person.socket.recv(DEADLINE)))
    except websockets.exceptions.ConnectionClosed as closed:
        return messages, closed.rcvd.code


def test_draining_sends_people_elsewhere_and_serves_who_is_there(make_server):
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    ann.make("general", bob)
    late = sign_in(server, "late")
    assert server.ctl("status")[1]["draining"] is False
    assert server.ctl("drain")[0] == 0
    for person in (ann, bob):
        event = person.event("server")
        assert event["draining"] is True and 0 <= event["reconnect_ms"] <= 30_000
    assert server.ctl("status")[1]["draining"] is True
    status, said = server.request("GET", "/readyz")
    assert (status, said["why"]) == (503, "draining")
    assert server.request("GET", "/healthz")[0] == 200
    ann.say("general", "until you go")
    assert bob.row("general")["text"] == "until you go"

    def refused():
        with pytest.raises(websockets.exceptions.InvalidStatus) as caught:
            connect(server.ws_url, subprotocols=["confab.v1"]).__enter__()
        return caught.value.response

    response = refused()
    assert response.status_code == 503 and response.headers["Retry-After"]
    assert Person(server, late).http("GET", "/v1/sessions")[0] == 200


def test_who_does_not_leave_is_sent_off(make_server):
    server = make_server(merged(OPEN, {"server": {"drain_time": "50ms"}}))
    (ann,) = people(server, "ann")
    assert server.ctl("drain")[0] == 0
    messages, code = to_the_end(ann)
    assert code == 4503
    assert [m["ev"] for m in messages] == ["server", "bye"] and messages[1]["why"] == "drain"


def test_a_connection_without_a_hello_is_closed_in_time(make_server):
    server = make_server(merged(OPEN, {"limits": {"hello_timeout": "200ms"}}))
    with connect(server.ws_url, subprotocols=["confab.v1"]) as silent:
        with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
            silent.recv(DEADLINE)
        assert closed.value.rcvd.code == 4402
    with connect(server.ws_url, subprotocols=["confab.v1"]) as hasty:
        hasty.send(json.dumps({"op": "session.list", "id": 1}))
        assert json.loads(hasty.recv(DEADLINE))["error"]["code"] == "no_hello"
        with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
            hasty.recv(DEADLINE)
        assert closed.value.rcvd.code == 4402
    (ann,) = people(server, "ann")
    ann.make("general")
    wait_for(lambda: server.request("GET", "/readyz")[0] == 200, "the server")
    ann.say("general", "still here")


def test_a_stop_says_goodbye_and_what_was_answered_is_kept(make_server):
    server = make_server(OPEN)
    (ann,) = people(server, "ann")
    ann.make("general")
    posted = [ann.post("message.send", channel="general", cid=cid(), text=str(n))
              for n in range(20)]
    ann.answer(posted[0])
    server.process.send_signal(signal.SIGTERM)
    messages, code = to_the_end(ann)
    assert code == 4503 and messages[-1]["ev"] == "bye" and messages[-1]["why"] == "stop"
    assert 0 <= messages[-1]["reconnect_ms"] <= 30_000
    kept = 1 + sum("ok" in m for m in messages if m.get("re") in posted)
    assert server.process.wait(DEADLINE) == 0
    server.process = None
    server.start()
    ann = Person(server, sign_in(server, "ann", "login")).enter()
    assert ann.item("general")["seq"] == kept

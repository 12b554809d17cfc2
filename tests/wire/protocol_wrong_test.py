"""Every field of every op: one mistake each is answered bad_request and names the field, on both doors.

SPDX-License-Identifier: MIT
"""

import json

import pytest
from people import OPEN, people, sign_in
from rows import error_table, ops
from server import Server
from websockets.sync.client import connect

CONFIG = {**OPEN, "limits": {"user_rate": "off", "address_rate": "off"}}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("server"), CONFIG) as server:
        yield server


def judge(op, field, why, error, faults):
    if error.get("code") != "bad_request" or f"'{field}'" not in error.get("text", ""):
        faults.append(f"{op} with '{field}' {why}: {error}")
    if error.get("retry") != "never":
        faults.append(f"{op} with '{field}' {why}: retry {error.get('retry')}")


def test_over_websocket(running):
    faults, cases = [], 0
    token = sign_in(running, "wrong-ws")["access"]
    with connect(running.ws_url, subprotocols=["confab.v1"]) as socket:
        def ask(op, arguments):
            socket.send(json.dumps({"op": op.name, "id": 1, **arguments}))
            return json.loads(socket.recv(10))

        for op in ops(running):
            if not op.over_ws:
                continue
            for field, arguments, why in op.wrong():
                cases += 1
                judge(op, field, why, ask(op, arguments).get("error", {}), faults)
            if op.name == "hello":
                assert "ok" in ask(op, {"token": token}), "hello is refused after mistakes"
    assert not faults, "\n".join(faults[:20])
    assert cases > 300, f"only {cases} cases: the documents have lost their fields"


def test_over_http(running):
    faults, cases = [], 0
    for op in ops(running):
        if not op.path:
            continue
        for field, arguments, why in op.wrong():
            sent = op.url(arguments)
            text_type = op.fields[field].get("type") if op.is_text(field) else None
            if sent is None or (
                    text_type == "string" and isinstance(arguments.get(field), (int, float))) or (
                    text_type in ("boolean", "array") and why in ("a string", "null")):
                continue  # in path and query everything is text
            cases += 1
            status, answer = running.request(op.method, sent[0], sent[1])
            if status != 400:
                faults.append(f"{op} with '{field}' {why}: status {status}")
            judge(op, field, why, answer.get("error", {}), faults)
    assert not faults, "\n".join(faults[:20])
    assert cases > 300, f"only {cases} cases: the documents have lost their fields"


def test_what_is_not_there(running):
    ann, = people(running, "nobody-asks")
    assert ann.refused("message.shout", channel="general") == "unknown_op"
    assert ann.refused("") == "unknown_op"
    assert ann.refused("auth.login", user="ann", password="x") == "unknown_op"
    for path in ("/v1/nothing", "/v1/channels/a/nothing", "/v1/a/b/c/d/e/f", "/v1/a/b/c/d/e/f/g",
                 "/v1/", "/v1"):
        status, answer = ann.http("GET", path)
        assert (status, answer["error"]["code"]) == (404, "no_path"), path


def test_wrong_methods_are_told_the_right_ones(running):
    import http.client
    methods = {}
    for op in ops(running):
        if op.path:
            methods.setdefault(op.path, set()).add(op.method)
    for path, known in methods.items():
        at = path.replace("{seq}", "1").replace("{", "").replace("}", "")
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            if method in known:
                continue
            conn = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
            conn.request(method, at)
            reply = conn.getresponse()
            answer = json.loads(reply.read())
            conn.close()
            allowed = set(reply.headers["Allow"].split(", "))
            assert (reply.status, answer["error"]["code"]) == (405, "method"), (method, path)
            assert allowed == known | {"OPTIONS"} | ({"HEAD"} if "GET" in known else set()), path


def test_every_code_has_a_row(running):
    table = error_table(running)
    assert {"bad_request", "unknown_op", "method", "no_path"} <= set(table)
    for code, row in table.items():
        assert 400 <= row["status"] <= 599 and row["retry"] in ("never", "later", "same"), code
        assert row["text"][0].islower() and not row["text"].endswith("."), code

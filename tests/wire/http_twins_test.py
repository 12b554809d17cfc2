"""What HTTP says beside the answer: status, headers, HEAD, sessions, other origins.

SPDX-License-Identifier: MIT
"""

import http.client
import json

import pytest
from people import OPEN, cid, people
from server import merged


def ask(server, method, path, body=None, token=None, **headers):
    """(status, headers, body as bytes) of one request."""
    conn = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    conn.request(method, path, json.dumps(body) if body is not None else None, sent)
    reply = conn.getresponse()
    text = reply.read()
    conn.close()
    return reply.status, reply.headers, text


def test_who_is_nobody_is_told_how_to_be_somebody(server):
    for token in (None, "nobody"):
        status, headers, body = ask(server, "GET", "/v1/sessions", token=token)
        assert (status, headers["WWW-Authenticate"]) == (401, "Bearer")
        assert headers["Cache-Control"] == "no-store"
        assert json.loads(body)["error"]["code"] == "token"


def test_head_is_get_without_its_body(make_server):
    server = make_server(OPEN)
    ann, = people(server, "ann")
    got = ask(server, "GET", "/v1/sessions", token=ann.token)
    head = ask(server, "HEAD", "/v1/sessions", token=ann.token)
    assert (got[0], head[0], head[2]) == (200, 200, b"")
    assert head[1]["Content-Length"] == str(len(got[2])) == got[1]["Content-Length"]
    assert got[1]["Cache-Control"] == head[1]["Cache-Control"] == "no-store"
    missing = ask(server, "HEAD", "/v1/nothing", token=ann.token)
    assert (missing[0], missing[2]) == (404, b"")


def test_later_says_when(make_server):
    server = make_server(merged(OPEN, {"limits": {"user_rate": "1/s burst 2"}}))
    ann, = people(server, "ann", watch=[])
    while True:
        status, headers, body = ask(server, "GET", "/v1/sessions", token=ann.token)
        if status != 200:
            break
    error = json.loads(body)["error"]
    assert (status, error["code"], error["retry"]) == (429, "rate", "later")
    assert int(headers["Retry-After"]) == -(-error["retry_ms"] // 1000) >= 1


def test_slow_mode_says_when(make_server):
    server = make_server(merged(OPEN, {"channel_types": {"group": {"slow_mode": "10m"}}}))
    ann, bob = people(server, "ann", "bob")
    ann.make("room", bob)
    path = "/v1/channels/room/messages"
    for wanted in (200, 429):
        status, headers, body = ask(
            server, "POST", path, {"cid": cid(), "text": "hi"}, token=bob.token)
        assert status == wanted, body
    assert json.loads(body)["error"]["code"] == "slow"
    assert 590 < int(headers["Retry-After"]) <= 600


def test_body_query_and_path_name_the_same_things(make_server):
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    ann.make("room", bob)
    path = "/v1/channels/room/messages"
    # the path wins: no other channel can be meant
    status, _, body = ask(server, "POST", path, {"cid": cid(), "text": "hi", "channel": "other"},
                          token=ann.token)
    assert status == 200, body
    seq = json.loads(body)["seq"]
    status, _, body = ask(server, "GET", f"{path}?limit=1&after=0", token=bob.token)
    assert [r["text"] for r in json.loads(body)["rows"]] == ["hi"]
    # a body says its types itself: text is no number there
    status, _, body = ask(server, "PUT", "/v1/channels/room/read", {"seq": str(seq)},
                          token=bob.token)
    assert status == 400 and "'seq'" in json.loads(body)["error"]["text"]
    status, _, body = ask(server, "DELETE", f"{path}/{seq}?cid={cid()}", token=ann.token)
    assert status == 200, body
    for bad in (b"[]", b"{", b"\xff"):
        conn = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        conn.request("POST", path, bad, {"Authorization": f"Bearer {ann.token}"})
        reply = conn.getresponse()
        assert (reply.status, json.loads(reply.read())["error"]["code"]) == (400, "bad_request")
        conn.close()


def test_session_by_header(make_server):
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    status, _, body = ask(server, "GET", "/v1/sessions", token=ann.token,
                          Confab_Session=ann.session)
    assert status == 200
    assert [s["id"] for s in json.loads(body)["sessions"] if s["current"]] == [ann.session]
    # another's session is none of one's own
    status, _, body = ask(server, "GET", "/v1/sessions", token=ann.token,
                          Confab_Session=bob.session)
    assert status == 401 and json.loads(body)["error"]["code"] == "token"


@pytest.mark.parametrize("origin,allowed", [("https://chat.example.org", True),
                                            ("https://evil.example.org", False)])
def test_pages_of_other_origins(make_server, origin, allowed):
    server = make_server(merged(OPEN, {"http": {"origins": ["https://chat.example.org"]}}))
    status, headers, _ = ask(server, "GET", "/v1/server", Origin=origin)
    assert status == 200
    assert headers["Access-Control-Allow-Origin"] == (origin if allowed else None)
    assert "Retry-After" in (headers["Access-Control-Expose-Headers"] or "") or not allowed
    status, headers, _ = ask(
        server, "OPTIONS", "/v1/channels/room/messages", Origin=origin,
        Access_Control_Request_Method="PATCH", Access_Control_Request_Headers="authorization")
    assert status == 204 and "Allow" in headers
    assert headers["Access-Control-Allow-Origin"] == (origin if allowed else None)
    assert ("Authorization" in (headers["Access-Control-Allow-Headers"] or "")) == allowed
    # refusals can be read too
    status, headers, _ = ask(server, "GET", "/v1/sessions", Origin=origin)
    assert (status, headers["Access-Control-Allow-Origin"]) == (401, origin if allowed else None)

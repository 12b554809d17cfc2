"""Routes of plugins: where bodies go, how answers come, and who goes away meanwhile.

SPDX-License-Identifier: MIT
"""

import http.client
import json
import socket

import pytest
import yaml
from people import OPEN, sign_in
from server import BUILD, DEADLINE, merged, wait_for

DIRS = {"server": {"plugin_dirs": [str(BUILD / "plugins/.libs"),
                                   str(BUILD / "tests/plugins/.libs")]}}
ROOT = "/v1/x/routes/"


@pytest.fixture
def server(make_server):
    return make_server(merged(OPEN, merged(DIRS, {"plugins": {"routes": True}})))


class Raw:
    """One HTTP request whose body and answer are handled by hand."""

    def __init__(self, server, method, path, length=None, version="1.1"):
        self.sock = socket.create_connection(("127.0.0.1", server.port), DEADLINE)
        lines = [f"{method} {ROOT}{path} HTTP/{version}", "Host: x"]
        lines += [f"Content-Length: {length}"] if length is not None else []
        self.sock.sendall("\r\n".join([*lines, "", ""]).encode())

    def read_to_the_end(self):
        text = b""
        while piece := self.sock.recv(65536):
            text += piece
        return text


def exchange(server, method, path, body=None, **headers):
    """Status, fields and bytes of one request."""
    conn = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE)
    try:
        conn.request(method, ROOT + path, body, headers)
        reply = conn.getresponse()
        return reply.status, reply.headers, reply.read()
    finally:
        conn.close()


def counts(server):
    return server.request("GET", ROOT + "counts")[1]


def test_a_request_is_read_by_its_parts(server):
    status, fields, body = exchange(server, "GET", "hello/gr%C3%BCn?greeting=moin", **{"X-Tone": "low"})
    assert status == 200 and fields["X-Answered-By"] == "routes"
    assert json.loads(body) == {"name": "grün", "greeting": "moin", "tone": "low",
                                "path": ROOT + "hello/grün", "method": "GET"}
    status, fields, body = exchange(server, "HEAD", "hello/x")
    assert status == 200 and body == b"" and int(fields["Content-Length"]) > 0
    assert exchange(server, "PUT", "hello/x")[0] == 405
    assert server.request("GET", ROOT + "nothing")[1]["error"]["code"] == "no_path"


def test_who_asks_is_known_before_the_plugin_is_asked(server):
    ann = sign_in(server, "ann")["access"]
    assert server.request("GET", ROOT + "me")[1]["error"]["code"] == "token"
    assert server.request("GET", ROOT + "me", token=ann) == (200, {"user": "ann"})
    status, body = server.request("GET", ROOT + "boss", token=ann)
    assert status == 403 and body["error"]["code"] == "forbidden"


def test_a_body_may_be_json_or_bytes(server):
    assert server.request("POST", ROOT + "json", {"a": [1, "ü"]}) == (201, {"a": [1, "ü"]})
    assert exchange(server, "POST", "json", b"{")[0] == 400
    assert exchange(server, "POST", "json", b"[1]")[0] == 400
    assert exchange(server, "POST", "json", b'{"a":"' + b"x" * 5000 + b'"}')[0] == 413
    status, fields, body = exchange(server, "POST", "bytes", b"\0\xff", **{"Content-Type": "x/y"})
    assert (status, fields["Content-Type"], body) == (200, "x/y", b"\0\xff")


@pytest.mark.parametrize("size", [0, 1, 5_000_000])
def test_a_body_may_go_to_a_file_and_come_back_from_it(server, size):
    sent = bytes(range(256)) * (size // 256 + 1)
    sent = sent[:size]
    status, fields, body = exchange(server, "PUT", "file", sent)
    assert status == 200 and body == sent
    assert size == 0 or fields["Content-Type"] == "application/x-echo"
    names = [path.name for path in (server.folder / "data").iterdir()]
    assert not [name for name in names if name.startswith(".body")], names


def test_a_file_is_for_who_may_send_it_and_no_longer_than_allowed(server):
    assert exchange(server, "PUT", "mine", b"x")[0] == 401
    assert exchange(server, "PUT", "file", b"x" * (9 << 20))[0] == 413


def test_a_stream_comes_in_bites_as_asked_for(server):
    status, _, body = exchange(server, "POST", "stream", b"x" * 100_500)
    assert status == 200
    seen = json.loads(body)
    assert seen["bytes"] == 100_500 and seen["most"] <= 1000 and seen["pieces"] >= 101


def test_a_connection_is_not_read_beyond_what_was_asked_for(make_server):
    server = make_server(merged(DIRS, {"server": {"stop_grace": "1s"},
                                       "plugins": {"routes": True}}))
    raw = Raw(server, "POST", "stall", 8 << 20)
    raw.sock.settimeout(1)
    with pytest.raises(TimeoutError):
        raw.sock.sendall(b"x" * (8 << 20))
    server.stop()  # nobody waits for it either
    raw.sock.close()


def test_a_body_that_breaks_off_is_told_to_the_plugin(server):
    raw = Raw(server, "POST", "stream", 100_000)
    raw.sock.sendall(b"x" * 50_000)
    raw.sock.close()
    wait_for(lambda: counts(server)["gone"] == 1, "the plugin to hear that the client has gone")


def test_an_answer_streams_as_fast_as_it_is_read(server):
    size = 20_000_000
    raw = Raw(server, "GET", f"long/{size}")
    head = raw.sock.recv(1000)
    assert b"Transfer-Encoding: chunked" in head and b"application/x-zeros" in head
    assert counts(server)["drained"] < 100  # it waits: most has not been asked of it
    raw.sock.close()
    wait_for(lambda: counts(server)["gone"] == 1, "the plugin to hear that the client has gone")
    status, _, body = exchange(server, "GET", f"long/{size}")
    assert status == 200 and body == bytes(size)


def test_requests_of_all_kinds_follow_each_other_on_one_connection(server):
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece)
                    for piece in (b"a" * 3000, b"b" * 100_000, b"c", b""))
    chunked = "Host: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    upload = f"POST {ROOT}stream HTTP/1.1\r\n{chunked}".encode() + body
    to_file = f"PUT {ROOT}file HTTP/1.1\r\n{chunked}".encode() + body
    head = f"HEAD {ROOT}long/100000 HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    last = f"GET {ROOT}hello/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    sock = socket.create_connection(("127.0.0.1", server.port), DEADLINE)
    sock.sendall(upload + head + to_file + upload + last)
    answers = b"".join(iter(lambda: sock.recv(65536), b""))
    assert answers.count(b"HTTP/1.1 200 OK") == 5
    assert answers.count(b'"bytes":103001') == 2 and answers.endswith(b"}")


def test_who_has_said_all_he_will_is_still_answered_and_1_0_gets_no_chunks(server):
    raw = Raw(server, "GET", "long/3000000")
    raw.sock.shutdown(socket.SHUT_WR)
    answer = raw.read_to_the_end()
    assert answer.endswith(b"0\r\n\r\n") and len(answer) > 3_000_000
    raw = Raw(server, "GET", "long/100000", version="1.0")
    assert raw.read_to_the_end().split(b"\r\n\r\n", 1)[1] == bytes(100_000)


def test_a_plugin_that_never_answers_does_not_keep_its_client_waiting(server):
    status, body = server.request("GET", ROOT + "asleep")
    assert status == 503 and body["error"]["code"] == "unknown"
    assert body["error"]["plugin"] == "routes" and counts(server)["gone"] == 1
    said = "plugin 'routes', route 'GET /v1/x/routes/asleep' did nothing about a request for too long"
    wait_for(lambda: said in server.log(), "the log to name it")


def test_who_answers_twice_is_named_and_nothing_else_happens(server):
    assert exchange(server, "GET", "twice")[2] == b"once"
    said = "plugin 'routes', route 'GET /v1/x/routes/twice' is answered out of turn"
    wait_for(lambda: said in server.log(), "the log to name it")


def without(server, name):
    """The server reads a configuration without this plugin."""
    del server.config["plugins"][name]
    server.config_path.write_text(yaml.safe_dump(server.config))
    status, said = server.ctl("reload")
    assert status == 0, said


def test_an_unload_answers_what_waits_and_cuts_what_streams(server):
    waiting = Raw(server, "GET", "never")
    uploading = Raw(server, "PUT", "file", 1000)
    uploading.sock.sendall(b"x" * 500)
    taking = Raw(server, "POST", "stall", 1 << 20)
    taking.sock.sendall(b"x" * 1000)
    streaming = Raw(server, "GET", "long/50000000")
    assert streaming.sock.recv(10)
    assert exchange(server, "GET", "hello/x")[0] == 200
    without(server, "routes")
    for raw in (waiting, uploading, taking):
        answer = raw.read_to_the_end() if raw is not waiting else raw.sock.recv(65536)
        assert b" 503 " in answer and b"being unloaded" in answer, answer
    assert not streaming.read_to_the_end().endswith(b"0\r\n\r\n")
    wait_for(lambda: "plugin 'routes', is unloaded" in server.log(), "the plugin to go")
    wait_for(lambda: server.request("GET", ROOT + "hello/x")[1]["error"]["code"] == "no_path",
             "its paths to be gone")
    server.config["plugins"]["routes"] = True
    server.config_path.write_text(yaml.safe_dump(server.config))
    assert server.ctl("reload")[0] == 0
    wait_for(lambda: server.request("GET", ROOT + "hello/x")[0] == 200, "them to be back")


def test_routes_without_the_capability_are_refused(make_server):
    server = make_server(merged(DIRS, {"plugins": {"unasked": True}}), ready=False)
    assert server.process.wait(DEADLINE) != 0
    server.process = None
    assert ("plugin 'unasked', has routes but does not ask for the capability http.route "
            "(.caps = CONFAB_CAP_HTTP_ROUTE)") in server.log()

"""The first administrator comes by a one-time link, and no other way.

SPDX-License-Identifier: MIT
"""

import pytest
from people import OPEN, PASSWORD, Person, sign_in
from server import merged


def fresh_code(server, *arguments):
    status, answer = server.ctl("setup", *arguments)
    assert status == 0, answer
    assert answer["link"].startswith(server.url + "/setup#")
    return answer["link"].split("#")[1]


def redeem(server, code, user="root", password=PASSWORD, **more):
    return server.request(
        "POST", "/v1/setup", {"code": code, "user": user, "password": password, **more})


def test_link_makes_one_administrator_once(make_server):
    server = make_server()
    code = fresh_code(server, "--first")
    status, answer = redeem(server, code, "Root", name="The boss")
    assert (status, answer) == (200, {"user": "root"})
    status, answer = redeem(server, code, "second")
    assert status == 401 and answer["error"]["code"] == "token"
    boss = Person(server, sign_in(server, "root", "login")).enter()
    assert boss.hello["user"]["role"] == "admin"
    assert [u["id"] for u in boss.ask("user.list")["users"]] == ["root"]
    assert server.ctl("setup", "--first") == (0, {"link": ""})
    assert redeem(server, fresh_code(server), "second")[0] == 200


def test_new_link_replaces_the_old_and_a_restart_forgets_none(make_server):
    server = make_server()
    old, new = fresh_code(server), fresh_code(server)
    server.kill()
    server.start()
    assert redeem(server, old)[0] == 401
    assert redeem(server, new)[0] == 200


@pytest.mark.parametrize("user,password,code", [
    ("root", "short", "bad_request"), ("no spaces", PASSWORD, "bad_request"),
    ("taken", PASSWORD, "exists"),
])
def test_what_is_refused_does_not_use_up_the_link(make_server, user, password, code):
    server = make_server(OPEN)
    sign_in(server, "taken")
    link = fresh_code(server)
    assert redeem(server, link, user, password)[1]["error"]["code"] == code
    assert redeem(server, "wrong" + link[5:])[1]["error"]["code"] == "token"
    assert redeem(server, link)[0] == 200


def test_page_is_strict_and_whole(make_server):
    server = make_server()
    page = server.request("GET", "/setup")[1]
    assert '<html lang="en">' in page and "<label for=\"password\">" in page
    assert "<script src=" in page and "<script>" not in page
    for name in ("setup.css", "setup.js"):
        assert name in page and server.request("GET", f"/{name}")[0] == 200


def test_server_says_what_it_is(make_server):
    status, info = make_server().request("GET", "/v1/server")
    assert status == 200 and info["protocol"] == 1 and info["auth"] == ["auth-local"]
    assert [t["name"] for t in info["types"]] == ["direct", "group", "open", "broadcast"]
    assert info["limits"]["message_bytes"] > 0


def test_the_address_itself_says_what_is_there(make_server, tmp_path):
    server = make_server(OPEN)
    status, page = server.request("GET", "/")
    assert status == 200 and "confab is running" in page and "/v1/ws" in page
    for path in ("/v1/openapi.json", "/v1/asyncapi.json", "/setup.css"):
        assert path[1:] in page and server.request("GET", path)[0] == 200
    (tmp_path / "index.html").write_text("a client of ours")
    own = make_server(merged(OPEN, {"http": {"static_dir": str(tmp_path)}}), "own")
    assert own.request("GET", "/") == (200, "a client of ours")

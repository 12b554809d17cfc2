"""Profiles, server roles, and users who are kept out.

SPDX-License-Identifier: MIT
"""

import time

import pytest
from people import OPEN, Person, Refused, cid, people, sign_in
from server import merged, wait_for
from setup_test import fresh_code, redeem


def with_root(server, *names):
    """root is the administrator; then the others."""
    assert redeem(server, fresh_code(server))[0] == 200
    root = Person(server, sign_in(server, "root", "login")).enter()
    return [root, *people(server, *names)]


def test_profile_is_changed_and_read(make_server):
    ann, bob = people(make_server(OPEN), "ann", "bob")
    change = cid()
    first = ann.ask("user.update", cid=change, name="Ann Ä.", status="at lunch", avatar="blob:1")
    again = ann.ask("user.update", cid=change, name="Ann Ä.", status="at lunch", avatar="blob:1",
                    again=True)
    assert again == {**first, "again": True}
    assert ann.row("@ann", "profile")["name"] == "Ann Ä."
    assert bob.ask("user.get", users=["ann", "nobody", "bob"])["users"] == [
        {"id": "ann", "name": "Ann Ä.", "avatar": "blob:1", "status": "at lunch"},
        {"id": "bob", "name": "bob", "role": "user", "disabled": False}]
    ann.ask("user.update", cid=cid(), status="", name="")
    status, got = bob.http("GET", "/v1/users?users=ann")
    assert (status, got["users"]) == (200, [{"id": "ann", "name": "ann", "avatar": "blob:1"}])
    assert bob.refused("user.get", users=[f"u{n}" for n in range(101)]) == "bad_request"


def test_profiles_of_users_not_in_memory_are_read(make_server):
    server = make_server(OPEN)
    people(server, "ann")[0].ask("user.update", cid=cid(), name="Ann")
    server.stop()
    server.start()
    bob, = people(server, "bob")
    assert bob.ask("user.get", users=["ann"])["users"][0]["name"] == "Ann"


def test_admin_lists_and_gives_roles(make_server):
    server = make_server(OPEN)
    root, ann, bob = with_root(server, "ann", "bob")
    assert ann.refused("user.list") == "forbidden"
    assert ann.http("GET", "/v1/admin/users")[0] == 403
    assert [(u["id"], u["role"]) for u in root.ask("user.list")["users"]] == [
        ("ann", "user"), ("bob", "user"), ("root", "admin")]
    page = root.ask("user.list", limit=1, after="ann")
    assert [u["id"] for u in page["users"]] == ["bob"] and page["more"]
    root.ask("user.role", user="bob", role="admin")
    assert bob.ask("user.list", role="admin")["users"][0]["id"] == "bob"
    # the token that still says admin gives nothing any more
    bob = Person(server, sign_in(server, "bob", "login")).enter()
    root.ask("user.role", user="bob", role="user")
    assert bob.refused("user.list") == "forbidden"
    assert bob.http("GET", "/v1/admin/users")[0] == 403
    assert Person(server, sign_in(server, "bob", "login")).enter().hello["user"]["role"] == "user"
    assert root.refused("user.role", user="root", role="user") == "forbidden"
    assert root.refused("user.role", user="nobody", role="user") == "no_user"


def test_who_is_disabled_is_out_at_once(make_server):
    server = make_server(OPEN)
    root, bob = with_root(server, "bob")
    status, _ = root.http("PUT", "/v1/admin/users/bob/disabled", {"disabled": True})
    assert status == 200
    assert bob.closed() == 4401
    assert bob.http("GET", "/v1/sessions")[0] == 401
    with pytest.raises(Refused):
        bob.enter()
    assert server.request("POST", "/v1/auth/refresh", {"refresh": bob.refresh})[0] == 401
    server.kill()
    server.start()
    assert bob.http("GET", "/v1/sessions")[0] == 401
    root = Person(server, sign_in(server, "root", "login")).enter()
    root.ask("user.disable", user="bob", disabled=False)
    assert Person(server, sign_in(server, "bob", "login")).enter().hello["user"]["id"] == "bob"
    assert bob.http("GET", "/v1/sessions")[0] == 401, "its session stays revoked"


def test_disabled_for_a_while(make_server):
    """It ends by itself; who signed in meanwhile is let in then."""
    server = make_server(merged(OPEN, {"limits": {"user_rate": "off"}}))
    root, bob = with_root(server, "bob")
    until = int(time.time() * 1000) + 1500
    root.ask("user.disable", user="bob", disabled=True, until=until)
    assert bob.closed() == 4401
    bob = Person(server, sign_in(server, "bob", "login"))
    assert bob.http("GET", "/v1/sessions")[1]["error"]["code"] == "token"
    listed = {u["id"]: u for u in root.ask("user.list")["users"]}["bob"]
    assert (listed["disabled"], listed["disabled_until"]) == (True, until)
    wait_for(lambda: bob.http("GET", "/v1/sessions")[0] == 200, "the time to be over")
    assert time.time() * 1000 >= until
    assert root.refused("user.disable", user="bob", disabled=True, until=until) == "bad_request"


def test_who_manages_users_does_not_touch_administrators(make_server):
    server = make_server(merged(OPEN, {"roles": {"user": ["users.manage"]}}))
    root, ann, bob = with_root(server, "ann", "bob")
    ann.ask("user.disable", user="bob", disabled=True)
    assert bob.closed() == 4401
    assert [u["id"] for u in ann.ask("user.list")["users"]] == ["ann", "bob", "root"]
    ann.ask("user.role", user="bob", role="guest")
    assert ann.refused("user.role", user="bob", role="admin") == "forbidden"
    assert ann.refused("user.role", user="root", role="user") == "forbidden"
    assert ann.refused("user.disable", user="root", disabled=True) == "forbidden"
    assert root.ask("session.list")

"""Sessions: one connection each, resumed by id, revoked everywhere at once.

SPDX-License-Identifier: MIT
"""

import pytest
from people import OPEN, PASSWORD, Person, Refused, people, sign_in
from server import wait_for


def test_second_connection_of_a_session_closes_the_first(make_server):
    server = make_server(OPEN)
    signed = sign_in(server, "ann")
    first = Person(server, signed).enter()
    second = Person(server, signed).enter()
    assert first.hello["session"] == second.hello["session"] == signed["session"]
    assert first.closed() == 4409
    assert len([s for s in second.ask("session.list")["sessions"] if s["online"]]) == 1


def test_what_is_said_reaches_who_watches(make_server):
    ann, bob = people(make_server(OPEN), "ann", "bob")
    ann.make("general", bob)
    seq = ann.say("general", "hi bob")["seq"]
    assert bob.row("general", wanted=lambda row: row["id"] == seq)["text"] == "hi bob"
    assert [e["ev"] for e in bob.nothing()] == []


def two_devices(server):
    phone = Person(server, sign_in(server, "ann")).enter(device="phone")
    return phone, Person(server, sign_in(server, "ann", "login")).enter(device="laptop")


def assert_ended(server, person):
    assert person.closed() == 4401
    assert person.http("GET", "/v1/sessions")[0] == 401
    assert server.request("POST", "/v1/auth/refresh", {"refresh": person.refresh})[0] == 401
    with pytest.raises(Refused):
        person.enter()


def test_revoked_session_ends_everywhere(make_server):
    server = make_server(OPEN)
    phone, laptop = two_devices(server)
    listed = {s["device"]: s for s in laptop.ask("session.list")["sessions"]}
    assert listed["laptop"]["current"] and not listed["phone"]["current"]
    laptop.ask("session.revoke", session=listed["phone"]["id"])
    assert_ended(server, phone)
    assert [s["device"] for s in laptop.ask("session.list")["sessions"]] == ["laptop"]
    server.kill()
    server.start()
    assert phone.http("GET", "/v1/sessions")[0] == 401, "a restart gives nothing back"
    assert laptop.http("GET", "/v1/sessions")[0] == 200


def test_own_session_is_revoked_and_answered(make_server):
    server = make_server(OPEN)
    phone, _ = two_devices(server)
    assert "rev" in phone.ask("session.revoke", session=phone.session)
    assert_ended(server, phone)


def test_session_used_over_http_only_is_seen_and_revoked(make_server):
    server = make_server(OPEN)
    script = Person(server, sign_in(server, "ann"))
    assert script.http("GET", "/v1/sessions")[0] == 200
    laptop = Person(server, sign_in(server, "ann", "login")).enter()
    listed = {s["id"]: s for s in laptop.ask("session.list")["sessions"]}
    assert listed[script.session]["device"] == "http"
    assert laptop.http("DELETE", f"/v1/sessions/{script.session}")[0] == 200
    assert script.http("GET", "/v1/sessions")[0] == 401


def test_sessions_of_others_are_not_revoked(make_server):
    ann, bob = people(make_server(OPEN), "ann", "bob")
    assert bob.refused("session.revoke", session=ann.session) == "not_found"
    assert ann.http("GET", "/v1/sessions")[0] == 200


def test_logging_out_ends_the_session(make_server):
    server = make_server(OPEN)
    phone, laptop = two_devices(server)
    assert phone.http("POST", "/v1/auth/logout", {})[0] == 200
    assert_ended(server, phone)
    assert laptop.ask("session.list")["sessions"][0]["device"] == "laptop"


def test_new_password_ends_the_other_sessions(make_server):
    server = make_server(OPEN)
    phone, laptop = two_devices(server)
    status, answer = laptop.http(
        "POST", "/v1/auth/password", {"password": PASSWORD, "new": "another good one"})
    assert status == 200, answer
    assert_ended(server, phone)
    assert laptop.http("GET", "/v1/sessions")[0] == 200


def test_admin_socket_revokes_all_of_a_user(make_server):
    server = make_server(OPEN)
    phone, laptop = two_devices(server)
    assert server.ctl("sessions", "revoke", "ann") == (0, {"ended": 2})
    assert_ended(server, phone)
    assert_ended(server, laptop)


def test_forgotten_sessions_go_when_there_are_too_many(make_server):
    server = make_server({**OPEN, "limits": {"sessions_per_user": 3}})
    persons = [Person(server, sign_in(server, "ann"))]
    persons += [Person(server, sign_in(server, "ann", "login")) for _ in range(4)]
    for person in persons:
        person.enter()
        person.leave()
        wait_for(lambda: not server.ctl("sessions", "list", "ann")[1]["sessions"], "the end of it")
    last = persons[-1].enter()
    assert len(last.ask("session.list")["sessions"]) == 3
    assert persons[0].http("GET", "/v1/sessions")[0] == 401

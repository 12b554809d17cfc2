"""What begins with a slash is a command: run once, answered by a note, never said aloud.

SPDX-License-Identifier: MIT
"""

import pytest
from people import OPEN, Person, cid, people, sign_in


def pair(server):
    ann, bob = people(server, "ann", "bob")
    ann.make("room", bob)
    ann.nothing()
    bob.nothing()
    return ann, bob


def test_help_is_a_note_for_one_alone(make_server):
    ann, bob = pair(make_server(OPEN))
    answer = ann.say("room", "/help")
    assert answer["handled"] is True and "seq" not in answer
    note = ann.event("note", "room")
    assert note["command"] == "help" and "/me" in note["text"]
    assert bob.nothing() == []
    assert ann.ask("history", channel="room")["rows"] == []


def test_resend_runs_it_no_second_time(make_server):
    server = make_server(OPEN)
    ann, _ = pair(server)
    change = {"channel": "room", "cid": cid(), "text": "/help me"}
    first = ann.ask("message.send", **change)
    ann.event("note", "room")
    assert ann.ask("message.send", **change, again=True) == {**first, "again": True}
    assert ann.ask("message.send", **change) == {**first, "again": True}
    assert [e for e in ann.nothing() if e["ev"] == "note"] == []
    server.kill()
    server.start()
    ann.enter()
    assert ann.ask("message.send", **change, again=True) == {**first, "again": True}
    assert ann.refused("message.send", **{**change, "text": "other"}, again=True) == "conflict"


def test_me_is_said(make_server):
    ann, bob = pair(make_server(OPEN))
    assert "seq" in ann.say("room", "/me waves")
    row = bob.row("room")
    assert (row["text"], row["command"]) == ("waves", "me")
    assert ann.refused("message.send", channel="room", cid=cid(), text="/me") == "bad_request"


@pytest.mark.parametrize("text,said", [
    ("//help", "/help"), ("/usr/bin is a folder", "/usr/bin is a folder"), ("/", "/"),
    ("/ spaced", "/ spaced"), ("/Upper", "/Upper"), ("not /help", "not /help"),
])
def test_what_is_no_command(make_server, text, said):
    ann, bob = pair(make_server(OPEN))
    ann.say("room", text)
    assert bob.row("room")["text"] == said


def test_unknown_command_is_refused_with_advice(make_server):
    ann, bob = pair(make_server(OPEN))
    assert ann.refused("message.send", channel="room", cid=cid(), text="/nosuch x") == "no_command"
    status, answer = ann.http(
        "POST", "/v1/channels/room/messages", {"cid": cid(), "text": "/nosuch"})
    assert status == 404 and "/help" in answer["error"]["text"]
    assert bob.nothing() == []


def test_over_http_the_note_goes_to_the_session(make_server):
    ann, _ = pair(make_server(OPEN))
    laptop = Person(ann.server, sign_in(ann.server, "ann", "login")).enter()
    status, answer = ann.http("POST", "/v1/channels/room/messages", {"cid": cid(), "text": "/help"})
    assert status == 200 and answer["handled"]
    assert ann.event("note")["command"] == "help"
    assert [e for e in laptop.nothing() if e["ev"] == "note"] == []


def test_list(make_server):
    ann, _ = pair(make_server(OPEN))
    names = [c["name"] for c in ann.http("GET", "/v1/commands")[1]["commands"]]
    assert names == sorted(names) and {"help", "me"} <= set(names)

"""Blob storage and push transports: plugins that ask, plugins that answer, and who goes meanwhile.

SPDX-License-Identifier: MIT
"""

import pytest
from people import OPEN, people
from server import BUILD, DEADLINE, merged, wait_for

DIRS = {"server": {"plugin_dirs": [str(BUILD / "plugins/.libs"),
                                   str(BUILD / "tests/plugins/.libs")]}}
BLOBS = "/v1/x/porter/blobs/"


@pytest.fixture
def server(make_server):
    return make_server(merged(DIRS, {"plugins": {"porter": True, "cellar": True}}))


def ask(server, *words):
    status, said = server.ctl("porter", *words)
    assert status == 0, said
    return said


def test_a_body_becomes_a_blob_and_comes_back(server):
    assert server.request("PUT", BLOBS + "a.txt", {"some": "bytes"}) == (201, {"rc": "OK"})
    assert ask(server, "blob", "stat", "a.txt") == {
        "rc": "OK", "bytes": 17, "type": "application/json", "text": ""}
    assert server.request("GET", BLOBS + "a.txt") == (200, {"some": "bytes"})
    assert server.request("PUT", BLOBS + "a.txt", {"other": "one"}) == (409, {"rc": "EEXIST"})
    assert ask(server, "blob", "remove", "a.txt")["rc"] == "OK"
    assert ask(server, "blob", "stat", "a.txt")["rc"] == "ENOENT"
    assert server.request("GET", BLOBS + "a.txt")[0] == 404


@pytest.mark.parametrize("name", ["../up", "a//b", "a/..", ".", "/a", "a b", "x" * 201])
def test_names_that_lead_astray_reach_no_provider(server, name):
    said = ask(server, "blob", "stat", name)
    assert (said["rc"], said["text"]) == ("EINVAL", "the blob's name is not allowed")


def test_a_push_goes_by_the_transport_of_its_kind(server):
    assert ask(server, "push", "test", "device", "100")["rc"] == "OK"
    wait_for(lambda: "pushed 100 bytes (topic general)" in server.log(), "the transport to have it")
    assert ask(server, "push", "test", "gone")["rc"] == "ENOENT"
    assert ask(server, "push", "test", "busy") == {"rc": "EBUSY", "retry_ms": 5000, "text": ""}
    assert ask(server, "push", "other", "device")["text"] == "no plugin provides 'push'"
    assert ask(server, "push", "test", "device", "3100")["rc"] == "EINVAL"
    assert ask(server, "key", "test") == {"key": "public"}
    assert ask(server, "key", "other") == {"key": "none"}


def test_a_provider_may_go_and_come_back_while_it_is_asked(server):
    assert server.ctl("plugin", "unload", "cellar")[0] == 0
    assert ask(server, "blob", "stat", "a")["text"] == "no plugin provides 'blob'"
    assert server.request("PUT", BLOBS + "a", {})[0] == 409
    assert server.ctl("plugin", "load", "cellar")[0] == 0
    wait_for(lambda: ask(server, "blob", "stat", "a")["text"] == "", "somebody to answer again")
    assert server.request("PUT", BLOBS + "a", {})[0] == 201


def test_a_channel_is_waited_for_until_it_is_loaded(make_server):
    server = make_server(merged(OPEN, merged(DIRS, {"plugins": {"porter": True}})))
    ann, = people(server, "ann")
    ann.make("general")
    ann.say("general", "hi")
    assert ask(server, "channel", "general") == {"rc": "OK", "seq": 1, "at_once": True}
    ann.leave()
    server.stop()
    server.start()
    assert ask(server, "channel", "general") == {"rc": "OK", "seq": 1, "at_once": False}
    assert ask(server, "channel", "nowhere")["rc"] == "ENOENT"
    assert ask(server, "channel", "not a channel")["rc"] == "EINVAL"


def test_documents_of_a_declared_collection_are_found_by_their_member(server):
    assert ask(server, "keep", "people", "ann", "Rome")["rc"] == "OK"
    assert ask(server, "keep", "people", "bob", "Oslo")["rc"] == "OK"
    assert ask(server, "seek", "Oslo") == {"rc": "OK", "key": "bob"}
    assert ask(server, "seek", "ignored") == {"rc": "OK", "key": ""}
    assert ask(server, "keep", "animals", "cat", "Rome")["rc"] == "EINVAL"  # not in the table


def test_two_owners_are_refused(make_server):
    server = make_server(merged(DIRS, {"plugins": {"cellar": True, "cellar-two": True}}), ready=False)
    assert server.process.wait(DEADLINE) != 0
    server.process = None
    assert "provides blob storage, as 'cellar" in server.log()

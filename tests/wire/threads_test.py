"""Threads are paged by number in both directions, and their parent sums them up.

SPDX-License-Identifier: MIT
"""

import pytest
from people import OPEN, cid, people


def thread(server, replies=7):
    ann, bob = people(server, "ann", "bob")
    ann.make("room", bob)
    ann.say("room", "before")
    parent = ann.say("room", "a question")["seq"]
    for n in range(1, replies + 1):
        (bob if n % 2 else ann).say("room", f"r{n}", parent=parent)
        ann.say("room", "between")
    return ann, bob, parent


@pytest.mark.parametrize("ask,want", [
    ({}, [1, 2, 3, 4, 5, 6, 7]), ({"limit": 3}, [5, 6, 7]), ({"limit": 3, "before": 5}, [2, 3, 4]),
    ({"limit": 3, "before": 2}, [1]), ({"before": 1}, []), ({"limit": 3, "after": 0}, [1, 2, 3]),
    ({"limit": 3, "after": 5}, [6, 7]), ({"after": 7}, []), ({"after": 100}, []),
])
@pytest.mark.parametrize("over_http", [False, True])
def test_pages(make_server, ask, want, over_http):
    _, bob, parent = thread(make_server(OPEN))
    if over_http:
        query = "&".join(f"{k}={v}" for k, v in ask.items())
        status, page = bob.http("GET", f"/v1/channels/room/messages/{parent}/thread?{query}")
        assert status == 200, page
    else:
        page = bob.ask("thread.page", channel="room", parent=parent, **ask)
    assert [row["n"] for row in page["rows"]] == want
    assert [row["text"] for row in page["rows"]] == [f"r{n}" for n in want]
    assert page["n"] == 7 and page["parent"]["text"] == "a question"
    if want:
        assert (page["from"], page["to"]) == (want[0], want[-1])


def test_parent_sums_up_and_one_entry_brings_both(make_server):
    ann, bob, parent = thread(make_server(OPEN), 1)
    bob.nothing()
    seq = ann.say("room", "again", parent=parent)["seq"]
    change = bob.event("change", "room")
    rows = {row["id"]: row for row in change["rows"]}
    assert rows[parent]["thread"] == {"n": 2, "last": seq, "user": "ann", "ts": rows[seq]["ts"]}
    assert rows[seq]["n"] == 2 and rows[seq]["parent"] == parent


def test_deleted_reply_keeps_its_number(make_server):
    ann, bob, parent = thread(make_server(OPEN), 3)
    seq = bob.ask("thread.page", channel="room", parent=parent)["rows"][1]["id"]
    ann.ask("message.delete", channel="room", seq=seq, cid=cid())
    rows = bob.ask("thread.page", channel="room", parent=parent)["rows"]
    assert [row["n"] for row in rows] == [1, 2, 3] and rows[1]["deleted"] and "text" not in rows[1]


def test_what_has_no_thread(make_server):
    ann, bob, parent = thread(make_server(OPEN), 1)
    reply = bob.ask("thread.page", channel="room", parent=parent)["rows"][0]["id"]
    assert ann.refused("message.send", channel="room", cid=cid(), text="x", parent=reply) == \
        "no_message"
    assert ann.refused("message.send", channel="room", cid=cid(), text="x", parent=999) == \
        "no_message"
    assert bob.refused("thread.page", channel="room", parent=999) == "no_message"
    assert bob.ask("thread.page", channel="room", parent=1)["rows"] == []
    carol, = people(ann.server, "carol")
    assert carol.refused("thread.page", channel="room", parent=parent) == "no_channel"

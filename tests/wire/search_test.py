"""Search finds words in any script, in what the searcher may read, and nothing else.

SPDX-License-Identifier: MIT
"""

import pytest
from people import OPEN, cid, people

SAID = ["The quick brown fox", "Ein flinker brauner Fuchs", "Быстрая лиса прыгает", "東京都に行きます",
        "สวัสดีชาวโลก", "النص العربي هنا", "École d'été", "emoji 🦊 here", "fox and hound"]


def texts(answer):
    return [found["row"]["text"] for found in answer["found"]]


@pytest.mark.parametrize("words,want", [
    ("fox", ["fox and hound", "The quick brown fox"]), ("FOX quick", ["The quick brown fox"]),
    ("qui", ["The quick brown fox"]), ("qui ", []), ("лиса", ["Быстрая лиса прыгает"]),
    ("ЛИСА", ["Быстрая лиса прыгает"]), ("東京", ["東京都に行きます"]), ("京都", ["東京都に行きます"]),
    ("สวัสดี", ["สวัสดีชาวโลก"]), ("العربي", ["النص العربي هنا"]), ("ecole dete", ["École d'été"]),
    ("🦊", ["emoji 🦊 here"]), ("absent", []), ("fox absent", []),
])
def test_words_of_many_scripts(make_server, words, want):
    ann, bob = people(make_server(OPEN), "ann", "bob")
    ann.make("room", bob)
    for text in SAID:
        ann.say("room", text)
    assert texts(bob.ask("message.search", text=words)) == want
    assert texts(bob.ask("message.search", text=words, channel="room", user="ann")) == want
    assert bob.ask("message.search", text=words, user="bob")["found"] == []


def test_follows_edits_and_deletions(make_server):
    ann, bob = people(make_server(OPEN), "ann", "bob")
    ann.make("room", bob)
    first, second = ann.say("room", "apple")["seq"], ann.say("room", "apple")["seq"]
    ann.ask("message.edit", channel="room", seq=first, ver=1, text="pear", cid=cid())
    ann.ask("message.delete", channel="room", seq=second, cid=cid())
    assert texts(bob.ask("message.search", text="apple")) == []
    found, = bob.ask("message.search", text="pear")["found"]
    assert found["channel"] == "room" and found["row"]["id"] == first


def test_only_where_one_may_read(make_server):
    server = make_server(OPEN)
    ann, bob, carol = people(server, "ann", "bob", "carol")
    ann.make("room", bob)
    ann.say("room", "a secret word")
    assert texts(bob.ask("message.search", text="secret")) == ["a secret word"]
    assert carol.ask("message.search", text="secret")["found"] == []
    assert carol.refused("message.search", text="secret", channel="room") == "no_channel"
    ann.ask("member.kick", channel="room", user="bob", cid=cid())
    bob.row("@bob", "membership")
    assert bob.ask("message.search", text="secret")["found"] == []


def test_not_what_was_said_before_one_came(make_server):
    ann, bob = people(make_server({**OPEN, "channel_types": {
        "group": {"history_for_newcomers": False}}}), "ann", "bob")
    ann.make("room")
    ann.say("room", "secret early")
    ann.ask("member.add", channel="room", user="bob", cid=cid())
    bob.row("@bob", "membership")
    ann.say("room", "secret late")
    assert texts(bob.ask("message.search", text="secret")) == ["secret late"]
    assert texts(ann.ask("message.search", text="secret")) == ["secret late", "secret early"]


def test_not_those_one_blocks(make_server):
    ann, bob = people(make_server(OPEN), "ann", "bob")
    ann.make("room", bob)
    bob.say("room", "hear me")
    ann.ask("block.set", user="bob", cid=cid())
    assert ann.ask("message.search", text="hear")["found"] == []
    assert texts(bob.ask("message.search", text="hear")) == ["hear me"]


@pytest.mark.parametrize("over_http", [False, True])
def test_pages_by_cursor(make_server, over_http):
    ann, bob = people(make_server(OPEN), "ann", "bob")
    ann.make("room", bob)
    ann.make("other", bob)
    for n in range(7):
        ann.say("room" if n % 2 else "other", f"word {n}")

    def page(cursor):
        if over_http:
            return bob.http("GET", f"/v1/search?text=word&limit=3&cursor={cursor}")[1]
        return bob.ask("message.search", text="word", limit=3, cursor=cursor)

    seen, cursor = [], ""
    for _ in range(5):
        answer = page(cursor)
        seen += texts(answer)
        cursor = answer["next"]
        if not cursor:
            break
    assert seen == [f"word {n}" for n in range(6, -1, -1)]


def test_no_word_is_refused(make_server):
    ann, = people(make_server(OPEN), "ann")
    assert ann.refused("message.search", text="!?") == "bad_request"
    assert ann.ask("message.search", text="x") == {"found": [], "next": ""}

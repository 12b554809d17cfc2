"""Limits of the configuration hold: sizes, rates, times a plugin may think, where the store lies.

SPDX-License-Identifier: MIT
"""

import time

import pytest
from people import OPEN, Refused, cid, people
from server import BUILD, merged, wait_for
from websockets.exceptions import ConnectionClosed

IN_FLIGHT = "this session has as many requests under way as limits.in_flight allows"
LATER = {"server": {"plugin_dirs": [str(BUILD / "plugins/.libs"),
                                    str(BUILD / "tests/plugins/.libs")]},
         "plugins": {"later": {}}}


def begin(make_server, *configs):
    """Ann in a channel of her own, on a server with the configurations on top of each other."""
    config = OPEN
    for more in configs:
        config = merged(config, more)
    server = make_server(config)
    (ann,) = people(server, "ann")
    ann.make("general", type="open")
    return server, ann


def test_a_message_has_a_largest_size_and_a_frame_too(make_server):
    _, ann = begin(make_server, {"limits": {"message_bytes": "1KB", "frame_bytes": "4KB"}})
    ann.say("general", "x" * 500)
    with pytest.raises(Refused) as refused:
        ann.say("general", "x" * 1100)
    assert refused.value.code == "limit"
    ann.post("message.send", channel="general", cid=cid(), text="x" * 5000)
    with pytest.raises(ConnectionClosed) as closed:
        ann.receive()
    assert closed.value.rcvd.code == 1009


def test_a_person_is_metered_by_the_type_of_the_channel(make_server):
    _, ann = begin(make_server, {"channel_types": {"open": {"user_rate": "1/m burst 3"}}})
    for _ in range(3):
        ann.say("general")
    with pytest.raises(Refused) as refused:
        ann.say("general")
    assert refused.value.code == "rate" and refused.value.error["retry_ms"] > 0
    ann.make("elsewhere", type="open")
    ann.say("elsewhere")


def test_a_channel_is_metered_by_its_type(make_server):
    server, ann = begin(make_server, {"channel_types": {"open": {"rate": "1/m burst 3"}}})
    (bob,) = people(server, "bob")
    bob.ask("channel.join", cid=cid(), channel="general")
    ann.say("general")
    bob.say("general")
    with pytest.raises(Refused) as refused:
        bob.say("general")
    assert refused.value.code == "rate"


def test_who_is_typing_is_shown_where_the_type_says_so(make_server):
    _, ann = begin(make_server, {"channel_types": {"open": {"typing": False}}})
    assert ann.refused("typing", channel="general", state="start") == "forbidden"
    ann.make("other")
    ann.ask("typing", channel="other", state="start")


def test_the_administrator_says_how_long_a_plugin_may_think(make_server):
    _, ann = begin(make_server, LATER, {"pipeline": {"defer_timeout": "100ms"}})
    began = time.monotonic()
    with pytest.raises(Refused) as refused:
        ann.say("general", "later:1000:hi")
    assert refused.value.code == "busy" and time.monotonic() - began < 0.9


def test_the_administrator_says_what_a_late_plugin_means(make_server):
    _, ann = begin(make_server, LATER, {"pipeline": {"on_deadline": "pass"}})
    assert ann.say("general", "never:hi")["seq"] == 1


def test_the_store_lies_where_it_was_told_to(make_server, tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir(mode=0o700)
    _, ann = begin(make_server, {"store": {"path": str(folder / "talk.db")}})
    ann.say("general")
    assert (folder / "talk.db").stat().st_size > 0


def test_requests_under_way_are_counted_over_both_doors(make_server):
    _, ann = begin(make_server, LATER, {"limits": {"in_flight": 2, "user_rate": "off"}})
    posted = [ann.post("message.send", channel="general", cid=cid(), text="later:400:hm")
              for _ in range(4)]

    def over_http():
        status, answer = ann.http("GET", "/v1/sessions")
        return (status, answer["error"]["text"] if status != 200 else "")

    wait_for(lambda: over_http() == (429, IN_FLIGHT), "to be refused")
    assert [ann.answer(number)["seq"] for number in posted] == [1, 2, 3, 4]
    assert over_http() == (200, "")

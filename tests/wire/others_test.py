"""Nobody waits for somebody else: a stalled I/O thread, slow readers, slow and half-open connections.

SPDX-License-Identifier: MIT
"""

import socket
import time

from people import OPEN, cid, people
from server import BUILD, merged, wait_for
from websockets.sync.client import connect

FREE = merged(OPEN, {
    "limits": {"user_rate": "off", "channel_rate": "off", "connections_per_address": "unlimited",
               "head_timeout": "1s"},
    "channel_types": {"group": {"rate": "off", "user_rate": "off"}}})
STALL_S = 3  # tests/plugins/echo


def quick_ones(persons, until):
    """Those who are answered before the moment; the others' answers are still to come."""
    asked = {person: person.post("session.list") for person in persons}
    quick = []
    for person, number in asked.items():
        try:
            while person.receive(max(0.001, until - time.monotonic())).get("re") != number:
                pass
            quick.append(person)
        except TimeoutError:
            pass
    return quick


def test_a_stalled_io_thread_delays_only_its_own(make_server):
    server = make_server(merged(FREE, {
        "server": {"io_threads": 2, "plugin_dirs": [str(BUILD / "plugins/.libs"),
                                                    str(BUILD / "tests/plugins/.libs")]},
        "plugins": {"echo": True}}))
    persons = people(server, "ann", "bob", "cyd", "dan", "eve", "fay")
    with connect(f"ws://127.0.0.1:{server.port}/stall") as stall:
        began = time.monotonic()
        stall.send("stall")
        quick = quick_ones(persons, began + STALL_S / 2)
        assert 0 < len(quick) < len(persons)
        assert stall.recv(STALL_S * 4) == "stall"
        assert time.monotonic() - began > STALL_S / 2
    for person in persons:
        person.ask("session.list")


def test_a_slow_reader_delays_nobody_and_hears_what_it_missed(make_server):
    ann, bob, slow = people(make_server(FREE), "ann", "bob", "slow")
    ann.make("general", bob, slow)
    count = 300
    for number in range(count):
        ann.post("message.send", channel="general", cid=cid(), text=f"{number} " + "x" * 3900)
    heard = []
    while len(heard) < count:
        event = bob.event("change", "general")
        heard += [row["text"].split()[0] for row in event["rows"] if row["kind"] == "message"]
    assert heard == [str(number) for number in range(count)]
    rev = event["rev"]
    slow.event("change", "general", lambda event: event["rev"] >= rev)


def test_slow_heads_and_half_open_connections_delay_nobody(make_server):
    server = make_server(FREE)
    ann, bob = people(server, "ann", "bob")
    ann.make("general", bob)
    half_open = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(50)]
    for number, each in enumerate(slow):
        each.sendall(b"GET / HTTP/1.1\r\nHo" if number % 2 else
                     b"POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{")
    began = time.monotonic()
    for number in range(20):
        ann.ask("message.send", channel="general", cid=cid(), text=str(number))
        bob.event("change", "general")
    assert time.monotonic() - began < 10
    late = slow[1]
    late.settimeout(1)
    wait_for(lambda: ended(late), "a slow head to be refused")
    for each in half_open + slow:
        each.close()


def ended(sock):
    """Has the server answered with an error, or closed?"""
    try:
        said = sock.recv(4096)
    except TimeoutError:
        return False
    return said == b"" or said.startswith(b"HTTP/1.1 408 ")

"""/metrics: OpenMetrics text that counts what happened, and who may read it.

SPDX-License-Identifier: MIT
"""

import re

from people import OPEN, people, sign_in
from server import merged

NAMES = {
    "confab_connections": "gauge",
    "confab_events": "counter",
    "confab_queue_bytes": "gauge",
    "confab_commit_entries": "histogram",
    "confab_commit_seconds": "histogram",
    "confab_delivery_seconds": "histogram",
}


def values(text):
    """Name with labels to value, of every sample."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}


def test_a_message_is_counted_from_its_commit_to_its_readers(make_server):
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    ann.make("general", bob)
    bob.ask("channel.watch", channel="general", level="watch")
    ann.say("general", "hi")
    bob.row("general")
    assert ann.refused("message.send", channel="nowhere", cid="lost-01234567890", text="hi")
    seen = values(server.request("GET", "/metrics")[1])
    assert seen['confab_events_total{kind="message.send",verdict="ok"}'] == 1
    assert seen['confab_events_total{kind="message.send",verdict="refused"}'] == 1
    assert seen['confab_connections{state="websocket"}'] == 2
    assert seen["confab_commit_entries_count"] == seen["confab_commits_total"] > 0
    assert seen["confab_commit_entries_sum"] == seen["confab_entries_total"]
    assert seen["confab_delivery_seconds_count"] >= 1
    buckets = [value for name, value in seen.items()
               if name.startswith("confab_delivery_seconds_bucket")]
    assert buckets == sorted(buckets) and buckets[-1] == seen["confab_delivery_seconds_count"]


def test_the_text_is_open_metrics(server):
    status, text = server.request("GET", "/metrics")
    assert status == 200 and text.endswith("# EOF\n")
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    assert {name: types.get(name) for name in NAMES} == NAMES
    suffix = r"(_total|_bucket|_count|_sum)?$"
    for sample in values(text):
        name = sample.split("{")[0]
        assert name in types or re.sub(suffix, "", name) in types, sample
        if types.get(re.sub(r"_total$", "", name)) == "counter":
            assert name.endswith("_total"), sample


def test_a_proxy_that_is_not_known_makes_nobody_local(server):
    status, _ = server.request("GET", "/metrics", headers={"X-Forwarded-For": "192.0.2.7"})
    assert status == 403


def test_metrics_for_administrators_only(make_server):
    server = make_server(merged(OPEN, {"http": {"metrics": "admin"}}))
    assert server.request("GET", "/metrics")[0] == 401
    assert server.request("GET", "/metrics", token="nonsense")[0] == 403
    assert server.request("GET", "/metrics", token=sign_in(server, "ann")["access"])[0] == 403


def test_metrics_may_be_off(make_server):
    server = make_server({"http": {"metrics": "off"}})
    assert server.request("GET", "/metrics")[0] == 404

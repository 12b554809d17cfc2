"""/metrics: OpenMetrics text that counts what happened, and who may read it.

SPDX-License-Identifier: MIT
"""

import re

import yaml
from person import OPEN, Person, account, run

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

    async def talk():
        ann = await Person.enter(server, account(server, "ann"))
        await ann.ask("channel.create", cid="create-0123456789", type="open", channel="general")
        await ann.ask("channel.watch", channel="general", level="watch")
        await ann.ask("message.send", channel="general", cid="first-0123456789", text="hi")
        await ann.until(lambda m: m.get("ev") == "change" and m["channel"] == "general")
        refused = await ann.ask("message.send", channel="nowhere", cid="lost-01234567890", text="hi")
        assert refused["error"]["code"] == "no_channel"
        return values(server.request("GET", "/metrics")[1])

    seen = run(talk())
    assert seen['confab_events_total{kind="message.send",verdict="ok"}'] == 1
    assert seen['confab_events_total{kind="message.send",verdict="refused"}'] == 1
    assert seen['confab_connections{state="websocket"}'] == 1
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
    server = make_server({**OPEN, "http": {"metrics": "admin"}})
    assert server.request("GET", "/metrics")[0] == 401
    assert server.request("GET", "/metrics", token="nonsense")[0] == 403
    assert server.request("GET", "/metrics", token=account(server, "ann"))[0] == 403


def test_metrics_may_be_off(make_server):
    server = make_server(yaml.safe_load("http: {metrics: 'off'}"))
    assert server.request("GET", "/metrics")[0] == 404

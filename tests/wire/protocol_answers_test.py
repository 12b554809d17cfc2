"""Every op, asked rightly, is answered in its declared shape, on both doors; so are events and rows.

An op that somebody adds is played from its row. Where a question needs more than its fields' names tell,
stage.PARTICULAR says it; where the stage has nothing to ask about, the answer may be "not found".

SPDX-License-Identifier: MIT
"""

import jsonschema
import pytest
from people import OPEN, Person, Refused, cid, sign_in
from rows import documents, error_table, ops, strict
from server import Server, merged
from stage import Stage

CONFIG = merged(OPEN, {
    "limits": {"user_rate": "off", "address_rate": "off", "channel_rate": "off"},
    "channel_types": {t: {"rate": "off", "user_rate": "off"}
                      for t in ("direct", "group", "open", "broadcast")}})

# Ops that cannot end well here, and the only codes they may be refused with.
WITHOUT = {
    "setup.redeem": {"token"},             # the link was used by the stage
    "held.approve": {"not_found"},         # nothing is held without a plugin that holds
    "held.reject": {"not_found"},
    "held.withdraw": {"not_found"},
    "session.revoke": {"not_found"},       # has a test of its own below
    "auth.invite": {"refused"},            # registration is open
    "invite.accept": {"no_invite"},        # invites_test and links_test play them
    "invite.revoke": {"no_invite"},
    "link.revoke": {"no_invite"},
    "link.redeem": {"no_invite"},
    "link.look": {"no_invite"},
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("server"), CONFIG) as server:
        yield Stage(server)
        print(server.log()[-4000:])


def judge(op, answer, error, table, faults):
    try:
        if error:
            assert error["code"] in table, f"{op}: the code is in no table: {error}"
            assert error["code"] in WITHOUT.get(op.name, ()), f"{op}: {error}"
            assert error["retry"] == table[error["code"]]["retry"] or error.get("retry_ms")
        else:
            op.check(answer)
    except AssertionError as fault:
        faults.append(str(fault)[:1200])


def actor(stage, op):
    return stage["admin" if op.actor == "admin" or any(
        g.get("grant") == "users.manage" for g in op.grants) else "owner"]


def play(stage, op):
    """(person, arguments) of an op in a fresh group channel."""
    place = stage.channel("group", talk=False)
    person = actor(stage, op)
    arguments = stage.arguments(op, place, person.id, own=True)
    if op.name == "channel.join":
        place = stage.channel("open", talk=False)
        return stage["stranger"], {**arguments, "channel": place.id}
    if op.name.startswith("auth.") and op.actor == "user" or op.name in ("hello", "session.renew"):
        person = Person(stage.server, sign_in(stage.server, "outsider", "login")).enter(watch=[])
        arguments.update((k, getattr(person, k)) for k in arguments if k in ("token", "refresh"))
        if op.name == "auth.logout":
            arguments = {}
    if op.name == "auth.refresh":
        arguments["refresh"] = sign_in(stage.server, "outsider", "login")["refresh"]
    return person, arguments


def test_over_websocket(stage):
    table, faults = error_table(stage.server), []
    for op in ops(stage.server):
        if not op.over_ws:
            continue
        person, arguments = play(stage, op)
        try:
            judge(op, person.ask(op.name, **arguments), None, table, faults)
        except Refused as refused:
            judge(op, None, refused.error, table, faults)
    assert not faults, "\n".join(faults)


def test_over_http(stage):
    table, faults = error_table(stage.server), []
    for op in ops(stage.server):
        if not op.path:
            continue
        person, arguments = play(stage, op)
        path, body = op.url(arguments)
        status, answer = stage.server.request(
            op.method, path, body, token=person.token if op.actor != "anybody" else None)
        error = answer.get("error") if isinstance(answer, dict) else {"code": f"text: {answer}"}
        judge(op, answer, error, table, faults)
        if error and status != table.get(error["code"], {}).get("status"):
            faults.append(f"{op}: {error['code']} came with status {status}")
        if not error and status != 200:
            faults.append(f"{op}: status {status}")
    assert not faults, "\n".join(faults)


def test_events_and_rows_have_their_shapes(stage):
    """Everything that comes unasked, while all ops are played by the owner."""
    document = documents(stage.server)[1]
    components = strict(document["components"])
    shapes = {m["name"]: jsonschema.Draft202012Validator(
        {**strict(m["payload"]), "components": components})
        for key, m in document["components"]["messages"].items() if key.endswith("_event")}
    watcher = Person(stage.server, sign_in(stage.server, "victim", "login")).enter(watch="all")
    for op in ops(stage.server):
        if op.over_ws and (op.is_change or op.name in ("typing", "read")):
            place = stage.channel("group")
            watcher.ask("channel.watch", channel=place.id, level="watch")
            person = actor(stage, op)
            try:
                person.ask(op.name, **stage.arguments(op, place, person.id, own=True))
            except Refused:
                pass
    events = watcher.nothing()
    for name, person in stage.people.items():
        if name != "outsider":  # whom some ops lock out
            events += person.nothing()
    assert {"change", "notice", "typing"} <= {e["ev"] for e in events}
    faults = set()
    for event in events:
        for error in shapes[event["ev"]].iter_errors(event):
            best = jsonschema.exceptions.best_match([error])
            faults.add(f"{event['ev']}: {best.message[:300]} at {list(best.absolute_path)} in "
                       f"{str(event)[:600]}")
    assert not faults, f"{len(faults)} faults\n" + "\n".join(sorted(faults)[:12])


def test_a_change_repeated_is_answered_alike(stage):
    place = stage.channel("group", talk=False)
    sent = {"channel": place.id, "cid": cid(), "text": "once"}
    first = stage["owner"].ask("message.send", **sent)
    again = stage["owner"].ask("message.send", **sent, again=True)
    assert again == {**first, "again": True}

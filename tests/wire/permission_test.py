"""The permission table, played: every op by every role in every type of channel, over WebSocket and HTTP.

What is expected is computed from the rows and the configuration (permission.py); "removed" and the last
test are the column "after revocation". An op that somebody adds is in the table at once.

SPDX-License-Identifier: MIT
"""

import pytest
from people import OPEN, Person, Refused, cid, sign_in
from permission import JOINED, OUTSIDE, REFUSALS, TYPES, Permissions, both_ways, of_users
from server import Server, merged
from stage import Stage

CONFIG = merged(OPEN, {
    "limits": {"user_rate": "off", "address_rate": "off", "channel_rate": "off"},
    "channel_types": {t: {"rate": "off", "user_rate": "off"} for t in TYPES}})

# They end the session that asks, or need another one: protocol_answers_test plays them.
ELSEWHERE = {"hello", "auth.logout", "auth.password", "session.renew"}

# Changes that leave the channel and its people as they were.
HARMLESS = ("user.", "mark.", "draft.", "mute.", "block.", "held.", "session.", "pin.", "invite.",
            "link.", "message.send", "channel.update", "channel.create", "plugin.")


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("server"), CONFIG) as server:
        yield Stage(server)
        print(server.log()[-4000:])


def over_websocket(person, op, arguments):
    try:
        person.ask(op.name, **arguments)
        return None
    except Refused as refused:
        return refused.code


def over_http(person, op, arguments):
    path, body = op.url(arguments)
    status, answer = person.http(op.method, path, body)
    code = answer["error"]["code"] if status != 200 else None
    assert not (code in REFUSALS and status not in (401, 403, 404)), (op, status, answer)
    return code


class Table:
    """One type of channel being played over one door."""

    def __init__(self, stage, type, door, locked=False):
        self.stage, self.type, self.door, self.locked = stage, type, door, locked
        self.place, self.talked = None, False
        self.faults = []
        self.played = 0
        self.refused = 0

    def ready(self, talk):
        if not self.place or (talk and not self.talked):
            self.place, self.talked = self.stage.channel(self.type, talk), talk
            if self.locked:
                self.stage["owner"].ask("channel.update", cid=cid(), channel=self.place.id, locked=True)
        return self.place

    def play(self, op, role, own, expected):
        place = self.ready(len(both_ways(op)) > 1)
        if own and place.seq(role, own=True) is None:
            return
        arguments = self.stage.arguments(op, place, role, own)
        code = self.door(self.stage[role], op, arguments)
        self.played += 1
        self.refused += code in REFUSALS
        right = code in expected if expected else code not in REFUSALS
        if not right:
            self.faults.append(f"{op}{' (own)' if own else ''} by {role} in {self.type}: "
                               f"{code or 'done'}, not {' or '.join(expected) or 'done'}")
        if not code and op.is_change and not op.name.startswith(HARMLESS):
            self.place = None


@pytest.mark.parametrize("type", TYPES)
@pytest.mark.parametrize("door", [over_websocket, over_http])
def test_table(stage, type, door):
    permissions, table = Permissions(stage.server), Table(stage, type, door)
    for op in of_users(stage.server):
        if op.name in ELSEWHERE or (not op.path if door is over_http else not op.over_ws):
            continue
        roles = ("owner", "stranger", "admin") if type == "direct" else (*JOINED, *OUTSIDE)
        for own in both_ways(op):
            cases = [(permissions.expected(op, role, type, own), role) for role in roles]
            for expected, role in sorted(cases, key=lambda case: not case[0]):
                table.play(op, role, own, expected)
    assert not table.faults, f"{len(table.faults)} of {table.played}\n" + "\n".join(table.faults)
    assert table.played > 100 and table.refused > 20, "the table has lost its rows"


@pytest.mark.parametrize("type", ["group", "open"])
def test_table_of_a_locked_channel(stage, type):
    """What is said, by every role: only who may lock speaks; all else is as it was."""
    permissions = Permissions(stage.server, locked=True)
    table = Table(stage, type, over_websocket, locked=True)
    for op in of_users(stage.server):
        if op.name in ELSEWHERE or not op.over_ws or not op.name.startswith(("message.", "typing", "pin.")):
            continue
        for own in both_ways(op):
            for role in (*JOINED, *OUTSIDE):
                table.play(op, role, own, permissions.expected(op, role, type, own))
    assert not table.faults, f"{len(table.faults)} of {table.played}\n" + "\n".join(table.faults)
    assert table.played > 40 and table.refused > 20, "the table has lost its rows"


@pytest.mark.parametrize("role", [*JOINED, *OUTSIDE])
def test_unknown_verbs_are_refused(stage, role):
    place = stage.channel("group", talk=False)
    assert stage[role].refused("message.shout", channel=place.id, cid=cid()) == "unknown_op"
    status, answer = stage[role].http("POST", f"/v1/channels/{place.id}/shouts", {"cid": cid()})
    assert (status, answer["error"]["code"]) == (404, "no_path")


def test_nobody_may_anything(stage):
    """Without a token, and with one that is nobody's."""
    place = stage.channel("open", talk=False)
    for op in of_users(stage.server):
        if not op.path:
            continue
        path, body = op.url(stage.arguments(op, place, "owner"))
        for token in (None, "nobody.s.token"):
            status, answer = stage.server.request(op.method, path, body, token)
            assert (status, answer["error"]["code"]) == (401, "token"), (op, token, answer)


def test_after_revocation_of_the_session(stage):
    """The same requests that went well a moment ago; the WebSocket is closed."""
    place = stage.channel("open", talk=False)
    person = Person(stage.server, sign_in(stage.server, "member", "login")).enter(watch=[])
    assert person.http("GET", "/v1/sessions")[0] == 200
    stage["member"].ask("session.revoke", session=person.session, cid=cid())
    assert person.closed() == 4401
    for op in of_users(stage.server):
        if op.path:
            path, body = op.url(stage.arguments(op, place, "member"))
            status, answer = person.http(op.method, path, body)
            assert (status, answer["error"]["code"]) == (401, "token"), (op, answer)
    assert stage["member"].ask("session.list"), "the other session lives"
    assert stage["member"].http("GET", "/v1/sessions")[0] == 200

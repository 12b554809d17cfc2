"""Two people talk, one is away, the server is killed: nothing is missing.

SPDX-License-Identifier: MIT
"""

import asyncio
import json

import websockets

CONFIG = {"plugins": {"auth-local": {"register": "open"}}}
PASSWORD = "correct horse battery"


class Person:
    """A session over WebSocket: replies by id, events as they come."""

    def __init__(self, socket):
        self.socket = socket
        self.next_id = 1

    async def ask(self, op, **fields):
        self.next_id += 1
        await self.socket.send(json.dumps({"op": op, "id": self.next_id, **fields}))
        return await self.until(lambda m: m.get("re") == self.next_id)

    async def until(self, wanted):
        while True:
            message = json.loads(await asyncio.wait_for(self.socket.recv(), 10))
            if wanted(message):
                return message


async def enter(server, token):
    socket = await websockets.connect(server.ws_url, subprotocols=["confab.v1"])
    person = Person(socket)
    hello = await person.ask("hello", token=token, watch="all")
    return person, hello["ok"]


def account(server, verb, user):
    status, answer = server.request(
        "POST", f"/v1/auth/{verb}", {"user": user, "password": PASSWORD})[:2]
    assert status == 200, answer
    return answer["access"]


def test_two_people_talk_and_a_kill_loses_nothing(make_server):
    server = make_server(CONFIG)
    ann_token, bob_token = account(server, "register", "ann"), account(server, "register", "bob")

    async def before():
        ann, _ = await enter(server, ann_token)
        bob, _ = await enter(server, bob_token)
        await ann.ask("channel.create", cid="create-0123456789", type="open", channel="general")
        await bob.ask("channel.join", cid="join-0123456789ab", channel="general")
        await bob.ask("channel.watch", channel="general", level="watch")
        sent = await ann.ask(
            "message.send", channel="general", cid="first-0123456789", text="hi bob")
        seen = await bob.until(
            lambda m: m.get("ev") == "change" and m["channel"] == "general")
        assert seen["prev"] + 1 == seen["rev"] == sent["ok"]["rev"]
        assert seen["rows"][0]["text"] == "hi bob"
        await bob.socket.close()
        away = await ann.ask(
            "message.send", channel="general", cid="second-012345678", text="are you there")
        return sent["ok"], away["ok"]

    first, second = asyncio.run(before())
    server.kill()
    server.start()

    async def after():
        bob, hello = await enter(server, account(server, "login", "bob"))
        general = [c for c in hello["channels"] if c["id"] == "general"][0]
        assert (general["rev"], general["unread"]) == (second["rev"], 2)
        synced = (await bob.ask("sync", channels=[{"id": "general", "rev": first["rev"]}]))["ok"]
        assert [row["text"] for row in synced["channels"][0]["rows"]] == ["are you there"]
        ann, _ = await enter(server, account(server, "login", "ann"))
        again = await ann.ask("message.send", channel="general", cid="second-012345678",
                              text="are you there", again=True)
        assert again["ok"] == {**second, "again": True}

    asyncio.run(after())

"""A person at a WebSocket: asks and is answered, and hears events.

    ann = await Person.enter(server, account(server, "ann"))
    await ann.ask("channel.join", cid=cid(), channel="general")

SPDX-License-Identifier: MIT
"""

import asyncio
import json

import websockets
from server import DEADLINE

OPEN = {"plugins": {"auth-local": {"register": "open"}}}
PASSWORD = "correct horse battery"


def account(server, user, verb="register"):
    """Register (or log in) over HTTP and give the access token."""
    status, answer = server.request(
        "POST", f"/v1/auth/{verb}", {"user": user, "password": PASSWORD})
    assert status == 200, answer
    return answer["access"]


def run(coroutine):
    """Run it to its end, within the deadline."""
    return asyncio.run(asyncio.wait_for(coroutine, DEADLINE * 2))


class Person:
    """A session over WebSocket: replies by id, events as they come."""

    def __init__(self, socket):
        self.socket = socket
        self.next_id = 1
        self.hello = None

    @classmethod
    async def connect(cls, server):
        """A connection without a hello."""
        return cls(await websockets.connect(server.ws_url, subprotocols=["confab.v1"]))

    @classmethod
    async def enter(cls, server, token, **fields):
        """A connection whose hello was answered; the answer is in .hello."""
        person = await cls.connect(server)
        answer = await person.ask("hello", token=token, **fields)
        assert "ok" in answer, answer
        person.hello = answer["ok"]
        return person

    async def ask(self, op, **fields):
        """Send a request and wait for its reply; events that come before are dropped."""
        self.next_id += 1
        mine = self.next_id
        await self.socket.send(json.dumps({"op": op, "id": mine, **fields}))
        return await self.until(lambda m: m.get("re") == mine)

    async def until(self, wanted):
        """The first message that is wanted; those before it are dropped."""
        while True:
            message = json.loads(await asyncio.wait_for(self.socket.recv(), DEADLINE))
            if wanted(message):
                return message

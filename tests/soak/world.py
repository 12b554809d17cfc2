"""A real confabd and its clients for the soaks, and what is kept of a run:

    DIR/confab.yaml, confabd.log, data/     the server's
    DIR/records/NAME.jsonl                  what each client wrote down
    DIR/story.json                          what was read at the end

SPDX-License-Identifier: MIT
"""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "wire"))

from client import Client  # noqa: E402
from record import Order, Record, read  # noqa: E402
from server import BUILD, Server, merged  # noqa: E402
from story import read_all, read_store  # noqa: E402

QUIET_S = 60
POLL_S = 0.02


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwt(secret, user):
    """A token for a user, good for a day (RFC 7519, HS256)."""
    head = _base64url(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    claims = _base64url(json.dumps({"sub": user, "exp": int(time.time()) + 86400}).encode())
    signed = f"{head}.{claims}"
    return signed + "." + _base64url(
        hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())


class World:
    """One server in one folder, and clients that outlive its deaths."""

    def __init__(self, folder, names, config, tap=None, env=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.records = self.folder / "records"
        self.records.mkdir(exist_ok=True)
        self.secret = secrets.token_hex(32)
        (self.folder / "secret").write_text(self.secret)
        self.server = Server(self.folder, merged({
            "server": {"plugin_dirs": [str(BUILD / "plugins/.libs"),
                                       str(BUILD / "tests/plugins/.libs")]},
            "plugins": {"auth-jwt": {"secret": {"file": str(self.folder / "secret")}}},
        }, config), env)
        order = Order()
        self.clients = [self._client(name, Record(self.records / f"{name}.jsonl", order), tap)
                        for name in names]
        self.tasks = []

    def _client(self, name, record, tap=None):
        return Client(name, jwt(self.secret, name), record, lambda: self.server.ws_url, tap)

    async def start(self):
        await asyncio.to_thread(self.server.start)

    def enter(self):
        """The clients connect, and do so again whenever they must."""
        self.tasks += [asyncio.ensure_future(client.run()) for client in self.clients]

    def look(self):
        """Raise what broke a client."""
        for client in self.clients:
            if client.broken:
                raise AssertionError(f"client {client.name} broke") from client.broken

    async def until(self, condition, what, deadline=QUIET_S):
        end = time.monotonic() + deadline
        while not condition():
            self.look()
            if time.monotonic() > end:
                what = what() if callable(what) else what
                raise AssertionError(f"waited {deadline} s in vain for {what}")
            await asyncio.sleep(POLL_S)

    async def quiet(self):
        """Nothing is under way at any client."""
        def all_quiet():
            return all(client.quiet() for client in self.clients)
        await self.until(all_quiet, lambda: "quiet: " + "; ".join(
            c.name + " has " + c.unrest() for c in self.clients if not c.quiet()))

    async def settled(self, deadline):
        """What must follow the commits has followed: own logs and channels agree, if they ever do."""
        end = time.monotonic() + deadline
        while time.monotonic() < end and not self._agree():
            self.look()
            await asyncio.sleep(POLL_S)

    def _agree(self):
        told = {(client.name, row["id"]) for client in self.clients
                for row in client.logs[client.own].living().values() if row["kind"] == "membership"}
        real = {(row["id"], log) for client in self.clients for log, held in client.logs.items()
                for row in held.living().values()
                if row["kind"] == "member" and ("member", client.name) in held.living()}
        return told == real

    async def leave(self):
        for client in self.clients:
            await client.stop()
        await asyncio.gather(*self.tasks)
        self.tasks = []
        for client in self.clients:
            client.record.close()

    async def tell(self):
        """A newcomer for every user reads all there is; then the server ends and its file is read."""
        order = Order()
        story = {"clients": {}, "hello": {}}
        for old in self.clients:
            record = Record(self.folder / f"last-{old.name}.jsonl", order)
            new = self._client(old.name, record)
            task = asyncio.ensure_future(new.run())
            await self.until(new.quiet, f"a last look by {new.name}")
            story["clients"][old.name] = await read_all(new)
            await new.stop()
            await task
            record.close()
            hello = [line for line in read(record.path) if line["t"] == "hello"][-1]
            story["hello"][old.name] = hello["ok"]
            record.path.unlink()
            story.setdefault("held", {})[old.name] = {
                log: {"rev": held.rev, "rows": list(held.living().values())}
                for log, held in old.logs.items()}
        await asyncio.to_thread(self.server.stop)
        story["store"] = read_store(self.folder / "data/confab.db")
        (self.folder / "story.json").write_text(json.dumps(story, ensure_ascii=False))
        return story

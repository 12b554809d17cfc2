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
from model import is_gone  # noqa: E402
from record import Order, Record, read, user_of  # noqa: E402
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

    def __init__(self, folder, names, config, tap=None, env=None, kinds=None):
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
        self.clients = [self._client(name, Record(self.records / f"{name}.jsonl", order, kinds), tap)
                        for name in names]
        self.tasks = []

    def _client(self, name, record, tap=None):
        return Client(name, jwt(self.secret, user_of(name)), record, lambda: self.server.ws_url, tap)

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
        told = {(client.user, row["id"]) for client in self.clients
                for row in client.logs[client.own].living().values() if row["kind"] == "membership"}
        real = {(row["id"], log) for client in self.clients for log, held in client.logs.items()
                for row in held.living().values()
                if row["kind"] == "member" and not is_gone(row) and
                not is_gone(held.rows.get(("member", client.user), {"gone": True}))}
        return told == real

    async def leave(self):
        for client in self.clients:
            await client.stop()
        await asyncio.gather(*self.tasks)
        self.tasks = []
        for client in self.clients:
            client.record.close()

    async def last_look(self, old, paged=None):
        """A newcomer of one user reads all there is. paged: channels whose pages are read (None: all);
        they are taken out. Gives a story of that user alone."""
        record = Record(self.folder / f"last-{old.name}.jsonl", Order(), ("hello",))
        new = self._client(old.name, record)
        task = asyncio.ensure_future(new.run())
        await self.until(new.quiet, lambda: f"a last look by {new.name}: {new.unrest()}")
        logs = await read_all(new, paged)
        await new.stop()
        await task
        record.close()
        hello = read(record.path)[-1]["ok"]
        record.path.unlink()
        held = {log: {"rev": held.rev, "rows": list(held.living().values())}
                for log, held in old.logs.items()}
        return {"clients": {old.name: logs}, "hello": {old.name: hello}, "held": {old.name: held}}

    async def tell(self, laws):
        """Everybody's last look; then the server ends and its file is read."""
        story = {"clients": {}, "hello": {}, "held": {}, "laws": laws}
        for old in self.clients:
            for part, told in (await self.last_look(old)).items():
                story[part].update(told)
        await asyncio.to_thread(self.server.stop)
        story["store"] = self.store()
        (self.folder / "story.json").write_text(json.dumps(story, ensure_ascii=False))
        return story

    def store(self):
        """What the file of a stopped server holds."""
        return read_store(self.folder / "data/confab.db")

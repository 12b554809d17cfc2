"""People who use the server: accounts, sessions over WebSocket, and the same verbs over HTTP.

    ann, bob = people(server, "ann", "bob")          accounts and sessions
    ann.make("general", bob)                         a group channel with both in it
    seq = ann.say("general", "hi")                   what the reply's ok holds: ["seq"], ["rev"] …
    bob.event("change", "general")                   the next one, with a deadline

SPDX-License-Identifier: MIT
"""

import itertools
import json
import time

from server import DEADLINE
from websockets.sync.client import connect

PASSWORD = "correct horse battery"
OPEN = {"plugins": {"auth-local": {"register": "open", "hash_memory": "8MB", "hash_passes": 1}}}
_cids = itertools.count(1)


def cid():
    """A name for a change that no other has."""
    return f"cid-{next(_cids):020d}"


class Refused(Exception):
    """The server answered with an error; code is its word."""

    def __init__(self, error):
        super().__init__(f"{error.get('code')}: {error.get('text')}")
        self.error = error
        self.code = error.get("code")


def sign_in(server, user, verb="register", **more):
    """An account made or entered over HTTP. Gives what auth.register and auth.login answer."""
    status, answer = server.request(
        "POST", f"/v1/auth/{verb}", {"user": user, "password": PASSWORD, **more})
    assert status == 200, answer
    return answer


class Person:
    """A user with a token and, after hello, a session over WebSocket."""

    def __init__(self, server, signed_in):
        self.server = server
        self.id = signed_in["user"]
        self.token = signed_in["access"]
        self.refresh = signed_in["refresh"]
        self.session = signed_in["session"]
        self.socket = None
        self.events = []
        self.hello = None
        self.last_id = 0

    def enter(self, watch="all", **fields):
        """Connect and say hello; its answer is kept in hello."""
        self.socket = connect(self.server.ws_url, subprotocols=["confab.v1"],
                              open_timeout=DEADLINE, ping_interval=None).__enter__()
        self.events = []
        self.hello = self.ask("hello", token=self.token, watch=watch, **fields)
        return self

    def leave(self):
        """Close the connection; the session stays."""
        self.socket.close()

    def post(self, op, **fields):
        """Send a request without waiting. Gives its id."""
        self.last_id += 1
        self.socket.send(json.dumps({"op": op, "id": self.last_id, **fields}))
        return self.last_id

    def receive(self, timeout=DEADLINE):
        """The next message, whatever it is."""
        return json.loads(self.socket.recv(timeout))

    def answer(self, number):
        """The answer to a request that was posted; events that come before it are kept."""
        end = time.monotonic() + DEADLINE
        while True:
            message = self.receive(max(0.01, end - time.monotonic()))
            if message.get("re") == number:
                if "error" in message:
                    raise Refused(message["error"])
                return message["ok"]
            self.events.append(message)

    def ask(self, op, **fields):
        """A request over WebSocket; its ok, or Refused."""
        return self.answer(self.post(op, **fields))

    def refused(self, op, **fields):
        """A request that must be refused; the code."""
        try:
            answer = self.ask(op, **fields)
        except Refused as refused:
            return refused.code
        raise AssertionError(f"{op} was not refused: {answer}")

    def http(self, method, path, body=None, **more):
        """The same over HTTP: (status, JSON)."""
        return self.server.request(method, path, body, token=self.token, **more)

    def event(self, name, channel=None, wanted=lambda event: True):
        """The next event of a name (of a channel); others before it are dropped."""
        end = time.monotonic() + DEADLINE
        while True:
            event = self.events.pop(0) if self.events else self.receive(
                max(0.01, end - time.monotonic()))
            if event.get("ev") == name and channel in (None, event.get("channel")) and \
                    wanted(event):
                return event

    def row(self, channel, kind="message", wanted=lambda row: True):
        """The next row of a kind that a change brings."""
        while True:
            for row in self.event("change", channel)["rows"]:
                if row["kind"] == kind and wanted(row):
                    return row

    def nothing(self):
        """What came unasked up to now: a question behind it proves that nothing else did."""
        self.ask("session.list")
        events, self.events = self.events, []
        return events

    def closed(self):
        """Wait until the server closes the connection; the code."""
        end = time.monotonic() + DEADLINE
        while True:
            try:
                self.events.append(self.receive(max(0.01, end - time.monotonic())))
            except TimeoutError:
                raise
            except Exception:  # pylint: disable=broad-except
                return self.socket.close_code

    # ---- what people do ----

    def make(self, channel, *others, type="group", **fields):
        """Create a channel and watch it; others become members and watch it too."""
        self.ask("channel.create", cid=cid(), type=type, channel=channel,
                 **({"members": [o.id for o in others]} if others else {}), **fields)
        for other in others:
            other.row(f"@{other.id}", "membership", lambda row: row["id"] == channel)
        for person in (self, *others):
            person.ask("channel.watch", channel=channel, level="watch")
        return channel

    def say(self, channel, text="hi", **fields):
        return self.ask("message.send", channel=channel, cid=cid(), text=text, **fields)

    def sync(self, log, rev=0):
        """The rows of a log after a rev, all pages."""
        rows = []
        while True:
            item = self.ask("sync", channels=[{"id": log, "rev": rev}])["channels"][0]
            rows += item.get("rows", [])
            if not item.get("more"):
                return rows
            rev = item["rev"]

    def item(self, channel):
        """What a fresh hello says of a channel."""
        other = Person(self.server, sign_in(self.server, self.id, "login"))
        other.enter()
        found = [c for c in other.hello["channels"] if c["id"] == channel]
        other.leave()
        return found[0] if found else None


def people(server, *names, watch="all"):
    """Accounts of these names, each with a session."""
    return [Person(server, sign_in(server, name)).enter(watch) for name in names]

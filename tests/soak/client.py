"""A client that is as good as the protocol asks: it keeps what it holds over every loss of the
connection, syncs by the stream rule, and sends what was not acknowledged again with its cid.

SPDX-License-Identifier: MIT
"""

import asyncio
import json
from collections import OrderedDict

import websockets
from held import Held
from record import user_of

SYNC_LOGS = 50
RETRY_S = 0.03
AGAIN_MAX_MS = 200
BUSY_MAX = 5        # what was refused as busy so often is given up: certainly not written


class Request:
    """One change on its way: it is asked until its answer says done or refused."""

    def __init__(self, op, channel, cid, args):
        self.op = op
        self.channel = channel
        self.cid = cid
        self.args = args
        self.conn = None    # where it is in flight
        self.tries = 0
        self.busy = 0
        self.answered = None

    def fields(self):
        fields = {**self.args, "cid": self.cid}
        if self.channel:
            fields["channel"] = self.channel
        if self.tries > 1:
            fields["again"] = True
        return fields


class Client:
    """One user on one device."""

    def __init__(self, name, token, record, where, tap=None):
        self.name = name
        self.user = user_of(name)
        self.token = token
        self.record = record
        self.where = where          # () → URL
        self.tap = tap              # (client, frame) → frames: what lies between us and the server
        self.logs = {}              # id → Held
        self.pending = OrderedDict()    # cid → Request
        self.done = []              # requests that were answered for good, the last few
        self.session = None
        self.socket = None
        self.conn = 0
        self.next_id = 0
        self.waiting = {}           # id → (what to do with its answer)
        self.syncing = set()
        self.running = True
        self.ready = asyncio.Event()
        self.on_answer = None       # (request, outcome) → None
        self.refused = {}           # code → how often
        self.broken = None

    @property
    def own(self):
        return "@" + self.user

    # ---- life ----

    async def run(self):
        """Connect, and again whenever the connection is lost, until stop()."""
        while self.running:
            try:
                await self._connected()
            except (OSError, asyncio.TimeoutError, websockets.exceptions.WebSocketException):
                pass
            except Exception as why:    # a client that dies silently would prove nothing
                self.broken = why
                raise
            finally:
                self._lost()
            if self.running:
                await asyncio.sleep(RETRY_S)

    async def stop(self):
        self.running = False
        if self.socket:
            await self.socket.close()

    async def _connected(self):
        async with websockets.connect(
                self.where(), subprotocols=["confab.v1"], compression=None, max_size=None,
                open_timeout=10, close_timeout=1, ping_interval=None) as socket:
            self.conn += 1
            self.socket = socket
            fields = {"session": self.session} if self.session else {}
            self._ask("hello", {"token": self.token, "watch": "all", **fields}, self._hello)
            async for text in socket:
                frame = json.loads(text)
                for each in self.tap(self, frame) if self.tap else (frame,):
                    self._frame(each)

    def _lost(self):
        if self.socket:
            self.record.add("closed", conn=self.conn)
        self.socket = None
        self.ready.clear()
        self.waiting.clear()
        self.syncing.clear()

    # ---- out ----

    def _ask(self, op, fields, then):
        """One request on this connection; then(frame) gets its answer."""
        self.next_id += 1
        self.waiting[self.next_id] = then
        asyncio.ensure_future(self._write({"op": op, "id": self.next_id, **fields}))
        return self.next_id

    async def _write(self, message):
        try:
            if self.socket:
                await self.socket.send(json.dumps(message))
        except websockets.exceptions.WebSocketException:
            pass    # the reader will find out too

    def ask(self, op, **fields):
        """A query; its answer as a future, which fails when the connection is lost first."""
        answer = asyncio.get_running_loop().create_future()
        self._ask(op, fields, lambda frame: answer.done() or answer.set_result(frame))
        return answer

    def change(self, op, channel, cid, **args):
        """A change that will be asked until it is done or refused. Gives its Request."""
        request = Request(op, channel, cid, args)
        self.pending[cid] = request
        if self.ready.is_set():
            self._send(request)
        return request

    def repeat(self, request):
        """Ask again for what was answered long ago: the first result must come."""
        self.pending[request.cid] = request
        self._send(request)

    def read(self, channel, seq):
        """Move the read cursor."""
        number = self._ask("read", {"channel": channel, "seq": seq}, lambda frame: self.record.add(
            "answer", conn=self.conn, id=frame["re"], op="read", channel=channel, cid=None,
            again=False, **{key: frame[key] for key in ("ok", "error") if key in frame}))
        self.record.add("sent", conn=self.conn, id=number, op="read", channel=channel, cid=None,
                        again=False, args={"seq": seq})

    def _send(self, request):
        request.tries += 1
        request.conn = self.conn
        again = request.tries > 1
        number = self._ask(request.op, request.fields(), lambda frame: self._answer(request, frame))
        self.record.add("sent", conn=self.conn, id=number, op=request.op, channel=request.channel,
                        cid=request.cid, again=again, args=request.args)

    # ---- in ----

    def _frame(self, frame):
        if "re" in frame:
            then = self.waiting.pop(frame["re"], None)
            if then:
                then(frame)
            return
        kind = frame.get("ev")
        if kind == "change":
            fields = {key: value for key, value in frame.items() if key != "ev"}
            self.record.add("change", conn=self.conn, **fields)
            self._change(frame)
        elif kind == "notice":
            self.record.add("notice", conn=self.conn, channel=frame["channel"], rev=frame["rev"])
        elif kind == "bye" and "channel" in frame:
            self.record.add("bye", conn=self.conn, channel=frame["channel"], why=frame.get("why"))
            self.forget(frame["channel"], "bye")

    def _answer(self, request, frame):
        outcome = {key: frame[key] for key in ("ok", "error") if key in frame}
        self.record.add("answer", conn=self.conn, id=frame["re"], op=request.op,
                        channel=request.channel, cid=request.cid, again=request.tries > 1,
                        **outcome)
        request.conn = None
        error = frame.get("error")
        if error:
            self.refused[error["code"]] = self.refused.get(error["code"], 0) + 1
        busy = error and error["code"] == "busy" and request.busy < BUSY_MAX
        if busy or (error and error.get("retry") == "same"):
            request.busy += busy
            wait = min(error.get("retry_ms", 100), AGAIN_MAX_MS) / 1000
            asyncio.get_running_loop().call_later(wait, self._once_more, request, self.conn)
            return
        self.pending.pop(request.cid, None)
        request.answered = frame.get("ok")
        if request.answered is not None:
            self.done = self.done[-49:] + [request]
        if self.on_answer:
            self.on_answer(request, outcome)

    def _once_more(self, request, conn):
        if conn == self.conn and self.ready.is_set() and request.cid in self.pending:
            self._send(request)

    def _hello(self, frame):
        if "error" in frame:
            if frame["error"]["code"] in ("busy", "internal"):
                asyncio.ensure_future(self.socket.close())
                return
            raise AssertionError(f"{self.name}'s hello was refused: {frame['error']}")
        ok = frame["ok"]
        self.session = ok["session"]
        self.record.add("hello", conn=self.conn, ok=ok)
        here = {item["id"] for item in ok["channels"]}
        for log in [log for log in self.logs if log not in here]:
            self.forget(log, "not in hello")
        for item in ok["channels"]:
            self._listen(item)
        self.ready.set()
        for request in list(self.pending.values()):
            self._send(request)

    def _listen(self, item):
        """The server says where a log stands from now on."""
        held = self.logs.get(item["id"])
        if held and held.epoch and item.get("epoch") and held.epoch != item["epoch"]:
            self.forget(item["id"], "epoch")
            held = None
        if not held:
            held = self.logs[item["id"]] = Held()
        held.epoch = item.get("epoch", held.epoch)
        held.seen = item["rev"]
        self.record.add("watch", conn=self.conn, channel=item["id"], rev=item["rev"])
        if held.rev != held.seen:
            self.sync(item["id"])

    def forget(self, log, why):
        if self.logs.pop(log, None):
            self.record.add("drop", conn=self.conn, channel=log, why=why)

    def watch(self, channel):
        """Hear of a channel from now on, and catch up with it."""
        def answered(frame):
            if "ok" in frame:
                self._listen(frame["ok"])
        self._ask("channel.watch", {"channel": channel, "level": "watch"}, answered)

    def _change(self, frame):
        log = frame["channel"]
        held = self.logs.get(log)
        if not held:
            return
        if not held.change(frame):
            self.sync(log)
        if log == self.own:
            self._memberships(frame["rows"])

    def _memberships(self, rows):
        """What the own log says of channels: come and go with them."""
        for row in rows:
            if row["kind"] != "membership":
                continue
            if row.get("gone"):
                self.forget(row["id"], "membership gone")
            elif row["id"] not in self.logs:
                self.watch(row["id"])

    def sync(self, log):
        if log in self.syncing or not self.socket:
            return
        self.syncing.add(log)
        held = self.logs[log]
        after = held.rev
        asked = {"id": log, "rev": after}
        if held.epoch:
            asked["epoch"] = held.epoch
        tail = held.tail() if after else None
        if tail:
            asked["tail"] = tail
        self._ask("sync", {"channels": [asked]}, lambda frame: self._synced(log, after, frame))

    def _sync_later(self, log):
        asyncio.get_running_loop().call_later(
            RETRY_S, lambda: log in self.logs and self.sync(log))

    def _synced(self, log, after, frame):
        self.syncing.discard(log)
        held = self.logs.get(log)
        if "error" in frame or not held:
            if held and frame.get("error", {}).get("retry") != "never":
                self._sync_later(log)
            return
        item = frame["ok"]["channels"][0]
        if item.get("gone"):
            self.forget(log, "gone")
            return
        if item.get("reset"):
            self.record.add("drop", conn=self.conn, channel=log, why="reset")
            self.logs[log] = Held()
            self.sync(log)
            return
        fields = {key: value for key, value in item.items() if key != "id"}
        self.record.add("sync", conn=self.conn, channel=log, after=after, **fields)
        if not held.synced(item):
            if held.rev > after:
                self.sync(log)
            else:
                self._sync_later(log)
        if log == self.own:
            self._memberships([row for row in held.living().values()])

    # ---- is it quiet? ----

    def quiet(self):
        """Nothing asked is unanswered, and every log is where it was heard to be."""
        return (self.ready.is_set() and not self.pending and not self.syncing and
                not self.waiting and all(h.rev == h.seen for h in self.logs.values()))

    def unrest(self):
        """Why it is not quiet."""
        behind = {log: (h.rev, h.seen) for log, h in self.logs.items() if h.rev != h.seen}
        return (f"pending {[(r.op, r.cid, r.tries) for r in self.pending.values()]}, waiting "
                f"{list(self.waiting)}, syncing {self.syncing}, behind {behind}"
                f"{'' if self.ready.is_set() else ', no hello'}")

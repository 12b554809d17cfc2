"""What one client wrote down: every line has its place `n` in the order of all clients of the run.

    sent      conn, id, op, channel, cid, again, args          a request left
    answer    conn, id, op, channel, cid, again, ok | error    its answer came
    hello     conn, ok                                         the answer to hello
    change    conn, channel, prev, rev, by, rows …             an event, as it came
    sync      conn, channel, after, rev, more, rows …          one log of a sync's answer
    watch     conn, channel, rev                               the log is heard of from now on
    drop      conn, channel, why                               the client forgot what it held of a log
    bye       conn, channel, why                               an event, as it came
    closed    conn                                             the connection is gone

SPDX-License-Identifier: MIT
"""

import itertools
import json


def user_of(name):
    """Whose client it is: ann~2 is another device of ann."""
    return name.split("~")[0]


class Order:
    """One order for the lines of all clients of a run."""

    def __init__(self):
        self.next = itertools.count(1)


class Record:
    """The lines of one client, on disk as they come and in memory."""

    def __init__(self, path, order, kinds=None):
        self.path = path
        self.kinds = kinds      # only these are kept; None: all
        self.order = order
        self.file = open(path, "a", encoding="utf-8")

    def add(self, what, **fields):
        if self.kinds and what not in self.kinds:
            return
        line = {"n": next(self.order.next), "t": what, **fields}
        self.file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")

    def close(self):
        self.file.close()


def read(path):
    """The lines of a record."""
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]

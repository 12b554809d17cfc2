"""What a client holds of one log, moved by the stream rule alone.

    rev ≤ mine              drop
    prev ≤ mine < rev       apply, mine = rev
    prev > mine             remember rev as seen, and sync until mine reaches it

SPDX-License-Identifier: MIT
"""


class Held:
    """One log: rows by (kind, id), the rev they are complete up to, and the highest rev heard of."""

    def __init__(self):
        self.epoch = None
        self.rev = 0
        self.seen = 0
        self.rows = {}

    def put(self, rows):
        """Take rows in: a held one gives way to a newer one, a stub also to the whole row."""
        for row in rows:
            key = row["kind"], str(row["id"])
            old = self.rows.get(key)
            whole = old and old["rev"] == row["rev"] and old.get("hidden") and not row.get("hidden")
            if not old or row["rev"] > old["rev"] or whole:
                self.rows[key] = row

    def change(self, frame):
        """Apply a change. False: a sync is needed."""
        self.seen = max(self.seen, frame["rev"])
        if frame["rev"] <= self.rev:
            return self.seen <= self.rev
        if frame["prev"] > self.rev:
            return False
        self.put(frame["rows"])
        self.rev = frame["rev"]
        return self.seen <= self.rev

    def synced(self, item):
        """Apply one log of a sync's answer. False: sync again."""
        self.epoch = item.get("epoch", self.epoch)
        self.put(item["rows"])
        self.rev = max(self.rev, item["rev"])
        self.seen = max(self.seen, self.rev)
        return not item["more"] and self.seen <= self.rev

    def living(self):
        """The rows that are not gone."""
        return {key: row for key, row in self.rows.items() if not row.get("gone")}

    def tail(self):
        """[seq, cid] of the newest message that is held whole, or None."""
        whole = [row for (kind, _), row in self.rows.items()
                 if kind == "message" and row.get("cid")]
        newest = max(whole, key=lambda row: row["id"], default=None)
        return [newest["id"], newest["cid"]] if newest else None

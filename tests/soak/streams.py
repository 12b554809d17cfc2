"""The laws of one client's record: every frame it was given, held against the model.

SPDX-License-Identifier: MIT
"""

from model import Fault, is_gone
from record import user_of


class Stream:
    """Plays one record through again: what its client held of every log, and what was wrong."""

    def __init__(self, name, models):
        self.name = name
        self.user = user_of(name)
        self.models = models
        self.faults = []
        self.mine = {}      # log → rev
        self.proved = {}    # log → rev up to which no row is missing
        self.held = {}      # log → {key: rev}
        self.out = set()    # channels lost and not come back to
        self.read = {}      # log → how far it was acknowledged to be read

    def fault(self, law, line, what):
        self.faults.append(Fault(law, f"{self.name} line {line['n']} {line.get('channel', '')}", what))

    def play(self, lines):
        for line in lines:
            handle = getattr(self, "_" + line["t"], None)
            if handle:
                handle(line)
        return self.faults

    # ---- lines ----

    def _hello(self, line):
        self.out.clear()
        for item in line["ok"]["channels"]:
            model = self.models.get(item["id"])
            if model:
                self._unread(line, model, item)
                self._cursor(line, item)

    def _answer(self, line):
        if line["op"] == "read" and "ok" in line:
            seq = line["ok"]["read"]["seq"]
            self.read[line["channel"]] = max(self.read.get(line["channel"], 0), seq)

    def _cursor(self, line, item):
        if item["read"]["seq"] < self.read.get(item["id"], 0):
            self.fault("cursor", line, f"hello says that {item['id']} is read up to "
                       f"{item['read']['seq']}, {self.read[item['id']]} was acknowledged")

    def _unread(self, line, model, item):
        if item["rev"] > model.rev:
            self.fault("lost", line, f"hello names rev {item['rev']} of {model.name}, "
                       f"the end is {model.rev}")
            return
        want, _ = model.unread(self.user, item["read"]["seq"], item["rev"])
        if item["unread"] != want:
            self.fault("unread", line, f"hello says {item['unread']} unread in {model.name} at rev "
                       f"{item['rev']}, read {item['read']['seq']}: it is {want}")

    def _watch(self, line):
        self.out.discard(line["channel"])

    def _bye(self, line):
        self.out.add(line["channel"])

    def _drop(self, line):
        self.mine.pop(line["channel"], None)
        self.proved.pop(line["channel"], None)
        self.held.pop(line["channel"], None)

    def _change(self, line):
        model = self.models.get(line["channel"])
        if not model:
            return
        if line["channel"] in self.out:
            self.fault("after_kick", line, f"rev {line['rev']} after the channel was lost")
        self._inside(line, model)
        for by, rev in zip(line.get("by", []), range(line["prev"] + 1, line["rev"] + 1)):
            self._by(line, model, by, rev)
        if line["rev"] > model.rev:
            self.fault("lost", line, f"rev {line['rev']} was told, the end is {model.rev}")
        mine = self.mine.get(line["channel"], 0)
        if not line["prev"] <= mine < line["rev"]:
            return
        for row in line["rows"]:
            if not line["prev"] < row["rev"] <= line["rev"]:
                self.fault("altered", line, f"a row of rev {row['rev']} in a change of "
                           f"{line['prev']} … {line['rev']}")
        self._take(line, model, line["rev"])
        if any(row["kind"] == "member" and row["id"] == self.user and is_gone(row)
               for row in line["rows"]) and model.kind == "group":
            self.out.add(line["channel"])

    def _sync(self, line):
        model = self.models.get(line["channel"])
        if not model:
            return
        if line["rev"] > model.rev:
            self.fault("lost", line, f"a sync up to {line['rev']}, the end is {model.rev}")
        if model.kind == "group" and not line["more"] and not model.was_inside(
                self.user, line["rev"]):
            self.fault("after_kick", line, f"a sync up to rev {line['rev']} for who is no member")
        self._take(line, model, line["rev"])

    # ---- what lines must obey ----

    def _inside(self, line, model):
        """Of a private channel one hears only revs that were made while one was inside."""
        if model.kind != "group":
            return
        for rev in range(line["prev"] + 1, min(line["rev"], model.rev) + 1):
            if not model.was_inside(self.user, rev):
                self.fault("after_kick", line, f"rev {rev} was told to who is no member")
                return

    def _by(self, line, model, by, rev):
        entry = model.entries.get(rev)
        if entry and (entry["op"], entry["cid"]) != (by["op"], by.get("cid")):
            self.fault("lost", line, f"rev {rev} was {by['op']} ({by.get('cid')}), at the end it "
                       f"is {entry['op']} ({entry['cid']})")

    def _take(self, line, model, upto):
        held = self.held.setdefault(line["channel"], {})
        for row in line["rows"]:
            key = row["kind"], str(row["id"])
            self._row(line, model, key, row)
            held[key] = max(held.get(key, 0), row["rev"])
        self.mine[line["channel"]] = max(self.mine.get(line["channel"], 0), upto)
        if line.get("more"):
            return  # a row that moved on meanwhile comes with a later page
        for rev in range(self.proved.get(line["channel"], 0) + 1, min(upto, model.rev) + 1):
            for key in model.touched.get(rev, []):
                _, row = model.version(key, rev)
                gone_unseen = row is None and key not in held
                if held.get(key, 0) < rev and not gone_unseen:
                    self.fault("incomplete", line, f"holds rev {upto} without {key} of rev {rev}")
        self.proved[line["channel"]] = self.mine[line["channel"]]

    def _row(self, line, model, key, row):
        if key[0] not in ("message", "member"):
            return
        known, want = model.version(key, row["rev"])
        if not known:
            self.fault("lost", line, f"{key} of rev {row['rev']} was told and never was")
            return
        sees = model.sight(self.user, key)
        if row.get("hidden"):
            if sees:
                self.fault("hidden", line, f"{key} of rev {row['rev']} is hidden from who may see it")
            return
        if sees is False:
            self.fault("leak", line, f"{key} of rev {row['rev']} is shown to who may not see it")
        wrong = model.difference(key, want, row)
        if wrong:
            self.fault("altered", line, f"{key} of rev {row['rev']}: {wrong}")

"""The end of a run as the server tells it: what a newcomer of every user reads from the beginning, and
what the store's file holds.

SPDX-License-Identifier: MIT
"""

import json
import sqlite3

PLACE_BITS = 32
PAGE = 200


async def read_all(client, paged=None):
    """Everything one user may read, each log from its beginning: what was synced, and history's pages
    (of the channels in paged, which are taken out; None: of all)."""
    logs = {}
    for log, held in client.logs.items():
        wanted = not log.startswith("@") and (paged is None or log in paged)
        if wanted and paged:
            paged.discard(log)
        logs[log] = {"rev": held.rev, "rows": list(held.living().values()),
                     "pages": await pages(client, log) if wanted else None}
    return logs


async def pages(client, channel):
    """All messages of a channel, page by page."""
    found, after = [], 0
    while True:
        answer = (await client.ask("history", channel=channel, after=after, limit=PAGE))["ok"]
        found += answer["rows"]
        after = answer["to"]
        if after >= answer["seq"]:
            return found


def read_store(path):
    """Per log of the store's file: its head and its entries, in rev order."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    users = dict(db.execute("SELECT id, name FROM users"))
    logs, names = {}, {}
    for number, name, *head in db.execute("SELECT id, name, rev, seq, ord, all_, first FROM logs"):
        names[number] = name
        logs[name] = {"head": dict(zip(("rev", "seq", "ord", "all", "first"), head)), "entries": []}
    for key, sender, cid, ts, op, result, seq, ord_, all_ in db.execute(
            "SELECT id, sender, cid, ts, op, result, seq, ord, all_ FROM entries ORDER BY id"):
        name = names.get(key >> PLACE_BITS)
        if name:
            logs[name]["entries"].append({
                "rev": key & ((1 << PLACE_BITS) - 1), "user": users.get(sender), "cid": cid or None,
                "ts": ts, "op": op, "seq": seq, "ord": ord_, "all": all_,
                "result": json.loads(result) if result else {}})
    db.close()
    return logs

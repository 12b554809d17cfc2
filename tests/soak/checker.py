"""The checker of the kill soak: it reads the clients' own records and the story told at the end, and
names every law of delivery (design, section 3) that was broken.

    lost        acknowledged or told, and not there at the end       hole        numbers are not dense
    doubled     one cid, two messages                                forgot      a resend got another result
    reordered   not in the order it was sent or acknowledged         altered     a row has another content
    incomplete  a log held "up to R" lacks a row of a rev below      refused     refused, and written
    after_kick  said or heard by who was no member any more          unjudged    judged by an older state
    slow        two messages within slow mode                        unread      a wrong count
    hidden      a stub for who may see it                            leak        shown to who may not
    diverged    clients hold different histories                     membership  own log and channel differ
    phantom     nobody sent it                                       cursor      read, and unread again

It is pure: no clock, no chance, no server.

SPDX-License-Identifier: MIT
"""

from model import IDEMPOTENT, Fault, Model
from record import user_of
from streams import Stream


def check(records, story):
    """records: {user: [lines]}; story: what World.tell gave. → [Fault]"""
    models = play(story["store"], sent_by_cid(records), story["laws"])
    return sayings(records, models) + ending(story, models)


def sayings(records, models):
    """What was written down while it happened."""
    faults = [fault for model in models.values() for fault in model.faults]
    for name, lines in records.items():
        faults += Stream(name, models).play(lines)
        faults += answers(name, lines, models)
        faults += order_of_sending(name, lines, models)
    return faults + order_of_time(records, models)


def sent_by_cid(records):
    """What every cid was: {(user, cid): its first sent line}."""
    sent = {}
    for name, lines in records.items():
        for line in lines:
            if line["t"] == "sent" and line["cid"]:
                sent.setdefault((user_of(name), line["cid"]), line)
    return sent


def play(store, sent, laws):
    """The models of all channels, from the entries as they stand at the end."""
    models = {}
    for name, log in store.items():
        if name.startswith("@"):
            continue
        model = models[name] = Model(name, **laws[name])
        model.entries = {e["rev"]: e for e in log["entries"]}
        model.by_cid = {}
        for e in log["entries"]:
            if (e["user"], e["cid"]) in model.by_cid:
                model.fault("doubled", e["rev"], f"{e['cid']} of {e['user']} is there twice")
            model.by_cid[e["user"], e["cid"]] = e
            model.entry(e, sent.get((e["user"], e["cid"])))
        head = log["head"]
        if (head["rev"], head["seq"], head["ord"], head["all"]) != (
                model.rev, model.seq, model.ord, model.all):
            model.fault("hole", head["rev"], f"the head {head} does not end the entries")
    return models


def entry_of(models, name, line):
    model = models.get(line["channel"])
    return model.by_cid.get((user_of(name), line["cid"])) if model else None


def answers(name, lines, models):
    """What was answered is what is written; what was refused is not."""
    faults = []
    last = {}
    for line in lines:
        if line["t"] != "answer" or not line["cid"]:
            continue
        last[line["cid"]] = line
        if "ok" not in line:
            continue
        where = f"{name} line {line['n']} {line['channel']}"
        entry = entry_of(models, name, line)
        result = {key: value for key, value in line["ok"].items() if key != "again"}
        if not entry:
            if line["op"] not in IDEMPOTENT:
                faults.append(Fault("lost", where, f"{line['op']} {line['cid']} was acknowledged "
                                    f"as {result}"))
        elif any(entry["result"].get(key) != value for key, value in result.items()):
            law = "forgot" if line["again"] else "altered"
            faults.append(Fault(law, where, f"{line['cid']} was answered {result}, its result is "
                                f"{entry['result']}"))
    for cid, line in last.items():
        error = line.get("error")
        if error and error.get("retry") != "same" and entry_of(models, name, line):
            faults.append(Fault("refused", f"{name} line {line['n']} {line['channel']}",
                                f"{cid} was refused ({error['code']}) and is written"))
    return faults


def order_of_sending(name, lines, models):
    """Changes of one connection in one channel are written in the order they were sent."""
    faults = []
    repeated = {line["cid"] for line in lines if line["t"] == "sent" and line["again"]}
    newest = {}
    for line in lines:
        if line["t"] != "sent" or not line["cid"] or line["cid"] in repeated:
            continue
        entry = entry_of(models, name, line)
        if not entry:
            continue
        key = line["conn"], line["channel"]
        if entry["rev"] < newest.get(key, 0):
            faults.append(Fault("reordered", f"{name} line {line['n']} {line['channel']}",
                                f"{line['cid']} has rev {entry['rev']}, one sent before it "
                                f"{newest[key]}"))
        newest[key] = max(newest.get(key, 0), entry["rev"])
    return faults


def order_of_time(records, models):
    """What was sent after an acknowledgement, by whomever, is written behind it."""
    faults = []
    every = sorted(((line["n"], name, line) for name, lines in records.items() for line in lines
                    if line["t"] in ("sent", "answer") and line["cid"]), key=lambda each: each[0])
    acked, seen = {}, set()
    for _, name, line in every:
        entry = entry_of(models, name, line)
        if not entry:
            continue
        if line["t"] == "answer":
            if "ok" in line:
                acked[line["channel"]] = max(acked.get(line["channel"], 0), entry["rev"])
        elif (name, line["cid"]) not in seen:
            seen.add((name, line["cid"]))
            if entry["rev"] <= acked.get(line["channel"], 0):
                faults.append(Fault("reordered", f"{name} line {line['n']} {line['channel']}",
                                    f"{line['cid']} has rev {entry['rev']}, but rev "
                                    f"{acked[line['channel']]} was acknowledged before it was sent"))
    return faults


# ---- the end ----

def ending(story, models):
    faults = []
    for name, logs in story["clients"].items():
        for log, told in logs.items():
            model = models.get(log)
            if not model:
                continue
            rows = {(row["kind"], str(row["id"])): row for row in told["rows"]}
            faults += same_as_model(f"{name}'s last look at {log}", user_of(name), model, rows)
            if told["pages"] is not None:
                faults += pages(f"{name}'s pages of {log}", model, rows, told["pages"])
        faults += memberships(user_of(name), logs, models)
        faults += last_hello(user_of(name), story["hello"][name], models)
        faults += same_as_last(name, story["held"][name], logs)
    return faults


def same_as_model(where, name, model, rows):
    faults, cids, final = [], set(), model.final()
    for key, want in final.items():
        row = rows.get(key)
        if not row:
            faults.append(Fault("lost", where, f"{key} is not there"))
        elif not row.get("hidden"):
            wrong = model.difference(key, want, row)
            if wrong:
                faults.append(Fault("altered", where, f"{key}: {wrong}"))
    for key, row in rows.items():
        if key[0] != "message":
            continue
        if row.get("cid") and (row.get("user"), row["cid"]) in cids:
            faults.append(Fault("doubled", where, f"{row['cid']} is there twice"))
        cids.add((row.get("user"), row.get("cid")))
        if key not in final:
            faults.append(Fault("phantom", where, f"{key} is there and never was written"))
        if not row.get("hidden") and model.sight(name, key) is False:
            faults.append(Fault("leak", where, f"{key} is shown to who may not see it"))
    return faults


def pages(where, model, rows, found):
    faults = []
    if [row["id"] for row in found] != list(range(1, model.seq + 1)):
        faults.append(Fault("hole", where, f"{len(found)} messages of {model.seq}"))
    for row in found:
        if row != rows.get(("message", str(row["id"]))):
            faults.append(Fault("altered", where, f"seq {row['id']} is not as the sync gave it"))
    return faults


def memberships(name, logs, models):
    """The user's own log and the channels agree on where the user is a member."""
    told = {row["id"] for row in logs["@" + name]["rows"] if row["kind"] == "membership"}
    real = {model.name for model in models.values() if name in model.members}
    if told == real:
        return []
    return [Fault("membership", f"@{name}", f"says {sorted(told)}, the channels say {sorted(real)}")]


def last_hello(name, hello, models):
    faults = []
    for item in hello["channels"]:
        model = models.get(item["id"])
        if not model or name not in model.members:
            continue
        read = item["read"]["seq"]
        unread, everybody = model.unread(name, read, item["rev"])
        mentions = everybody + model.personal(name, read)
        if (item["unread"], item["mentions"]) != (unread, mentions):
            faults.append(Fault("unread", f"{name}'s last hello", f"{item['unread']} unread and "
                                f"{item['mentions']} mentions in {model.name} above seq {read}: it "
                                f"is {unread} and {mentions}"))
    return faults


def same_as_last(name, held, logs):
    """What the client held in the end, by the stream rule alone, is what a newcomer reads."""
    faults = []
    for log, told in logs.items():
        if log.startswith("@"):
            continue
        mine = {(row["kind"], str(row["id"])): row for row in held.get(log, {"rows": []})["rows"]}
        rows = {(row["kind"], str(row["id"])): row for row in told["rows"]}
        for key in mine.keys() | rows.keys():
            a, b = mine.get(key), rows.get(key)
            stub = a and b and (a.get("hidden") or b.get("hidden")) and a["rev"] == b["rev"]
            if a != b and not stub:
                faults.append(Fault("diverged", f"{name} in {log}", f"{key}: holds {a}, is {b}"))
    for log in held.keys() - logs.keys():
        faults.append(Fault("diverged", f"{name} in {log}", "is held and not to be read any more"))
    return faults

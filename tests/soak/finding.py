"""Search, held against what was said: words of every script, found where they are and nowhere else.

SPDX-License-Identifier: MIT
"""

import re
import unicodedata

from model import Fault

SCRIPTS = ("LATIN", "CYRILLIC", "CJK", "GREEK", "HEBREW", "ARABIC", "HANGUL")
PAIRS = ("CJK",)    # nobody writes spaces: any two characters that stand together are found
WORD = re.compile(r"(?:(?<=\s)|^)(\w{4,15})(?=[\s,.!?]|$)")
EACH = 2            # words of a script and channel that are looked for


def words(text):
    """The plain words of a text: (script, word)."""
    for word in WORD.findall(text):
        script = unicodedata.name(word[0], "").split(" ")[0]
        if script in SCRIPTS and all(unicodedata.name(c, "").startswith(script) for c in word):
            yield script, word[:2] if script in PAIRS else word


def folded(text):
    """A text without case, accents and compatibility forms."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(c for c in text if not unicodedata.combining(c))


def samples(model):
    """Some words of living messages, and all messages that hold them: {(script, word): {seq}}."""
    chosen, count = {}, dict.fromkeys(SCRIPTS, 0)
    said = {m.seq: set(words(m.row["text"])) for m in model.messages.values() if not m.deleted}
    for each in said.values():
        for script, word in sorted(each):
            if count[script] < EACH and (script, word) not in chosen:
                chosen[script, word] = set()
                count[script] += 1
    for seq, each in said.items():
        for pair in chosen.keys() & each:
            chosen[pair].add(seq)
    return chosen


async def hits_of(client, channel, text):
    """The rows that a search in a channel finds, page by page."""
    rows, cursor = [], {}
    while True:
        answer = await client.ask("message.search", channel=channel, text=text, limit=100, **cursor)
        if "ok" not in answer:
            raise AssertionError(f"the search for '{text}' was refused: {answer['error']}")
        rows += [found["row"] for found in answer["ok"]["found"]]
        if not answer["ok"]["next"]:
            return rows
        cursor = {"cursor": answer["ok"]["next"]}


async def search(clients, models, found):
    """Whoever is in a channel finds its words. Counts the searches by script in found. → [Fault]"""
    faults = []
    for model in models.values():
        client = next((c for c in clients if c.name in model.members), None)
        for (script, word), seqs in samples(model).items() if client else ():
            rows = await hits_of(client, model.name, word if script in PAIRS else word + " ")
            found["search " + script.lower()] += 1
            hits = [row["id"] for row in rows]
            if not seqs <= set(hits):
                faults.append(Fault("search", model.name, f"'{word}' is in {sorted(seqs)}, found "
                                    f"{sorted(hits)}"))
            if len(hits) != len(set(hits)):
                faults.append(Fault("search", model.name, f"'{word}' finds one message twice"))
            strange = [row["id"] for row in rows if folded(word) not in folded(row.get("text", ""))]
            if strange:
                faults.append(Fault("search", model.name, f"'{word}' is not in {strange}"))
    return faults

"""Print the tables of man/confab-protocol.7 again, from what a server says of itself.

    CONFAB_BUILD=build/run build/venv/bin/python tests/wire/protocol_manual.py

SPDX-License-Identifier: MIT
"""

import re
import tempfile

from rows import documents, ops
from server import TOP, Server

PAGE = TOP / "man/confab-protocol.7"


def escaped(text):
    """Text in which troff sees no commands."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    text = text.replace("→", "\\(->").replace("…", "...").replace('"', "\\(dq")
    return f"\\&{text}" if text.startswith(".") else text


def rights_of(op):
    words = [g["grant"] if "grant" in g else f"{g['own']} (others': {g['others']})"
             for g in op.grants]
    words = [("server " if g["scope"] == "server" else "") + w for g, w in zip(op.grants, words)]
    who = {"anybody": "for anybody, HTTP only", "admin": "for administrators"}.get(op.actor, "")
    return "; ".join(filter(None, [who, "needs " + ", ".join(words) if words else ""]))


def op_lines(op):
    yield ".TP"
    yield f".B {escaped(op.name)}"
    where = f"{op.method} {op.path}" if op.path else "WebSocket only"
    rights = rights_of(op)
    yield escaped(f"{where}{'; ' + rights if rights else ''}.")
    yield ".br"
    yield escaped(op.doc)
    asked = [name + ("*" if name in op.required else "") for name in op.fields]
    if asked:
        yield ".br"
        yield "Takes \\fI" + escaped(" ".join(asked)) + "\\fR."
    answered = [name for name in op.reply.get("properties", {})
                if not op.is_change or name not in ("rev", "ts", "again", "held", "handled", "id")]
    if answered or op.is_change:
        yield ".br"
        yield "Answers " + ("what a change answers" if op.is_change else "") + (
            (", and " if op.is_change else "") + "\\fI" + escaped(" ".join(answered)) + "\\fR"
            if answered else "") + "."


def tables(server):
    """Name → lines."""
    openapi, asyncapi = documents(server)
    schemas = asyncapi["components"]["schemas"]
    yield "ops", [line for op in ops(server) for line in op_lines(op)]
    events = [m for key, m in asyncapi["components"]["messages"].items() if key.endswith("_event")]
    yield "events", [line for m in sorted(events, key=lambda m: m["name"]) for line in (
        ".TP", f".B {escaped(m['name'])}", escaped(m["summary"]), ".br",
        "\\fI" + escaped(" ".join(k for k in m["payload"]["properties"] if k != "ev")) + "\\fR")]
    shapes = [(name.removeprefix("Row_"), row) for name, row in sorted(schemas.items())
              if name.startswith("Row_") and name not in ("Row_Gone", "Row_Hidden")]
    yield "rows", [line for name, row in shapes for line in (
        ".TP", f".B {escaped(name)}", escaped(row["description"]), ".br",
        "\\fI" + escaped(" ".join(k for k in row["properties"]
                                  if k not in ("kind", "id", "rev"))) + "\\fR")]
    yield "errors", [line for e in openapi["components"]["schemas"]["Error"]["x-confab-errors"]
                     for line in (".TP", f".BR {escaped(e['code'])} \" ({e['status']}, "
                                  f"{e['retry']})\"", escaped(e["text"]) + ".")]
    yield "closes", [line for c in asyncapi["channels"]["confab"]["x-confab-close-codes"]
                     for line in (".TP", f".BR {c['code']} \" {escaped(c['name'])}\"",
                                  escaped(c["text"]) + (
                                      " (come back)" if c["reconnect"] else "") + ".")]


def printed(page, server):
    """The page with its tables as this server has them."""
    for name, lines in tables(server):
        mark = f'.\\" {name}: printed by tests/wire/protocol_manual.py\n'
        assert page.count(mark) == 2, f"the page has no place for the table of {name}"
        before, _, after = page.split(mark)
        page = before + mark + "\n".join(lines) + "\n" + mark + after
    return page


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, Server(folder) as running:
        PAGE.write_text(printed(PAGE.read_text(), running))
        print(f"{PAGE.name}: {len(re.findall(r'^[.]TP', PAGE.read_text(), re.M))} entries")

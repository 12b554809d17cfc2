"""One word filter through every door for authors: the same messages get the same answers.

plugins/examples/wordfilter/README.md says what the filter does.

SPDX-License-Identifier: MIT
"""

import base64
import importlib.util
import threading

import pytest
from people import OPEN, Refused, people
from server import BUILD, TOP, merged

WORDS = ["darn", "Straße", "été", "ΣΊΣΥΦΟΣ", "東京", "x2"]
ACTIONS = {"open": "mask", "group": "refuse", "direct": "hold"}

# What is said, what mask makes of it, and the word that hold names; None: nothing is found.
TABLE = (
    ("good morning", None, None),
    ("darn", "****", "darn"),
    ("Darn, DARN and dArN!", "****, **** and ****!", "darn"),
    ("darned if I darn’t", "darned if I ****’t", "darn"),
    ("undarn _darn_ darn1", "undarn _****_ darn1", "darn"),
    ("die STRASSE, die straße", "die *******, die ******", "strasse"),
    ("l'Été, l'e\u0301te\u0301, l'ete", "l'***, l'*****, l'ete", "e\u0301te\u0301"),
    ("Σίσυφος", "*******", "σι\u0301συφοσ"),
    ("東京、東京都", "**、東京都", "東京"),
    ("X2 x² 2x", "** x² 2x", "x2"),
    ("😀darn😀", "😀****😀", "darn"),
    ("darn\u200bdarn\tdarn\n", "****\u200b****\t****\n", "darn"),
    ("da\u0301rn dar n", None, None),
    ("  ", None, None),
    ("darn " * 300, "**** " * 300, "darn"),
)


def by_plugin():
    """The C plugin: words and actions are settings."""
    yield {
        "server": {"plugin_dirs": [str(BUILD / "plugins/.libs"), str(BUILD / "plugins/examples/.libs")]},
        "plugins": {"wordfilter": {"words": WORDS}},
        "channel_types": {name: {"plugins": {"wordfilter": {"action": action}}}
                          for name, action in ACTIONS.items()},
    }


def by_script():
    """The script: the same, under its name."""
    yield {"plugins": {"script-lua": {
        "scripts": [str(TOP / "plugins/examples/wordfilter/wordfilter.lua")],
        "settings": {"wordfilter": {"words": WORDS, "actions": ACTIONS}}}}}


def by_webhook():
    """The program that the plugin webhook asks."""
    spec = importlib.util.spec_from_file_location(
        "wordfilter", TOP / "plugins/examples/wordfilter/wordfilter.py")
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    secret = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes ...").decode()
    with program.serve(0, secret, {"words": WORDS, "actions": ACTIONS}) as asked:
        threading.Thread(target=asked.serve_forever, daemon=True).start()
        yield {"plugins": {
            "fetch": {"allow": ["127.0.0.1"]},
            "webhook": {"before_url": f"http://127.0.0.1:{asked.server_port}/", "secret": secret}}}
        asked.shutdown()


DOORS = {"plugin": by_plugin, "script": by_script, "webhook": by_webhook}


@pytest.fixture(params=list(DOORS))
def pair(request, make_server):
    """Two people in a channel of each type, of a server with the filter."""
    door = DOORS[request.param]()
    ann, bob = people(make_server(merged(OPEN, next(door))), "ann", "bob")
    channels = {
        "open": ann.make("square", type="open"), "group": ann.make("room", bob),
        "direct": ann.ask("channel.create", cid="direct-0123456789", type="direct", user="bob")["channel"]}
    bob.ask("channel.join", cid="join-0123456789ab", channel="square")
    for channel in channels.values():
        bob.ask("channel.watch", channel=channel, level="watch")
    yield ann, bob, channels
    next(door, None)


def verdict(ann, bob, channel, text):
    """What became of a message."""
    try:
        answer = ann.say(channel, text)
    except Refused as refused:
        return "refused", refused.code
    if answer.get("held"):
        row = ann.row("@ann", "held", lambda row: row["id"] == answer["id"])
        return row["queue"], row["why"]["word"]
    return "said", bob.row(channel)["text"]


def test_the_same_messages_get_the_same_answers(pair):
    ann, bob, channels = pair
    for text, masked, word in TABLE:
        wanted = {
            "mask": ("said", masked), "refuse": ("refused", "word"), "hold": ("words", word)}
        got = {action: verdict(ann, bob, channels[type], text) for type, action in ACTIONS.items()}
        assert got == (wanted if masked else dict.fromkeys(wanted, ("said", text))), text


def test_an_edit_is_judged_as_what_is_said(pair):
    ann, bob, channels = pair
    seqs = {type: ann.say(channel, "fine")["seq"] for type, channel in channels.items()}
    edit = {"cid": "edit-0123456789ab", "ver": 1, "text": "oh darn"}
    assert ann.refused("message.edit", channel=channels["group"], seq=seqs["group"], **edit) == "word"
    ann.ask("message.edit", channel=channels["open"], seq=seqs["open"], **edit)
    assert bob.row(channels["open"], wanted=lambda row: row.get("ver") == 2)["text"] == "oh ****"

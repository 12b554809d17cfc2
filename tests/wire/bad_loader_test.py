"""Plugins that are refused at the door, each with a sentence that helps; the server goes on. And files that
change while they are loaded, which harms nobody.

SPDX-License-Identifier: MIT
"""

import os
import shutil

import pytest
import yaml
from people import OPEN, people
from server import BUILD, merged, wait_for

MODULES = BUILD / "tests/plugins/.libs"
EXAMPLES = BUILD / "plugins/examples/.libs"

# plugin: what is said about it
REFUSED = {
    "eager": "plugin 'eager', calls fork, which only a plugin with the flag CONFAB_RESIDENT may",
    "keys": "plugin 'keys', calls pthread_key_create, which only a plugin with the flag",
    "lacking": "plugin 'lacking', cannot be linked (undefined symbol: confab_no_such_function",
    "newer": "plugin 'newer', is made for ABI 1.99, but this server has ABI 1.0 (a newer server",
    "nosymbol": "plugin 'nosymbol', is no plugin (it has no symbol confab_plugin)",
    "older": "plugin 'older', is made for ABI 0.0, but this server has ABI 1.0 (it must be built anew)",
    "stages": "plugin 'stages', table hooks, row 1: its stage is unknown",
    "strange": "plugin 'strange', table hooks, row 2: it uses fields behind the ",
    "threads": "plugin 'threads', calls pthread_create, which only a plugin with the flag",
    "twonames": "plugin 'twonames', its note says twonames 1.0, its descriptor twonames 2.0",
    "nobody": "plugin 'nobody', there is no nobody.so in ",
}


def dirs(folder):
    return {"server": {"plugin_dirs": [str(folder), str(BUILD / "plugins/.libs")]}}


def reload_with(server, *plugins):
    """Reload with these plugins added. Gives (status, what was said)."""
    config = merged(server.config, {"plugins": {name: {} for name in plugins}})
    server.config_path.write_text(yaml.safe_dump(config))
    status, said = server.ctl("reload")
    return status, str(said)


def test_enemies_are_refused_and_the_server_goes_on(make_server):
    server = make_server(merged(OPEN, dirs(MODULES)))
    ann, bob = people(server, "ann", "bob")
    ann.make("room", bob)
    for name, sentence in REFUSED.items():
        status, said = reload_with(server, name)
        assert status == 1 and sentence in said.replace("\\'", "'"), (name, said)
        ann.say("room", f"without {name}")
        assert bob.row("room")["text"] == f"without {name}"
    status, said = reload_with(server, "plain", "roomy", "early")
    assert status == 0, said
    names = {plugin["name"] for plugin in server.ctl("plugins")[1]["plugins"]}
    assert {"plain", "roomy", "early"} <= names and not names & set(REFUSED)


@pytest.mark.parametrize("name", ["../plain", "a/b", "Plain", "plain.so"])
def test_a_path_is_no_name(make_server, name):
    server = make_server(merged(OPEN, dirs(MODULES)))
    status, said = reload_with(server, name)
    assert status == 1 and "name" in said, said


def refused_start(make_server, config):
    """What a server says that does not start."""
    server = make_server(config, "refused", ready=False)
    assert server.process.wait(20) != 0
    server.process = None
    return server.log()


def test_a_cycle_is_printed(make_server):
    config = merged(OPEN, dirs(MODULES), )
    log = refused_start(make_server, merged(config, {"plugins": {"wolf": {}, "yak": {}}}))
    assert "plugins cannot be put in order: " in log
    assert "wolf before yak before wolf" in log or "yak before wolf before yak" in log


@pytest.mark.parametrize("spoil,sentence", [
    (lambda path: os.chmod(path, 0o664), "may be written by others than its owner; chmod go-w it"),
    (lambda path: os.truncate(path, path.stat().st_size // 2), "is cut off"),
    (lambda path: os.truncate(path, 0), "is no shared object"),
    (lambda path: path.write_bytes(b"hello " * 1000), "is no shared object"),
    (lambda path: (path.unlink(), path.mkdir()), "is no regular file"),
])
def test_files_are_looked_at(make_server, tmp_path, spoil, sentence):
    folder = tmp_path / "plugins"
    folder.mkdir()
    shutil.copy(MODULES / "plain.so", folder / "plain.so")
    os.chmod(folder / "plain.so", 0o644)
    spoil(folder / "plain.so")
    log = refused_start(make_server, merged(OPEN, {**dirs(folder), "plugins": {"plain": {}}}))
    assert "plugin 'plain', " in log and sentence in log


def test_a_loaded_file_may_change(make_server, tmp_path):
    """By cp (the same file gets other bytes) and by mv (the name gets another file)."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    path = folder / "shout.so"
    shutil.copy(EXAMPLES / "shout.so", path)
    server = make_server(merged(OPEN, {**dirs(folder), "plugins": {"shout": {}}}))
    ann, bob = people(server, "ann", "bob")
    ann.make("room", bob)

    def loud(text):
        ann.say("room", text)
        return bob.row("room")["text"]

    assert loud("before!!") == "BEFORE!!"
    with open(path, "r+b") as file:
        file.write(b"\xcc" * path.stat().st_size)
    assert loud("other bytes!!") == "OTHER BYTES!!"
    os.truncate(path, 0)
    assert loud("no bytes!!") == "NO BYTES!!"
    shutil.copy(MODULES / "plain.so", folder / "new")
    os.rename(folder / "new", path)
    assert loud("another file!!") == "ANOTHER FILE!!"
    path.unlink()
    assert loud("no file!!") == "NO FILE!!"
    wait_for(lambda: server.ctl("status")[0] == 0, "the server to go on")

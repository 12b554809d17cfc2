"""A backup is made while people talk, and put back as a history of its own.

SPDX-License-Identifier: MIT
"""

from people import OPEN, Person, people, sign_in


def enter(server, user):
    return Person(server, sign_in(server, user, "login")).enter()


def item(person, channel):
    return next(c for c in person.hello["channels"] if c["id"] == channel)


def test_a_backup_holds_what_was_said_before_it(make_server):
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    ann.make("general", bob)
    ann.say("general", "before")
    copy = server.folder / "copy.db"
    status, answer = server.ctl("backup", "copy.db")  # confabctl makes paths absolute
    assert (status, answer["path"]) == (0, str(copy))
    assert answer["bytes"] == copy.stat().st_size and copy.stat().st_mode & 0o077 == 0
    status, answer = server.ctl("backup", str(copy))
    assert status == 1 and answer["error"]["code"] == "exists"

    known = ann.say("general", "after the backup")
    old = enter(server, "bob")
    epoch = item(old, "general")["epoch"]
    status, answer = server.ctl("restore", str(copy))
    assert status == 1 and "in use" in answer["error"]["text"]
    server.stop()
    status, answer = server.ctl("restore", str(copy))
    assert (status, answer["restored"]) == (0, str(copy))
    server.start()

    bob = enter(server, "bob")
    assert item(bob, "general")["epoch"] != epoch and item(bob, "general")["seq"] == 1
    asked = [{"id": "general", "epoch": epoch, "rev": known["rev"]}]
    assert bob.ask("sync", channels=asked)["channels"][0]["reset"] is True
    texts = [r["text"] for r in bob.sync("general") if r["kind"] == "message"]
    assert texts == ["before"]
    assert enter(server, "ann").say("general", "again")["seq"] == 2


def test_a_damaged_backup_changes_nothing(make_server):
    server = make_server(OPEN)
    [ann] = people(server, "ann")
    ann.make("general")
    ann.say("general", "kept")
    copy = server.folder / "copy.db"
    assert server.ctl("backup", str(copy))[0] == 0
    server.stop()
    page = bytearray(copy.read_bytes())
    page[8192:8192 + 4096] = b"\xff" * 4096
    copy.write_bytes(page)
    status, answer = server.ctl("restore", str(copy))
    assert status == 1 and "copy.db" in answer["error"]["text"]
    assert server.ctl("restore", str(server.folder / "none.db"))[0] == 1
    server.start()
    assert [r["text"] for r in enter(server, "ann").sync("general") if r["kind"] == "message"] == \
        ["kept"]

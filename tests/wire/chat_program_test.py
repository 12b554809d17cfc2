"""confabctl chat without a terminal: two of them talk, as the README says.

SPDX-License-Identifier: MIT
"""

import os
import subprocess

import pytest
from people import OPEN, PASSWORD
from server import BUILD, DEADLINE, wait_for


class Chat:
    """One confabctl chat: lines in, and what it printed so far."""

    def __init__(self, server, user):
        self.out = server.folder / f"{user}.out"
        with open(self.out, "wb") as out:
            self.process = subprocess.Popen(
                [BUILD / "confabctl", "chat", server.url, "--user", user, "--register"],
                stdin=subprocess.PIPE, stdout=out, stderr=out,
                env={**os.environ, "CONFAB_PASSWORD": PASSWORD})

    def type(self, line):
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def sees(self, text):
        wait_for(lambda: text in self.out.read_text(), f"'{text}' in {self.out}")

    def quit(self):
        self.type("/quit")
        assert self.process.wait(DEADLINE) == 0


@pytest.fixture
def chats():
    """Start chats: chats(server, "ann"); whoever is left when a test fails is ended."""
    made = []

    def start(server, user):
        made.append(Chat(server, user))
        return made[-1]

    yield start
    for chat in made:
        chat.process.kill()
        chat.process.wait()


def test_two_people_talk(make_server, chats):
    server = make_server(OPEN)
    ann, bob = chats(server, "ann"), chats(server, "bob")
    ann.type("/create general")
    ann.type("hi bob")
    ann.sees("#general ann: hi bob")
    bob.type("/join general")
    bob.type("hi ann")
    ann.sees("#general bob: hi ann")
    bob.type("/me waves")
    ann.sees("#general * bob waves")
    bob.type("/help")
    bob.sees("/me – say what you do")
    bob.type("/history")
    bob.sees("#general ann: hi bob")
    server.kill()
    server.start()
    ann.type("still there?")
    bob.sees("#general ann: still there?")
    for chat in (ann, bob):
        chat.quit()
        assert "reset" not in chat.out.read_text()  # the history is the one from before

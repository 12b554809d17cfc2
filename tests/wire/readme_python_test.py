"""The Python script of the README, as it stands there, and confabctl chat talk to each other.

SPDX-License-Identifier: MIT
"""

import os
import re
import subprocess
import sys
import threading

from people import OPEN
from server import BUILD, TOP, wait_for


def script():
    return re.search(r"```python\n(.*?)```", (TOP / "README.md").read_text(), re.S).group(1)


class Talker:
    """A program that reads lines and prints lines."""

    def __init__(self, command, folder, **env):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, cwd=folder, env={**os.environ, **env})
        self.lines = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hears(self, text):
        wait_for(lambda: any(text in line for line in self.lines), f"'{text}'")

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(20) == 0, self.lines


def test_script_and_confabctl_talk(make_server, tmp_path):
    server = make_server(OPEN)
    assert len(script().strip().splitlines()) <= 30
    (tmp_path / "chat.py").write_text(script())
    ann = Talker([BUILD / "confabctl", "chat", server.url, "--user", "ann", "--register"],
                 tmp_path, CONFAB_PASSWORD="correct horse battery")
    ann.say("/create general")
    ann.say("anybody there?")
    ann.hears("general")
    wait_for(lambda: '"general"' in str(server.ctl("channels", "list")[1]) or
             "general" in str(server.ctl("channels", "list")[1]), "the channel")
    cyd = Talker([sys.executable, "chat.py", f"127.0.0.1:{server.port}", "register", "cyd",
                  "correct horse battery", "general"], tmp_path)
    cyd.say("hello from python")
    ann.hears("#general cyd: hello from python")
    ann.say("hello from confabctl")
    cyd.hears("ann: hello from confabctl")
    assert "cyd: hello from python" in cyd.lines, "what one says comes back too"
    cyd.end()
    again = Talker([sys.executable, "chat.py", f"127.0.0.1:{server.port}", "login", "cyd",
                    "correct horse battery", "nowhere"], tmp_path)
    again.hears("refused: there is no such channel")
    again.end()
    ann.say("/quit")
    ann.end()

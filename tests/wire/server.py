"""A real confabd for one test: its own port and folder, started, awaited, stopped, killed.

    with Server(tmp_path) as server:
        ws = websockets.sync.client.connect(server.ws_url, subprotocols=["confab.v1"])

SPDX-License-Identifier: MIT
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import yaml

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CONFAB_BUILD", TOP / "build/run"))

COVERAGE = BUILD.name == "coverage"

# Under a sanitizer everything takes longer; nothing waits as long unless it fails.
DEADLINE = float(os.environ.get("CONFAB_DEADLINE", "20"))


def wait_for(condition, what, deadline=DEADLINE):
    """Wait until condition() is true and give its value; fail after the deadline, naming what."""
    end = time.monotonic() + deadline
    pause = 0.002
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    raise AssertionError(f"waited {deadline} s in vain for {what}")


def free_port():
    """A port of the loopback that nobody had a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def merged(base, more):
    """The configuration base with more on top; lists are replaced."""
    result = dict(base)
    for key, value in more.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


class Server:
    """One confabd in one folder. Started by start() or with; a second start() is a restart."""

    def __init__(self, folder, config=None, env=None):
        self.folder = Path(folder)
        self.env = {**os.environ, **env} if env else None
        self.port = free_port()
        self.process = None
        self.log_path = self.folder / "confabd.log"
        self.config = merged({
            "server": {"data": str(self.folder / "data"),
                       "plugin_dirs": [str(BUILD / "plugins/.libs")]},
            "listen": [{"address": f"127.0.0.1:{self.port}"}],
            "log": {"level": "debug"},
        }, config or {})
        if COVERAGE:  # what was run is written beside the build, which Landlock would not let
            self.config["server"].setdefault("sandbox", False)

    # ---- where it is ----

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self):
        return f"ws://127.0.0.1:{self.port}/v1/ws"

    @property
    def config_path(self):
        return self.folder / "confab.yaml"

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    # ---- life ----

    def start(self, ready=True, **popen):
        """Start it; popen: more for subprocess.Popen (env, preexec_fn …)."""
        assert self.process is None, "it runs already"
        self.config_path.write_text(yaml.safe_dump(self.config))
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [BUILD / "confabd", "-c", self.config_path, "-f"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                **{"env": self.env, **popen})
        if ready:
            wait_for(self.is_ready, "confabd to be ready")
        return self

    def is_ready(self):
        status = self.process.poll()
        assert status is None, f"confabd ended with {status}:\n{self.log()}"
        try:
            return self.request("GET", "/readyz")[0] == 200
        except OSError:
            return False

    def stop(self):
        """Ask it to end; it must do so by itself, with status 0."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(DEADLINE)
        self.process = None
        assert status == 0, f"confabd ended with {status}:\n{self.log()}"

    def kill(self):
        """kill -9, as a power cut would. What a sanitizer had found by then fails the test."""
        self.process.kill()
        self.process.wait()
        self.process = None
        assert "WARNING: ThreadSanitizer" not in self.log(), self.log()

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.stop()
        elif self.process is not None:
            self.kill()

    # ---- what is said to it ----

    def request(self, method, path, body=None, token=None, headers=None):
        """One HTTP request on a connection of its own. Gives (status, JSON or text)."""
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            sent = dict(headers or {})
            if token:
                sent["Authorization"] = f"Bearer {token}"
            if body is not None:
                sent["Content-Type"] = "application/json"
                body = json.dumps(body)
            conn.request(method, path, body, sent)
            reply = conn.getresponse()
            text = reply.read().decode()
            if (reply.getheader("Content-Type") or "").startswith("application/json"):
                return reply.status, json.loads(text)
            return reply.status, text
        finally:
            conn.close()

    def ctl(self, *arguments):
        """confabctl with --json on this server. Gives (status, JSON or text)."""
        done = subprocess.run(
            [BUILD / "confabctl", "-c", self.config_path, "--json", *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE,
            cwd=self.folder, check=False)
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError:
            return done.returncode, done.stdout + done.stderr

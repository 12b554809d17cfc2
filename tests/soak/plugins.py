#!/usr/bin/env python3
"""./dev soak plugins [CYCLES] [--connections N] [--rate R] [--pace S] [--keep DIR]: plugins come, are replaced
and go under load.

confab-bench holds N connections that watch one channel and sends R messages a second into it; it checks that
each of them gets every message, once and in order, and loses no connection. First nothing else happens (calm);
then the plugin tide, which judges, defers and counts those messages, is loaded, reloaded in its other version
and unloaded, CYCLES times. Held against each other: p99 of both, and the daemon's own memory after the first
tenth of the cycles and at the end. In every cycle tide is asked twice: it knows how many messages it has seen
in all its copies, and whether one was missed or met twice.

SPDX-License-Identifier: MIT
"""

import argparse
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "wire"))

from server import BUILD, Server, merged, wait_for  # noqa: E402
from world import jwt  # noqa: E402

MODULES = BUILD / "tests/plugins/.libs"
SECRET = "for soaks on the loopback only, it guards nothing"
CALM_S = 20
CONNECTIONS = 5000
SPARE_FILES = 500           # descriptors that are for others than connections
GROWTH_BYTES = 4 << 20      # what may come beside: the store's cache, heads of logs
P99_RATIO = 2
CONFIG = {
    "auth": {"providers": ["auth-jwt"]},
    "limits": {"connections_per_address": "unlimited", "sessions_per_user": 1000, "user_rate": "off",
               "address_rate": "off", "channel_rate": "off"},
    "channel_types": {"open": {"rate": "off", "user_rate": "off"}},
    "log": {"level": "info"},
}


class Fault(Exception):
    """The server broke a promise."""


class Daemon:
    """A real confabd that looks for plugins in a folder of ours too."""

    def __init__(self, folder):
        self.plugins = folder / "plugins"
        self.plugins.mkdir(parents=True)
        (folder / "secret").write_text(SECRET + "\n")
        self.socket = folder / "admin.sock"
        self.folder = folder
        self.server = Server(folder, merged(CONFIG, {
            "server": {"plugin_dirs": [str(self.plugins), str(BUILD / "plugins/.libs")]},
            "admin": {"socket": str(self.socket)},
            "plugins": {"auth-jwt": {"secret": {"file": str(folder / "secret")}}},
        }))
        self.token = jwt(SECRET, "owner")

    def start(self):
        self.server.start()
        status, answer = self.server.request("POST", "/v1/channels", {
            "cid": "the-soak-channel-0", "type": "open", "channel": "general"}, self.token)
        assert status == 200, answer

    def put(self, version):
        """The file of a version takes the place of the one before: beside it, then mv."""
        new = self.plugins / "new"
        shutil.copy(MODULES / f"{version}.so", new)
        os.chmod(new, 0o644)
        os.rename(new, self.plugins / "tide.so")

    def ask(self, verb):
        """One verb about tide on the admin socket. Gives the answer, or raises its error's text."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(60)
            sock.connect(str(self.socket))
            sock.sendall(json.dumps({"verb": f"plugin.{verb}", "name": "tide"}).encode() + b"\n")
            answer = json.loads(sock.makefile().readline())
        return answer

    def told(self):
        status, answer = self.server.request("GET", "/v1/tide", token=self.token)
        if status != 200:
            raise Fault(f"tide does not answer: {answer}")
        return answer

    def uss(self):
        """Memory that is the daemon's alone [bytes]. Under libtool's wrapper the process is the same."""
        text = Path(f"/proc/{self.server.process.pid}/smaps_rollup").read_text()
        return 1024 * sum(int(line.split()[1]) for line in text.splitlines()
                          if line.startswith(("Private_Clean", "Private_Dirty")))


class Load:
    """confab-bench in the background."""

    def __init__(self, daemon, connections, rate, seconds):
        self.command = [
            BUILD / "bench/confab-bench", "fanout", connections, "--port", daemon.server.port,
            "--jwt-secret-file", daemon.folder / "secret", "--users", max(1, connections // 50),
            "--join", "--rate", rate, "--senders", min(8, connections), "--duration", seconds,
            "--warmup", 1, "--drain", 60, "--json"]
        self.process = subprocess.Popen([str(word) for word in self.command],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def runs(self):
        return self.process.poll() is None

    def result(self):
        """What it measured; a broken promise raises."""
        out, err = self.process.communicate(timeout=600)
        if self.process.returncode != 0:
            raise Fault(f"confab-bench ended with {self.process.returncode}: {out}{err}")
        return json.loads(out)


class Swaps:
    """Cycles of load, reload and unload, and what came of them."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.cycles = 0
        self.refused = 0
        self.swap_us = []

    def deed(self, verb):
        """Do it; what is refused for now (a slow turn on a busy machine, a copy that leaves) is tried again."""
        def done():
            answer = self.daemon.ask(verb)
            if "ok" in answer:
                return answer["ok"]
            if answer["error"]["code"] not in ("busy", "timeout"):
                raise Fault(answer["error"]["text"])
            self.refused += answer["error"]["code"] == "timeout"
            return None
        return wait_for(done, f"tide to {verb}", 30)

    def cycle(self):
        daemon = self.daemon
        versions = ("tide", "tide2") if self.cycles % 2 == 0 else ("tide2", "tide")
        daemon.put(versions[0])
        self.deed("load")
        before = daemon.told()
        daemon.put(versions[1])
        self.swap_us.append(self.deed("reload")["swap_us"])
        after = daemon.told()
        if before["version"] == after["version"]:
            raise Fault(f"version {after['version']} was not replaced")
        if after["swaps"] != 1 or after["count"] < before["count"]:
            raise Fault(f"state was lost: {before} became {after}")
        if after["holes"]:
            raise Fault(f"{after['holes']} messages were missed or met twice by tide")
        self.deed("unload")
        self.cycles += 1


def connections_possible(wanted):
    """As many as descriptors allow, here and in the daemon, which inherits our limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return min(wanted, hard - SPARE_FILES)


def soak(folder, cycles, connections, rate, pace_s, calm_s=CALM_S, say=lambda text: None):
    """Run it. Gives the figures; a broken promise raises Fault."""
    daemon = Daemon(folder)
    daemon.start()
    try:
        say(f"calm: {connections} connections, {rate} messages a second, {calm_s} s")
        calm = Load(daemon, connections, rate, calm_s).result()
        say(f"calm: p99 {calm['latency_us']['p99'] / 1000:.1f} ms; now {cycles} cycles")
        load = Load(daemon, connections, rate, 2 + 1.5 * cycles * pace_s)
        swaps, uss = Swaps(daemon), []
        next_at = time.monotonic()
        while swaps.cycles < cycles:
            swaps.cycle()
            if swaps.cycles in (max(1, cycles // 10), cycles):
                uss.append(daemon.uss())
                say(f"cycle {swaps.cycles}: {uss[-1] / 1e6:.1f} MB are the daemon's own")
            next_at += pace_s
            time.sleep(max(0, next_at - time.monotonic()))
        during = load.runs()
        busy = load.result()
        daemon.server.stop()
        return {"cycles": swaps.cycles, "within_the_load": during, "refused": swaps.refused,
                "swap_us": sorted(swaps.swap_us), "uss": uss,
                "p99_us": [calm["latency_us"]["p99"], busy["latency_us"]["p99"]],
                **{key: busy[key] for key in ("sent", "delivered", "undelivered",
                                              "lost_connections", "faults")}}
    finally:
        if daemon.server.process is not None:
            daemon.server.kill()


def verdict(figures):
    """Lines of what is promised and not so."""
    faults = []
    if any(figures["faults"].values()) or figures["undelivered"] or figures["lost_connections"]:
        faults.append("a stream had a fault, a message did not arrive, or a connection was lost")
    if not figures["within_the_load"]:
        faults.append("the load was over before the cycles were; say a longer --pace")
    grown = figures["uss"][-1] - figures["uss"][0]
    if grown > GROWTH_BYTES:
        faults.append(f"memory grew by {grown / 1e6:.1f} MB")
    calm, busy = figures["p99_us"]
    if busy > P99_RATIO * calm:
        faults.append(f"p99 during swaps is {busy / calm:.1f} times the calm one")
    return faults


def main():
    parser = argparse.ArgumentParser(prog="./dev soak plugins", description=__doc__.split("\n\n")[0])
    parser.add_argument("cycles", nargs="?", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--rate", type=int, default=10, help="messages a second (10)")
    parser.add_argument("--pace", type=float, default=0.25, help="seconds from cycle to cycle (0.25)")
    parser.add_argument("--keep", type=Path, help="a folder for data and log, which stays")
    args = parser.parse_args()
    folder = args.keep or Path(tempfile.mkdtemp(prefix="confab-soak-"))
    try:
        figures = soak(folder, args.cycles, connections_possible(args.connections), args.rate,
                       args.pace, say=lambda text: print(text, flush=True))
    except (Fault, AssertionError) as fault:
        print(f"soak plugins: {fault}\nleft in {folder}")
        return 1
    swap_us = figures.pop("swap_us")
    figures["swap_us"] = {"median": swap_us[len(swap_us) // 2], "max": swap_us[-1]}
    print(json.dumps(figures))
    faults = verdict(figures)
    print("\n".join(f"soak plugins: {fault}" for fault in faults) or "soak plugins: as promised")
    if not args.keep:
        shutil.rmtree(folder)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

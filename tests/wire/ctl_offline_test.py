"""confabctl without a server: configurations, documents, plugins, and how it refuses.

SPDX-License-Identifier: MIT
"""

import json
import subprocess

import pytest
from server import BUILD


def ctl(*words, cwd=None):
    done = subprocess.run([BUILD / "confabctl", "--json", *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=20, cwd=cwd, check=False)
    return done.returncode, json.loads(done.stdout)


def test_explain_names_origin_and_change(tmp_path):
    (tmp_path / "c.yaml").write_text("limits:\n  ping_interval: 20s\n")
    status, keys = ctl("-c", tmp_path / "c.yaml", "config", "explain", "limits.ping_interval")
    assert status == 0
    assert keys[0]["value"] == "20s" and keys[0]["set"] and keys[0]["line"] == 2


def test_check_names_the_line(tmp_path):
    (tmp_path / "c.yaml").write_text("limits:\n  ping_intervall: 20s\n")
    status, answer = ctl("config", "check", tmp_path / "c.yaml")
    assert status == 1 and not answer["ok"]
    assert any("c.yaml:2:" in line and "ping_interval" in line for line in answer["lines"])


def test_schema_is_json():
    status, schema = ctl("config", "schema")
    assert status == 0 and "properties" in schema


def test_plugin_info():
    status, info = ctl("plugin", "info", BUILD / "plugins/.libs/typing.so")
    assert status == 0 and info["name"] == "typing" and info["loadable"]


@pytest.mark.parametrize("words,status", [
    (["nosuch"], 2),
    (["config"], 2),
    (["config", "explain", "no.such"], 1),
    (["plugin", "info"], 2),
    (["plugin", "info", "/dev/null"], 1),
    (["--nosuch"], 2),
    (["--socket", "/nonexistent/admin.sock", "status"], 1),
    (["chat", "https://example.org", "--user", "ann"], 2),
])
def test_refusals_are_json(words, status):
    got, answer = ctl(*words)
    assert got == status and answer["error"]["text"]

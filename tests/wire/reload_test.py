"""A reload takes over everything, or nothing and says why.

SPDX-License-Identifier: MIT
"""

import signal
import ssl
import subprocess

import websockets.sync.client
import yaml
from people import OPEN, people
from server import BUILD, DEADLINE, free_port, merged, wait_for


def rewrite(server, change):
    """The server's file with a change on top, not yet in force."""
    server.config = merged(server.config, change)
    server.config_path.write_text(yaml.safe_dump(server.config))


def test_what_changed_is_told_and_in_force(make_server):
    server = make_server(OPEN)
    (ann,) = people(server, "ann")
    ann.make("before", type="open")
    rewrite(server, {"roles": {"user": ["channels.create.group"]}, "log": {"level": "info"}})
    status, said = server.ctl("reload")
    assert status == 0, said
    assert any(line.startswith("roles.user: ") for line in said["changed"]), said
    assert "log.level: debug -> info" in said["changed"]
    assert ann.refused("channel.create", cid="create-0123456789", type="open",
                       channel="after") == "forbidden"
    ann.say("before", "still here")
    assert server.ctl("log", "level")[1]["level"] == "info"


def test_a_signal_reloads_too(make_server):
    server = make_server(OPEN)
    rewrite(server, {"http": {"metrics": "off"}})
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: server.request("GET", "/metrics")[0] == 404, "the new rule for /metrics")


def test_a_wrong_file_changes_nothing_and_every_mistake_is_named(make_server):
    server = make_server(OPEN)
    rewrite(server, {"http": {"metrics": "off"}, "limits": {"in_flite": 3, "head_bytes": "2GB"}})
    status, said = server.ctl("--socket", str(server.folder / "data/admin.sock"), "reload")
    assert status != 0
    text = said["error"]["text"]
    assert f"{server.config_path}:" in text and "in_flight" in text and "head_bytes" in text
    assert server.request("GET", "/metrics")[0] == 200


def test_what_needs_a_restart_is_refused_as_a_whole(make_server):
    server = make_server(OPEN)
    rewrite(server, {"http": {"metrics": "off"}, "server": {"workers": 2}})
    status, said = server.ctl("reload")
    assert status != 0 and "server.workers: 4 -> 2 (needs a restart)" in said["error"]["text"]
    assert server.request("GET", "/metrics")[0] == 200


def test_a_plugin_that_refuses_its_settings_keeps_everything_as_it_was(make_server):
    server = make_server(OPEN)
    rewrite(server, {"http": {"metrics": "off"}, "plugins": {"auth-jwt": {"keys": []}}})
    status, said = server.ctl("reload")
    assert status != 0 and "auth-jwt" in said["error"]["text"], said
    assert server.request("GET", "/metrics")[0] == 200
    rewrite(server, {"plugins": {"auth-jwt": False}})
    assert server.ctl("reload")[0] == 0
    assert server.request("GET", "/metrics")[0] == 404


def test_plugins_come_and_go(make_server):
    server = make_server(merged(OPEN, {
        "server": {"plugin_dirs": [str(BUILD / "plugins/.libs"),
                                   str(BUILD / "tests/plugins/.libs")]}}))
    names = {p["name"] for p in server.ctl("plugins")[1]["plugins"]}
    assert "typing" in names and "echo" not in names
    rewrite(server, {"plugins": {"typing": False, "echo": True}})
    assert server.ctl("reload")[0] == 0
    url = f"ws://127.0.0.1:{server.port}/echo"
    with websockets.sync.client.connect(url) as ws:
        ws.send("hi")
        assert ws.recv(DEADLINE) == "hi"

    def states():
        return {p["name"]: p["state"] for p in server.ctl("plugins")[1]["plugins"]}

    wait_for(lambda: states().get("typing") in (None, "gone"), "typing to be gone")


def test_limits_hold_for_what_comes_from_now_on(make_server):
    server = make_server(OPEN)
    head = {"X-Long": "x" * 4000}
    assert server.request("GET", "/readyz", headers=head)[0] == 200
    rewrite(server, {"limits": {"head_bytes": "1KB"}})
    assert server.ctl("reload")[0] == 0
    assert server.request("GET", "/readyz", headers=head)[0] == 431


def certificate(folder, name):
    """A self-signed certificate in folder/cert.pem and key.pem. Gives its DER bytes."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "2",
         "-subj", f"/CN={name}"], check=True, capture_output=True)
    return ssl.PEM_cert_to_DER_cert((folder / "cert.pem").read_text())


def test_certificates_are_read_again_and_connections_stay(make_server, tmp_path):
    first, port = certificate(tmp_path, "first.test"), free_port()
    # the old connection says no hello, however long the rest takes
    server = make_server(merged(OPEN, {"limits": {"hello_timeout": "5m"}, "listen": [
        {"address": "127.0.0.1:0"},
        {"address": f"127.0.0.1:{port}", "tls": True, "cert": str(tmp_path / "cert.pem"),
         "key": str(tmp_path / "key.pem")}]}), ready=False)
    context = ssl._create_unverified_context()

    def shown():
        with websockets.sync.client.connect(
                f"wss://127.0.0.1:{port}/v1/ws", ssl=context, subprotocols=["confab.v1"],
                open_timeout=DEADLINE) as ws:
            return ws.socket.getpeercert(True)

    wait_for(lambda: "server, is up" in server.log(), "the server to be up")
    with websockets.sync.client.connect(
            f"wss://127.0.0.1:{port}/v1/ws", ssl=context, subprotocols=["confab.v1"],
            open_timeout=DEADLINE) as old:
        assert old.socket.getpeercert(True) == first
        (tmp_path / "key.pem").write_text("no key")
        status, said = server.ctl("reload")
        assert status != 0 and "key.pem" in said["error"]["text"]
        assert shown() == first
        second = certificate(tmp_path, "second.test")
        assert server.ctl("reload")[0] == 0
        assert shown() == second != first
        old.send("no JSON")
        assert "bad_request" in old.recv(DEADLINE)


def test_the_order_of_hooks_is_the_administrators(make_server):
    server = make_server(merged(OPEN, {
        "server": {"plugin_dirs": [str(BUILD / "plugins/.libs"),
                                   str(BUILD / "tests/plugins/.libs")]},
        "plugins": {"later": {}}}))

    def moderators():
        return [(hook["plugin"], hook["because"]) for hook in server.ctl("hooks")[1]["hooks"]
                if hook["stage"] == "moderate"]

    assert moderators() == [("later", "by its name")]
    rewrite(server, {"pipeline": {"moderate": ["later"]}})
    assert server.ctl("reload")[0] == 0
    assert moderators() == [("later", "named under pipeline:")]


def test_who_may_read_no_more_is_told_so(make_server):
    server = make_server(OPEN)
    ann, bob = people(server, "ann", "bob")
    ann.make("general", type="open")
    bob.ask("channel.watch", channel="general", level="watch")
    rewrite(server, {"channel_types": {"open": {"roles": {"guest": ["join"]}}}})
    assert server.ctl("reload")[0] == 0
    assert bob.event("bye", "general")["why"]
    assert bob.refused("history", channel="general")
    ann.say("general", "among us")
    assert ann.row("general")["text"] == "among us"

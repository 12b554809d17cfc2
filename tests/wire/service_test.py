"""What a service manager and a log's keeper ask of the server.

SPDX-License-Identifier: MIT
"""

import http.client
import json
import os
import signal
import socket

from people import OPEN, people
from server import DEADLINE, Server, merged, wait_for


def test_the_service_manager_hears_how_it_goes(tmp_path):
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(DEADLINE)

        def heard(wanted):
            while True:
                words = manager.recv(4096).decode().split("\n")
                if wanted in words:
                    return True

        server = Server(tmp_path)
        server.start(env={**(server.env or os.environ), "NOTIFY_SOCKET": str(path),
                          "WATCHDOG_USEC": "200000"})
        assert heard("READY=1")
        assert heard("WATCHDOG=1") and heard("WATCHDOG=1")
        server.process.send_signal(signal.SIGHUP)
        assert heard("RELOADING=1") and heard("READY=1")
        server.process.send_signal(signal.SIGTERM)
        assert heard("STOPPING=1")
        assert server.process.wait(DEADLINE) == 0


def activated(server, sock, **start):
    """Start a server as systemd would, with a listening socket as descriptor 3."""

    def hand_over():
        os.dup2(sock.fileno(), 3, inheritable=True)
        os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))

    return server.start(close_fds=False, preexec_fn=hand_over, env=None, **start)


def test_sockets_of_systemd_replace_those_of_the_same_address(tmp_path):
    server = Server(tmp_path)
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", server.port))
        sock.listen()
        with socket.create_connection(("127.0.0.1", server.port)) as early:
            activated(server, sock)
            early.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert early.recv(100).startswith(b"HTTP/1.1 200")
        server.stop()


def test_a_socket_that_no_listener_names_is_an_error(tmp_path):
    server = Server(tmp_path)
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        activated(server, sock, ready=False)
        assert server.process.wait(DEADLINE) == 1
        name = f"127.0.0.1:{sock.getsockname()[1]}"
        assert f"systemd hands over a socket at {name}, but no listener" in server.log()


def test_a_unix_socket_is_a_door_and_goes_with_the_server(make_server, tmp_path):
    path = tmp_path / "http.sock"
    server = make_server()
    server.stop()
    server.config["listen"].append({"address": f"unix:{path}", "mode": "0600"})
    server.start()
    assert path.stat().st_mode & 0o777 == 0o600

    class Door(http.client.HTTPConnection):
        """HTTP over it."""

        def connect(self):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(str(path))

    door = Door("localhost", timeout=DEADLINE)
    door.request("GET", "/readyz")
    assert door.getresponse().status == 200
    server.stop()
    assert not path.exists()


def test_a_backup_lies_where_it_was_asked_for(make_server, tmp_path):
    server = make_server(OPEN)
    people(server, "ann")
    code, said = server.ctl("backup", str(tmp_path / "copy.db"))
    assert code == 0, said
    assert (tmp_path / "copy.db").stat().st_size == said["bytes"] > 0
    assert not list((server.folder / "data").glob("*.part"))
    code, said = server.ctl("backup", str(tmp_path / "copy.db"))
    assert code != 0 and "there already" in said["error"]["text"]


def test_the_log_is_json_in_a_file_that_is_opened_again(make_server, tmp_path):
    path, moved = tmp_path / "confab.log", tmp_path / "confab.log.1"
    server = make_server(merged(OPEN, {"log": {"file": str(path), "format": "json"}}))
    people(server, "ann")

    def lines(file):
        return [json.loads(line) for line in file.read_text().splitlines()]

    made = wait_for(lambda: [line for line in lines(path) if "account 'ann'" in line["text"]],
                    "the line about ann's account")
    assert made[0]["plugin"] == "auth-local" and made[0]["level"] == "info"
    begun = [line for line in lines(path) if line["text"] == "session of 'ann', begins"]
    assert begun[0]["conn"] and begun[0]["session"]
    path.rename(moved)
    server.process.send_signal(signal.SIGUSR1)
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: path.exists() and "reload" in path.read_text(), "the new file")
    assert all("text" in line for line in lines(moved))

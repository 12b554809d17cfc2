"""What a server gives up before its first thread, as the kernel sees it.

SPDX-License-Identifier: MIT
"""

import os
import pwd
import shutil
import tempfile
from pathlib import Path

import pytest
from people import OPEN, people
from server import BUILD, DEADLINE, Server, merged


@pytest.fixture
def open_folder():
    """A folder that every user may enter, which those of pytest are not."""
    folder = Path(tempfile.mkdtemp(prefix="confab-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def status_of(pid):
    """/proc/PID/status as a dictionary."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {line.split(":")[0]: line.split(":", 1)[1].strip() for line in lines}


def test_root_becomes_the_configured_user_and_keeps_nothing(open_folder):
    nobody = pwd.getpwnam("nobody")
    plugins = open_folder / "plugins"
    plugins.mkdir()
    for module in (BUILD / "plugins/.libs").glob("*.so"):
        shutil.copy(module, plugins)
    server = Server(open_folder, merged(OPEN, {
        "server": {"user": "nobody", "plugin_dirs": [str(plugins)]}}))
    if os.geteuid() != 0:
        server.start(ready=False)
        assert server.process.wait(DEADLINE) == 1
        assert "only root can become 'nobody'" in server.log()
        return
    with server:
        status = status_of(server.process.pid)
        assert status["Uid"].split() == [str(nobody.pw_uid)] * 4
        assert status["Gid"].split() == [str(nobody.pw_gid)] * 4
        assert set(status["Groups"].split()) <= {str(nobody.pw_gid)}
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(status[name], 16) == 0, name
        assert (open_folder / "data").stat().st_uid == nobody.pw_uid
        (ann,) = people(server, "ann")
        ann.make("general")
        ann.say("general", "as nobody")


def test_the_walls_stand_and_doctor_says_so(make_server):
    server = make_server({"server": {"sandbox": True}})
    status = status_of(server.process.pid)
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    for thread in Path(f"/proc/{server.process.pid}/task").iterdir():
        assert status_of(thread.name)["Seccomp"] == "2"
    code, said = server.ctl("doctor")
    assert code == 0
    checks = {check["what"]: check for check in said["checks"]}
    assert checks["seccomp"]["ok"] and checks["no_new_privs"]["ok"] and checks["data"]["ok"]
    assert checks["core dumps"]["is"] == "none"
    assert checks["listener"]["is"] == f"127.0.0.1:{server.port}, plain, on this machine"
    assert checks["helpers"]["ok"] and checks["loops"]["ok"]


def test_there_are_no_walls_where_they_are_not_wanted(make_server):
    server = make_server({"server": {"sandbox": False}})
    status = status_of(server.process.pid)
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "0"


def test_a_user_that_is_not_there_is_named(tmp_path):
    server = Server(tmp_path, {"server": {"user": "no-such-user"}})
    server.start(ready=False)
    assert server.process.wait(DEADLINE) == 1
    assert "server.user: there is no user 'no-such-user' here" in server.log()

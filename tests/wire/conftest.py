"""Fixtures of the wire tests.

SPDX-License-Identifier: MIT
"""

import pytest
from server import Server


@pytest.fixture
def server(tmp_path):
    """A running confabd with the default configuration; a failed test shows what it logged."""
    with Server(tmp_path) as running:
        yield running
        print(running.log()[-8000:])


@pytest.fixture
def make_server(tmp_path):
    """Make servers with a configuration of their own: make_server({"limits": {…}}, "name")."""
    made = []

    def make(config=None, name="server", **start):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        made.append(Server(folder, config))
        return made[-1].start(**start)

    yield make
    for each in made:
        print(each.log()[-8000:])
        each.stop()

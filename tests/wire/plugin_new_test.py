"""confabctl plugin new: what it makes builds out of the tree, passes its own tests, and is clean.

SPDX-License-Identifier: MIT
"""

import json

import pytest
from installed import Installed

pytestmark = pytest.mark.native


@pytest.fixture(name="run", scope="module")
def fixture_run():
    return Installed()


@pytest.mark.parametrize("language", ["c", "cxx"])
def test_it_builds_and_passes(run, tmp_path, language):
    said = run(f"confabctl plugin new my-words --{language}", tmp_path)
    assert "make check check-wire" in said
    folder = tmp_path / "my-words"
    run("make", folder)
    assert "unit test: passed" in run("make check", folder)
    assert "wire test: passed" in run("make check-wire", folder)
    shown = run("nm -D --defined-only my-words.so", folder).split()
    assert [word for word in shown if "confab" in word] == ["confab_plugin"]
    info = json.loads(run("confabctl --json plugin info my-words.so", folder))
    assert info["loadable"] and info["name"] == "my-words" and info["version"] == "0.1"


def test_a_broken_plugin_fails_its_test(run, tmp_path):
    run("confabctl plugin new words --dir there", tmp_path)
    source = tmp_path / "there/words.c"
    source.write_text(source.read_text().replace('"%.*s%s"', '"%.*s?%s"'))
    said = run("make check", tmp_path / "there", status=2)
    assert 'is hi? *, should be hi *' in said


@pytest.mark.parametrize("words,says", [
    ("../x", "cannot be a plugin's name"), ("Caps", "cannot be a plugin's name"),
    ("", "usage: confabctl plugin new NAME"), ("a b", "usage: confabctl plugin new NAME"),
    ("--perl a", "usage: confabctl plugin new NAME"),
])
def test_what_it_refuses(run, tmp_path, words, says):
    assert says in run(f"confabctl plugin new {words}", tmp_path, status=2)
    assert list(tmp_path.iterdir()) == []


def test_it_overwrites_nothing(run, tmp_path):
    (tmp_path / "mine").mkdir()
    assert "--dir names another" in run("confabctl plugin new mine", tmp_path, status=1)
    assert list((tmp_path / "mine").iterdir()) == []

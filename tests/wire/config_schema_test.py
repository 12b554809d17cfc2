"""The JSON Schema for editors says of a file what config check says, and the sample is accepted by both.

SPDX-License-Identifier: MIT
"""

import json
import re
import subprocess

import jsonschema
import pytest
import yaml
from server import BUILD, TOP

DIRS = {"plugin_dirs": [str(BUILD / "plugins/.libs"), str(BUILD / "tests/plugins/.libs")]}
PLUGINS = {"server": DIRS, "plugins": {"tuned": {}, "later": None}}


def ctl(folder, *words, config=PLUGINS):
    """(status, output) of confabctl with these plugins named by the file."""
    file = folder / "confab.yaml"
    file.write_text(yaml.safe_dump(config))
    done = subprocess.run([BUILD / "confabctl", "-c", file, *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=20, check=False)
    return done.returncode, done.stdout


@pytest.fixture(name="schema", scope="module")
def schema_(tmp_path_factory):
    status, text = ctl(tmp_path_factory.mktemp("schema"), "config", "schema")
    assert status == 0
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_sample_and_all_its_lines_are_right(schema, tmp_path):
    text = (TOP / "etc/confab.yaml").read_text()
    schema.validate(yaml.safe_load(text))
    status, sample = ctl(tmp_path, "config", "sample")
    assert status == 0 and "#mark: server" in sample and "#fixed: 1" in sample
    for line in ("#tuned:", "#mark: server", "#loud: false", "#fixed: 1"):
        sample = sample.replace(line, line[1:])
    sample = re.sub(r"#plugin_dirs: .*", f"plugin_dirs: {json.dumps(DIRS['plugin_dirs'])}", sample)
    config = yaml.safe_load(sample)
    assert config["plugins"]["tuned"] == {"mark": "server", "loud": False, "fixed": 1}
    schema.validate(config)
    assert ctl(tmp_path, "config", "check", config=config)[0] == 0


def test_the_manual_has_the_rows_of_plugins(tmp_path):
    status, page = ctl(tmp_path, "config", "manual")
    assert status == 0 and ".SS plugins: tuned" in page and "What stands behind every message." in page


@pytest.mark.parametrize("change", [
    {"pipeline": {"moderate": ["later", "tuned"]}},
    {"plugins": {"tuned": {"mark": "x", "loud": True, "fixed": 3}, "later": None}},
    {"plugins": {"tuned": True, "later": None, "typing": False}},
    {"channel_types": {"open": {"slow_mode": "5s", "plugins": {"tuned": {"mark": "y"}}}}},
    {"channel_types": {"open": {"plugins": {"tuned": False, "later": None}}}},
])
def test_both_accept(schema, tmp_path, change):
    config = {**PLUGINS, **change}
    assert ctl(tmp_path, "config", "check", config=config)[0] == 0
    schema.validate(config)


@pytest.mark.parametrize("change", [
    {"pipelines": {}},
    {"pipeline": {"modrate": ["later"]}},
    {"pipeline": {"moderate": "later: tuned"}},
    {"limits": {"ping_interval": 30}},
    {"limits": {"head_bytes": "much"}},
    {"plugins": {"tuned": {"mrak": "x"}, "later": None}},
    {"plugins": {"tuned": {"fixed": 10}, "later": None}},
    {"plugins": {"tuned": {"loud": "very"}, "later": None}},
    {"channel_types": {"open": {"plugins": {"tuned": {"fixed": 1}}}}},
    {"channel_types": {"open": {"plugins": {"tuned": {"mrak": "y"}}}}},
    {"channel_types": {"open": {"typing": "sometimes"}}},
])
def test_both_refuse(schema, tmp_path, change):
    config = {**PLUGINS, **change}
    assert ctl(tmp_path, "config", "check", config=config)[0] != 0
    with pytest.raises(jsonschema.ValidationError):
        schema.validate(config)


def test_explain_names_the_origin_of_a_types_settings(tmp_path):
    config = {**PLUGINS, "channel_types": {"open": {"plugins": {"tuned": {"mark": "y"}}}}}
    status, text = ctl(tmp_path, "config", "explain", "channel_types.open.plugins.tuned.mark",
                       config=config)
    assert status == 0 and text.startswith("channel_types.open.plugins.tuned.mark: y\n")
    line = (tmp_path / "confab.yaml").read_text().split("mark: y")[0].count("\n") + 1
    assert f"from:     {tmp_path / 'confab.yaml'}:{line}" in text
    status, text = ctl(tmp_path, "config", "explain", "plugins.tuned.fixed", config=config)
    assert status == 0 and "built-in default" in text and "restart" in text

"""Helpers of plugins: their code in a process that can do nothing else, and what becomes of bad ones.

SPDX-License-Identifier: MIT
"""

import threading

import pytest
from server import BUILD, DEADLINE, wait_for


@pytest.fixture
def decoder(make_server):
    return make_server({
        "server": {"plugin_dirs": [str(BUILD / "plugins/.libs"),
                                   str(BUILD / "tests/plugins/.libs")]},
        "plugins": {"decoder": True}})


def call(server, *words):
    status, said = server.ctl("decoder", "call", *words)
    assert status == 0, said
    return said["rc"], said["said"]


def test_bytes_and_a_descriptor_go_in_and_bytes_come_out(decoder):
    assert call(decoder, "upper", "grow") == ("OK", "GROW")
    assert call(decoder, "upper", "grow", "and more") == ("OK", "GROWand more")
    assert call(decoder, "upper") == ("OK", "")
    assert call(decoder, "refuse") == ("EUNSUPPORTED", "")


@pytest.mark.parametrize("name, code, said", [
    ("never", "ETIMEDOUT", "helper 'decoder/never', was killed (the deadline passed"),
    ("busy", "ELIMIT", "helper 'decoder/busy', died (CPU time limit exceeded"),
    ("crash", "EIO", "helper 'decoder/crash', died (Aborted"),
    ("flood", "ELIMIT", "helper 'decoder/flood', was killed ("),
])
def test_a_bad_helper_is_one_failed_job_and_the_next_one_works(decoder, name, code, said):
    assert call(decoder, name) == (code, "")
    wait_for(lambda: said in decoder.log(), "the log to say why")
    assert call(decoder, "upper", "on") == ("OK", "ON")


def test_a_helper_that_looks_around_is_killed(decoder):
    assert call(decoder, "peek")[0] == "EIO"
    wait_for(lambda: "helper 'decoder/peek', died (Bad system call" in decoder.log(), "the reason")


def test_an_unload_kills_the_helpers_of_the_plugin(decoder):
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(decoder.ctl("decoder", "call", "long")))
    asking.start()
    wait_for(lambda: "1 helper" in str(decoder.ctl("plugins")[1]), "the helper to run")
    status, said = decoder.ctl("plugin", "unload", "decoder")
    assert status == 0, said
    asking.join(DEADLINE)
    assert answers == [(0, {"rc": "ECLOSED", "said": ""})]

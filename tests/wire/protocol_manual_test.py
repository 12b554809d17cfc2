"""The tables of man/confab-protocol.7 are what a server with the default configuration says of itself.

SPDX-License-Identifier: MIT
"""

import subprocess

from protocol_manual import PAGE, printed


def test_tables_are_in_step(make_server):
    kept = PAGE.read_text()
    now = printed(kept, make_server())
    old, new = kept.splitlines(), now.splitlines()
    differ = [line for line in new if line not in old] + [line for line in old if line not in new]
    assert kept == now, (
        "print the tables again (CONFAB_BUILD=… python tests/wire/protocol_manual.py), these differ:\n"
        + "\n".join(differ[:20]))


def test_page_has_no_faults_of_form():
    said = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", PAGE], capture_output=True,
                          text=True, check=True).stderr
    assert not [line for line in said.splitlines() if "break" not in line], said

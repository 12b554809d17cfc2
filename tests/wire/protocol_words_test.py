"""Every error code that the core's sources name has a row in the table of errors.

SPDX-License-Identifier: MIT
"""

import re

from rows import error_table
from server import TOP

CALLS = (r"\b(?:request_error|request_refuse|confab_reject|confab_reject_later|event_error|event_fail|"
         r"confab_reply_error|confab_reply_later|hello_refuse)\(\s*[\w>.&-]+,\s*\"([a-z_]+)\"")


def test_every_code_has_a_row(server):
    table, found = error_table(server), {}
    for source in sorted((TOP / "core").rglob("*.c")):
        for code in re.findall(CALLS, source.read_text()):
            found.setdefault(code, source.relative_to(TOP))
    assert len(found) > 15, "the sources are not read any more"
    assert {c: str(f) for c, f in found.items() if c not in table} == {}

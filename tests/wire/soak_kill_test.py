"""Three rounds of ./dev soak kill: a killed server loses, doubles, reorders and alters nothing.

SPDX-License-Identifier: MIT
"""

import asyncio

from checker import check
from kill import soak


def test_kills_under_load_break_no_law(tmp_path):
    records, story = asyncio.run(soak(tmp_path, 3, 7))
    faults = check(records, story)
    assert not faults, "\n".join(map(str, faults))
    assert sum(len(log["entries"]) for log in story["store"].values()) > 100

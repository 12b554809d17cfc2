"""A thousand messages in nine scripts, edited, deleted, answered, read, with people who come and go.

SPDX-License-Identifier: MIT
"""

import asyncio

from replay import replay

SAYINGS = (
    "The rain in the harbour sings of distant lighthouses",
    "Übung macht den Meister, und Straßenmusik macht Frühling",
    "Más vale pájaro sereno que cien mañanas con prisa",
    "Тише едешь, дальше будешь, говорит старая черепаха",
    "Κάλλιο αργά παρά ποτέ, είπε η χελώνα",
    "טוב מאוחר מאף פעם אמר הצב",
    "الصبر مفتاح الفرج قالت السلحفاة",
    "千里之行始於足下",
    "猿も木から落ちると言いました",
    "천리길도 한걸음부터 시작합니다",
    "Tea 🍵, then 🌊",
)


def test_everybody_ends_with_the_same_history(tmp_path):
    texts = [f"{saying} {n}" for n in range(400) for saying in SAYINGS]
    faults, found = asyncio.run(replay(tmp_path, texts, 1000, users=12, channels=6, pause_s=0.02))
    assert not faults, "\n".join(map(str, faults))
    for op in ("message.edit", "message.delete", "member.join", "member.leave", "member.kick"):
        assert found[op] > 0, f"nobody did {op}: {dict(found)}"
    for script in ("latin", "cyrillic", "cjk", "greek", "hebrew", "arabic", "hangul"):
        assert found["search " + script] > 0

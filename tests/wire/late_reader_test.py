"""Who joined later sees new words whole, also those said in a thread that began before.

SPDX-License-Identifier: MIT
"""

import asyncio

from chat_whole_way_test import account, enter

CONFIG = {
    "plugins": {"auth-local": {"register": "open"}},
    "channel_types": {"open": {"history_for_newcomers": False}},
}


def test_a_reply_to_an_earlier_message_reaches_who_joined_later(make_server):
    server = make_server(CONFIG)
    tokens = [account(server, "register", user) for user in ("ann", "bob")]

    async def talk():
        (ann, _), (bob, _) = [await enter(server, token) for token in tokens]
        await ann.ask("channel.create", cid="create-0123456789", type="open", channel="general")
        await ann.ask("message.send", channel="general", cid="before-0123456789", text="before")
        await bob.ask("channel.join", cid="join-0123456789ab", channel="general")
        watch = await bob.ask("channel.watch", channel="general", level="watch")
        await ann.ask("message.send", channel="general", cid="reply-0123456789a", text="after",
                      parent=1)
        seen = await bob.until(lambda m: m.get("ev") == "change" and m["channel"] == "general"
                               and m["rev"] > watch["ok"]["rev"])
        rows = {row["id"]: row for row in seen["rows"] if row["kind"] == "message"}
        assert rows[2]["text"] == "after"
        assert rows[1].get("hidden") and "text" not in rows[1]
        synced = await bob.ask("sync", channels=[{"id": "general", "rev": watch["ok"]["rev"]}])
        assert {row["id"]: row for row in synced["ok"]["channels"][0]["rows"]
                if row["kind"] == "message"} == rows

    asyncio.run(talk())

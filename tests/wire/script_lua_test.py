"""Scripts in the real daemon: what they may do, what they may not, and what becomes of their errors.

SPDX-License-Identifier: MIT
"""

import re

import pytest
from people import OPEN, cid, people
from server import merged, wait_for

HOOK = """
confab.hook{stage = "moderate", run = function(event)
%s
end}
"""


class Scripts:
    """A server with a directory of scripts, and two people in a room."""

    def __init__(self, make_server, folder, texts, **settings):
        self.folder = folder / "scripts"
        self.folder.mkdir()
        for name, text in texts.items():
            self.write(name, text)
        # The breaker and rates are other tests': here everything is tried.
        self.server = make_server(merged(OPEN, {
            "limits": {"user_rate": "off"},
            "channel_types": {"group": {"rate": "off", "user_rate": "off"}},
            "pipeline": {"breaker_errors": "off", "breaker_time": "off"}, "plugins": {"script-lua": {
            "directory": str(self.folder), **settings}}}))
        self.ann, self.bob = people(self.server, "ann", "bob")
        self.ann.make("room", self.bob)

    def write(self, name, text):
        (self.folder / f"{name}.lua").write_text(text)

    def heard(self, text):
        """What the other hears."""
        self.ann.say("room", text)
        return self.bob.row("room")["text"]


@pytest.fixture
def scripts(make_server, tmp_path):
    return lambda texts, **settings: Scripts(make_server, tmp_path, texts, **settings)


def test_what_a_script_sees_and_says(scripts):
    s = scripts({"all": HOOK % """
    event.text = table.concat({event.kind, event.op, event.actor, event.channel, event.type,
                               event.role, event.body.text, tostring(event.seq)}, " ")
    """})
    assert s.heard("hi") == "message.send message.send ann room group owner hi nil"


def test_scripts_are_asked_in_order_until_one_decides(scripts):
    s = scripts({
        "a": HOOK % "event.text = event.text .. 'a'",
        "b": HOOK % "if event.text == 'noa' then event:reject('never', 'not so') end",
        "c": HOOK % "event.text = event.text .. 'c'"})
    assert s.heard("x") == "xac"
    assert s.ann.refused("message.send", channel="room", cid="c" * 16, text="no") == "never"


def test_a_script_answers_observes_and_waits(scripts):
    s = scripts({"all": """
    confab.hook{stage = "observe", kinds = "message.*", run = function(event)
      local seq, text = event.seq, event.text
      confab.after(10, function() confab.log("warning", "heard " .. seq .. ": " .. #text) end)
    end}
    confab.every(100, function() confab.log("still here") end)
    """})
    s.heard("four")
    wait_for(lambda: "script 'all', heard 1: 4" in s.server.log(), "the script to have heard it")
    wait_for(lambda: s.server.log().count("still here") > 1, "the timer to run")


def test_commands_and_what_is_kept(scripts):
    s = scripts({"memo": """
    confab.command{name = "memo", help = "keeps a line", run = function(args, who, where)
      confab.put(who, {line = args}, function(_, err) confab.log("kept " .. tostring(err)) end)
      return who .. " in " .. where .. ": " .. args
    end}
    confab.command{name = "recall", help = "logs it", run = function(args, who)
      confab.get(who, function(kept) confab.log("recalled " .. kept.line) end)
    end}
    """})
    s.ann.say("room", "/script memo buy tea")
    assert s.ann.event("note")["text"] == "ann in room: buy tea"
    wait_for(lambda: "kept nil" in s.server.log(), "it to be kept")
    s.server.stop()
    s.server.start()
    s.ann.enter()
    s.ann.say("room", "/script recall")
    wait_for(lambda: "recalled buy tea" in s.server.log(), "it to be recalled")
    s.ann.say("room", "/script")
    assert "/script memo: keeps a line" in s.ann.event("note")["text"]


def test_a_reload_takes_new_text_and_keeps_what_others_remember(scripts):
    counter = "local n = 0\n" + HOOK % "n = n + 1 event.text = event.text .. n"
    s = scripts({"counter": counter, "other": HOOK % "event.text = event.text .. 'old'"})
    assert s.heard("x") == "x1old"
    s.write("other", HOOK % "event.text = event.text .. 'new'")
    assert s.server.ctl("reload")[0] == 0
    assert s.heard("x") == "x2new"
    s.write("other", "local x = = 1\n")
    status, said = s.server.ctl("reload")
    assert status != 0 and f"{s.folder}/other.lua: other.lua:1: unexpected symbol" in said["error"]["text"]
    assert s.heard("x") == "x3new"


@pytest.mark.parametrize("text, why", [
    ("error('no', 0)", "no"),
    ("confab.hook{stage = 'later', run = print}", "stage 'later' is none"),
    ("confab.hook{stage = 'moderate', run = 1}", "'run' must be a function"),
    ("confab.hook{stag = 'moderate'}", "'stag' is not known here"),
    ("confab.emit('message.send', 'room', {text = 'x'})", "not for the top level"),
    ("while true do end", "many instructions"),
    ("\x1bLua", "attempt to load a binary chunk"),
])
def test_a_script_that_cannot_start_is_not_taken(scripts, text, why):
    s = scripts({"all": HOOK % "event.text = event.text .. '!'"}, time="10s")
    s.write("all", text)
    status, said = s.server.ctl("reload")
    assert status != 0 and f"{s.folder}/all.lua: " in said["error"]["text"]
    assert why in said["error"]["text"]
    assert s.heard("as before") == "as before!"


# What hostile scripts try, and what the log says of it.
HOSTILE = {
    "loop": ("while true do end", "h.lua:3: it takes too (long|many)"),
    "caught": ("while true do pcall(function() while true do end end) end", "takes too"),
    "caught deep": ("local function f() pcall(f) pcall(f) end f()", "takes too|overflow|memory"),
    "handler": ("xpcall(error, function() while true do end end)", "takes too"),
    "memory": ("local t = {} while true do t[#t + 1] = {} end", "not enough memory"),
    "doubling": ("local s = 'x' while true do s = s .. s end", "not enough memory"),
    "rep": ("return ('x'):rep(1e9)", "takes too|memory"),
    "empty rep": ("('').rep('', 1 << 62) return ('x'):rep(1 << 40, '')", "takes too|memory"),
    "recursion": ("local function f() return 1 + f() end f()", "overflow|memory"),
    "c recursion": ("local function f() return ('x'):gsub('x', f) end f()", "overflow"),
    "pattern": ("return ('a'):rep(200):find(('a-'):rep(60) .. 'b')", "takes too"),
    "star pattern": ("return ('a'):rep(10000):match('.*.*.*.*.*b')", "takes too"),
    "balance": ("return ('('):rep(9e4):find('%b()') or ('('):rep(9e4):find('%b()b')", "takes too"),
    "bad pattern": ("return ('x'):find('[x')", "the pattern misses a ']'"),
    "sort": ("local t = {} for i = 1, 9000 do t[i] = -i end while true do table.sort(t) end",
             "takes too"),
    "bad order": ("local t = {} for i = 1, 999 do t[i] = i end "
                  "table.sort(t, function() return true end) error('sorted')", "sorted"),
    "long table": ("table.insert(setmetatable({}, {__len = function() return 1 << 40 end}), 1, 1)",
                   "without a metatable"),
    "gc": ("setmetatable({}, {__gc = function() end})", "__gc is not for scripts"),
    "coroutine": ("coroutine.wrap(function() end)()", "global 'coroutine'"),
    "io": ("io.open('/etc/passwd')", "global 'io'"),
    "os": ("os.execute('true')", "global 'os'"),
    "debug": ("debug.sethook()", "global 'debug'"),
    "load": ("load('return 1')()", "global 'load'"),
    "require": ("require('os')", "global 'require'"),
    "dump": ("string.dump(print)", "field 'dump'"),
    "object": ("error({})", "an error that is no text was raised"),
    "tostring": ("error(setmetatable({}, {__tostring = function() while true do end end}))", "no text"),
    "huge error": ("error(('x'):rep(200000), 0)", "x" * 200),
    "control": ("error('a\\n\\27[2Jb', 0)", r"a  \[2Jb"),
    "keep": ("kept = kept or event return kept.text and event ~= kept and event.text, "
             "kept ~= event and error('kept')", "this event is over"),
    "body": ("event.body = {}", "only 'text' of an event can be set"),
    "text": ("event.text = '\\255'", "the text was not taken"),
    "string meta": ("getmetatable('').__index = nil return ('x'):rep(2)", "attempt to index"),
    "event meta": ("getmetatable(event).__index = nil", "attempt to index"),
    "format": ("while true do local s = ('%99.99f'):format(1e308) end", "takes too"),
    "concat": ("local s = ('x'):rep(1000):rep(500) while true do local t = s .. 'y' end", "takes too"),
    "compare": ("local a = ('x'):rep(1000):rep(900) local b = a .. 'y' while true do local c = a < b end",
                "takes too"),
    "close": ("local x <close> = setmetatable({}, {__close = function() while true do end end})",
              "takes too"),
    "unpack": ("return table.unpack({}, 1, 1e8)", "too many results"),
    "wait": ("for i = 1, 300 do confab.after(1e6, function() end) end", "at most 256"),
    "emit": ("confab.emit('message.send', 'room', {text = function() end})", "names and values"),
    "deep": ("local t = {} for i = 1, 99 do t = {t} end event:hold('q', {t = t})", "names and values"),
}


@pytest.mark.parametrize("policy", ["reject", "pass"])
def test_hostile_scripts_are_stopped_and_nobody_waits(scripts, policy):
    s = scripts({"h": "local which = ...\n"}, on_error=policy, time="1s", instructions=300000)
    for name, (text, why) in list(HOSTILE.items())[:3 if policy == "pass" else None]:
        s.write("h", "-- " + name + "\n" + HOOK.strip("\n") % text)
        assert s.server.ctl("reload")[0] == 0
        before = len(s.server.log())
        for first in ([True, False] if name == "keep" else [False]):
            if policy == "pass" or first:
                assert s.heard("hello") == "hello", name
            else:
                assert s.ann.refused("message.send", channel="room", cid=cid(), text="hello") == "internal", name
        found = wait_for(lambda: [line for line in s.server.log()[before:].splitlines()
                                  if "script 'h', message.send failed (" in line], name)
        assert re.search(why, found[-1]), (name, found)
        assert len(found[-1]) < 600, name

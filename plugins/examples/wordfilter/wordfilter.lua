-- wordfilter, as a script for the plugin script-lua; README.md says what it does.
--
-- Settings: words (a list), action (mask, refuse or hold), actions (by type of channel, over action).
--
-- SPDX-License-Identifier: MIT

local settings = confab.settings or {}
local listed = {}

for _, word in ipairs(settings.words or {}) do
  local first, last = confab.words(word)()
  if first ~= 1 or last ~= #word then
    error("words: '" .. word .. "' is not one word (letters, marks and numbers only)")
  end
  listed[confab.fold(word)] = true
end

-- The text with stars, and the first word that was found, folded.
local function mask(text)
  local pieces, copied, found = {}, 0, nil
  for first, last in confab.words(text) do
    local word = text:sub(first, last)
    local folded = confab.fold(word)
    if listed[folded] then
      found = found or folded
      pieces[#pieces + 1] = text:sub(copied + 1, first - 1)
      pieces[#pieces + 1] = ("*"):rep(utf8.len(word))
      copied = last
    end
  end
  pieces[#pieces + 1] = text:sub(copied + 1)
  return table.concat(pieces), found
end

confab.hook{
  stage = "moderate",
  kinds = "message.send message.edit",
  run = function(event)
    local text, found = mask(event.text)
    if not found then
      return
    end
    local action = (settings.actions or {})[event.type] or settings.action or "mask"
    if action == "mask" then
      event.text = text
    elseif action == "hold" then
      event:hold("words", {word = found})
    else
      event:reject("word", "a word in it is not to be said here")
    end
  end,
}

--[[ @spell
name: modules
description: A spell in several files.
capabilities: []
]]

local inventory = require("inventory")   -- inventory.lua beside this file
local text = require("./lib/text")       -- the same by path; relative to the file that asks

inventory.add("apple", 3)
inventory.add("pear", 1)
print(text.list(inventory.lines()))

-- A module runs once, whoever asks for it and by whatever name.
print(require("lib.text") == text)

-- expect: 3 apples, 1 pear
-- expect: true

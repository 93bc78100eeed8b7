import { attack, harmless, type AttackClass } from "../../kit/attack.js";

export const EDGES: AttackClass = {
  title: "Edges of integers and ranges",
  about:
    "Lengths, ranges and sizes at the ends of what an integer holds: each is an error or a right result, no overflow.",
  attacks: [
    harmless(
      "string.rep that overflows",
      "return not pcall(string.rep, 'xy', math.maxinteger) and not pcall(string.rep, 'x', 1 << 62, 'yyyy')",
    ),
    harmless("string.rep of a negative count", "return ('x'):rep(math.mininteger) == '' and ('x'):rep(-1, 'y') == ''"),
    attack("string.rep of nothing, for ever", "return (''):rep(math.maxinteger, '')", "LIMIT_FUEL"),
    attack("string.pack that pads without end", "string.pack('c99999999999999999999', '')", [
      "LIMIT_FUEL",
      "LIMIT_MEMORY",
    ]),
    harmless(
      "string.sub at the ends",
      "local s = 'abc' return s:sub(math.mininteger, math.maxinteger) == s and s:sub(math.maxinteger) == '' and s:sub(2, math.mininteger) == ''",
    ),
    harmless(
      "string.byte at the ends",
      "return ('abc'):byte(math.mininteger, math.maxinteger) == 97 and ('abc'):byte(math.maxinteger) == nil",
    ),
    harmless(
      "string.find from the ends",
      "return ('abc'):find('b', math.mininteger) == 2 and ('abc'):find('', math.maxinteger) == nil",
    ),
    harmless("string.find from behind the end", "return ('abc'):find('', 4) == 4 and ('abc'):find('', 5) == nil"),
    harmless(
      "string.char out of range",
      "return not pcall(string.char, 256) and not pcall(string.char, -1) and not pcall(string.char, math.maxinteger)",
    ),
    harmless(
      "string.format widths and precisions",
      "for _, f in ipairs({ '%99999d', '%.100f', '%0123d', '%1', '%', '%y', '%10q' }) do if pcall(string.format, f, 1) then return false end end return true",
    ),
    harmless(
      "string.format with too few arguments",
      "return not pcall(string.format, '%d %d', 1) and not pcall(string.format, ('%d'):rep(300))",
    ),
    harmless(
      "string.format of the largest numbers",
      "return string.format('%d', math.mininteger) == '-9223372036854775808' and #string.format('%.99f', 1e308) == 409",
    ),
    harmless(
      "string.format %q of edge values",
      "return load('return ' .. string.format('%q', math.mininteger))() == math.mininteger and string.format('%q', 1 / 0) == '1e9999'",
    ),
    harmless("string.format %c and %s of zero bytes", "return string.format('%c%s', 0, '\\0') == '\\0\\0'"),
    harmless("string.format %a", "return string.format('%a', 0.5):find('0x1p-1', 1, true) == 1"),
    harmless(
      "string.pack sizes",
      "for _, f in ipairs({ 'i17', 'i0', '!17i4', '!3i4', 'c', 'Xz', 'X' }) do if pcall(string.pack, f, 1) then return false end end return true",
    ),
    harmless(
      "string.pack that overflows an integer",
      "return not pcall(string.pack, 'i1', 128) and not pcall(string.pack, 'I2', -1) and not pcall(string.pack, 's1', ('x'):rep(256))",
    ),
    harmless(
      "string.packsize that overflows twice",
      "return not pcall(string.packsize, 'c2147483647c2147483647') and not pcall(string.packsize, 's')",
    ),
    harmless(
      "string.unpack behind the end of text",
      "for _, f in ipairs({ 'i4', 's4', 'z', 'c5', '!8 i8', 'j' }) do if pcall(string.unpack, f, 'abc', 2) then return false end end return true",
    ),
    harmless(
      "string.unpack from the ends",
      "return not pcall(string.unpack, 'b', 'abc', math.maxinteger) and not pcall(string.unpack, 'b', 'abc', 5)",
    ),
    harmless(
      "string.unpack of an integer that is too wide",
      "return not pcall(string.unpack, 'i16', ('\\xff'):rep(8) .. ('\\x01'):rep(8))",
    ),
    harmless(
      "table.concat of ranges at the ends",
      "return table.concat({}, '', math.maxinteger, math.mininteger) == '' and table.concat({ [math.maxinteger] = 'x' }, '', math.maxinteger, math.maxinteger) == 'x' and not pcall(table.concat, {}, '', math.maxinteger - 1, math.maxinteger)",
    ),
    harmless(
      "table.unpack of ranges at the ends",
      "return not pcall(table.unpack, {}, math.mininteger, math.maxinteger) and not pcall(table.unpack, {}, 0, math.maxinteger) and select('#', table.unpack({}, math.maxinteger, math.maxinteger)) == 1 and select('#', table.unpack({}, 1, 0)) == 0",
    ),
    harmless(
      "table.unpack that wraps around",
      "return not pcall(table.unpack, {}, math.mininteger, -1) and not pcall(table.unpack, {}, -1, math.maxinteger - 2)",
    ),
    harmless(
      "table.move of ranges at the ends",
      "return not pcall(table.move, {}, 1, math.maxinteger, 2) and not pcall(table.move, {}, -1, math.maxinteger, 2) and not pcall(table.move, {}, math.mininteger, 0, 1)",
    ),
    harmless(
      "table.move that overlaps at the end",
      "local t = table.move({ 1, 2, 3 }, 1, 3, math.maxinteger - 2) return t[math.maxinteger] == 3",
    ),
    harmless(
      "table.insert and table.remove out of range",
      "return not pcall(table.insert, {}, 3, 1) and not pcall(table.insert, {}, math.mininteger, 1) and not pcall(table.remove, { 1 }, 5) and not pcall(table.insert, {}, 1, 2, 3)",
    ),
    harmless(
      "table functions on a length that lies",
      "local t = setmetatable({}, { __len = function() return math.maxinteger end }) return not pcall(table.insert, t, 1) or rawget(t, math.mininteger) == 1",
    ),
    harmless(
      "a length that is no integer",
      "for _, n in ipairs({ 1.5, '3', {} }) do if pcall(table.insert, setmetatable({}, { __len = function() return n end }), 1) and n ~= '3' then return false end end return true",
    ),
    attack(
      "table.sort of too much",
      "table.sort(setmetatable({}, { __len = function() return 1 << 31 end }))",
      "SCRIPT_ERROR",
    ),
    harmless(
      "table.sort with a comparator that changes the table",
      "local t = {} for i = 1, 50 do t[i] = i % 7 end pcall(table.sort, t, function(a, b) t[#t] = nil return (a or 0) < (b or 0) end) return true",
    ),
    harmless(
      "table.sort with a comparator that changes its mind",
      "local n = 0 local t = {} for i = 1, 200 do t[i] = i end pcall(table.sort, t, function() n = n + 1 return n % 3 == 0 end) return n < 100000",
    ),
    harmless(
      "utf8.char out of range",
      "return not pcall(utf8.char, -1) and not pcall(utf8.char, 0x80000000) and #utf8.char(0x7FFFFFFF) == 6",
    ),
    harmless(
      "utf8 of wrong bytes",
      "return utf8.len('\\xff') == nil and utf8.len('\\xc0\\x80') == nil and utf8.len('\\xed\\xa0\\x80') == nil and utf8.len('\\xf4\\x90\\x80\\x80') == nil and not pcall(utf8.codepoint, '\\xff')",
    ),
    harmless(
      "utf8.codes on a continuation byte",
      "return not pcall(function() for _ in utf8.codes('ab\\x80') do end end)",
    ),
    harmless(
      "utf8 positions at the ends",
      "return not pcall(utf8.len, 'abc', math.maxinteger) and not pcall(utf8.offset, 'abc', 1, math.maxinteger) and not pcall(utf8.codepoint, 'abc', 1, math.maxinteger)",
    ),
    harmless("utf8.offset from a continuation byte", "return not pcall(utf8.offset, 'a\\x80', 1, 2)"),
    harmless(
      "for loops that would overflow",
      "local n = 0 for i = math.maxinteger - 1, math.maxinteger do n = n + 1 end for i = math.mininteger + 1, math.mininteger, -1 do n = n + 1 end return n == 4",
    ),
    harmless(
      "for loops with a huge step",
      "local n = 0 for i = 1, math.maxinteger, math.maxinteger do n = n + 1 end for i = math.maxinteger, math.mininteger, math.mininteger do n = n + 1 end return n == 3",
    ),
    harmless(
      "for loops with a limit that is no integer",
      "local n = 0 for i = 1, 0 / 0 do n = n + 1 end for i = math.maxinteger, math.huge do n = n + 1 end return n == 1",
    ),
    attack("a for loop with the step 0", "for i = 1, 2, 0 do end", "SCRIPT_ERROR"),
    harmless(
      "division and remainder at the ends",
      "return math.mininteger // -1 == math.mininteger and math.mininteger % -1 == 0 and not pcall(function() return 1 // 0 end) and not pcall(function() return 1 % 0 end)",
    ),
    harmless(
      "shifts by more than there are bits",
      "return 1 << 64 == 0 and 1 << -1 == 0 and 1 >> math.mininteger == 0 and -1 >> 63 == 1",
    ),
    harmless(
      "math functions at the ends",
      "return math.abs(math.mininteger) == math.mininteger and math.tointeger(2^63) == nil and math.ult(1, -1) and not pcall(math.random, 2, 1) and math.fmod(math.mininteger, -1) == 0",
    ),
    harmless(
      "math.random over the whole range of integers",
      "for _ = 1, 100 do if math.type(math.random(math.mininteger, math.maxinteger)) ~= 'integer' then return false end end return true",
    ),
    harmless(
      "math.floor of what is no integer",
      "return math.floor(1e308) == 1e308 and math.floor(-1 / 0) == -1 / 0 and not pcall(string.rep, 'x', 0 / 0)",
    ),
    harmless(
      "tonumber with bases at the ends",
      "return tonumber('zz', 36) == 1295 and not pcall(tonumber, '1', 37) and not pcall(tonumber, '1', math.maxinteger) and tonumber(('f'):rep(100), 16) == -1",
    ),
    harmless(
      "numbers that are hard to read",
      "return tonumber('0x' .. ('f'):rep(1000)) == -1 and tonumber(('1'):rep(400)) == math.huge and tonumber('1e' .. ('9'):rep(300)) == nil or true",
    ),
    harmless(
      "table keys that are not keys",
      "return not pcall(rawset, {}, nil, 1) and not pcall(rawset, {}, 0 / 0, 1) and ({ [2^53] = 1 })[1 << 53] == 1",
    ),
    harmless(
      "os.time of dates that do not exist",
      "return not pcall(os.time, { year = math.maxinteger, month = 1, day = 1 }) and not pcall(os.time, { year = 2000, month = '1e9', day = {} })",
    ),
    harmless(
      "os.date of times at the ends",
      "for _, t in ipairs({ math.maxinteger, math.mininteger, 1 << 60 }) do pcall(os.date, '%Y', t) end return not pcall(os.date, '%Ez', 0)",
    ),
  ],
};

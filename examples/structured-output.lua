--[[ @spell
name: structured-output
description: Gets data instead of prose, checked against a JSON Schema.
capabilities: [model]
]]

local schema = {
  type = "object",
  properties = {
    title = { type = "string" },
    year = { type = "integer", minimum = 1900 },
    genres = { type = "array", items = { type = "string" }, minItems = 1 },
  },
  required = { "title", "year", "genres" },
}

local film = llm.generate("Invent a film.", { schema = schema }).data

print(type(film.title), film.year >= 1900, #film.genres >= 1)

-- expect: string	true	true

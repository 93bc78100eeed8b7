-- @spell
-- params:
--   a: { type: number }
--   b: { type: number }
return params.a + params.b

-- Functions of the host as values: closures over an id, found again by it.
local host = ...

-- Beside the id a closure has a userdata that says when it is collected.
host.register("host_function", { __gc = host.drop_function, __name = "host function", __metatable = false })
host.register("host_functions", setmetatable({}, { __mode = "v" }))

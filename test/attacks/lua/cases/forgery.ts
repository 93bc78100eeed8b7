import { attack, type AttackClass } from "../../kit/attack.js";

export const FORGERY: AttackClass = {
  title: "Forged errors, promises and handles",
  about: "A script cannot claim a code that is the host's to give, resume what waits for the host, or make a handle.",
  attacks: [
    ...[
      "LIMIT_FUEL",
      "LIMIT_MEMORY",
      "LIMIT_DEPTH",
      "PERMISSION_DENIED",
      "INTERRUPTED",
      "CANCELLED",
      "INTERNAL",
    ].flatMap((code) => [
      attack(
        `an error that claims ${code}`,
        `error({ code = "${code}", category = "limit", message = "forged" })`,
        "SCRIPT_ERROR",
      ),
      attack(
        `an error table of the host changed to ${code}`,
        `local _, e = pcall(test.fail) e.code = "${code}" error(e)`,
        "TOOL_FAILED",
      ),
      attack(
        `a copy of a host's error with ${code}`,
        `local _, e = pcall(test.fail) local c = { code = "${code}" } for k, v in pairs(e) do c[k] = c[k] or v end error(c)`,
        "SCRIPT_ERROR",
      ),
      attack(
        `a rejected promise that claims ${code}`,
        `await(promise.reject({ code = "${code}", message = "forged" }))`,
        "SCRIPT_ERROR",
      ),
    ]),
    attack(
      "a promise whose insides the spell replaced",
      "local p = promise.new(function() end) p.waiters = 5 await(p)",
      "SCRIPT_ERROR",
    ),
    attack(
      "a promise whose waiters the spell made up",
      "local p = promise.new(function() end) p.waiters = { {}, { co = 1 }, {} } spawn(function() p.state = 'x' end) await(p)",
      ["SCRIPT_ERROR", "DEADLOCK"],
    ),
    attack(
      "a promise whose waiters are no tasks",
      'local p = test.wait_async("a") pcall(function() p.waiters = { { co = 1 } } end) p:cancel()',
      "fine",
    ),
    attack("a text that says memory is over", 'error("not enough memory", 0)', "SCRIPT_ERROR"),
    attack(
      "a table that says memory is over, when it once was",
      'pcall(string.rep, "x", 1 << 30) error({ message = "not enough memory" })',
      "SCRIPT_ERROR",
    ),
    attack("a text that says the stack is over", 'error("stack overflow")', "SCRIPT_ERROR"),
  ],
};

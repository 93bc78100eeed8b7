/** A call whose result nobody keeps. What it makes is given back by `undo`, or by being dropped. */
export interface Recipe {
  readonly fn: string;
  readonly args: readonly unknown[];
  /** Called with the result, or with `with`. */
  readonly undo?: string;
  readonly with?: unknown;
  /** The arguments are made anew for each call. */
  readonly fresh?: true;
  readonly calls: number;
  /** Calls before the first look: what is kept up to a bound is kept by then. */
  readonly warm: number;
  /** How often both collectors run before the first look. */
  readonly rounds: number;
}

const MANY = 10_000;
/** Of what compiles a schema, reads or writes a database, or does much else; `npm run test:leaks` wants as many of it. */
const FEW = Number(process.env["LEAK_CALLS"] ?? 500);
const SOME = Math.max(FEW, 1000);

/** A function in a tool is given back when the collector of the host has had the tool: room for many is kept. */
const ROOM = { warm: MANY, rounds: 10 };

const of = (fn: string, args: readonly unknown[] = [], more: Partial<Recipe> = {}): Recipe => ({
  fn,
  args,
  calls: MANY,
  warm: (more.calls ?? MANY) / 10,
  rounds: 2,
  ...more,
});
/** A thing of the setup. */
const the = (given: string): unknown => ({ $the: given });
const builder = { $make: "tools.builder", args: ["built"] };
const STEPS = [{ id: "a", transform: { expression: "input" } }];
const removed = { undo: "agent.remove", calls: FEW };
const destroyed = { undo: "workflow.destroy" };
const described = { $make: "ToolBuilder.description", args: [builder, "x"] };
const complete = { $make: "ToolBuilder.execute", args: [described, the("fn")] };
const tool = (name: string): Partial<Recipe> => ({ undo: "tools.unregister", with: name });

/** Made once, before everything. */
export const SETUP = [
  { as: "agent", $make: "agent.create", args: [{ name: "fixed", memory: true }] },
  { as: "forgetful", $make: "agent.create", args: [{ name: "forgetful" }] },
  { as: "template", $make: "agent.register_template", args: ["small", { system_prompt: "Be brief" }] },
  { as: "memory", $make: "memory.create" },
  { as: "state", $make: "state.create", args: [{ n: 1 }] },
  { as: "other", $make: "state.create", args: [{ n: 2 }] },
  { as: "snapshot", $make: "state.snapshot", args: [{ $the: "state" }] },
  { as: "saved", $make: "state.save", args: [{ $the: "state" }, "kept"] },
  { as: "transform", $make: "state.transforms_register", args: ["same", { $the: "fn" }] },
  { as: "context", $make: "state.context_create_shared" },
  { as: "schema", $make: "schema.save", args: ["kept", { type: "object" }] },
  { as: "logger", $make: "log.create_logger", args: ["fixed"] },
  { as: "workflow", $make: "workflow.sequential", args: [STEPS] },
  { as: "text", $make: "workflow.serialize", args: [{ $the: "workflow" }] },
  { as: "stored", $make: "workflow.repository_save", args: [{ $the: "workflow" }, "kept"] },
  { as: "ran", $make: "workflow.run", args: [{ $the: "workflow" }, 1, { durable: true, run_id: "ran" }] },
];

export const RECIPES: readonly Recipe[] = [
  of("agent.create", [{ name: "one" }], removed),
  of("agent.create_llm", ["offline:demo"], removed),
  of("agent.clone", [the("agent"), { name: "two" }], removed),
  of("agent.get", ["agent-1"]),
  of("agent.create_from_template", ["small", { name: "three" }], removed),
  of("agent.conversation", [the("agent")]),
  of("agent.get_memory", [the("agent")]),
  of(
    "auth.oauth_flow",
    [
      "https://id.example.com",
      {
        client_id: "me",
        redirect_uri: "https://me.example.com/back",
        authorization_endpoint: "https://id.example.com/authorize",
        token_endpoint: "https://id.example.com/token",
      },
    ],
    { calls: FEW },
  ),
  of("errors.circuit_breaker", [the("fn")]),
  of("events.filters_create", [{ pattern: "a.*" }], { calls: FEW }),
  of("events.filters_create_composite", [[{ pattern: "a.*" }], "not"]),
  of("hooks.filter", [{ names: ["x"] }]),
  of("llm.chat_session", ["Be brief"]),
  of("log.with_context", [{ a: 1 }]),
  of("log.create_logger", ["mail"]),
  of("Logger.with_context", [the("logger"), { a: 1 }]),
  of("memory.create"),
  of("memory.merge", [the("memory"), the("memory")]),
  of("memory.fork", [the("memory")]),
  of("metrics.counter", ["pages_total"]),
  of("metrics.timer", ["load_ms"]),
  of("safety.circuit_breaker", ["mail"]),
  of("schema.create", [{ type: "string" }], { calls: FEW }),
  of("schema.compile", [{ type: "string" }], { calls: FEW }),
  of("schema.from_json", ['{"type": "string"}'], { calls: FEW }),
  of("schema.from_yaml", ["type: string"], { calls: FEW }),
  of("schema.load", ["kept"], { calls: FEW }),
  of("state.create", [{ n: 1 }]),
  of("state.with_schema", [the("state"), { type: "object" }], { calls: FEW, warm: FEW }),
  of("state.merge", [the("state"), the("other")]),
  of("state.snapshot", [the("state")]),
  of("state.restore", [the("snapshot")]),
  of("state.transform", [the("state"), "flatten"]),
  of("state.filter", [the("state"), the("fn")]),
  of("state.load", ["kept"], { calls: FEW }),
  of("state.transforms_apply", ["same", the("state")]),
  of("state.transforms_chain", [["same", "same"], the("state")]),
  of("state.context_create_shared"),
  of("state.context_with_inheritance", [the("context"), true]),
  of("test.create_scenario", [{ given: { model: ["yes"] }, when: "Well?" }], { calls: FEW }),
  of("tools.define", ["made", "Makes", {}, the("fn")], { ...tool("made"), ...ROOM }),
  of("tools.builder", ["built"]),
  of("ToolBuilder.description", [builder, "x"], { fresh: true }),
  of("ToolBuilder.category", [builder, "x"], { fresh: true }),
  of("ToolBuilder.version", [builder, "1.0.0"], { fresh: true }),
  of("ToolBuilder.tag", [builder, "x"], { fresh: true }),
  of("ToolBuilder.parameter", [builder, "n", "number"], { fresh: true }),
  of("ToolBuilder.execute", [builder, the("fn")], { fresh: true, ...ROOM }),
  of("ToolBuilder.build", [complete], { ...tool("built"), fresh: true, ...ROOM }),
  of("tools.wrap_agent", [the("agent"), { name: "wrapped" }], tool("wrapped")),
  of("tools.wrap_workflow", [the("workflow"), { name: "wrapped" }], tool("wrapped")),
  of("tools.compose", [["file_operations"], { name: "composed" }], tool("composed")),
  of("tools.get", ["file_operations"]),
  of("tools.register_external", [{ kind: "process", name: "outer", description: "Outer", command: "no-program" }], {
    ...tool("outer"),
    calls: FEW,
  }),
  of("trace.start_span", ["span"], { undo: "trace.end_span", warm: MANY }),
  of("workflow.create", [{ name: "w", steps: STEPS }], destroyed),
  of("workflow.sequential", [STEPS], destroyed),
  of("workflow.parallel", [STEPS], { ...destroyed, calls: FEW }),
  of("workflow.conditional", ["true", STEPS], { ...destroyed, calls: FEW }),
  of("workflow.loop", [{ times: 2 }, STEPS], { ...destroyed, calls: FEW }),
  of("workflow.compose", [[the("workflow")]], { ...destroyed, calls: FEW }),
  of("workflow.deserialize", [the("text")], { ...destroyed, calls: FEW }),
  of("workflow.repository_load", ["kept"], { ...destroyed, calls: FEW }),
  of("workflow.restore", ["ran"], { undo: "workflow.cancel", calls: FEW }),
  // What has an id in place of a handle, and a call that ends it.
  of("events.on", ["a.*", the("fn")], { undo: "events.off" }),
  of("events.once", ["a.*", the("fn")], { undo: "events.off" }),
  of("events.off", ["none", the("fn")]),
  of("events.recording_start", [], { undo: "events.recording_stop", calls: SOME, warm: 1000 }),
  of("hooks.before", ["tool", the("fn")], { undo: "hooks.unregister" }),
  of("hooks.after", ["tool", the("fn")], { undo: "hooks.unregister" }),
  of("hooks.around", ["tool", the("fn")], { undo: "hooks.unregister" }),
  of("hooks.use", ["logging"], { undo: "hooks.unregister", calls: FEW }),
  of("state.watch", [the("state"), "n", the("fn")], { undo: "state.unwatch" }),
  of("agent.events_subscribe", [the("agent"), "agent.*", the("fn")], { undo: "agent.events_unsubscribe" }),
  of("agent.profiling_start", [the("agent")], { undo: "agent.profiling_stop", calls: SOME, warm: 1000 }),
  of("workflow.run", [the("workflow"), 1], { calls: SOME }),
  of("agent.run", [the("forgetful"), "Hello"], { calls: FEW }),
  of("llm.generate", ["Hello"], { calls: FEW }),
];

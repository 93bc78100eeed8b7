/** Where a spell runs: in the thread of the program, or in one of its own that can be killed. */
export const ISOLATIONS = ["inline", "worker"] as const;
export type Isolation = (typeof ISOLATIONS)[number];

/** As the engine's `SandboxLevel`; here, so that the help needs no engine. */
export const SANDBOX_LEVELS = ["none", "basic", "strict"] as const;

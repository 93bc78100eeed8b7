import { SpellError } from "@llmspell/errors";
import {
  FunctionRef,
  Handle,
  Pending,
  type Bindings,
  type FunctionBinding,
  type Guest,
  type Host,
  type ModuleBinding,
  type PendingCall,
  type ScriptModule,
  type ScriptValue,
} from "../index.js";

type Implementation = (host: TestHost, args: readonly ScriptValue[], guest: Guest) => ScriptValue | undefined | Pending;

/** What `test.crash` throws; no guest may ever see it. */
export const SECRET = "secret of the host at /etc/secret";

function functionOf(args: readonly ScriptValue[]): FunctionRef {
  if (args[0] instanceof FunctionRef) return args[0];
  throw new SpellError("INVALID_ARGUMENT", "argument 1 must be a function");
}

/** The functions of the module `test`, by name; ids count from 1 in this order. */
const IMPLEMENTATIONS: Readonly<Record<string, Implementation>> = {
  /** Its argument. */
  echo: (_, args) => args[0],
  /** Always an error with the code `TOOL_FAILED`. */
  fail() {
    throw new SpellError("TOOL_FAILED", "the tool has no luck", { details: { tool: "dice" } });
  },
  /** A defect of the host. */
  crash() {
    throw new TypeError(SECRET);
  },
  /** Waits until the test settles the key. */
  wait: (host, args) => host.wait(String(args[0])),
  /** Remembers its argument. */
  report: (host, args) => {
    host.reports.push(args[0] ?? null);
    return null;
  },
  /** A handle of the kind `box`. */
  open: (host) => new Handle("box", host.nextHandle++),
  /** What a handle is. */
  box_label: (_, args) => (args[0] instanceof Handle ? `${args[0].kind} ${args[0].id}` : "no handle"),
  /** Keeps a function for the test. */
  keep: (host, args) => {
    host.kept.push(functionOf(args));
    return null;
  },
  /** Calls a function with the second argument. */
  apply: (_, args, guest) => guest.callSync(functionOf(args), [args[1] ?? null]),
  say_twice: (_, args) => `${String(args[0])} ${String(args[0])}`,
  /** `handle` for a real handle, else `other`. */
  describe: (_, args) => (args[0] instanceof Handle ? "handle" : "other"),
  /** The guest's state as the host sees it. */
  state: (_, __, guest) => guest.state,
  /** Waits some milliseconds; the function behind `promise.sleep`. */
  sleep: (_, args) => new Pending(new Promise((resolve) => void setTimeout(() => resolve(null), Number(args[0])))),
};

const NAMES = Object.keys(IMPLEMENTATIONS);
const AWAITABLE = new Set(["wait", "sleep"]);

function bind(name: string, aliases: readonly string[] = []): FunctionBinding {
  return { name, aliases, id: NAMES.indexOf(name) + 1, awaitable: AWAITABLE.has(name) };
}

const TEST_MODULE: ModuleBinding = {
  name: "test",
  aliases: ["testing"],
  functions: NAMES.filter((name) => name !== "sleep").map((name) =>
    bind(name, name === "say_twice" ? ["repeat_text"] : []),
  ),
};

const own = (awaitable: boolean, names: string): FunctionBinding[] =>
  names.split(" ").map((name) => ({ name, aliases: [], awaitable }));

/** The guest library's own promise functions. */
const PROMISE_FUNCTIONS = [
  ...own(false, "new resolve reject all all_settled any race and_then catch finally cancel status async spawn"),
  ...own(false, "channel channel_close cancel_token"),
  ...own(true, "await yield channel_send channel_receive select"),
];

/** What the cases' guests can reach. One object, so that engines pool under it. */
export const TEST_BINDINGS: Bindings = {
  modules: [TEST_MODULE],
  handles: [{ kind: "box", methods: [{ ...bind("box_label"), name: "label" }] }],
  globals: { shout: "test.say_twice" },
  roots: ["llmspell"],
};

/** The same, and the module `promise` of an engine that has its own library of promises. */
export const PROMISE_BINDINGS: Bindings = {
  ...TEST_BINDINGS,
  modules: [
    TEST_MODULE,
    {
      name: "promise",
      aliases: [],
      functions: [...PROMISE_FUNCTIONS, bind("sleep")],
    },
  ],
  handles: [
    ...TEST_BINDINGS.handles,
    { kind: "Channel", methods: [...own(true, "send receive"), ...own(false, "close iter closed capacity")] },
    { kind: "CancelToken", methods: own(false, "cancelled reason check on_cancel") },
  ],
  globals: {
    ...TEST_BINDINGS.globals,
    async: "promise.async",
    await: "promise.await",
    sleep: "promise.sleep",
    spawn: "promise.spawn",
  },
};

interface Wait {
  resolve(value: ScriptValue | undefined): void;
  reject(reason: unknown): void;
}

/** The host of the conformance kit: records what happens and settles waits when told. */
export class TestHost implements Host {
  readonly reports: ScriptValue[] = [];
  readonly kept: FunctionRef[] = [];
  /** Why each wait was aborted, by key. */
  readonly aborted = new Map<string, Error>();
  readonly #waits = new Map<string, Wait[]>();
  nextHandle = 1;
  calls = 0;
  output = "";
  clock = 0;
  /** Runs before every call. */
  onCall: ((guest: Guest) => void) | undefined;

  call(functionId: number, args: readonly ScriptValue[], guest: Guest): ScriptValue | undefined | Pending {
    this.calls++;
    this.onCall?.(guest);
    const run = IMPLEMENTATIONS[NAMES[functionId - 1] ?? ""];
    if (run === undefined) throw new SpellError("NOT_FOUND", `there is no function ${functionId}`);
    return run(this, args, guest);
  }

  /** The sources of modules by name, and which of them the guest has asked for. */
  readonly modules = new Map<string, string>();
  readonly asked: string[] = [];

  loadModule(name: string, _from: string): ScriptModule | undefined | Promise<ScriptModule | undefined> {
    this.asked.push(name);
    const source = this.modules.get(name);
    return source === undefined ? undefined : { name, source };
  }

  /** The calls that restored guests asked to take up; only `test.wait` goes on. */
  readonly resumed: PendingCall[] = [];

  resume(call: PendingCall): Pending {
    this.resumed.push(call);
    if (NAMES[call.functionId - 1] === "wait") return this.wait(String(call.args[0]));
    throw new SpellError("TOOL_FAILED", "only waits are taken up again");
  }

  write(_stream: "stdout" | "stderr", bytes: Uint8Array): void {
    this.output += Buffer.from(bytes).toString("utf8");
  }

  now(): number {
    return this.clock;
  }

  wait(key: string): Pending {
    const promise = new Promise<ScriptValue | undefined>((resolve, reject) => {
      this.#waits.set(key, [...(this.#waits.get(key) ?? []), { resolve, reject }]);
    });
    return new Pending(promise, (reason) => this.aborted.set(key, reason));
  }

  /** Keys that somebody waits for. */
  get waiting(): string[] {
    return [...this.#waits.keys()];
  }

  resolve(key: string, value?: ScriptValue): void {
    for (const wait of this.#take(key)) wait.resolve(value);
  }

  reject(key: string, reason: unknown): void {
    for (const wait of this.#take(key)) wait.reject(reason);
  }

  #take(key: string): readonly Wait[] {
    const waits = this.#waits.get(key);
    if (waits === undefined) throw new Error(`nobody waits for '${key}', only for: ${this.waiting.join(", ")}`);
    this.#waits.delete(key);
    return waits;
  }
}

import { randomUUID } from "node:crypto";
import { defined, createToolRegistry, type Auth, type ModelRef, type Models, type TestResults } from "@llmspell/core";
import type {
  AlertLimit,
  AlertOptions,
  Coverage,
  Engine,
  FairScheduler,
  Guest,
  GuestOptions,
  Host,
  Limits,
  SandboxLevel,
  ScriptObject,
  ScriptValue,
  Tenant,
} from "@llmspell/engine";
import { SpellError, toSpellError } from "@llmspell/errors";
import { AuditLog, type AuditListener, type AuditRecord } from "../door/audit.js";
import { Grants, type Grant } from "../door/capabilities.js";
import { Door } from "../door/door.js";
import { HandleTable } from "../door/handles.js";
import { standardLibrary } from "../modules/index.js";
import { Account } from "./account.js";
import { builtInTools } from "./built-in-tools.js";
import { SpellModules } from "./spell-modules.js";
import { RunContext, type ChildSpell, type LogListener, type SpellInfo } from "./context.js";
import { stopWith } from "./stop-with.js";
import { runTests, testsOf, type TestRunOptions } from "./tests.js";

/** A spell and everything it gets. */
export interface SpellRun extends AlertOptions<AlertLimit> {
  readonly engine: Engine;
  readonly source: string;
  /** What errors call the file, e.g. `hello.lua`; never a host path. */
  readonly file: string;
  /** Default: the file's name. */
  readonly name?: string;
  readonly models: Models;
  readonly params?: Readonly<Record<string, ScriptValue>>;
  /** Beside asking the configured model, which every spell may. */
  readonly grants?: readonly Grant[];
  readonly limits?: Partial<Limits>;
  /** How much of its language's library the spell gets. Default: `basic`. */
  readonly sandbox?: SandboxLevel;
  /** Whom the run belongs to; the tenant's limits hold as well. */
  readonly tenant?: Tenant;
  /**
   * Gives the run its time slices, fairly between tenants. Default: after each
   * slice the event loop gets its turn, and then every run that computes.
   */
  readonly scheduler?: FairScheduler;
  /** The folder that file capabilities are relative to. Default: the working directory. */
  readonly root?: string;
  /** The database file of what outlives the run. Default: it is kept in memory, for this run. */
  readonly storage?: string;
  /** Where `require` and `import` find the spell's own modules, as far as `module` is granted. Default: nowhere. */
  readonly folder?: string;
  /** Sources that they find by these names, before it looks into `folder`. */
  readonly modules?: Readonly<Record<string, string>>;
  /** Ends the run with `INTERRUPTED`. */
  readonly signal?: AbortSignal;
  /** What spells may read of the host's configuration by `spell.config`. */
  readonly settings?: ScriptObject;
  /** Users, sessions and keys. Default: a key of the run's own, and nobody but who has a token of it. */
  readonly auth?: Auth;
  /** The engine for a file in another language, which the spell composes. Default: there is none. */
  readonly engineFor?: (file: string) => Engine | Promise<Engine>;
  readonly onOutput?: (stream: "stdout" | "stderr", bytes: Uint8Array) => void;
  readonly onLog?: LogListener;
  readonly onProgress?: (step: string) => void;
  readonly onAudit?: AuditListener;
  /** Runs the tests that the spell has registered (module `test`), unless it has run them itself. */
  readonly tests?: TestRunOptions;
  /** Counts the lines that run. Default: false. */
  readonly coverage?: boolean;
  /** As {@link Host.onStuck}. */
  readonly onStuck?: NonNullable<Host["onStuck"]>;
}

export interface RunMetrics {
  /** Units of work, with those of all who worked for the run. */
  readonly fuel: number;
  /** The most bytes of guest memory in use at a time. */
  readonly memory: number;
  readonly wall_ms: number;
  /** With those of all who worked for it, and each of a batch. */
  readonly host_calls: number;
}

/** How a run ended. `audit` holds its last 10,000 crossings. */
export type RunResult = Outcome & {
  readonly metrics: RunMetrics;
  readonly audit: readonly AuditRecord[];
  readonly runId: string;
  /** How its tests ended, if it has any and they have run. */
  readonly tests?: TestResults;
  readonly coverage?: Coverage;
};

/**
 * Runs a spell to its end. A spell that fails is a result, not an exception.
 *
 * @example
 * const result = await runSpell({ engine, source: "return 6 * 7", file: "answer.lua", models });
 */
export async function runSpell(run: SpellRun): Promise<RunResult> {
  return await runWithin(run);
}

async function runWithin(run: SpellRun, parent?: Parent): Promise<RunResult> {
  const started = performance.now();
  const { engine, file, models, params = {}, root = process.cwd(), onOutput, onStuck } = run;
  const library = standardLibrary();
  const runId = randomUUID();
  const builtIn = builtInTools(root);
  const context: RunContext = new RunContext({
    info: {
      name: run.name ?? file,
      file,
      runId,
      engine: engine.name,
      startedAt: Date.now(),
      params,
      ...(parent === undefined ? {} : { parent: parent.info }),
    },
    engine,
    grants: new Grants([...defaultGrants(models), ...(run.grants ?? [])]),
    audit: new AuditLog(run.onAudit),
    handles: new HandleTable(expiryTeller(() => context)),
    models: models.fork(),
    tools: createToolRegistry(builtIn.tools),
    log: run.onLog ?? (() => {}),
    progress: run.onProgress ?? (() => {}),
    root,
    storage: run.storage,
    settings: run.settings ?? {},
    auth: run.auth,
    tenant: run.tenant,
    engineFor: async (file) => await engineOf(run, file),
    runChild: async (child) =>
      await runChild(run, child, {
        info: { runId, depth: (parent?.info.depth ?? 0) + 1 },
        account: context.account,
      }),
  });
  const door = new Door(library, context);
  const modules = new SpellModules(context, engine.extensions, run);
  context.equip({ door, modules });
  context.onEnd(() => builtIn[Symbol.asyncDispose]());
  const base = { audit: context.audit, runId };
  let account: Account;
  try {
    const options: GuestOptions = {
      bindings: library.bindings,
      ...defined({
        limits: run.limits,
        sandbox: run.sandbox,
        tenant: run.tenant,
        onAlert: run.onAlert,
        alertAt: run.alertAt,
      }),
      onDenied: (denial) => context.audit.refused(denial),
      host: {
        call: (id, args, caller) => door.call(id, args, caller),
        retain: (handle) => context.handles.retain(handle),
        release: (handle) => context.handles.release(handle),
        upgrade: (weak) => context.handles.upgrade(weak),
        now: () => Date.now(),
        loadModule: (name, from) => modules.load(name, from),
        warn: ({ message, level = "warn", ...about }) => context.log(level, message, about),
        ...(onOutput === undefined ? {} : { write: onOutput }),
        // Between time slices the signal, other runs and timers get their turn.
        pause: run.scheduler?.pauseFor(run.tenant) ?? ((resume) => void setImmediate(resume)),
        ...(onStuck === undefined ? {} : { onStuck }),
      },
    };
    account = Account.open(options, (own) => engine.createGuest(own), { payer: parent?.account, prints: true });
  } catch (thrown) {
    return resultOf({ ok: false, error: toSpellError(thrown) }, NOTHING_USED, base);
  }
  context.account = account;
  const { guest } = account;
  const told = (): Pick<RunResult, "tests" | "coverage"> => {
    const tests = run.tests === undefined ? undefined : testsOf(context).last;
    const coverage = guest.state === "killed" ? undefined : context.coverage?.stop();
    return { ...(tests === undefined ? {} : { tests }), ...(coverage === undefined ? {} : { coverage }) };
  };
  try {
    using _stop = run.signal && stopWith(guest, run.signal, new SpellError("INTERRUPTED", "the run was interrupted"));
    guest.setGlobal("params", params);
    if (run.coverage === true) context.coverage = guest.startCoverage();
    const value = await guest.run(run.source, { name: file }).result();
    if (run.tests !== undefined && testsOf(context).last === undefined) await runTests(context, run.tests);
    await context.settle();
    // What was left to do may have used up what the run had; then this throws why.
    if (guest.state === "killed") guest.getGlobal("params");
    return {
      ...resultOf({ ok: true, value: await context.result(value) }, metricsOf(guest, started), base),
      ...told(),
    };
  } catch (thrown) {
    return { ...resultOf({ ok: false, error: toSpellError(thrown) }, metricsOf(guest, started), base), ...told() };
  } finally {
    account[Symbol.dispose]();
    await context.end();
  }
}

/** The run that composes another one, and pays for it. */
interface Parent {
  readonly info: NonNullable<SpellInfo["parent"]>;
  readonly account: Account;
}

/** Runs a spell that a spell of `run` composes. */
async function runChild(run: SpellRun, child: ChildSpell, parent: Parent): Promise<RunResult> {
  // Tests and coverage are of the spell that was asked for.
  const { tests: _tests, coverage: _coverage, ...shared } = run;
  const { signal } = run;
  return await runWithin(
    {
      ...shared,
      ...child,
      engine: await engineOf(run, child.file),
      signal: signal === undefined ? child.signal : AbortSignal.any([signal, child.signal]),
    },
    parent,
  );
}

async function engineOf({ engine, engineFor }: SpellRun, file: string): Promise<Engine> {
  if (engine.extensions.some((extension) => file.endsWith(extension))) return engine;
  if (engineFor === undefined) throw new SpellError("UNSUPPORTED", `no engine is there for '${file}'`);
  return await engineFor(file);
}

/** Has the guest hear of objects that are gone, once it is out of the call that may have made them go. */
function expiryTeller(context: () => RunContext): () => void {
  let isDue = false;
  const tell = (): void => {
    isDue = false;
    const { guest, log } = context();
    if (guest.state === "killed" || guest.state === "disposed") return;
    guest
      .expireHandles()
      .result()
      .catch((thrown: unknown) => {
        if (guest.state !== "killed" && guest.state !== "disposed")
          log("warn", toSpellError(thrown).message, undefined);
      });
  };
  return () => {
    if (!isDue) queueMicrotask(tell);
    isDue = true;
  };
}

type Outcome = { readonly ok: true; readonly value: ScriptValue } | { readonly ok: false; readonly error: SpellError };

/** The metrics of a run that did not begin. */
export const NOTHING_USED: RunMetrics = { fuel: 0, memory: 0, wall_ms: 0, host_calls: 0 };

function resultOf(
  outcome: Outcome,
  metrics: RunMetrics,
  { audit, runId }: { audit: AuditLog; runId: string },
): RunResult {
  return { ...outcome, metrics, audit: audit.records, runId };
}

/** Asking the configured model, and the vectors of this program itself, are all that a spell may do without being granted it. */
function defaultGrants(models: Models): Grant[] {
  return [...modelGrant(() => models.default()), ...modelGrant(() => offlineOnly(models.embeddings.resolve()))];
}

function modelGrant(resolve: () => ModelRef | undefined): Grant[] {
  try {
    const ref = resolve();
    return ref === undefined ? [] : [{ capability: "model", scope: ref.id }];
  } catch {
    // The default names a provider that is not configured; asking says so.
    return [];
  }
}

/** Vectors that cost nothing and reach nobody. */
const offlineOnly = (ref: ModelRef): ModelRef | undefined => (ref.provider === "offline" ? ref : undefined);

function metricsOf(guest: Guest, started: number): RunMetrics {
  const { fuel, peakMemoryBytes, hostCalls } = guest.usage;
  return { fuel, memory: peakMemoryBytes, wall_ms: Math.round(performance.now() - started), host_calls: hostCalls };
}

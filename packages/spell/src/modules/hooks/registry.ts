import type { Hook, HookContext, HookFilter, Hooks, RegisteredHook } from "@llmspell/core";
import type { FunctionRef, ScriptObject } from "@llmspell/engine";
import type { RunContext } from "../../run/context.js";
import { hooksOf } from "../../run/core-context.js";
import { Numbered } from "../../run/numbered.js";
import { perRun } from "../../run/per-run.js";

/** What a script knows by one id: one hook, or several that belong together. */
export interface Registration {
  readonly name: string;
  readonly type: string;
  /** The operation of the script's own that it is for. */
  readonly subject: string | undefined;
  readonly hooks: readonly RegisteredHook[];
  enabled: boolean;
  metadata: ScriptObject;
  /** Ends what it did to others, and lets go of functions. */
  release(): void;
}

/** Says of a registration when its hooks are called. */
export interface HookCondition {
  /** What the host can say at once. */
  filter?: HookFilter;
  /** What a function of the spell says, or depends on it. */
  wanted?: (context: HookContext) => Promise<boolean>;
}

/** A condition as scripts hold it: its part that is about the hook itself knows its metadata only there. */
export interface HookConditionMaker {
  make(metadata: () => ScriptObject): HookCondition;
}

/** The hooks that the script of a run has put in place. */
class Registry {
  readonly hooks: Hooks;
  readonly registrations = new Numbered<Registration>("hook", "hook", 1000);

  constructor(run: RunContext) {
    this.hooks = hooksOf(run);
  }

  add(
    name: string | undefined,
    type: string,
    hooks: readonly Hook[],
    {
      subject,
      metadata = {},
      functions = [],
      release,
    }: {
      subject?: string | undefined;
      metadata?: ScriptObject;
      functions?: readonly FunctionRef[];
      release?: () => void;
    } = {},
  ): string {
    this.registrations.checkRoom();
    const placed: RegisteredHook[] = [];
    try {
      for (const hook of hooks) placed.push(this.hooks.add(hook));
    } catch (error) {
      for (const each of placed) each.remove();
      throw error;
    }
    return this.registrations.add({
      name: name ?? type,
      type,
      subject,
      hooks: placed,
      enabled: true,
      metadata,
      release() {
        release?.();
        for (const each of placed) each.remove();
        for (const fn of functions) fn.release();
      },
    });
  }

  remove(id: string): boolean {
    this.registrations.find(id)?.release();
    return this.registrations.delete(id);
  }

  enable(id: string, on: boolean): void {
    const registration = this.registrations.get(id);
    registration.enabled = on;
    for (const each of registration.hooks) each.enabled = on;
  }

  /** In the order of their calls; those that are called by no point of their own at the end. */
  ordered(): [id: string, registration: Registration][] {
    const places = new Map(this.hooks.list().map((hook, index) => [hook, index]));
    const place = ([, { hooks }]: [string, Registration]): number => {
      const [first] = hooks;
      return (first && places.get(first)) ?? Number.POSITIVE_INFINITY;
    };
    return this.registrations.entries().toSorted((a, b) => {
      const [left, right] = [place(a), place(b)];
      return left === right ? 0 : left - right;
    });
  }

  /** Those of a type: a point, an operation, a phase or a name of the script's own. */
  ofType(type: (registration: Registration) => boolean): [id: string, registration: Registration][] {
    return this.ordered().filter(([, registration]) => type(registration));
  }
}

export const registryOf = perRun((run) => new Registry(run));

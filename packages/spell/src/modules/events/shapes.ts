import { frozenJson, stringifyJson, type EventFilter, type SpellEvent } from "@llmspell/core";
import type { FunctionRef, ScriptObject, ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { toScript } from "../shapes.js";

/** Whether somebody wants an event; it may ask a function of the spell. */
export interface EventTest {
  test(event: SpellEvent): boolean | Promise<boolean>;
}

export const SEVERITY = t.oneOf("debug", "info", "warning", "error");

/** What scripts write for an event of their own. */
export const eventInput = t.object(
  {
    type: t.string,
    data: t.optional(t.any),
    severity: t.optional(SEVERITY),
    source: t.optional(t.string),
    correlation_id: t.optional(t.string),
  },
  "EventInput",
);

/** Numbers by the names that scripts use; lower comes first. */
export const PRIORITIES = { critical: -1000, high: -500, normal: 0, low: 500 } as const;

export const priorityType = t.union(t.number, t.oneOf("critical", "high", "normal", "low"));
export const priorityOf = (given: ReturnType<typeof priorityType.check>): number =>
  typeof given === "number" ? given : PRIORITIES[given];

export const filterHandle = t.handle<EventTest>("EventFilter");

export const filterSpec = t.object(
  {
    type: t.optional(t.string),
    pattern: t.optional(t.string),
    source: t.optional(t.string),
    severity: t.optional(SEVERITY),
    time_range: t.optional(t.object({ from: t.optional(t.number), to: t.optional(t.number) })),
    where: t.optional(t.list(t.object({ field: t.string, op: t.string, value: t.optional(t.any) }, "EventComparison"))),
    predicate: t.optional(t.fn),
  },
  "EventFilterSpec",
);
type FilterSpec = ReturnType<typeof filterSpec.check>;

/** The part of a filter that is data, as the framework has it; what scripts call `data` is the payload. */
export function coreFilter({ type, pattern, source, severity, time_range, where = [] }: FilterSpec): EventFilter {
  const equals = (field: string, value: unknown): EventFilter[] =>
    value === undefined ? [] : [{ field, op: "eq", value }];
  const { from, to } = time_range ?? {};
  return {
    and: [
      ...(type === undefined ? [] : [{ type }]),
      ...(pattern === undefined ? [] : [{ type: pattern }]),
      ...equals("source", source),
      ...equals("severity", severity),
      ...(from === undefined ? [] : [{ field: "timestamp", op: "gte", value: from } as const]),
      ...(to === undefined ? [] : [{ field: "timestamp", op: "lte", value: to } as const]),
      ...where.map(({ field, op, value }) => ({
        field: field.replace(/^data(?=\.|$)/, "payload"),
        op: op as "eq",
        ...(value === undefined ? {} : { value }),
      })),
    ],
  };
}

/** A test of what is data, and of what a function of the spell says. */
export function testOf(
  run: RunContext,
  plain: (event: SpellEvent) => boolean,
  predicate: FunctionRef | undefined,
): EventTest {
  if (predicate === undefined) return { test: plain };
  return {
    async test(event) {
      if (!plain(event)) return false;
      const answer = await run.callGuest(predicate, [scriptEvent(event)]);
      return answer !== null && answer !== false;
    },
  };
}

/** Several tests as one. */
export function combined(op: "and" | "or" | "not", tests: readonly EventTest[]): EventTest {
  return {
    async test(event) {
      for (const each of tests) {
        const fits = await each.test(event);
        if (op === "and" ? !fits : fits) return op === "or";
      }
      return op !== "or";
    },
  };
}

// What waits for a handler is kept by the host.
const MOST_BYTES = 1024 * 1024;

/** What a script emits, as JSON that nobody can change, and its size. */
export function eventData(data: ScriptValue | undefined): { payload: unknown; bytes: number } {
  const payload = frozenJson(data ?? null, "data");
  const bytes = stringifyJson(payload).length;
  if (bytes > MOST_BYTES)
    throw new SpellError("TOO_LARGE", `the data of an event has at most ${MOST_BYTES} bytes as JSON`, {
      details: { limit: MOST_BYTES },
    });
  return { payload, bytes };
}

/** An event as scripts have it. */
export function scriptEvent(event: SpellEvent): ScriptObject {
  const { id, type, category, severity, source, timestamp, correlationId, payload, replayed } = event;
  return toScript({
    id,
    type,
    category,
    severity,
    source,
    timestamp,
    correlation_id: correlationId,
    data: payload,
    replay: replayed,
  }) as ScriptObject;
}

import { aggregate } from "@llmspell/core";
import type { ScriptObject } from "@llmspell/engine";
import {
  familyOf,
  isErrorCode,
  isRetryable,
  recoveryOf,
  severityOf,
  SpellError,
  toSpellError,
  type ErrorCode,
} from "@llmspell/errors";
import { sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import { eventsOf } from "../../run/core-context.js";
import { metricsOf } from "../../run/observed.js";
import { toScript } from "../shapes.js";

const MOST_CAUSES = 100;

/** The host alone decides that a limit is reached or a run interrupted. */
const ofHostOnly = (code: string): boolean =>
  code.startsWith("LIMIT_") || code === "INTERRUPTED" || code === "INTERNAL";

/** An error and what it came from, outermost first. */
function causesOf(error: SpellError): SpellError[] {
  const chain: SpellError[] = [];
  for (let at: unknown = error; at !== undefined && chain.length < MOST_CAUSES;) {
    const here = toSpellError(at, "SCRIPT_ERROR");
    chain.push(here);
    at = here.cause;
  }
  return chain;
}

/** The codes of one error: its own, and the one that its script gave it. */
function codesOf(error: SpellError): unknown[] {
  const { code, value } = error.details as { code?: unknown; value?: { code?: unknown } | null };
  return [error.code, error.category, familyOf(error), code, value?.code];
}

const withCause = ({ code, message, details }: SpellError, cause: SpellError | undefined): SpellError =>
  new SpellError(code, message, { details, cause });

export const inspection = {
  new: sync({
    doc: "An error with a code. One of the script's own codes is kept in `details.code` of a SCRIPT_ERROR.",
    params: { code: t.string, message: t.string, details: t.optional(t.table) },
    result: "error",
    example: 'return errors.new("NOT_FOUND", "there is no such city", { city = "Atlantis" }).code',
    call(_, { code, message, details = {} }) {
      if (!/^[A-Z][A-Z0-9_]{0,63}$/.test(code))
        throw new SpellError("INVALID_ARGUMENT", "errors.new: code must be capital letters, digits and underscores");
      if (ofHostOnly(code))
        throw new SpellError("INVALID_ARGUMENT", `errors.new: ${code} is for the host alone to decide`);
      if (isErrorCode(code)) return new SpellError(code, message, { details });
      return new SpellError("SCRIPT_ERROR", message, { details: { ...details, code } });
    },
  }),
  wrap: sync({
    doc: "The error with what it happened in: text before its message, or a table that joins its details. Its cause is the error.",
    params: { error: t.error, context: t.union(t.string, t.table) },
    result: "error",
    aliases: ["utils.errors_wrap"],
    example: 'return errors.wrap("no answer", "asking for the weather").message',
    call(_, { error, context }) {
      const message = typeof context === "string" ? `${context}: ${error.message}` : error.message;
      const details = typeof context === "string" ? error.details : { ...error.details, ...context };
      return new SpellError(error.code, message, { details, cause: error });
    },
  }),
  unwrap: sync({
    doc: "What an error came from; nothing for one that came from none.",
    params: { error: t.error },
    result: "error or nil",
    aliases: ["utils.errors_unwrap"],
    example: 'return errors.unwrap(errors.wrap("inner", "outer")).message',
    call: (_, { error }) => (error.cause === undefined ? null : toSpellError(error.cause, "SCRIPT_ERROR")),
  }),
  is_type: sync({
    doc: "Whether an error, or one that it came from, has this code or category.",
    params: { error: t.error, type: t.string },
    result: "boolean",
    aliases: ["utils.errors_is_type"],
    example: 'return errors.is_type(errors.new("TIMEOUT", "too late"), "timeout")',
    call: (_, { error, type }) => causesOf(error).some((each) => codesOf(each).includes(type)),
  }),
  get_stack: sync({
    doc: "Where in the script an error happened, innermost first; empty for one that was never raised.",
    params: { error: t.error },
    result: "list<{fn?: string, file: string, line: integer}>",
    aliases: ["utils.errors_get_stack"],
    example: 'local _, e = pcall(errors.try, function() error("here") end) return errors.get_stack(e)[1].line',
    call(_, { error }) {
      const located = causesOf(error).find(({ details }) => Array.isArray(details["stack"]));
      const frames = (located?.details["stack"] ?? []) as readonly { name?: string; file: string; line: number }[];
      return frames.map(({ name, file, line }) => ({ ...(name === undefined ? {} : { fn: name }), file, line }));
    },
  }),
  chain: sync({
    doc: "One error of several, the first outermost; each is the cause of the one before.",
    params: { errors: t.list(t.error) },
    result: "error",
    example: 'return errors.unwrap(errors.chain({ "outer", "inner" })).message',
    call(_, { errors }) {
      const chain = errors.reduceRight<SpellError | undefined>((cause, error) => withCause(error, cause), undefined);
      if (chain === undefined) throw new SpellError("INVALID_ARGUMENT", "errors.chain: errors must not be empty");
      return chain;
    },
  }),
  categorize: sync({
    doc: "What kind of error it is, whether it may pass by itself, and how bad it is.",
    params: { error: t.error },
    result:
      '{category: "validation" or "network" or "auth" or "rate_limit" or "timeout" or "resource" or "script" or "internal", retryable: boolean, severity: "info" or "warning" or "error", recovery: "retry" or "fallback" or "propagate" or "ignore"}',
    example: 'return errors.categorize(errors.new("TIMEOUT", "too late")).category',
    call: (_, { error }) => ({
      category: familyOf(error),
      retryable: isRetryable(error),
      severity: severityOf(error),
      recovery: recoveryOf(error),
    }),
  }),
  report: sync({
    doc: "Tells of an error in the log, as the event `error.reported` and in the metric `errors_reported_total`; returns the id of the event, which the log has as well.",
    params: { error: t.error, context: t.optional(t.table) },
    result: "string",
    example: 'return #errors.report("the cache is cold")',
    call(run, { error, context = {} }) {
      const category = familyOf(error);
      const severity = severityOf(error);
      const about = { code: error.code, category };
      const payload = toScript({ ...context, ...about, message: error.message });
      const { id } = eventsOf(run).emit({
        type: "error.reported",
        severity,
        source: `spell:${run.info.name}`,
        payload,
      });
      const fields: ScriptObject = { ...context, ...about, report_id: id };
      run.log(severity === "warning" ? "warn" : severity, error.message, fields);
      metricsOf(run).counter("errors_reported_total", "Errors that the spell has reported").add(1, { category });
      return id;
    },
  }),
  aggregate: sync({
    doc: "One error for several that happened beside each other; `details` has each, and their number by category.",
    params: { errors: t.list(t.error) },
    result: "error",
    example: 'return errors.aggregate({ "one", "two" }).code',
    call(_, { errors }) {
      if (errors.length === 0) throw new SpellError("INVALID_ARGUMENT", "errors.aggregate: errors must not be empty");
      const all = errors.map((error, i) => ({ name: `${i + 1}`, error }));
      const { code, message, details } = aggregate(`${errors.length} errors`, all);
      const by_category: Record<string, number> = {};
      for (const error of errors) by_category[familyOf(error)] = (by_category[familyOf(error)] ?? 0) + 1;
      return new SpellError(code, message, { details: { ...details, errors, by_category }, cause: errors[0] });
    },
  }),
};

/** Whether trying again what failed in a script may help: nobody has said that it cannot. */
export function mayPass(thrown: unknown): boolean {
  const error = toSpellError(thrown);
  if (recoveryOf(error) === "retry") return true;
  const worthIt: readonly ErrorCode[] = ["SCRIPT_ERROR", "TOOL_FAILED", "TIMEOUT", "PROVIDER_TIMEOUT", "IO_ERROR"];
  return error.details["retryable"] !== false && worthIt.includes(error.code);
}

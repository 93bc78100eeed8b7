import { FunctionRef, Handle, WeakHandle, type ScriptValue } from "@llmspell/engine";
import { defineModule, sync, type FunctionDeclaration } from "../door/module.js";
import { describeValue, t } from "../door/types.js";
import type { LogLevel } from "../run/context.js";

const NAMED = [FunctionRef, Handle, WeakHandle, Uint8Array] as const;

/** What JSON cannot say is named. */
function named(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  return NAMED.some((type) => value instanceof type) ? describeValue(value as ScriptValue) : value;
}

const text = (message: ScriptValue): string => (typeof message === "string" ? message : JSON.stringify(message, named));

function logAt(level: LogLevel): FunctionDeclaration {
  return sync({
    doc: `Writes a log line of level ${level}.`,
    params: { message: t.any, context: t.optional(t.table) },
    aliases: [`utils.logger_${level}`, `utils.slog_${level}`],
    example: `log.${level}("fetched", { items = 3 })`,
    call(run, { message, context }) {
      run.log(level, text(message), context);
      return undefined;
    },
  });
}

export const logModule = defineModule({
  name: "log",
  doc: "Structured logging; lines go to the host's log, not to the spell's output.",
  aliases: ["logging"],
  functions: {
    debug: logAt("debug"),
    info: logAt("info"),
    warn: logAt("warn"),
    error: logAt("error"),
    log: sync({
      doc: "Writes a log line of the given level.",
      params: { level: t.oneOf("debug", "info", "warn", "error"), message: t.any, context: t.optional(t.table) },
      aliases: ["utils.logger_log"],
      example: 'log.log("info", "started")',
      call(run, { level, message, context }) {
        run.log(level, text(message), context);
        return undefined;
      },
    }),
  },
});

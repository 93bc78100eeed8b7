import { SpellError } from "@llmspell/errors";
import { awaitable, defineModule, sync, type FunctionDeclaration } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { LogLevel } from "../../run/context.js";
import { LEVELS, loggingOf, openLog, type Sink, type Source } from "./logging.js";

const level = t.oneOf(...LEVELS);
const line = { message: t.any, context: t.optional(t.table) };
const logger = { logger: t.handle<Source>("Logger") };

function logAt(of: LogLevel): FunctionDeclaration {
  return sync({
    doc: `Writes a log line of level ${of}.`,
    params: line,
    aliases: [`utils.logger_${of}`, `utils.slog_${of}`, ...(of === "error" ? ["err"] : [])],
    example: `log.${of}("fetched", { items = 3 })`,
    call(run, { message, context }) {
      loggingOf(run).write(of, message, context);
      return undefined;
    },
  });
}

function loggerAt(of: LogLevel): FunctionDeclaration {
  return sync({
    doc: `Writes a log line of level ${of}, with the logger's fields.`,
    params: { ...logger, ...line },
    call(run, { logger: source, message, context }) {
      loggingOf(run).write(of, message, context, source);
      return undefined;
    },
  });
}

export const logModule = defineModule({
  name: "log",
  doc: "Structured logging; lines go to the host's log, or to a file, not to the spell's output.",
  aliases: ["logging"],
  functions: {
    debug: logAt("debug"),
    info: logAt("info"),
    warn: logAt("warn"),
    error: logAt("error"),
    log: sync({
      doc: "Writes a log line of the given level.",
      params: { level, ...line },
      aliases: ["utils.logger_log"],
      example: 'log.log("info", "started")',
      call(run, { level: of, message, context }) {
        loggingOf(run).write(of, message, context);
        return undefined;
      },
    }),
    with_context: sync({
      doc: "A logger whose lines all have these fields.",
      params: { context: t.table },
      result: "Logger",
      aliases: ["utils.slog_with_fields"],
      example: 'log.with_context({ request = 7 }):info("started")',
      call: (run, { context }) =>
        run.handles.add("Logger", { component: undefined, fields: context, level: undefined } satisfies Source),
    }),
    create_logger: sync({
      doc: "The logger of a component, with a level of its own if one is given.",
      params: { component: t.name, level: t.optional(level) },
      result: "Logger",
      example: 'log.create_logger("mail", "warn"):error("not sent")',
      call(run, { component, level: own }) {
        if (component === "")
          throw new SpellError("INVALID_ARGUMENT", "log.create_logger: component must not be empty");
        return run.handles.add("Logger", { component, fields: {}, level: own } satisfies Source);
      },
    }),
    set_formatter: sync({
      doc: 'How lines look from here on: "text", "json", or what a function makes of `{time, level, message, context}`; when that fails, JSON. Without one as the host likes it.',
      params: { formatter: t.optional(t.union(t.oneOf("text", "json"), t.fn)) },
      example: 'log.set_formatter(function(r) return r.level .. ": " .. r.message end) log.info("started") return true',
      call(run, { formatter }) {
        loggingOf(run).setFormatter(formatter);
        return undefined;
      },
    }),
    set_level: sync({
      doc: "Leaves out lines below a level, of one component or of all that have none of their own.",
      params: { level, component: t.optional(t.name) },
      example: 'log.set_level("warn") log.info("not written")',
      call(run, { level: least, component }) {
        loggingOf(run).setLevel(least, component);
        return undefined;
      },
    }),
    configure: awaitable({
      doc: 'Where lines go: to the `file` (capability `file.write`), which is put aside as `FILE.1`, `FILE.2` … (`max_files`, 5) when it would have more than `max_bytes`; `sinks` are "host" and "file", by default both.',
      mayNeed: { "file.write": "the file, and those it is put aside as" },
      params: {
        options: t.object(
          {
            file: t.optional(t.string),
            max_bytes: t.optional(t.integer(1)),
            max_files: t.optional(t.integer(0)),
            sinks: t.optional(t.list(t.oneOf("host", "file"))),
          },
          "LogOptions",
        ),
      },
      example: 'log.configure({ sinks = { "host" } })',
      async call(run, { options: { file, max_bytes, max_files, sinks } }) {
        const logging = loggingOf(run);
        if ((max_files ?? 0) > 100)
          throw new SpellError("INVALID_ARGUMENT", "log.configure: max_files must be at most 100");
        const wanted: readonly Sink[] = sinks ?? (file === undefined && !logging.hasFile ? ["host"] : ["host", "file"]);
        if (wanted.includes("file") && file === undefined && !logging.hasFile)
          throw new SpellError("INVALID_ARGUMENT", "log.configure: the sink 'file' needs a file");
        await logging.open(file === undefined ? undefined : openLog(run, { file, max_bytes, max_files }), wanted);
        return undefined;
      },
    }),
  },
  methods: {
    Logger: {
      debug: loggerAt("debug"),
      info: loggerAt("info"),
      warn: loggerAt("warn"),
      error: loggerAt("error"),
      with_context: sync({
        doc: "A logger whose lines have these fields as well.",
        params: { ...logger, context: t.table },
        result: "Logger",
        call: (run, { logger: source, context }) =>
          run.handles.add("Logger", { ...source, fields: { ...source.fields, ...context } } satisfies Source),
      }),
    },
  },
});

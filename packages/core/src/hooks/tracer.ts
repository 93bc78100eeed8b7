import { AsyncLocalStorage } from "node:async_hooks";
import { SpellError, toSpellError } from "@llmspell/errors";
import { systemClock, type Clock } from "../clock.js";

export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";
export type SpanStatus = "unset" | "ok" | "error";
export type SpanAttributes = Readonly<Record<string, unknown>>;

/** A span as data, in the words of OpenTelemetry; times are milliseconds since 1970. */
export interface SpanData {
  name: string;
  trace_id: string;
  span_id: string;
  parent_id?: string;
  kind: SpanKind;
  start: number;
  end?: number;
  status: SpanStatus;
  /** What is wrong, of a span with the status `error`. */
  message?: string;
  attributes: Record<string, unknown>;
  events: { name: string; time: number; attributes: SpanAttributes }[];
}

export interface Span {
  readonly data: Readonly<SpanData>;
  readonly ended: boolean;
  /** @throws SpellError `INVALID_STATE` once it has ended, as the others do. */
  setAttribute(key: string, value: unknown): void;
  addEvent(name: string, attributes?: SpanAttributes): void;
  end(status?: SpanStatus, message?: string): void;
}

export interface SpanOptions {
  /** The current span by default. */
  parent?: Span;
  attributes?: SpanAttributes;
  /** `internal` by default. */
  kind?: SpanKind;
}

/** Records spans in memory: what happened, inside what, for how long. */
export interface Tracer {
  /** The innermost span that the code which asks runs in. */
  readonly current: Span | undefined;
  /** A span that whoever starts it ends. It is nobody's parent by itself. */
  start(name: string, options?: SpanOptions): Span;
  /** Work inside a span, which ends with it: with the status `error` when it fails. */
  within<T>(name: string, work: (span: Span) => Promise<T>, options?: SpanOptions): Promise<T>;
  /** The spans of a trace that have ended, oldest first; of the latest trace by default. */
  trace(traceId?: string): { trace_id: string; spans: SpanData[] } | undefined;
  /** The headers of W3C Trace Context that continue the current trace elsewhere; a new one outside of any span. */
  headers(): { traceparent: string; tracestate: string };
}

// A run that traces every step of a loop must not fill the memory.
const MOST_SPANS = 10_000;
const MOST_EVENTS = 1000;
const MOST_ATTRIBUTES = 128;

const randomId = (bytes: number): string =>
  Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(bytes))).toString("hex");

/** Makes a tracer. The current span follows awaited work (as of AsyncLocalStorage). */
export function createTracer({ clock = systemClock }: { clock?: Pick<Clock, "now"> } = {}): Tracer {
  const storage = new AsyncLocalStorage<Span>();
  const finished: SpanData[] = [];

  const start = (
    name: string,
    { parent = storage.getStore(), attributes = {}, kind = "internal" }: SpanOptions = {},
  ): Span => {
    const data: SpanData = {
      name,
      trace_id: parent?.data.trace_id ?? randomId(16),
      span_id: randomId(8),
      ...(parent === undefined ? {} : { parent_id: parent.data.span_id }),
      kind,
      start: clock.now(),
      status: "unset",
      attributes: { ...attributes },
      events: [],
    };
    const check = (): void => {
      if (data.end !== undefined) throw new SpellError("INVALID_STATE", `the span '${name}' has ended`);
    };
    return {
      data,
      get ended() {
        return data.end !== undefined;
      },
      setAttribute(key, value) {
        check();
        if (Object.keys(data.attributes).length >= MOST_ATTRIBUTES && !Object.hasOwn(data.attributes, key)) return;
        data.attributes[key] = value;
      },
      addEvent(event, about = {}) {
        check();
        if (data.events.length < MOST_EVENTS)
          data.events.push({ name: event, time: clock.now(), attributes: { ...about } });
      },
      end(status = "unset", message) {
        check();
        data.end = clock.now();
        data.status = status;
        if (message !== undefined) data.message = message;
        finished.push(data);
        if (finished.length > MOST_SPANS) finished.shift();
      },
    };
  };

  return {
    get current() {
      return storage.getStore();
    },
    start,
    async within(name, work, options) {
      const span = start(name, options);
      try {
        const result = await storage.run(span, () => work(span));
        if (!span.ended) span.end("ok");
        return result;
      } catch (error) {
        if (!span.ended) span.end("error", toSpellError(error).message);
        throw error;
      }
    },
    trace(traceId = finished.at(-1)?.trace_id) {
      const spans = finished.filter(({ trace_id }) => trace_id === traceId).map((span) => structuredClone(span));
      return traceId === undefined || spans.length === 0 ? undefined : { trace_id: traceId, spans };
    },
    headers() {
      const { trace_id, span_id } = (storage.getStore() ?? start("")).data;
      return { traceparent: `00-${trace_id}-${span_id}-01`, tracestate: "" };
    },
  };
}

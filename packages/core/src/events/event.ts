import { systemClock, type Clock } from "../clock.js";
import { SpellError } from "@llmspell/errors";
import { isRecord, tryParseJson } from "../json.js";

export const SEVERITIES = ["debug", "info", "warning", "error"] as const;
export type Severity = (typeof SEVERITIES)[number];

/**
 * Something that happened; plain JSON. `type` is words with dots (`tool.failed`),
 * `category` its first word. Events of one run and of the runs inside it share `correlationId`.
 */
export interface SpellEvent<Type extends string = string, Payload = unknown> {
  id: string;
  type: Type;
  category: string;
  severity: Severity;
  /** Who says so, e.g. `agent:agent-1`. */
  source: string;
  /** Milliseconds since 1970. */
  timestamp: number;
  correlationId?: string;
  payload: Payload;
  /** Set by a replay. */
  replayed?: true;
}

/** What an event is made from; the rest has defaults. */
export interface EventInput<Type extends string = string, Payload = unknown> {
  type: Type;
  payload?: Payload;
  /** `info` by default. */
  severity?: Severity;
  /** `app` by default. */
  source?: string;
  /** Now by default. */
  timestamp?: number;
  correlationId?: string;
}

const TYPE = /^[\w-]+(\.[\w-]+)*$/;
const LONGEST_TYPE = 200;

/**
 * Makes an event.
 *
 * @throws SpellError `INVALID_ARGUMENT` for a type that is not words with dots between them.
 */
export function createEvent<Type extends string, Payload>(
  input: EventInput<Type, Payload>,
  clock: Pick<Clock, "now"> = systemClock,
): SpellEvent<Type, Payload> {
  const { type, payload, severity = "info", source = "app", timestamp = clock.now(), correlationId } = input;
  if (!isEventType(type)) {
    throw new SpellError("INVALID_ARGUMENT", "the 'type' of an event must be words with dots between them");
  }
  return {
    id: globalThis.crypto.randomUUID(),
    type,
    category: type.split(".", 1)[0] ?? "",
    severity,
    source,
    timestamp,
    ...(correlationId === undefined ? {} : { correlationId }),
    // JSON has no undefined.
    payload: (payload ?? null) as Payload,
  };
}

function isEventType(type: unknown): type is string {
  return typeof type === "string" && type.length <= LONGEST_TYPE && TYPE.test(type);
}

/** One line of JSON. @throws SpellError `INVALID_ARGUMENT` when the payload is not JSON. */
export function eventToJson(event: SpellEvent): string {
  try {
    return JSON.stringify(event);
  } catch (error) {
    throw new SpellError("INVALID_ARGUMENT", `the payload of event '${event.type}' is not JSON`, { cause: error });
  }
}

const FIELDS: Readonly<Record<keyof SpellEvent, (value: unknown) => boolean>> = {
  id: (value) => typeof value === "string",
  type: isEventType,
  category: (value) => typeof value === "string",
  severity: (value) => SEVERITIES.some((known) => known === value),
  source: (value) => typeof value === "string",
  timestamp: Number.isFinite,
  correlationId: (value) => value === undefined || typeof value === "string",
  payload: (value) => value !== undefined,
  replayed: (value) => value === undefined || value === true,
};

/** Reads what {@link eventToJson} wrote. @throws SpellError `VALIDATION_FAILED` naming the field. */
export function eventFromJson(text: string): SpellEvent {
  const parsed = tryParseJson(text);
  if (!isRecord(parsed?.value)) throw new SpellError("VALIDATION_FAILED", "an event must be a JSON object");
  const { value } = parsed;
  for (const [field, accepts] of Object.entries(FIELDS)) {
    if (!accepts(value[field])) throw new SpellError("VALIDATION_FAILED", `'${field}' of the event is malformed`);
  }
  return value as unknown as SpellEvent;
}

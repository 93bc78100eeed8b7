import { SpellError, toSpellError } from "@llmspell/errors";
import { deadline, raceAbort } from "./abort.js";
import { systemClock, type Clock } from "./clock.js";

/** What a check says when it does not throw: nothing or a note for people; `warn` in front of what works but badly. */
export type HealthAnswer = void | undefined | string | { warn: string };

export interface HealthCheck {
  name: string;
  /** Throws when what it looks at does not work. */
  check: (signal: AbortSignal) => HealthAnswer | Promise<HealthAnswer>;
  /** Whether the application can do nothing without it; true by default. Else it only warns. */
  critical?: boolean;
  /** Milliseconds; 5000 by default. */
  timeoutMs?: number;
}

/** The words of draft-inadarei-api-health-check-06. */
export type HealthStatus = "pass" | "warn" | "fail";

export interface HealthReport {
  /** The worst of the checks. */
  status: HealthStatus;
  /** When it was asked, as ISO 8601. */
  time: string;
  checks: Record<string, { status: HealthStatus; durationMs: number; output?: string }>;
}

/**
 * Runs all checks at the same time. One that hangs is given up; errors tell their code and
 * message, which may name hosts: what is shown to strangers is `status`.
 *
 * @example
 * const { status } = await checkHealth([
 *   { name: "models", check: async (signal) => void (await fetch(url, { signal })) },
 *   { name: "memory", critical: false, check: () => memoryCheck(2 ** 30) },
 * ]);
 * @throws SpellError `INVALID_ARGUMENT` for two checks of one name.
 */
export async function checkHealth(
  checks: readonly HealthCheck[],
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<HealthReport> {
  const names = new Set(checks.map(({ name }) => name));
  if (names.size < checks.length) throw new SpellError("INVALID_ARGUMENT", "two health checks have the same name");
  const entries = await Promise.all(checks.map(async (each) => [each.name, await run(each)] as const));
  const found = entries.map(([, { status }]) => status);
  const status = found.includes("fail") ? "fail" : found.includes("warn") ? "warn" : "pass";
  return { status, time: new Date(clock.now()).toISOString(), checks: Object.fromEntries(entries) };
}

async function run({
  name,
  check,
  critical = true,
  timeoutMs = 5000,
}: HealthCheck): Promise<HealthReport["checks"][string]> {
  const started = performance.now();
  const done = (status: HealthStatus, output?: string): HealthReport["checks"][string] => ({
    status,
    durationMs: Math.round(performance.now() - started),
    ...(output === undefined ? {} : { output }),
  });
  try {
    using limit = deadline(`the health check '${name}'`, timeoutMs);
    const answer = await raceAbort(Promise.resolve(limit.signal).then(check), limit.signal);
    if (typeof answer === "object") return done("warn", answer.warn);
    return done("pass", answer ?? undefined);
  } catch (error) {
    const { code, message } = toSpellError(error);
    return done(critical ? "fail" : "warn", `${code}: ${message}`);
  }
}

/** Warns when this process holds more than `maxBytes`. */
export function memoryCheck(maxBytes: number): HealthAnswer {
  const held = process.memoryUsage.rss();
  const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;
  if (held > maxBytes) return { warn: `the process holds ${megabytes(held)}, more than ${megabytes(maxBytes)}` };
}

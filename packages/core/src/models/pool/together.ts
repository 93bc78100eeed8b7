import { SpellError, toSpellError } from "@llmspell/errors";
import type { LanguageModelV3CallOptions, LanguageModelV3GenerateResult, LanguageModelV3Usage } from "@ai-sdk/provider";
import { throwIfAborted } from "../../abort.js";
import { tryParseJson } from "../../json.js";
import { identity } from "../../tools/data/compare.js";
import { aggregate, type FallbackResult } from "../../resilience/fallback.js";
import type { AnsweredBy } from "../answered-by.js";
import { usageOf } from "../model-ref.js";
import type { Member } from "./member.js";

/**
 * Asks all members at once and takes the first answer; the others are aborted. An answer that
 * comes a moment later all the same is given to `discard`.
 *
 * @throws SpellError `AGGREGATE` when none answered; `CANCELLED` or the signal's own reason.
 */
export async function firstAnswer<T>(
  members: readonly Member[],
  call: LanguageModelV3CallOptions,
  ask: (member: Member, call: LanguageModelV3CallOptions) => Promise<T>,
  discard: (late: T) => void = () => {},
): Promise<FallbackResult<T>> {
  throwIfAborted(call.abortSignal);
  const failures: FallbackResult<T>["failures"] = [];
  let winner: string | undefined;
  const stops = new Map(members.map(({ id }) => [id, new AbortController()]));
  const attempts = members.map(async (member) => {
    const stop = stops.get(member.id) ?? new AbortController();
    const signals = [stop.signal, ...(call.abortSignal === undefined ? [] : [call.abortSignal])];
    try {
      const value = await ask(member, { ...call, abortSignal: AbortSignal.any(signals) });
      if (winner !== undefined) discard(value);
      else {
        winner = member.id;
        for (const [id, other] of stops) if (id !== member.id) other.abort();
      }
      return { value, name: member.id };
    } catch (error) {
      if (winner === undefined) failures.push({ name: member.id, error: toSpellError(error) });
      throw error;
    }
  });
  try {
    return { ...(await Promise.any(attempts)), failures };
  } catch {
    throwIfAborted(call.abortSignal);
    throw aggregate("nothing worked", failures);
  }
}

/** What most members said, and how many they were. */
export interface Consensus extends FallbackResult<LanguageModelV3GenerateResult> {
  agreement: NonNullable<AnsweredBy["agreement"]>;
}

/**
 * Asks all members at once and takes the answer that most of them give; of equally many, that of
 * the member listed first. Answers are the same when they call the same tools and their texts are
 * equal but for case and white space, or are the same JSON. The tokens of all are added up.
 *
 * @throws SpellError `AGGREGATE` when fewer than `agree` say the same.
 */
export async function consensus(
  members: readonly Member[],
  call: LanguageModelV3CallOptions,
  agree: number,
): Promise<Consensus> {
  throwIfAborted(call.abortSignal);
  const settled = await Promise.allSettled(members.map((member) => member.generate(call)));
  throwIfAborted(call.abortSignal);
  const answers: { name: string; value: LanguageModelV3GenerateResult; key: string }[] = [];
  const failures: Consensus["failures"] = [];
  for (const [index, result] of settled.entries()) {
    const name = members[index]?.id ?? "";
    if (result.status === "fulfilled") answers.push({ name, value: result.value, key: meaning(result.value) });
    else failures.push({ name, error: toSpellError(result.reason) });
  }
  const votes = new Map<string, number>();
  for (const { key } of answers) votes.set(key, (votes.get(key) ?? 0) + 1);
  const agreed = Math.max(0, ...votes.values());
  const chosen = answers.find(({ key }) => votes.get(key) === agreed);
  if (chosen === undefined) throw aggregate("nothing worked", failures);
  if (agreed < agree) {
    throw new SpellError("AGGREGATE", `at most ${agreed} of ${members.length} models agree, wanted were ${agree}`, {
      details: {
        retryable: false,
        agreed,
        asked: members.length,
        failures: failures.map(({ name, error }) => ({ name, code: error.code })),
      },
    });
  }
  const usage = answers.map(({ value }) => value.usage).reduce(addUsages);
  return {
    value: { ...chosen.value, usage },
    name: chosen.name,
    failures,
    agreement: {
      agreed,
      asked: members.length,
      usages: answers.map(({ name: model, value }) => ({ model, usage: usageOf(value.usage) })),
    },
  };
}

function meaning({ content }: LanguageModelV3GenerateResult): string {
  const text = content.map((part) => (part.type === "text" ? part.text : "")).join("");
  const calls = content.flatMap((part) =>
    part.type === "tool-call" ? [[part.toolName, identity(tryParseJson(part.input)?.value ?? part.input)]] : [],
  );
  const json = tryParseJson(text);
  const said = json === undefined ? text.toLowerCase().replaceAll(/\s+/g, " ").trim() : identity(json.value);
  return JSON.stringify([said, calls]);
}

function addUsages(a: LanguageModelV3Usage, b: LanguageModelV3Usage): LanguageModelV3Usage {
  const add = (x: number | undefined, y: number | undefined): number | undefined =>
    x === undefined && y === undefined ? undefined : (x ?? 0) + (y ?? 0);
  return {
    inputTokens: {
      total: add(a.inputTokens.total, b.inputTokens.total),
      noCache: add(a.inputTokens.noCache, b.inputTokens.noCache),
      cacheRead: add(a.inputTokens.cacheRead, b.inputTokens.cacheRead),
      cacheWrite: add(a.inputTokens.cacheWrite, b.inputTokens.cacheWrite),
    },
    outputTokens: {
      total: add(a.outputTokens.total, b.outputTokens.total),
      text: add(a.outputTokens.text, b.outputTokens.text),
      reasoning: add(a.outputTokens.reasoning, b.outputTokens.reasoning),
    },
  };
}

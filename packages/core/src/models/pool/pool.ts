import { isSpellError, SpellError } from "@llmspell/errors";
import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3GenerateResult,
  LanguageModelV3StreamPart,
  LanguageModelV3StreamResult,
} from "@ai-sdk/provider";
import { systemClock, type Clock } from "../../clock.js";
import { isRecord } from "../../json.js";
import { withFallback, type FallbackResult } from "../../resilience/fallback.js";
import { didYouMean } from "../../suggest.js";
import { withAnsweredBy } from "../answered-by.js";
import { createMember, type Member, type MemberHealth, type MemberMetrics } from "./member.js";
import { ORDERS, type OrderName } from "./order.js";
import { streamOfResult } from "./result-stream.js";
import { consensus, firstAnswer } from "./together.js";

/**
 * How a pool uses its members. `first` asks all at once and takes the first answer, `consensus`
 * the one that most of them give; the others ask one after the other until one answers, in an
 * order of their own.
 */
export type PoolStrategy = OrderName | "first" | "consensus";

/** A pool as data. */
export interface PoolConfig {
  /** `provider:model`, or with a weight (1 by default). */
  members: readonly (string | { model: string; weight?: number })[];
  /** `failover` by default. */
  strategy?: PoolStrategy;
  /** Milliseconds until a member must have answered, or begun to; no limit by default. */
  timeoutMs?: number;
  /** When a member counts as broken: after 3 failures in a row, for 30 000 ms, by default. */
  breaker?: { failures?: number; resetMs?: number };
  /** Members that must say the same for a consensus; 1 by default: the most frequent answer will do. */
  agree?: number;
}

export interface PoolHealth {
  /** `degraded` when some members are broken, `down` when all are. */
  status: "healthy" | "degraded" | "down";
  members: MemberHealth[];
}

/** What a pool did since the start, or since the last reset. */
export interface PoolMetrics {
  /** Calls of the pool; each may be several of its members. */
  calls: number;
  /** Calls that no member answered. */
  failures: number;
  members: ({ model: string } & MemberMetrics)[];
}

/** Several models as one. */
export interface ModelPool {
  readonly name: string;
  readonly config: PoolConfig;
  /** Asks the members. Its answers say in `answeredBy` who answered, and why others did not. */
  readonly model: LanguageModelV3;
  health(): PoolHealth;
  metrics(): PoolMetrics;
  /** Takes all members for healthy again. */
  resetHealth(): void;
  resetMetrics(): void;
}

export interface PoolServices {
  load: (id: string) => Promise<LanguageModelV3>;
  clock?: Clock;
  /** From 0 up to 1; `Math.random` by default. */
  random?: () => number;
}

const STRATEGIES: readonly string[] = [...Object.keys(ORDERS), "first", "consensus"];
const FIELDS = ["members", "strategy", "timeoutMs", "breaker", "agree"];
// `first` and `consensus` ask all of them at once.
const MOST_MEMBERS = 32;

/** @throws SpellError `CONFIG_INVALID` naming the field. */
export function createPool(name: string, config: PoolConfig, services: PoolServices): ModelPool {
  checkPool(name, config);
  const { strategy = "failover", timeoutMs, breaker = {}, agree = 1 } = config;
  const { load, clock = systemClock, random = Math.random } = services;
  const members = config.members.map((each) => {
    const { model, weight = 1 } = typeof each === "string" ? { model: each } : each;
    return createMember(model, weight, { load, clock, timeoutMs, breaker });
  });
  const order = isOrder(strategy) ? ORDERS[strategy](random) : undefined;
  let [calls, failures] = [0, 0];

  /** Those that would be called now; the others come last, only to say why they are not. */
  const usable = (list: readonly Member[]): Member[] => [
    ...list.filter(({ ready }) => ready),
    ...list.filter(({ ready }) => !ready),
  ];

  const counted = async <T>(call: LanguageModelV3CallOptions, work: () => Promise<T>): Promise<T> => {
    calls++;
    try {
      return await work();
    } catch (error) {
      if (call.abortSignal?.aborted !== true) failures++;
      throw passing(error);
    }
  };

  const ask = async <T>(
    call: LanguageModelV3CallOptions,
    how: (member: Member, call: LanguageModelV3CallOptions) => Promise<T>,
    discard?: (late: T) => void,
  ): Promise<FallbackResult<T>> => {
    if (order === undefined) return await firstAnswer(members, call, how, discard);
    const alternatives = usable(order(members)).map((member) => ({ name: member.id, call: () => how(member, call) }));
    return await withFallback(alternatives, {
      falls: (error) => !(isSpellError(error) && error.code === "INVALID_ARGUMENT"),
      ...(call.abortSignal === undefined ? {} : { signal: call.abortSignal }),
    });
  };

  const generate = async (call: LanguageModelV3CallOptions): Promise<LanguageModelV3GenerateResult> => {
    const found =
      strategy === "consensus"
        ? await consensus(members, call, agree)
        : { ...(await ask(call, (member, each) => member.generate(each))), agreement: undefined };
    const { value, name: member, failures: failed, agreement } = found;
    return { ...value, providerMetadata: withAnsweredBy(value.providerMetadata, member, failed, agreement) };
  };

  const stream = async (call: LanguageModelV3CallOptions): Promise<LanguageModelV3StreamResult> => {
    // Who is right is known only when all have answered.
    if (strategy === "consensus") return { stream: streamOfResult(await generate(call)) };
    const found = await ask(
      call,
      (member, each) => member.stream(each),
      (late) => void late.stream.cancel().catch(() => {}),
    );
    const note = new TransformStream<LanguageModelV3StreamPart, LanguageModelV3StreamPart>({
      transform(part, controller) {
        if (part.type !== "finish") return controller.enqueue(part);
        const providerMetadata = withAnsweredBy(part.providerMetadata, found.name, found.failures);
        controller.enqueue({ ...part, providerMetadata });
      },
    });
    return { ...found.value, stream: found.value.stream.pipeThrough(note) };
  };

  return {
    name,
    config,
    model: {
      specificationVersion: "v3",
      provider: "pool",
      modelId: name,
      supportedUrls: {},
      doGenerate: (call) => counted(call, () => generate(call)),
      doStream: (call) => counted(call, () => stream(call)),
    },
    health() {
      const all = members.map(({ health }) => health);
      const broken = all.filter(({ healthy }) => !healthy).length;
      return { status: broken === 0 ? "healthy" : broken === all.length ? "down" : "degraded", members: all };
    },
    metrics: () => ({ calls, failures, members: members.map(({ id, metrics }) => ({ model: id, ...metrics })) }),
    resetHealth: () => members.forEach((member) => member.resetHealth()),
    resetMetrics() {
      [calls, failures] = [0, 0];
      for (const member of members) member.resetMetrics();
    },
  };
}

function isOrder(strategy: PoolStrategy): strategy is OrderName {
  return Object.hasOwn(ORDERS, strategy);
}

/** When all members failed for reasons that pass, so does the failure of the pool. */
function passing(error: unknown): unknown {
  if (!isSpellError(error) || error.code !== "AGGREGATE" || "retryable" in error.details) return error;
  const { failures } = error.details as { failures?: { code: string }[] };
  const retryable = failures?.length !== 0 && failures?.every(({ code }) => PASSING.has(code)) === true;
  return new SpellError(error.code, error.message, { details: { ...error.details, retryable }, cause: error.cause });
}

const PASSING = new Set(["PROVIDER_RATE_LIMIT", "PROVIDER_NETWORK", "PROVIDER_SERVER", "TIMEOUT"]);

function checkPool(name: string, config: unknown): asserts config is PoolConfig {
  const fail = (reason: string): never => {
    throw new SpellError("CONFIG_INVALID", `pools.${name}: ${reason}`, { details: { pool: name } });
  };
  if (!isRecord(config)) return fail("it must be an object");
  const unknown = Object.keys(config).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) fail(`there is no field '${unknown}'${didYouMean(unknown, FIELDS)}`);
  const { members, strategy, timeoutMs, breaker, agree } = config;
  if (!Array.isArray(members) || members.length === 0 || members.length > MOST_MEMBERS)
    return fail(`'members' must be a list of 1 to ${MOST_MEMBERS} models`);
  const ids = members.map((member: unknown) => {
    const { model, weight = 1 } = isRecord(member) ? member : { model: member };
    if (typeof model !== "string" || model === "") return fail("a member must be a model, e.g. 'openai:gpt-5'");
    if (!(typeof weight === "number" && weight > 0 && Number.isFinite(weight)))
      fail(`the weight of '${model}' must be a number above 0`);
    return model;
  });
  if (new Set(ids).size < ids.length) fail("a model can be a member only once");
  if (strategy !== undefined && !STRATEGIES.includes(String(strategy)))
    fail(`'strategy' must be one of ${STRATEGIES.join(", ")}`);
  if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs > 0))
    fail("'timeoutMs' must be milliseconds above 0");
  if (breaker !== undefined && !isRecord(breaker)) fail("'breaker' must be an object");
  if (agree !== undefined && !(Number.isInteger(agree) && (agree as number) > 0 && (agree as number) <= ids.length))
    fail("'agree' must be a number of members");
}

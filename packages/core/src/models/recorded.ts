import { SpellError } from "@llmspell/errors";
import type { LanguageModelV3, LanguageModelV3CallOptions, LanguageModelV3StreamPart } from "@ai-sdk/provider";
import { fileFailed, openLineFile } from "../line-file.js";
import { sortedJson } from "../json.js";
import { didYouMean } from "../suggest.js";
import {
  beginsLine,
  firstDifference,
  fromLine,
  recordableRequest,
  recordedError,
  restoredError,
  toLine,
  type CallOutcome,
  type CallRecord,
} from "./call-record.js";
import type { ModelRef } from "./model-ref.js";
import { createModels, type Models } from "./models.js";
import { providerError } from "./provider-error.js";
import { inheritSecrets, redact } from "../secrets.js";

/** A recording under way. */
export interface ModelRecording {
  /** The same models; what they are asked and answer is recorded. */
  models: Models;
  /** Waits until everything so far is written. @throws SpellError `IO_ERROR`. */
  flush(): Promise<void>;
  /** Ends it. Calls that are under way are not in it. */
  close(): Promise<void>;
}

/**
 * Records every call of the models to a file, one line of JSON each: what was asked, and the
 * answer or its pieces in order, or the error. Keys are not in it, nor are headers. A file that is
 * there is continued.
 *
 * @example
 * const { models, close } = await recordModels(createModels({ env: process.env }), "run.jsonl");
 * @throws SpellError `IO_ERROR`; `VALIDATION_FAILED` for a file that is no recording, which stays as it is.
 */
export async function recordModels(models: Models, path: string): Promise<ModelRecording> {
  // Before anything of it is changed: it may be a file of another kind.
  let calls = (await readRecords(path, true)).at(-1)?.call ?? 0;
  const file = await openLineFile(path);
  let open = true;
  const wrapped = new WeakMap<LanguageModelV3, LanguageModelV3>();

  const wrap = (model: LanguageModelV3, ref: ModelRef): LanguageModelV3 => {
    const clean = (text: string): string => redact(model, text);
    const begin = (type: CallRecord["type"], call: LanguageModelV3CallOptions) => {
      const about = { call: ++calls, provider: ref.provider, model: ref.model, type };
      const request = recordableRequest(call, clean);
      let told = false;
      return (outcome: CallOutcome): void => {
        if (told || !open) return;
        told = true;
        file.append(toLine({ ...about, request, ...outcome }, clean));
      };
    };
    const failure = async (error: unknown, call: LanguageModelV3CallOptions): Promise<CallOutcome> => {
      if (call.abortSignal?.aborted === true)
        return { error: { code: "CANCELLED", message: "the call was cancelled", details: {} } };
      return { error: recordedError(await providerError(error, model, "request")) };
    };
    const recording: LanguageModelV3 = {
      specificationVersion: "v3",
      provider: model.provider,
      modelId: model.modelId,
      get supportedUrls() {
        return model.supportedUrls;
      },
      async doGenerate(call) {
        const end = begin("generate", call);
        try {
          const response = await model.doGenerate(call);
          end({ response });
          return response;
        } catch (error) {
          end(await failure(error, call));
          throw error;
        }
      },
      async doStream(call) {
        const end = begin("stream", call);
        const parts: LanguageModelV3StreamPart[] = [];
        try {
          const result = await model.doStream(call);
          const stream = recordedStream(result.stream, parts, {
            ended: () => end({ parts }),
            failed: async (error) => end({ parts, ...(await failure(error, call)) }),
          });
          return { ...result, stream };
        } catch (error) {
          end({ parts, ...(await failure(error, call)) });
          throw error;
        }
      },
    };
    inheritSecrets(recording, model);
    return recording;
  };

  const record = (from: Models): Models => ({
    ...from,
    fork: () => record(from.fork()),
    async load(ref) {
      const model = await from.load(ref);
      const known = wrapped.get(model) ?? wrap(model, ref);
      wrapped.set(model, known);
      return known;
    },
  });
  return {
    models: record(models),
    flush: () => file.flush(),
    async close() {
      open = false;
      await file.close();
    },
  };
}

/** `stream` as it is; `parts` collects what was read of it. */
function recordedStream(
  stream: ReadableStream<LanguageModelV3StreamPart>,
  parts: LanguageModelV3StreamPart[],
  { ended, failed }: { ended: () => void; failed: (error: unknown) => Promise<void> },
): ReadableStream<LanguageModelV3StreamPart> {
  const reader = stream.getReader();
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            ended();
            return controller.close();
          }
          if (value.type === "error") await failed(value.error);
          parts.push(value);
          // Who reads stops at the finish and may not read the end.
          if (value.type === "finish") ended();
          controller.enqueue(value);
        } catch (error) {
          await failed(error);
          controller.error(error);
        }
      },
      async cancel(reason) {
        await failed(new SpellError("CANCELLED", "the reader of the stream went away"));
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** The models of a recording. */
export interface ModelReplay {
  /** They answer as was recorded; nothing else is asked. The first model of the recording is the default. */
  models: Models;
  /** Calls that nobody has made again yet. */
  remaining(): number;
}

/**
 * Plays a recording: the same requests get the same answers, in whatever order they come. Equal
 * requests get their answers in the order of the recording.
 *
 * @example
 * const { models } = await replayModels("run.jsonl");
 * @throws SpellError `IO_ERROR`; `VALIDATION_FAILED` naming a line that is malformed. A model called
 *   with what was not recorded throws `VALIDATION_FAILED` with the place of the first difference as
 *   `{path, recorded, now}`, one called more often `INVALID_STATE`.
 */
export async function replayModels(path: string): Promise<ModelReplay> {
  const records = await readRecords(path);
  /** Of each model the calls that nobody has made again yet, in their order. */
  const waiting = new Map<string, Set<CallRecord>>();
  for (const record of records) {
    const id = `${record.provider}:${record.model}`;
    const others = waiting.get(id);
    if (others === undefined) waiting.set(id, new Set([record]));
    else others.add(record);
  }
  const base = createModels();
  const refs = [...waiting.keys()].map(refOf);
  const first = refs[0];
  if (first === undefined) throw new SpellError("VALIDATION_FAILED", "there is no model call in the recording");

  const resolve: Models["resolve"] = (model, provider) => {
    const wanted = model?.trim() || undefined;
    if (wanted === undefined && !provider) return first;
    const found = refs.find(
      (ref) =>
        ref.id === wanted ||
        ((!provider || ref.provider === provider) && (wanted === undefined || wanted === ref.model)) ||
        (!provider && ref.provider === wanted),
    );
    if (found !== undefined) return found;
    const name = provider ? `${provider}:${wanted ?? ""}` : (wanted ?? "");
    throw new SpellError("NOT_FOUND", `the recording has no model '${name}'${didYouMean(name, waiting.keys())}`, {
      details: { known: [...waiting.keys()] },
    });
  };
  const models = new Map(refs.map((ref) => [ref.id, replayedModel(ref, waiting.get(ref.id) ?? new Set())]));
  const replay = (from: Models): Models => ({
    ...from,
    fork: () => replay(from.fork()),
    resolve,
    default: () => ({ ...first, reason: "it is the first of the recording" }),
    load: async (ref) => models.get(ref.id) ?? (await Promise.reject(missing(ref))),
  });
  return {
    models: replay(base),
    remaining: () => [...waiting.values()].reduce((sum, { size }) => sum + size, 0),
  };
}

function replayedModel(ref: ModelRef, waiting: Set<CallRecord>): LanguageModelV3 {
  const all = waiting.size;
  // By what was asked: a long recording is not looked through for each call.
  const byRequest = new Map<string | undefined, CallRecord[]>();
  for (const record of waiting) {
    const asked = sortedJson(comparable(record));
    const others = byRequest.get(asked);
    if (others === undefined) byRequest.set(asked, [record]);
    else others.push(record);
  }
  const take = (type: CallRecord["type"], request: LanguageModelV3CallOptions): CallRecord => {
    const asked = comparable({ type, request });
    const record = byRequest.get(sortedJson(asked))?.shift();
    if (record !== undefined) {
      waiting.delete(record);
      return record;
    }
    const [next] = waiting;
    const difference = next === undefined ? undefined : firstDifference(comparable(next), asked);
    if (difference === undefined)
      throw new SpellError(
        "INVALID_STATE",
        `the recording has ${all} calls of '${ref.id}' and it was called once more`,
      );
    throw new SpellError(
      "VALIDATION_FAILED",
      `a call of '${ref.id}' is not as recorded (call ${next?.call ?? 0}): ` +
        `${difference.path} was ${difference.recorded} and is ${difference.now}`,
      { details: { model: ref.id, ...difference } },
    );
  };
  return {
    specificationVersion: "v3",
    provider: ref.provider,
    modelId: ref.model,
    supportedUrls: {},
    async doGenerate(call) {
      const { response, error } = take("generate", call);
      if (response !== undefined) return response;
      throw unanswered(error ?? { code: "INVALID_STATE", message: "the recording has no answer", details: {} });
    },
    async doStream(call) {
      const { parts = [], error } = take("stream", call);
      if (error !== undefined && parts.length === 0) throw unanswered(error);
      const all: LanguageModelV3StreamPart[] =
        error === undefined ? parts : [...parts, { type: "error", error: restoredError(error) }];
      const next = all.values();
      const stream = new ReadableStream<LanguageModelV3StreamPart>({
        pull(controller) {
          if (call.abortSignal?.aborted === true) return controller.error(call.abortSignal.reason);
          const { done, value } = next.next();
          if (done === true) controller.close();
          else controller.enqueue(value);
        },
      });
      return { stream };
    },
  };
}

/** An error in the place of an answer. It asks for no wait before another try: what comes then is known. */
function unanswered({ details, ...error }: NonNullable<CallRecord["error"]>): SpellError {
  const wait = details["retryable"] === true ? { retryAfterMs: 0 } : {};
  return restoredError({ ...error, details: { ...details, ...wait } });
}

/** A call as JSON has it, to compare what is alike. */
function comparable({ type, request }: Pick<CallRecord, "type" | "request">): unknown {
  return JSON.parse(JSON.stringify({ type, ...(recordableRequest(request as LanguageModelV3CallOptions) as object) }));
}

function refOf(id: string): ModelRef {
  const [provider = "", ...rest] = id.split(":");
  return { id, provider, model: rest.join(":"), offline: false };
}

function missing({ id }: ModelRef): SpellError {
  return new SpellError("NOT_FOUND", `the recording has no model '${id}'`);
}

async function readRecords(path: string, mayBeNew = false): Promise<CallRecord[]> {
  const { readFile } = await import("node:fs/promises");
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) =>
    mayBeNew && error.code === "ENOENT" ? "" : fileFailed(error),
  );
  const lines = text.split("\n");
  // A killed process leaves a line that is cut off; anything else in its place is read as it is.
  if (beginsLine(lines.at(-1) ?? "")) lines.pop();
  const records = lines.map((line, index) => {
    try {
      return fromLine(line);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new SpellError("VALIDATION_FAILED", `line ${index + 1} of the recording is malformed: ${reason}`);
    }
  });
  return records.toSorted((a, b) => a.call - b.call);
}

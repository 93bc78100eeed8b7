import { createRequire } from "node:module";
import { runInNewContext } from "node:vm";
import { SpellError } from "@llmspell/errors";
import { countLines, isMeantAsModule, mayBeModule, plain, withModuleAdvice } from "./source.js";

/** The part of `@swc/wasm-typescript` that is used. */
interface Swc {
  readonly __wasm: { readonly memory: WebAssembly.Memory };
  transformSync(source: string, options: { readonly mode: "strip-only" }): { readonly code: string };
}

/** What it throws. */
interface SwcProblem {
  readonly message?: unknown;
  readonly startLine?: unknown;
}

const PACKAGE = "@swc/wasm-typescript";
/** Reading some sources takes it a time that doubles with each level they nest. */
const MAX_MS = 2_000;
/** It takes a hundred bytes of memory for each character. */
const MAX_LENGTH = 256 * 1024;
/** Its memory never shrinks: one that has grown to this is given back. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;
const BODY = "async()=>{";

const require = createRequire(import.meta.url);
let swc: Swc | undefined;

/**
 * A source as JavaScript that begins with code; its name tells whether it is TypeScript.
 *
 * @param msLeft how long its guest may still run.
 * @throws as {@link stripTypes}
 */
export const toJavaScript = (source: string, name: string, msLeft: number): string =>
  name.endsWith(".ts") ? stripTypes(source, name, Math.min(msLeft, MAX_MS)) : plain(source);

/**
 * TypeScript without its types, which become blanks: every line and column stays
 * where it is. What would need code in its place, such as an enum, is an error.
 *
 * @throws SpellError `SYNTAX_ERROR` with the line, `LIMIT_TIME` for a source that takes too long to read.
 */
function stripTypes(source: string, name: string, ms: number): string {
  if (source.length > MAX_LENGTH) {
    const message = `this TypeScript is longer than ${MAX_LENGTH / 1024} KB`;
    throw new SpellError("SYNTAX_ERROR", message, { details: { file: name, stack: [] } });
  }
  const text = plain(source);
  const body = attempt(`${BODY}${text}\n}`, ms);
  if (body.code !== undefined) return body.code.slice(BODY.length, -2);
  const module = mayBeModule(text) ? attempt(text, ms) : body;
  if (module.code !== undefined) return module.code;
  const { message, line } = isMeantAsModule(text) ? module.problem : body.problem;
  const details = { file: name, line: Math.min(line, countLines(text)), stack: [] };
  throw new SpellError("SYNTAX_ERROR", isMeantAsModule(text) ? withModuleAdvice(message) : message, { details });
}

interface Problem {
  readonly message: string;
  readonly line: number;
}

type Attempt =
  | { readonly code: string; readonly problem?: undefined }
  | { readonly code?: undefined; readonly problem: Problem };

function attempt(source: string, ms: number): Attempt {
  swc ??= require(PACKAGE) as Swc;
  const { transformSync, __wasm: wasm } = swc;
  const work = (): string => transformSync(source, { mode: "strip-only" }).code;
  try {
    // The only call that can be ended in the middle, WebAssembly included.
    return { code: runInNewContext("work()", { work }, { timeout: Math.max(Math.ceil(ms), 1) }) as string };
  } catch (thrown) {
    const { message, startLine } = (thrown ?? {}) as SwcProblem;
    if (typeof message === "string" && typeof startLine === "number") {
      return {
        problem: {
          message: message.replace(/ in (?:strip-only|type strip) mode/, ": only types are taken away"),
          line: startLine,
        },
      };
    }
    // What has failed in the middle must not be used again.
    forget();
    if ((thrown as NodeJS.ErrnoException | null)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") {
      throw new SpellError("LIMIT_TIME", `this TypeScript takes longer than ${Math.ceil(ms)} ms to read`);
    }
    return { problem: { message: "this TypeScript nests too deeply", line: 1 } };
  } finally {
    if (wasm.memory.buffer.byteLength > MAX_KEPT_BYTES) forget();
  }
}

function forget(): void {
  swc = undefined;
  delete require.cache[require.resolve(PACKAGE)];
}

import { Coverage, type CoverageRecorder, type SourceCoverage } from "@llmspell/engine";
import { HookMask, LUA_REGISTRYINDEX } from "../abi.js";
import type { HookTool } from "../hooks.js";
import { calledProto, currentCall, hookLine, nestedProtos, protoAt, protoLines } from "../layout.js";
import type { DebugParts } from "./parts.js";

/** How often the lines of one function were entered. */
interface Counter {
  readonly lines: ReadonlySet<number>;
  readonly first: number;
  readonly counts: Float64Array;
}

export function startCoverage(parts: DebugParts): CoverageRecorder {
  const { hooks } = parts.keeper;
  const tool = new CoverageTool(parts);
  hooks.add(tool);
  let coverage: Coverage | undefined;
  const stop = (): Coverage => {
    if (coverage === undefined) {
      coverage = tool.result();
      hooks.remove(tool);
      if (!hooks.isClosed) tool.close();
    }
    return coverage;
  };
  return { stop, [Symbol.dispose]: () => void stop() };
}

class CoverageTool implements HookTool {
  readonly mask = HookMask.line;
  readonly #parts: DebugParts;
  readonly #byProto = new Map<number, Counter>();
  readonly #bySource = new Map<string, Counter[]>();
  /** Keep the functions, and so the addresses of their prototypes. */
  readonly #refs: number[] = [];

  constructor(parts: DebugParts) {
    this.#parts = parts;
  }

  loaded(L: number, source: string): void {
    const { lua } = this.#parts;
    const counters = this.#bySource.get(source) ?? [];
    this.#bySource.set(source, counters);
    for (const proto of nestedProtos(lua, protoAt(lua, L, -1))) {
      const lines = protoLines(lua, proto);
      const first = Math.min(...lines);
      const counter = { lines, first, counts: new Float64Array(Math.max(...lines) - first + 1) };
      counters.push(counter);
      this.#byProto.set(proto, counter);
    }
    lua.ex.lua_pushvalue(L, -1);
    this.#refs.push(lua.ex.luaL_ref(L, LUA_REGISTRYINDEX));
  }

  event(L: number, _event: number, record: number): void {
    const { lua } = this.#parts;
    const counter = this.#byProto.get(calledProto(lua, currentCall(lua, L)));
    if (counter === undefined) return;
    const index = hookLine(lua, record) - counter.first;
    counter.counts[index] = (counter.counts[index] ?? 0) + 1;
  }

  restored(): void {
    this.#byProto.clear();
    this.#refs.length = 0;
  }

  result(): Coverage {
    return new Coverage([...this.#bySource].map(([source, counters]) => sourceCoverage(source, counters)));
  }

  close(): void {
    const { lua, image } = this.#parts;
    for (const ref of this.#refs) lua.ex.luaL_unref(image.L, LUA_REGISTRYINDEX, ref);
  }
}

function sourceCoverage(source: string, counters: readonly Counter[]): SourceCoverage {
  const sums = new Map<number, number>();
  for (const { lines, first, counts } of counters) {
    for (const line of lines) sums.set(line, (sums.get(line) ?? 0) + (counts[line - first] ?? 0));
  }
  return { source, lines: new Map([...sums].toSorted(([a], [b]) => a - b)) };
}

import type { FunctionLabel } from "@llmspell/engine";
import { calledFunction, callerOf, protoLine, protoSource, protoSourceId } from "../layout.js";
import { Frames, isEngineSource } from "./frames.js";
import type { DebugParts } from "./parts.js";

interface Known {
  /** Tell a function from another one that has taken its place in memory. */
  readonly source: number;
  readonly line: number;
  /** Undefined for functions of the engine's own library. */
  readonly label: { name: string; readonly source: string; readonly line: number } | undefined;
  /** How often to look for a name yet: a call by `pcall` or at the end of a function does not tell it. */
  looksLeft: number;
}

const LOOKING_FUEL = 10_000_000;
const MAX_LOOKS = 8;

/** Names the functions of calls; each function has one label, by whose identity costs are added up. */
export class Labels {
  readonly #parts: DebugParts;
  readonly #frames: Frames;
  readonly #known = new Map<number, Known>();

  constructor(parts: DebugParts) {
    this.#parts = parts;
    this.#frames = new Frames(parts.lua);
  }

  calls(L: number): Generator<number> {
    return this.#frames.calls(L);
  }

  /** Undefined for a function of the engine's own library, and for what it calls itself. */
  of(L: number, call: number): FunctionLabel | undefined {
    const { lua } = this.#parts;
    const { id, isLua } = calledFunction(lua, call);
    const source = isLua ? protoSourceId(lua, id) : 0;
    const line = isLua ? protoLine(lua, id) : 0;
    const known = this.#known.get(id);
    const isSame = known !== undefined && known.source === source && known.line === line;
    if (isSame && known.looksLeft === 0) return known.label;
    const label = this.#parts.keeper.fuel.aside(LOOKING_FUEL, () => this.#make(L, call, id, isLua));
    const isNamed = label?.name.startsWith("function <") !== true;
    if (!isSame) {
      this.#known.set(id, { source, line, label, looksLeft: isNamed ? 0 : MAX_LOOKS });
      return label;
    }
    known.looksLeft = isNamed ? 0 : known.looksLeft - 1;
    if (known.label !== undefined && label !== undefined) known.label.name = label.name;
    return known.label;
  }

  #make(L: number, call: number, id: number, isLua: boolean): Known["label"] {
    const { lua } = this.#parts;
    if (isLua) {
      if (isEngineSource(protoSource(lua, id))) return undefined;
      const { name, source, lineDefined } = this.#frames.describe({ L, call });
      return { name, source, line: lineDefined };
    }
    const caller = callerOf(lua, call);
    if (caller === 0) return undefined;
    const by = calledFunction(lua, caller);
    if (by.isLua && isEngineSource(protoSource(lua, by.id))) return undefined;
    const { name } = this.#frames.describe({ L, call });
    return { name: name.startsWith("function <") ? "[C]" : name, source: "", line: 0 };
  }
}

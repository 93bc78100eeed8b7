import { CallGraph } from "./callgraph.js";
import { CachedCharges, Charges, type ChargePlan, type TrapCall } from "./charge.js";
import { elementFunctions } from "./elements.js";
import { malformed, misfit } from "./fault.js";
import type { Span, WasmModule } from "./module.js";
import { readLocals, typeOfFunction } from "./module.js";
import {
  BLOCK_OPCODES,
  Bulk,
  EMPTY_BLOCK,
  END_OPCODES,
  Op,
  ValueType,
  markOpcodes,
  nextMarked,
  skipImmediates,
} from "./opcodes.js";
import { ByteReader } from "./reader.js";
import { ByteWriter } from "./writer.js";

/**
 * An interpreter's function, which keeps the fuel in a local. If its trap gets
 * local 0, that must stay as the function was called with.
 */
export interface InterpreterPlan {
  readonly functionIndex: number;
  readonly trap: TrapCall;
  /** The loop that counts without looking; -1 for none. */
  readonly countOnlyLoop: number;
  /** Offsets behind the end of a block, or a call, at which to look instead. */
  readonly checkAt: ReadonlySet<number>;
}

/** What the code rewriter needs to know; made by the meter from its options. */
export interface CodePlan {
  readonly fuelGlobal: number;
  readonly bulkShift: number;
  readonly trap: TrapCall;
  readonly interpreter: InterpreterPlan | undefined;
  readonly skipLoop: ((functionIndex: number, loopOffset: number) => boolean) | undefined;
  readonly freeEntry: ReadonlySet<number>;
  readonly followIndirectCalls: boolean;
  /** Instructions to put in place of a `call` to an import. */
  readonly callPatches: ReadonlyMap<number, Uint8Array>;
  /** The import that answers `memory.grow` and, as a growth by 0, `memory.size`. */
  readonly growth: number | undefined;
  /** Bodies that stand in the place of the module's own, as they are. */
  readonly replaced: ReadonlyMap<number, Uint8Array>;
  /** Bodies of new functions, put behind the module's own. */
  readonly appended: readonly Uint8Array[];
}

/** A body whose new instructions lie in the shared buffer and lack only their frame. */
interface DraftBody {
  readonly functionIndex: number;
  readonly locals: Span;
  readonly code: Span;
  readonly scratch: number;
  readonly charges: ChargePlan;
  readonly usesScratch: boolean;
}

const LENGTH_TAKERS: ReadonlySet<number> = new Set(Object.values(Bulk));
const CALLS = [Op.Call, Op.ReturnCall, Op.CallIndirect, Op.ReturnCallIndirect];
const SIZES = [Op.MemorySize, Op.MemoryGrow];
const MARKED = markOpcodes([...BLOCK_OPCODES, ...END_OPCODES, ...CALLS, ...SIZES, Op.RefFunc, Op.BulkPrefix]);
const MARKED_IN_INTERPRETER = MARKED.map((mark, op) =>
  op === Op.LocalSet || op === Op.LocalTee || op === Op.Return ? 1 : mark,
);
const PLAIN_BLOCK = 0;
const CHARGED_LOOP = 1;

/**
 * Rewrites the code section in one walk: charges are inserted while the calls
 * between functions are noted; entry charges, which need all calls, are put in
 * front when the bodies are framed.
 *
 * Which recursion is charged at entry: a call inside a charged loop has passed
 * that loop's header, so only calls outside of charged loops can form a cycle
 * that runs free. The functions of such cycles pay 1 fuel at entry.
 */
export class CodeRewriter {
  readonly #module: WasmModule;
  readonly #plan: CodePlan;
  readonly #graph: CallGraph;
  readonly #charges: Charges;
  readonly #out: ByteWriter;
  readonly #chargedAtEntry = new Set<number>();
  readonly #canonicalTypes: readonly number[];
  /** Functions that a `ref.func` names. */
  readonly #referenced = new Set<number>();
  /** Kind of each open block of the body being walked; reused for all bodies. */
  readonly #blocks: number[] = [];

  constructor(module: WasmModule, plan: CodePlan) {
    this.#module = module;
    this.#plan = plan;
    this.#graph = new CallGraph(module.functionTypes.length + module.types.length);
    this.#charges = new Charges(plan.fuelGlobal, plan.bulkShift, plan.trap);
    this.#canonicalTypes = canonicalTypes(module);
    this.#out = new ByteWriter(module.bytes.length + (module.bytes.length >> 1));
  }

  /** The contents of the new code section. */
  rewrite(): Uint8Array {
    const { bodies, importedFunctions } = this.#module;
    const drafts = bodies.map((body, i) => this.#rewriteBody(importedFunctions + i, body));
    if (this.#plan.followIndirectCalls) this.#addIndirectCallees();
    const recursive = this.#graph.recursive();
    const section = new ByteWriter(this.#out.length + bodies.length * 16 + 1024);
    section.u32(drafts.length + this.#plan.appended.length);
    for (const draft of drafts) {
      const { functionIndex } = draft;
      const replaced = this.#plan.replaced.get(functionIndex);
      if (replaced !== undefined) {
        writeBody(section, replaced);
        continue;
      }
      const entry = recursive[functionIndex] === 1 || this.#chargedAtEntry.has(functionIndex);
      this.#frame(section, draft, entry && !this.#plan.freeEntry.has(functionIndex));
    }
    for (const body of this.#plan.appended) writeBody(section, body);
    return section.view();
  }

  #rewriteBody(functionIndex: number, body: Span): DraftBody {
    const { bytes } = this.#module;
    const { skipLoop } = this.#plan;
    const out = this.#out;
    const blocks = this.#blocks;
    const reader = new ByteReader(bytes, body.start, body.end);
    const scratch = typeOfFunction(this.#module, functionIndex).params.length + readLocals(reader);
    const locals = { start: body.start, end: reader.pos };
    const interpreter = this.#plan.interpreter?.functionIndex === functionIndex ? this.#plan.interpreter : undefined;
    const marked = interpreter === undefined ? MARKED : MARKED_IN_INTERPRETER;
    const { fuelGlobal, bulkShift } = this.#plan;
    const cached = interpreter && new CachedCharges(fuelGlobal, bulkShift, interpreter.trap);
    const charges = cached ?? this.#charges;
    const codeStart = out.length;
    // A branch out of the body must not pass by the store at its end: it now leaves this block.
    if (cached !== undefined) out.bytes([Op.Block, this.#resultBlock(functionIndex)]);
    let copied = reader.pos; // everything before is in `out`
    let usesScratch = false;
    let depth = 1; // the body itself
    let chargedLoops = 0; // how many are open
    blocks[0] = PLAIN_BLOCK;
    while (depth > 0) {
      const op = nextMarked(reader, marked);
      const offset = reader.pos - 1;
      switch (op) {
        case Op.Loop:
          skipImmediates(reader, op);
          if (skipLoop?.(functionIndex, offset)) {
            blocks[depth++] = PLAIN_BLOCK;
            break;
          }
          out.copy(bytes, copied, reader.pos);
          copied = reader.pos;
          out.bytes(
            cached !== undefined && offset === interpreter?.countOnlyLoop
              ? cached.count(scratch)
              : charges.one(scratch),
          );
          usesScratch = true;
          blocks[depth++] = CHARGED_LOOP;
          chargedLoops++;
          break;
        case Op.End:
        case Op.Delegate:
          skipImmediates(reader, op);
          if (blocks[--depth] === CHARGED_LOOP) chargedLoops--;
          if (cached !== undefined && interpreter?.checkAt.has(reader.pos)) {
            out.copy(bytes, copied, reader.pos);
            copied = reader.pos;
            out.bytes(cached.check(scratch));
          }
          break;
        case Op.Call:
        case Op.ReturnCall: {
          const callee = this.#functionIndex(reader);
          if (chargedLoops === 0) this.#graph.addCall(functionIndex, callee);
          const patch = this.#plan.callPatches.get(callee);
          if (patch === undefined && cached === undefined) break;
          out.copy(bytes, copied, offset);
          copied = reader.pos;
          if (cached !== undefined) out.bytes(cached.store(scratch));
          if (patch === undefined) out.copy(bytes, offset, reader.pos);
          else out.bytes(patch);
          if (cached !== undefined && op === Op.Call) out.bytes(cached.load(scratch));
          if (cached !== undefined && interpreter?.checkAt.has(reader.pos)) out.bytes(cached.check(scratch));
          if (patch !== undefined && op === Op.ReturnCall) out.u8(Op.Return);
          break;
        }
        case Op.CallIndirect:
        case Op.ReturnCallIndirect: {
          const type = reader.u32();
          reader.skipLeb(); // table
          if (type >= this.#module.types.length) throw malformed(`no type ${type}`, offset);
          if (cached !== undefined) {
            out.copy(bytes, copied, offset);
            copied = reader.pos;
            out.bytes(cached.store(scratch));
            out.copy(bytes, offset, reader.pos);
            if (op === Op.CallIndirect) out.bytes(cached.load(scratch));
          }
          if (chargedLoops > 0) break;
          this.#graph.addCall(functionIndex, this.#typeNode(type));
          // Indirect tail calls can go round for ever without using stack.
          if (op === Op.ReturnCallIndirect) this.#chargedAtEntry.add(functionIndex);
          break;
        }
        case Op.MemorySize:
        case Op.MemoryGrow: {
          skipImmediates(reader, op);
          const { growth } = this.#plan;
          if (growth === undefined) break;
          out.copy(bytes, copied, offset);
          copied = reader.pos;
          if (cached !== undefined) out.bytes(cached.store(scratch));
          if (op === Op.MemorySize) out.bytes([Op.I32Const, 0]);
          out.u8(Op.Call);
          out.u32(growth);
          if (cached !== undefined) out.bytes(cached.load(scratch));
          break;
        }
        case Op.Return: // marked in the interpreter only
          if (cached === undefined) break;
          out.copy(bytes, copied, offset);
          copied = offset;
          out.bytes(cached.store(scratch));
          break;
        case Op.RefFunc:
          this.#referenced.add(this.#functionIndex(reader));
          break;
        case Op.LocalSet:
        case Op.LocalTee:
          if (reader.u32() === 0 && interpreter?.trap.passLocal0 === true) {
            throw misfit(`function ${functionIndex} assigns its first parameter, which the trap would pass`);
          }
          break;
        case Op.BulkPrefix: {
          const takesLength = LENGTH_TAKERS.has(reader.u32());
          reader.pos = offset + 1;
          skipImmediates(reader, op);
          if (!takesLength) break;
          out.copy(bytes, copied, offset);
          copied = offset;
          out.bytes(charges.length(scratch));
          usesScratch = true;
          break;
        }
        default: // the blocks that are no loops
          skipImmediates(reader, op);
          blocks[depth++] = PLAIN_BLOCK;
      }
    }
    if (!reader.done) throw malformed("code after the end of a function", reader.pos);
    out.copy(bytes, copied, body.end);
    if (cached !== undefined) {
      out.bytes(cached.store(scratch));
      out.u8(Op.End);
    }
    return { functionIndex, locals, code: { start: codeStart, end: out.length }, scratch, charges, usesScratch };
  }

  /** The type of a block that gives what a function gives. */
  #resultBlock(functionIndex: number): number {
    const [result = EMPTY_BLOCK, ...others] = typeOfFunction(this.#module, functionIndex).results;
    if (others.length === 0) return result;
    throw misfit(`function ${functionIndex}, which is to keep the fuel in a local, has several results`);
  }

  #functionIndex(reader: ByteReader): number {
    const index = reader.u32();
    if (index >= this.#module.functionTypes.length) throw malformed(`no function ${index}`, reader.pos);
    return index;
  }

  /** Writes a body: its size, its locals with the scratch local behind them, the entry charge, the code. */
  #frame(section: ByteWriter, draft: DraftBody, chargeEntry: boolean): void {
    const { bytes } = this.#module;
    const { charges, scratch } = draft;
    const entry = chargeEntry ? charges.one(scratch) : undefined;
    const header = new ByteWriter(16);
    const reader = new ByteReader(bytes, draft.locals.start, draft.locals.end);
    const groups = reader.u32();
    const isCached = charges instanceof CachedCharges;
    const addLocal = draft.usesScratch || chargeEntry || isCached;
    header.u32(groups + (addLocal ? 1 : 0));
    header.copy(bytes, reader.pos, draft.locals.end);
    if (addLocal) header.bytes([charges.locals, ValueType.I32]);
    if (isCached) header.bytes(charges.load(scratch));
    if (entry !== undefined) header.bytes(entry);
    section.u32(header.length + draft.code.end - draft.code.start);
    section.bytes(header.view());
    section.copy(this.#out.view(), draft.code.start, draft.code.end);
  }

  /** The call graph's node for "a function of this type", the same for equal types (core spec 3.3). */
  #typeNode(type: number): number {
    return this.#module.functionTypes.length + (this.#canonicalTypes[type] ?? type);
  }

  #addIndirectCallees(): void {
    for (const callee of [...elementFunctions(this.#module), ...this.#referenced]) {
      this.#graph.addCall(this.#typeNode(this.#module.functionTypes[callee] ?? 0), callee);
    }
  }
}

function writeBody(section: ByteWriter, body: Uint8Array): void {
  section.u32(body.length);
  section.bytes(body);
}

/** For every type, the index of the first one equal to it. */
function canonicalTypes(module: WasmModule): number[] {
  const firsts = new Map<string, number>();
  return module.types.map((type, i) => {
    const key = `${type.params.join()}>${type.results.join()}`;
    const first = firsts.get(key) ?? i;
    firsts.set(key, first);
    return first;
  });
}

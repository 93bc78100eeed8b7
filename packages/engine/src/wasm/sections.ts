import { misfit } from "./fault.js";
import type { GlobalEntry, Span, WasmModule } from "./module.js";
import { ExternKind, SectionId } from "./module.js";
import { Op, ValueType } from "./opcodes.js";
import { ByteReader } from "./reader.js";
import { ByteWriter } from "./writer.js";

/** New contents of sections, by id. */
export type Replacements = ReadonlyMap<number, Uint8Array>;

// The order that the core spec (5.5.2, and the exception handling proposal for tags) asks for.
const ORDER = [
  SectionId.Type,
  SectionId.Import,
  SectionId.Function,
  SectionId.Table,
  SectionId.Memory,
  SectionId.Tag,
  SectionId.Global,
  SectionId.Export,
  SectionId.Start,
  SectionId.Element,
  SectionId.DataCount,
  SectionId.Code,
  SectionId.Data,
];

/** The module with some sections replaced or added, and without its custom sections. */
export function assembleModule(module: WasmModule, replacements: Replacements): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(module.bytes.length + (replacements.get(SectionId.Code)?.length ?? 0) + 4096);
  out.copy(module.bytes, 0, 8); // magic number and version
  for (const id of ORDER) {
    const span = module.sections.get(id);
    const contents = replacements.get(id) ?? (span && module.bytes.subarray(span.start, span.end));
    if (contents === undefined) continue;
    out.u8(id);
    out.u32(contents.length);
    out.bytes(contents);
  }
  return out.view().slice(); // drops the spare capacity
}

/** A section that is one vector, with `count` items, encoded in `items`, behind those it has. */
export function extendVector(module: WasmModule, id: number, count: number, items: ByteWriter): Uint8Array {
  const out = new ByteWriter(256 + items.length);
  const span = module.sections.get(id);
  if (span === undefined) {
    out.u32(count);
  } else {
    const reader = new ByteReader(module.bytes, span.start, span.end);
    out.u32(reader.u32() + count);
    out.copy(module.bytes, reader.pos, span.end);
  }
  out.bytes(items.view());
  return out.view();
}

/** How many items the vector of a section has. */
export function vectorLength(module: WasmModule, id: number): number {
  const span = module.sections.get(id);
  return span === undefined ? 0 : new ByteReader(module.bytes, span.start, span.end).u32();
}

/** The global section with a mutable i32 behind the others, so that no index shifts. */
export function withFuelGlobal(module: WasmModule, initial: number): Uint8Array {
  const item = new ByteWriter(16);
  item.bytes([ValueType.I32, 1, Op.I32Const]);
  item.s32(initial);
  item.u8(Op.End);
  return extendVector(module, SectionId.Global, 1, item);
}

/** An export to add. */
export interface NewExport {
  readonly name: string;
  readonly kind: number;
  readonly index: number;
}

/** The export section with those of its entries that are kept, and the added ones. */
export function withExports(
  module: WasmModule,
  added: readonly NewExport[],
  keep: (name: string) => boolean = () => true,
): Uint8Array {
  const names = new Set(module.exports.map(({ name }) => name));
  for (const { name } of added) {
    if (names.has(name)) throw misfit(`it already has an export "${name}"`);
    names.add(name);
  }
  const entries = [...module.exports.filter(({ name }) => keep(name)), ...added];
  const out = new ByteWriter(1024);
  out.u32(entries.length);
  for (const { name, kind, index } of entries) {
    out.name(name);
    out.u8(kind);
    out.u32(index);
  }
  return out.view();
}

/** `$g<index>` for every mutable global that the module defines; imported ones are the host's already. */
export function mutableGlobalExports(module: WasmModule): NewExport[] {
  const isOwnMutable = (global: GlobalEntry, index: number): boolean =>
    global.mutable && index >= module.importedGlobals;
  return module.globals.flatMap((global, index) => {
    if (!isOwnMutable(global, index)) return [];
    // JavaScript cannot read these, so a snapshot would silently miss them.
    if (global.type === ValueType.V128 || global.type === ValueType.ExnRef) {
      throw misfit(`mutable global ${index} is of a type that JavaScript cannot hold`);
    }
    return [{ name: `$g${index}`, kind: ExternKind.Global, index }];
  });
}

/** New limits for the module's memory, in pages of 64 KiB; what is left out stays. */
export interface MemoryLimits {
  readonly minPages?: number;
  readonly maxPages?: number;
}

/** The section that declares the memory, imported or own, with other limits. */
export function withMemoryLimits(module: WasmModule, limits: MemoryLimits): [sectionId: number, contents: Uint8Array] {
  const memory = module.memory;
  const id = memory?.imported ? SectionId.Import : SectionId.Memory;
  const span = module.sections.get(id);
  if (memory === undefined || span === undefined) throw misfit("it has no memory to limit");
  const min = limits.minPages ?? memory.minPages;
  const max = limits.maxPages ?? memory.maxPages;
  if (!isPageCount(min) || (max !== undefined && (!isPageCount(max) || max < min))) {
    throw misfit(`memory limits of ${min} to ${max ?? "any number of"} pages`);
  }
  return [id, replaceSpan(module.bytes, span, memory.limits, encodeLimits(min, max, memory.shared))];
}

function isPageCount(pages: number): boolean {
  return Number.isInteger(pages) && pages >= 0 && pages <= 65_536;
}

function encodeLimits(min: number, max: number | undefined, shared: boolean): ByteWriter {
  const out = new ByteWriter(16);
  out.u8((max === undefined ? 0 : 1) | (shared ? 2 : 0));
  out.u32(min);
  if (max !== undefined) out.u32(max);
  return out;
}

function replaceSpan(bytes: Uint8Array, whole: Span, part: Span, by: ByteWriter): Uint8Array {
  const out = new ByteWriter(whole.end - whole.start + 16);
  out.copy(bytes, whole.start, part.start);
  out.bytes(by.view());
  out.copy(bytes, part.end, whole.end);
  return out.view();
}

import { hex, malformed, unsupported } from "./fault.js";
import { Op, readValueType, skipImmediates } from "./opcodes.js";
import { ByteReader } from "./reader.js";

/** Section ids (core spec 5.5.2). */
export const SectionId = {
  Custom: 0,
  Type: 1,
  Import: 2,
  Function: 3,
  Table: 4,
  Memory: 5,
  Global: 6,
  Export: 7,
  Start: 8,
  Element: 9,
  Code: 10,
  Data: 11,
  DataCount: 12,
  Tag: 13,
} as const;

/** What an import or export is (core spec 5.5.5). */
export const ExternKind = { Function: 0, Table: 1, Memory: 2, Global: 3, Tag: 4 } as const;

/** A range of the module's bytes. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface FunctionType {
  readonly params: readonly number[];
  readonly results: readonly number[];
}

interface ImportEntry {
  readonly module: string;
  readonly name: string;
  readonly kind: number;
  /** Its index in the index space of its kind. */
  readonly index: number;
}

interface ExportEntry {
  readonly name: string;
  readonly kind: number;
  readonly index: number;
}

export interface GlobalEntry {
  readonly type: number;
  readonly mutable: boolean;
}

interface MemoryEntry {
  readonly imported: boolean;
  readonly minPages: number;
  readonly maxPages: number | undefined;
  readonly shared: boolean;
  /** Where the limits stand in the bytes, for rewriting. */
  readonly limits: Span;
}

/** The parts of a WebAssembly module that the rewriter needs; function bodies stay undecoded. */
export interface WasmModule {
  readonly bytes: Uint8Array;
  /** The contents of each section by id; custom sections are left out. */
  readonly sections: ReadonlyMap<number, Span>;
  readonly types: readonly FunctionType[];
  readonly imports: readonly ImportEntry[];
  /** How many functions come before the module's own in the index space. */
  readonly importedFunctions: number;
  readonly importedTags: number;
  /** Type index of every function, imported ones first. */
  readonly functionTypes: readonly number[];
  /** Every global, imported ones first. */
  readonly globals: readonly GlobalEntry[];
  readonly importedGlobals: number;
  readonly memory: MemoryEntry | undefined;
  readonly exports: readonly ExportEntry[];
  /** Bodies of the module's own functions: locals and code, without the size. */
  readonly bodies: readonly Span[];
}

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/**
 * Parses the sections of a module (core spec 5.5). It checks what the rewriter
 * relies on; full validation stays with the engine that compiles the result.
 */
export function parseModule(bytes: Uint8Array): WasmModule {
  const sections = findSections(bytes);
  const open = (id: number): ByteReader => {
    const span = sections.get(id);
    return span === undefined ? new ByteReader(bytes, 0, 0) : new ByteReader(bytes, span.start, span.end);
  };
  const types = vector(open(SectionId.Type), readFunctionType);
  const imports = readImports(open(SectionId.Import), types.length);
  const functionTypes = imports.functionTypes;
  const importedFunctions = functionTypes.length;
  for (const type of vector(open(SectionId.Function), (r) => readTypeIndex(r, types.length))) functionTypes.push(type);
  const globals = imports.globals;
  const importedGlobals = globals.length;
  for (const global of vector(open(SectionId.Global), readGlobal)) globals.push(global);
  const memories = [...imports.memories, ...vector(open(SectionId.Memory), (r) => readMemory(r, false))];
  if (memories.length > 1) throw unsupported("more than one memory", sections.get(SectionId.Memory)?.start ?? 0);
  const exports = vector(open(SectionId.Export), readExport);
  const bodies = vector(open(SectionId.Code), readBody);
  if (bodies.length !== functionTypes.length - importedFunctions) {
    throw malformed(
      "function and code section of different lengths",
      sections.get(SectionId.Code)?.start ?? bytes.length,
    );
  }
  return {
    bytes,
    sections,
    types,
    imports: imports.entries,
    importedFunctions,
    importedTags: imports.tags,
    functionTypes,
    globals,
    importedGlobals,
    memory: memories[0],
    exports,
    bodies,
  };
}

/** The type of the function with this index. */
export function typeOfFunction(module: WasmModule, functionIndex: number): FunctionType {
  const type = module.types[module.functionTypes[functionIndex] ?? -1];
  if (type === undefined) throw malformed(`no function ${functionIndex}`, 0);
  return type;
}

/** Reads a body's local declarations and returns how many locals they declare; the reader then stands at the code. */
export function readLocals(reader: ByteReader): number {
  let count = 0;
  for (let groups = reader.u32(); groups > 0; groups--) {
    count += reader.u32();
    // The limit of every browser and of V8; it also keeps local indexes small.
    if (count > 50_000) throw malformed("more than 50000 locals", reader.pos);
    readValueType(reader);
  }
  return count;
}

function findSections(bytes: Uint8Array): Map<number, Span> {
  if (!MAGIC_AND_VERSION.every((byte, i) => bytes[i] === byte)) throw malformed("magic number or version", 0);
  const sections = new Map<number, Span>();
  const reader = new ByteReader(bytes, MAGIC_AND_VERSION.length);
  while (!reader.done) {
    const offset = reader.pos;
    const id = reader.u8();
    const { pos: start, end } = reader.sub(reader.u32());
    if (id === SectionId.Custom) continue;
    if (id > SectionId.Tag) throw unsupported(`section ${id}`, offset);
    if (sections.has(id)) throw malformed(`second section ${id}`, offset);
    sections.set(id, { start, end });
  }
  return sections;
}

/** Reads a whole section that is one vector; an absent section is an empty vector. */
function vector<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  const items: T[] = [];
  if (reader.end === 0) return items;
  for (let count = reader.u32(); count > 0; count--) items.push(read(reader));
  if (!reader.done) throw malformed("bytes after the end of a section", reader.pos);
  return items;
}

function readFunctionType(reader: ByteReader): FunctionType {
  const form = reader.u8();
  if (form !== 0x60) throw unsupported(`type form ${hex(form)}`, reader.pos - 1);
  return { params: readValueTypes(reader), results: readValueTypes(reader) };
}

function readValueTypes(reader: ByteReader): number[] {
  const types: number[] = [];
  for (let count = reader.u32(); count > 0; count--) types.push(readValueType(reader));
  return types;
}

function readTypeIndex(reader: ByteReader, count: number): number {
  const index = reader.u32();
  if (index >= count) throw malformed(`no type ${index}`, reader.pos);
  return index;
}

interface Imports {
  entries: ImportEntry[];
  functionTypes: number[];
  globals: GlobalEntry[];
  memories: MemoryEntry[];
  tags: number;
}

function readImports(reader: ByteReader, typeCount: number): Imports {
  const found: Imports = { entries: [], functionTypes: [], globals: [], memories: [], tags: 0 };
  let tables = 0;
  found.entries = vector(reader, (r) => {
    const entry = { module: r.name(), name: r.name(), kind: r.u8() };
    switch (entry.kind) {
      case ExternKind.Function:
        return { ...entry, index: found.functionTypes.push(readTypeIndex(r, typeCount)) - 1 };
      case ExternKind.Table:
        readValueType(r);
        readLimits(r);
        return { ...entry, index: tables++ };
      case ExternKind.Memory:
        return { ...entry, index: found.memories.push(readMemory(r, true)) - 1 };
      case ExternKind.Global:
        return { ...entry, index: found.globals.push(readGlobalType(r)) - 1 };
      case ExternKind.Tag:
        r.skip(1); // attribute, always 0
        readTypeIndex(r, typeCount);
        return { ...entry, index: found.tags++ };
      default:
        throw malformed(`import kind ${entry.kind}`, r.pos - 1);
    }
  });
  return found;
}

/** Limits (core spec 5.3.7): bit 0 = has a maximum, bit 1 = shared, bit 2 = 64-bit addresses. */
function readLimits(reader: ByteReader): { flags: number; min: number; max: number | undefined } {
  const flags = reader.u8();
  if (flags & ~0x03) throw unsupported(`limits ${hex(flags)} (64-bit or custom page size)`, reader.pos - 1);
  return { flags, min: reader.u32(), max: flags & 1 ? reader.u32() : undefined };
}

function readMemory(reader: ByteReader, imported: boolean): MemoryEntry {
  const start = reader.pos;
  const { flags, min, max } = readLimits(reader);
  const limits = { start, end: reader.pos };
  return { imported, minPages: min, maxPages: max, shared: (flags & 2) !== 0, limits };
}

function readGlobalType(reader: ByteReader): GlobalEntry {
  const type = readValueType(reader);
  const mutability = reader.u8();
  if (mutability > 1) throw unsupported(`global mutability ${hex(mutability)}`, reader.pos - 1);
  return { type, mutable: mutability === 1 };
}

function readGlobal(reader: ByteReader): GlobalEntry {
  const global = readGlobalType(reader);
  for (let op = reader.u8(); op !== Op.End; op = reader.u8()) skipImmediates(reader, op);
  return global;
}

function readExport(reader: ByteReader): ExportEntry {
  return { name: reader.name(), kind: reader.u8(), index: reader.u32() };
}

function readBody(reader: ByteReader): Span {
  const { pos: start, end } = reader.sub(reader.u32());
  return { start, end };
}

import { malformed } from "./fault.js";
import type { WasmModule } from "./module.js";
import { SectionId } from "./module.js";
import { Op, skipImmediates } from "./opcodes.js";
import { ByteReader } from "./reader.js";

/**
 * The functions that element segments (core spec 5.5.12) and global initializers
 * name: with those of `ref.func` in code, all that an indirect call may reach.
 */
export function elementFunctions(module: WasmModule): Set<number> {
  const found = new Set<number>();
  const elements = open(module, SectionId.Element);
  if (elements !== undefined) {
    for (let count = elements.u32(); count > 0; count--) readSegment(elements, found);
  }
  const globals = open(module, SectionId.Global);
  if (globals !== undefined) {
    for (let count = globals.u32(); count > 0; count--) {
      globals.skip(2); // value type, mutability
      readExpression(globals, found);
    }
  }
  for (const index of found) {
    if (index >= module.functionTypes.length) throw malformed(`no function ${index}`, 0);
  }
  return found;
}

function open(module: WasmModule, id: number): ByteReader | undefined {
  const span = module.sections.get(id);
  return span === undefined ? undefined : new ByteReader(module.bytes, span.start, span.end);
}

/** Flag bits: 0 = passive or declarative, 1 = table index or declarative, 2 = expressions, not indexes. */
function readSegment(reader: ByteReader, found: Set<number>): void {
  const flags = reader.u32();
  if (flags > 7) throw malformed(`element segment flags ${flags}`, reader.pos);
  const active = (flags & 1) === 0;
  if (active) {
    if (flags & 2) reader.skipLeb(); // table index
    readExpression(reader, found); // offset
  }
  if (flags & 3) reader.skip(1); // element kind or reference type
  for (let count = reader.u32(); count > 0; count--) {
    if (flags & 4) readExpression(reader, found);
    else found.add(reader.u32());
  }
}

function readExpression(reader: ByteReader, found: Set<number>): void {
  for (let op = reader.u8(); op !== Op.End; op = reader.u8()) {
    if (op === Op.RefFunc) found.add(reader.u32());
    else skipImmediates(reader, op);
  }
}

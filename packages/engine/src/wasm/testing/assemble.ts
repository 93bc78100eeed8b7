import { ByteWriter } from "../writer.js";

export const I32 = 0x7f;
export const I64 = 0x7e;

/** A small module, in the terms of the binary format; sections without entries are left out. */
export interface ModuleSpec {
  readonly types: readonly (readonly [params: readonly number[], results: readonly number[]])[];
  readonly imports?: readonly (readonly [name: string, descriptor: readonly number[]])[];
  readonly functions?: readonly {
    readonly type: number;
    readonly locals?: readonly number[];
    readonly code: readonly number[];
  }[];
  readonly tableSize?: number;
  readonly memory?: readonly number[];
  readonly tagTypes?: readonly number[];
  readonly globals?: readonly (readonly number[])[];
  readonly exports?: readonly (readonly [name: string, kind: number, index: number])[];
  readonly start?: number;
  /** Element segments, raw. */
  readonly elements?: readonly (readonly number[])[];
  readonly dataCount?: number;
  readonly data?: readonly (readonly number[])[];
}

/** Encodes a module; all imports are of the module "env". */
export function assemble(spec: ModuleSpec): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  out.bytes([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const section = (id: number, items: readonly unknown[] | undefined, write: (w: ByteWriter) => void): void => {
    if (items === undefined || items.length === 0) return;
    const w = new ByteWriter();
    w.u32(items.length);
    write(w);
    out.u8(id);
    out.u32(w.length);
    out.bytes(w.view());
  };
  const raw = (items: readonly (readonly number[])[] | undefined) => (w: ByteWriter) => {
    for (const item of items ?? []) w.bytes(item);
  };
  const functions = spec.functions ?? [];
  section(1, spec.types, (w) => {
    for (const [params, results] of spec.types) {
      w.u8(0x60);
      w.u32(params.length);
      w.bytes(params);
      w.u32(results.length);
      w.bytes(results);
    }
  });
  section(2, spec.imports, (w) => {
    for (const [name, descriptor] of spec.imports ?? []) {
      w.name("env");
      w.name(name);
      w.bytes(descriptor);
    }
  });
  section(3, functions, (w) => {
    for (const { type } of functions) w.u32(type);
  });
  section(4, spec.tableSize === undefined ? [] : [1], (w) => {
    w.bytes([0x70, 0]);
    w.u32(spec.tableSize ?? 0);
  });
  section(5, spec.memory === undefined ? [] : [1], raw([spec.memory ?? []]));
  section(13, spec.tagTypes, (w) => {
    for (const type of spec.tagTypes ?? []) w.bytes([0, type]);
  });
  section(6, spec.globals, raw(spec.globals));
  section(7, spec.exports, (w) => {
    for (const [name, kind, index] of spec.exports ?? []) {
      w.name(name);
      w.u8(kind);
      w.u32(index);
    }
  });
  if (spec.start !== undefined) out.bytes([8, 1, spec.start]);
  section(9, spec.elements, raw(spec.elements));
  if (spec.dataCount !== undefined) out.bytes([12, 1, spec.dataCount]);
  section(10, functions, (w) => {
    for (const { locals = [], code } of functions) {
      const body = new ByteWriter();
      body.u32(locals.length);
      for (const type of locals) body.bytes([1, type]);
      body.bytes(code);
      w.u32(body.length);
      w.bytes(body.view());
    }
  });
  section(11, spec.data, raw(spec.data));
  return out.view();
}

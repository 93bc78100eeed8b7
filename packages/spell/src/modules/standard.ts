import {
  defined,
  decode,
  encode,
  ENCODINGS,
  fillTemplate,
  formatTime,
  hash,
  HASHES,
  randomString,
  slugify,
  systemClock,
  timeBetween,
  truncate,
  uuid,
} from "@llmspell/core";
import { defineModule, guestFunction, sync } from "../door/module.js";
import { t } from "../door/types.js";

const encoding = t.oneOf(...ENCODINGS);

export const stringModule = defineModule({
  name: "string",
  doc: "Texts. In Lua these are functions of the library `string`, and methods of texts.",
  aliases: ["str"],
  functions: {
    template: sync({
      doc: "A text with values in the place of `${name}` and `{{name}}`, by paths; `$$` is a dollar sign.",
      params: {
        tmpl: t.string,
        vars: t.table,
        opts: t.optional(t.object({ strict: t.optional(t.boolean) }, "TemplateOptions")),
      },
      result: "string",
      aliases: ["core.string_template"],
      example: 'return ("Dear ${user.name}"):template({ user = { name = "Ann" } })',
      call: (_, { tmpl, vars, opts = {} }) =>
        fillTemplate(tmpl, vars, opts.strict === undefined ? {} : { strict: opts.strict }),
    }),
    slugify: sync({
      doc: "A text as a part of an address: `creme-brulee`.",
      params: { text: t.string },
      result: "string",
      aliases: ["core.string_slugify"],
      example: 'return ("Crème brûlée!"):slugify()',
      call: (_, { text }) => slugify(text),
    }),
    truncate: sync({
      doc: "A text of at most so many characters, the suffix included; what is seen as one character is not cut.",
      params: { text: t.string, length: t.integer(0), suffix: t.optional(t.string) },
      result: "string",
      aliases: ["core.string_truncate"],
      example: 'return ("a longer text"):truncate(8)',
      call: (_, { text, length, suffix }) => truncate(text, length, suffix),
    }),
  },
});

export const cryptoModule = defineModule({
  name: "crypto",
  doc: "Identifiers, hashes, random texts and encodings.",
  functions: {
    uuid: sync({
      doc: "A random identifier (UUID, version 4).",
      result: "string",
      aliases: ["utils.general_uuid", "core.crypto_uuid"],
      example: "return #crypto.uuid()",
      call: () => uuid(),
    }),
    hash: sync({
      doc: "The hash of text or bytes in hexadecimal; sha256 unless another is named.",
      params: { data: t.union(t.string, t.bytes), algorithm: t.optional(t.oneOf(...HASHES)) },
      result: "string",
      aliases: ["utils.general_hash", "core.crypto_hash"],
      example: 'return crypto.hash("abc")',
      call: (_, { data, algorithm }) => hash(data, algorithm),
    }),
    random_string: sync({
      doc: "A text of random characters, fit for secrets.",
      params: { length: t.integer(0), charset: t.optional(t.string) },
      result: "string",
      aliases: ["core.crypto_random_string"],
      example: "return #crypto.random_string(16)",
      call: (_, { length, charset }) => randomString(length, charset),
    }),
    encode: sync({
      doc: "Text or bytes in base64, base64url, hex or as a part of a URL.",
      params: { data: t.union(t.string, t.bytes), encoding },
      result: "string",
      aliases: ["utils.general_encode"],
      example: 'return crypto.encode("hi", "base64")',
      call: (_, { data, encoding: wanted }) => encode(data, wanted),
    }),
    decode: sync({
      doc: "What an encoded text says: text, or bytes where that is no UTF-8.",
      params: { text: t.string, encoding },
      result: "any",
      aliases: ["utils.general_decode"],
      example: 'return crypto.decode("aGk=", "base64")',
      call(_, { text, encoding: wanted }) {
        const bytes = decode(text, wanted);
        try {
          return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
        } catch {
          return bytes;
        }
      },
    }),
  },
});

export const timeModule = defineModule({
  name: "time",
  doc: "The time of day, as milliseconds since 1970.",
  functions: {
    now: sync({
      doc: "Milliseconds since 1970.",
      result: "number",
      aliases: ["core.time_now"],
      example: "return time.now() > 1.7e12",
      call: () => systemClock.now(),
    }),
    format: sync({
      doc: 'A time as text: "iso", or a pattern of strftime; in UTC and English unless `opts` says `tz` or `locale`.',
      params: {
        ts: t.number,
        format: t.optional(t.string),
        opts: t.optional(t.object({ tz: t.optional(t.string), locale: t.optional(t.string) }, "TimeFormatOptions")),
      },
      result: "string",
      aliases: ["core.time_format"],
      example: 'return time.format(0, "%Y-%m-%d")',
      call: (_, { ts, format, opts = {} }) => {
        const { tz, locale } = opts;
        return formatTime(ts, format, defined({ tz, locale }));
      },
    }),
    duration: sync({
      doc: "The time between two moments, in each unit and in words.",
      params: { start: t.number, end: t.number },
      result: "{ms: number, seconds: number, minutes: number, hours: number, days: number, text: string}",
      aliases: ["core.time_duration"],
      example: "return time.duration(0, 90000).text",
      call: (_, { start, end }) => ({ ...timeBetween(start, end) }),
    }),
  },
});

export const tableModule = defineModule({
  name: "table",
  doc: "Tables of the spell itself. In Lua these are functions of the library `table`.",
  aliases: ["tbl"],
  functions: {
    merge: guestFunction({
      doc: "A new table with the entries of all of them; those of later ones count.",
      params: { t1: t.table, t2: t.table },
      result: "table",
      everywhere: true,
      example: "return table.merge({ a = 1 }, { b = 2 }).b",
    }),
    deep_copy: guestFunction({
      doc: "A copy of a table and all that is in it; what holds itself does so in the copy, functions stay the same.",
      params: { t: t.table },
      result: "table",
      everywhere: true,
      example: "local t = { a = {} } return table.deep_copy(t).a ~= t.a",
    }),
    keys: guestFunction({
      doc: "The keys of a table, in order where all are texts.",
      params: { t: t.table },
      result: "list<any>",
      everywhere: true,
      example: "return table.keys({ b = 1, a = 2 })[1]",
    }),
    values: guestFunction({
      doc: "The values of a table, in the order of their keys.",
      params: { t: t.table },
      result: "list<any>",
      everywhere: true,
      example: "return table.values({ b = 1, a = 2 })[1]",
    }),
  },
});

import { isRecord } from "../json.js";
import { checkDepth, checkedText, syntaxError, withDefaults, type Format, type FormatLimits } from "./format.js";
import { pathText, plainCopy } from "./plain.js";
import { SpellError } from "@llmspell/errors";
import { timedParse } from "./timed-parse.js";

const ATTRIBUTE = "@";
const TEXT = "#text";

/**
 * XML as plain data: an element is its text, or an object of its attributes (`@name`), its
 * child elements and its text (`#text`); repeated elements are lists; every value is a string.
 * The whole is an object with the name of the root element.
 *
 * A document type declaration is refused, so there are no entities but the five of XML and
 * numbered characters, and nothing outside the text is ever read.
 */
export const xml: Format = {
  async parse(text, options) {
    const source = checkedText("xml", text, options);
    const { XMLParser, XMLValidator } = await import("fast-xml-parser");
    return timedParse("xml", () => {
      refuseDoctype(source);
      const found = XMLValidator.validate(source);
      if (found !== true)
        throw syntaxError("xml", found.err.msg, source, offsetOf(source, found.err.line, found.err.col));
      const parser = new XMLParser({
        preserveOrder: true,
        ignoreAttributes: false,
        attributeNamePrefix: ATTRIBUTE,
        cdataPropName: CDATA,
        processEntities: false,
        parseTagValue: false,
        parseAttributeValue: false,
        trimValues: false,
        ignoreDeclaration: true,
        ignorePiTags: true,
        maxNestedTags: withDefaults(options).maxDepth + 1,
        // What names may be is decided below, where objects are made.
        onDangerousProperty: (name) => name,
        strictReservedNames: false,
      });
      const roots = ordered(source, () => parser.parse(source) as unknown, options);
      if (roots.length !== 1) throw syntaxError("xml", "there must be one root element", source);
      return plainCopy("xml", children(roots), options);
    });
  },

  async stringify(value, options = {}) {
    const plain = plainCopy("xml", value, options);
    const keys = isRecord(plain) ? Object.keys(plain) : [];
    const [name = ""] = keys;
    const hasRoot = keys.length === 1 && isRecord(plain) && !Array.isArray(plain[name]) && isName(name);
    const content = hasRoot ? plain[name] : Array.isArray(plain) ? { item: plain } : plain;
    const writer = { indent: " ".repeat(Math.max(0, Math.min(options.indent ?? 2, 10))), lines: [] as string[] };
    write(hasRoot ? name : (options.root ?? "root"), content, 0, [], writer);
    return `${writer.lines.join("\n")}\n`;
  },
};

const CDATA = "#cdata";

function refuseDoctype(source: string): void {
  for (let at = source.indexOf("<!"); at >= 0; at = source.indexOf("<!", at)) {
    // Comments and literal text may speak of it.
    const end = source.startsWith("<!--", at) ? "-->" : source.startsWith("<![CDATA[", at) ? "]]>" : undefined;
    if (end === undefined) throw syntaxError("xml", "document type declarations are not read", source, at);
    at = source.indexOf(end, at);
    if (at < 0) return;
  }
}

function offsetOf(source: string, line: number, column: number): number {
  let start = 0;
  for (let i = 1; i < line; i++) start = source.indexOf("\n", start) + 1;
  return Math.min(start + Math.max(0, (column || 1) - 1), source.length);
}

type Ordered = Record<string, unknown>;

function ordered(source: string, parse: () => unknown, limits: FormatLimits | undefined): Ordered[] {
  let nodes: Ordered[];
  try {
    nodes = parse() as Ordered[];
  } catch (error) {
    const reason = error instanceof Error ? error.message : "it cannot be read";
    if (reason.includes("nested tags")) checkDepth("xml", Infinity, limits);
    throw syntaxError("xml", reason.replace(/^\[\w+\] | at position[^]*/g, ""), source);
  }
  const rest = source.slice(source.lastIndexOf(">") + 1);
  if (`${nodes.map(textOf).join("")}${rest}`.trim() !== "")
    throw syntaxError("xml", "there is text beside the root element", source);
  return nodes.filter((node) => !Object.hasOwn(node, TEXT));
}

function children(nodes: readonly Ordered[]): Record<string, unknown> {
  const found = new Map<string, unknown[]>();
  for (const node of nodes) {
    const name = Object.keys(node).find((key) => key !== ":@");
    if (name === undefined || name === TEXT || name === CDATA) continue;
    const same = found.get(name) ?? [];
    if (same.length === 0) found.set(name, same);
    same.push(element(node[name] as Ordered[], node[":@"] as Record<string, string> | undefined));
  }
  return Object.fromEntries([...found].map(([name, same]) => [name, same.length === 1 ? same[0] : same]));
}

function element(nodes: readonly Ordered[], attributes: Record<string, string> = {}): unknown {
  const inner = children(nodes);
  const text = nodes.map(textOf).join("");
  const isMixed = Object.keys(inner).length > 0 || Object.keys(attributes).length > 0;
  if (!isMixed) return text;
  const own = Object.entries(attributes).map(([name, value]) => [name, decode(value)]);
  const shown = text.trim();
  return Object.fromEntries([...own, ...Object.entries(inner), ...(shown === "" ? [] : [[TEXT, shown]])]);
}

function textOf(node: Ordered): string {
  if (Object.hasOwn(node, TEXT)) return decode(String(node[TEXT]));
  return Object.hasOwn(node, CDATA) ? (node[CDATA] as Ordered[]).map((part) => String(part[TEXT])).join("") : "";
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decode(text: string): string {
  return text.replaceAll(/&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([\da-fA-F]{1,6}));/g, (whole, name, decimal, hex) => {
    if (name !== undefined) return NAMED[String(name)] ?? whole;
    const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

interface Writer {
  readonly indent: string;
  readonly lines: string[];
}

function write(name: string, value: unknown, depth: number, path: (string | number)[], writer: Writer): void {
  if (Array.isArray(value)) {
    value.forEach((item, i) => {
      // A list in a list has no element of its own.
      const inner = Array.isArray(item) ? { item } : item;
      write(name, inner, depth, [...path, i], writer);
    });
    return;
  }
  if (!isName(name)) throw unsayable(`'${name}' cannot be the name of an element`, path);
  const space = writer.indent.repeat(depth);
  if (!isRecord(value)) {
    const text = scalar(value, path);
    writer.lines.push(text === "" ? `${space}<${name}/>` : `${space}<${name}>${text}</${name}>`);
    return;
  }
  const entries = Object.entries(value);
  const attributes = entries.filter(([key]) => key.startsWith(ATTRIBUTE));
  const start = [name, ...attributes.map(([key, item]) => attribute(key.slice(1), item, [...path, key]))].join(" ");
  const inner = entries.filter(([key]) => !key.startsWith(ATTRIBUTE) && key !== TEXT);
  const text = Object.hasOwn(value, TEXT) ? scalar(value[TEXT], [...path, TEXT]) : "";
  if (inner.length === 0) {
    writer.lines.push(text === "" ? `${space}<${start}/>` : `${space}<${start}>${text}</${name}>`);
    return;
  }
  writer.lines.push(`${space}<${start}>${text}`);
  for (const [key, item] of inner) write(key, item, depth + 1, [...path, key], writer);
  writer.lines.push(`${space}</${name}>`);
}

function attribute(name: string, value: unknown, path: readonly (string | number)[]): string {
  if (!isName(name)) throw unsayable(`'${name}' cannot be the name of an attribute`, path);
  return `${name}="${scalar(value, path).replaceAll('"', "&quot;").replaceAll("\n", "&#10;")}"`;
}

/** XML 1.0 has no form for most control characters, not even as numbers. */
export const NOT_IN_XML = /[^\P{Cc}\t\n\r\u0080-\u009f]|[\ufffe\uffff]/u;

function scalar(value: unknown, path: readonly (string | number)[]): string {
  if (typeof value === "object" && value !== null)
    throw unsayable("an attribute or a text must be a single value", path);
  const text = value === null ? "" : String(value);
  if (NOT_IN_XML.test(text)) throw unsayable("a control character has no form in XML", path);
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\r", "&#13;");
}

/** Whether `name` can name an element (XML 1.0, without the rarer characters). */
const isName = (name: string): boolean =>
  /^[\p{L}_][\p{L}\p{N}\p{M}._-]*(?::[\p{L}_][\p{L}\p{N}\p{M}._-]*)?$/u.test(name);

function unsayable(reason: string, path: readonly (string | number)[]): SpellError {
  const at = pathText(path);
  return new SpellError("INVALID_ARGUMENT", `${at === "" ? "" : `${at}: `}${reason}`, { details: { path: at } });
}

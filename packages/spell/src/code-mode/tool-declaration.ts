import { bounded, isRecord, type Tool } from "@llmspell/core";
import { fieldName, typeScriptType } from "../declarations/typescript.js";
import { luaField, luaType } from "../declarations/luals.js";
import type { CodeLanguage } from "./names.js";
import { allParts, fieldsOf, notationOfSchema } from "./schema-notation.js";

const MAX_DOC = 500;
const MAX_FIELD_DOC = 200;
const MAX_LINE = 100;

/** Text that cannot end the comment that it stands in: one line, and no end of a comment. */
const inComment = (text: unknown, max: number): string =>
  bounded(
    String(text)
      .replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, " ")
      .trim(),
    max,
  ).replaceAll("*/", "*\\/");

/** A tool in one line. */
export const toolLine = (name: string, { description }: Pick<Tool, "description">): string =>
  `${name} - ${inComment(description, MAX_LINE)}`;

/** The function that a tool is, as its language declares it. */
export function toolDeclaration(name: string, tool: Tool, language: CodeLanguage): string {
  const approval = tool.needsApproval === undefined || tool.needsApproval === false ? "" : " (May wait for approval.)";
  const doc = inComment(tool.description, MAX_DOC) + approval;
  const { parameters, output } = tool;
  const parts = allParts();
  const fields = fieldsOf(parameters).map(({ name: field, optional, schema }) => ({
    field,
    optional,
    type: notationOfSchema(schema, parameters, parts),
    doc:
      isRecord(schema) && typeof schema["description"] === "string"
        ? inComment(schema["description"], MAX_FIELD_DOC)
        : "",
  }));
  const returned = notationOfSchema(output);
  const mayBeLeftOut = fields.every(({ optional }) => optional);
  const mark = mayBeLeftOut ? "?" : "";
  if (language === "lua") {
    const notes = fields
      .filter(({ doc: about }) => about !== "")
      .map(({ field, doc: about }) => `---${inComment(field, MAX_LINE)}: ${about}`);
    const inside = fields.map(({ field, optional, type }) => luaField(field, optional, luaType(type))).join(", ");
    const type = fields.length === 0 ? "table" : `{ ${inside} }`;
    return [
      `---${doc}`,
      ...notes,
      `---@param args${mark} ${type}`,
      `---@return ${luaType(returned)}`,
      `function tools.${name}(args) end`,
    ].join("\n");
  }
  const lines = fields.map(({ field, optional, type, doc: about }) => {
    const comment = about === "" ? "" : `  /** ${about} */\n`;
    return `${comment}  ${fieldName(field)}${optional ? "?" : ""}: ${typeScriptType(type)};\n`;
  });
  const type = fields.length === 0 ? "Record<string, any>" : `{\n${lines.join("")}}`;
  return `/** ${doc} */\nfunction ${name}(args${mark}: ${type}): Promise<${typeScriptType(returned)}>;`;
}

/** Declarations of functions as one text. */
export function inLanguage(declarations: readonly string[], language: CodeLanguage): string {
  if (language === "lua") return declarations.join("\n\n");
  return `declare namespace tools {\n${declarations.join("\n")}\n}`;
}

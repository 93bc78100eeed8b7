import { SpellError } from "@llmspell/errors";
import { messageText, type Message, type Role } from "../messages.js";

const ROLES: readonly Role[] = ["system", "user", "assistant", "tool"];

/** One message a paragraph, `role: text`; further lines are indented by two spaces. */
export function toText(messages: readonly Message[]): string {
  return messages.map((message) => `${message.role}: ${messageText(message).replaceAll("\n", "\n  ")}\n`).join("");
}

/** A heading of the role above each text; lines that look like a heading begin with a backslash. */
export function toMarkdown(messages: readonly Message[]): string {
  return messages
    .map((message) => `## ${message.role}\n\n${messageText(message).replaceAll(/^(\\*)(?=#)/gm, "\\$1")}\n`)
    .join("\n");
}

/** Reads {@link toText}. @throws SpellError `VALIDATION_FAILED` naming the line. */
export function fromText(text: string): Message[] {
  const messages: Message[] = [];
  for (const [index, line] of lines(text).entries()) {
    const begin = /^(\w+): ?(.*)$/s.exec(line);
    const latest = messages.at(-1);
    if (line.startsWith("  ") && latest !== undefined) latest.content += `\n${line.slice(2)}`;
    else if (begin !== null && isRole(begin[1])) messages.push({ role: begin[1], content: begin[2] ?? "" });
    else throw malformed(index, "it is neither 'role: text' nor indented");
  }
  return messages;
}

/** Reads {@link toMarkdown}. @throws SpellError `VALIDATION_FAILED` naming the line. */
export function fromMarkdown(text: string): Message[] {
  const parts: { role: Role; lines: string[] }[] = [];
  for (const [index, line] of lines(text).entries()) {
    const heading = /^## (\w+)\s*$/.exec(line)?.[1];
    if (heading !== undefined && isRole(heading)) parts.push({ role: heading, lines: [] });
    else if (parts.length === 0 && line !== "") throw malformed(index, "there is no heading with a role above it");
    else parts.at(-1)?.lines.push(line.replace(/^\\(?=\\*#)/, ""));
  }
  // An empty line after the heading, and one before the next.
  return parts.map(({ role, lines: own }, index) => ({
    role,
    content: own.slice(1, index === parts.length - 1 ? undefined : -1).join("\n"),
  }));
}

const lines = (text: string): string[] => (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");

const isRole = (role: string | undefined): role is Role => ROLES.some((known) => known === role);

function malformed(index: number, reason: string): SpellError {
  return new SpellError("VALIDATION_FAILED", `line ${index + 1} of the conversation is malformed: ${reason}`);
}

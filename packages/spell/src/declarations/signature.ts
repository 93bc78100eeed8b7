import { camelCase } from "@llmspell/engine";
import type { FunctionDeclaration } from "../door/module.js";

/** `agent.run(agent, input, opts?) → Response` */
export function signature(owner: string, name: string, { params, result }: FunctionDeclaration): string {
  const list = Object.entries(params).map(([param, type]) => (type.optional === true ? `${param}?` : param));
  return `${owner}.${name}(${list.join(", ")})${result === "nil" ? "" : ` → ${result}`}`;
}

/** The same as JavaScript calls it: `await agent.run(agent, input, opts?)`. */
export function javaScriptCall(owner: string, name: string, { params, awaitable }: FunctionDeclaration): string {
  const list = Object.entries(params).map(([param, type]) => `${camelCase(param)}${type.optional === true ? "?" : ""}`);
  return `${awaitable ? "await " : ""}${owner}.${camelCase(name)}(${list.join(", ")})`;
}

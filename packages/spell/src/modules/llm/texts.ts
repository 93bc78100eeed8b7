import { countTokens, renderTemplate, splitText } from "@llmspell/core";
import { awaitable } from "../../door/module.js";
import { t } from "../../door/types.js";
import { coreMessage, messageType } from "../shapes.js";

/** Of OpenAI's models the tokenizer is known; what others count is near to it. */
const model = t.optional(t.string);

export const textFunctions = {
  format_prompt: awaitable({
    doc: "Fills in a template in the language Liquid, e.g. `Dear {{ name }}`; a variable that is missing is an error. Values add no instruction to the template.",
    params: { template: t.string, vars: t.optional(t.table) },
    result: "string",
    aliases: ["utils.llm_format_prompt"],
    example: 'return llm.format_prompt("Dear {{ name }}", { name = "Ada" })',
    call: async (_, { template, vars }) => await renderTemplate(template, vars),
  }),
  count_tokens: awaitable({
    doc: "The tokens of a text or of messages by the tokenizer of OpenAI's models; an estimate for the models of others.",
    params: { text: t.union(t.string, t.list(messageType)), model },
    result: "integer",
    aliases: ["utils.llm_count_tokens"],
    example: 'return llm.count_tokens("Hello world")',
    call: async (_, { text }) => await countTokens(typeof text === "string" ? text : text.map(coreMessage)),
  }),
  split_message: awaitable({
    doc: "Splits a text into pieces of at most so many tokens, between paragraphs, sentences or words where that is possible. Without `overlap` the pieces joined are the text.",
    params: {
      text: t.string,
      max_tokens: t.integer(1),
      opts: t.optional(t.object({ overlap: t.optional(t.integer(0)), model }, "SplitOptions")),
    },
    result: "list<string>",
    aliases: ["utils.llm_split_message"],
    example: 'return #llm.split_message("One sentence. Another one.", 4)',
    call: async (_, { text, max_tokens, opts: { overlap = 0 } = {} }, signal) =>
      await splitText(text, max_tokens, { overlap, signal }),
  }),
};

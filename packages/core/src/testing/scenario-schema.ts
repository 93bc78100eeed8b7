import type { JsonSchema } from "../json.js";

const text = { type: "string" } as const;
const error = {
  anyOf: [
    text,
    {
      type: "object",
      properties: { code: text, message: text, details: { type: "object" } },
      required: ["message"],
      additionalProperties: false,
    },
  ],
} as const;

const step = {
  anyOf: [
    text,
    {
      type: "object",
      properties: {
        text,
        toolCalls: {
          type: "array",
          items: {
            type: "object",
            properties: { name: text, args: {}, id: text },
            required: ["name"],
            additionalProperties: false,
          },
        },
        error,
        finishReason: { enum: ["stop", "length", "content-filter", "tool-calls", "error", "other"] },
        usage: {
          type: "object",
          properties: { inputTokens: { type: "integer" }, outputTokens: { type: "integer" } },
          additionalProperties: false,
        },
        expect: {},
      },
      additionalProperties: false,
    },
  ],
} as const;

const tool = {
  type: "object",
  properties: {
    name: text,
    description: text,
    parameters: { type: "object" },
    permissions: { type: "array", items: text },
    needsApproval: { type: "boolean" },
    result: {},
    error,
    results: {
      type: "array",
      items: {
        type: "object",
        properties: { result: {}, error },
        minProperties: 1,
        maxProperties: 1,
        additionalProperties: false,
      },
    },
  },
  required: ["name"],
  oneOf: [{ required: ["result"] }, { required: ["error"] }, { required: ["results"] }],
  additionalProperties: false,
} as const;

const decision = {
  oneOf: [
    {
      type: "object",
      properties: { approve: { const: true }, args: {} },
      required: ["approve"],
      additionalProperties: false,
    },
    {
      type: "object",
      properties: { approve: { const: false }, reason: text },
      required: ["approve"],
      additionalProperties: false,
    },
  ],
} as const;

const turn = {
  type: "object",
  properties: { input: text, expect: {} },
  required: ["input"],
  additionalProperties: false,
} as const;

/** What a scenario must look like. The configuration of the agent is checked by the agent itself. */
export const SCENARIO_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    name: text,
    agent: { type: "object" },
    tools: { type: "array", items: tool },
    model: { type: "array", items: step },
    deny: { type: "array", items: text },
    approve: { type: "object", additionalProperties: decision },
    stream: { type: "boolean" },
    input: text,
    expect: {},
    turns: { type: "array", items: turn, minItems: 1 },
  },
  required: ["name", "model"],
  oneOf: [{ required: ["input"] }, { required: ["turns"] }],
  additionalProperties: false,
};

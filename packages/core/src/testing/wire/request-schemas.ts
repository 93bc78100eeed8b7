import type { JsonSchema } from "../../json.js";

// What the public references of the APIs allow in a request, as far as it concerns chats.
// A field that is in none of them makes the server refuse the request, as the real ones do.

const STRING = { type: "string" };
const NUMBER = { type: "number" };
const BOOLEAN = { type: "boolean" };
const INTEGER = { type: "integer", minimum: 1 };
const ANY_OBJECT = { type: "object" };
const BASE64 = { type: "string", minLength: 4, pattern: "^[A-Za-z0-9+/]+={0,2}$" };
const NAME = { type: "string", pattern: "^[a-zA-Z0-9_-]{1,128}$" };

const object = (properties: JsonSchema, required: readonly string[] = []): JsonSchema => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});
const list = (items: JsonSchema, minItems = 1): JsonSchema => ({ type: "array", items, minItems });
const is = (value: string): JsonSchema => ({ const: value });
const anyOf = (...schemas: JsonSchema[]): JsonSchema => ({ anyOf: schemas });
const typed = (type: string, rest: JsonSchema, required = Object.keys(rest)): JsonSchema =>
  object({ type: is(type), ...rest }, ["type", ...required]);

const openaiText = typed("text", { text: STRING });
const openaiTexts = anyOf(STRING, list(openaiText));

/** https://platform.openai.com/docs/api-reference/chat/create */
export const OPENAI: JsonSchema = object(
  {
    model: STRING,
    messages: list(
      anyOf(
        object({ role: { enum: ["system", "developer"] }, content: openaiTexts, name: STRING }, ["role", "content"]),
        object(
          {
            role: is("user"),
            content: anyOf(
              STRING,
              list(
                anyOf(
                  openaiText,
                  typed("image_url", {
                    image_url: object(
                      {
                        url: { type: "string", pattern: "^(https?://|data:image/[a-z+]+;base64,[A-Za-z0-9+/]+=*$)" },
                        detail: { enum: ["auto", "low", "high"] },
                      },
                      ["url"],
                    ),
                  }),
                  typed("input_audio", {
                    input_audio: object({ data: BASE64, format: { enum: ["wav", "mp3"] } }, ["data", "format"]),
                  }),
                  typed("file", {
                    file: object({ file_data: STRING, filename: STRING, file_id: STRING }),
                  }),
                ),
              ),
            ),
            name: STRING,
          },
          ["role", "content"],
        ),
        object(
          {
            role: is("assistant"),
            content: anyOf(STRING, { type: "null" }, list(openaiText)),
            name: STRING,
            // Not OpenAI's, but of those that imitate it and think aloud.
            reasoning_content: STRING,
            tool_calls: list(
              typed("function", {
                id: STRING,
                function: object({ name: NAME, arguments: STRING }, ["name", "arguments"]),
              }),
            ),
          },
          ["role"],
        ),
        object({ role: is("tool"), content: openaiTexts, tool_call_id: STRING }, ["role", "content", "tool_call_id"]),
      ),
    ),
    stream: BOOLEAN,
    stream_options: object({ include_usage: BOOLEAN }),
    tools: list(
      typed("function", {
        function: object({ name: NAME, description: STRING, parameters: ANY_OBJECT, strict: BOOLEAN }, ["name"]),
      }),
    ),
    tool_choice: anyOf({ enum: ["none", "auto", "required"] }, ANY_OBJECT),
    response_format: anyOf(
      typed("text", {}),
      typed("json_object", {}),
      typed("json_schema", {
        json_schema: object({ name: NAME, description: STRING, schema: ANY_OBJECT, strict: BOOLEAN }, ["name"]),
      }),
    ),
    temperature: { type: "number", minimum: 0, maximum: 2 },
    top_p: { type: "number", minimum: 0, maximum: 1 },
    max_tokens: INTEGER,
    max_completion_tokens: INTEGER,
    stop: anyOf(STRING, list(STRING)),
    seed: { type: "integer" },
    frequency_penalty: NUMBER,
    presence_penalty: NUMBER,
    parallel_tool_calls: BOOLEAN,
    reasoning_effort: STRING,
    user: STRING,
  },
  ["model", "messages"],
);

const cached = { cache_control: object({ type: is("ephemeral"), ttl: { enum: ["5m", "1h"] } }, ["type"]) };
const anthropicText = object({ type: is("text"), text: { type: "string", minLength: 1 }, ...cached }, ["type", "text"]);
const anthropicImage = object(
  {
    type: is("image"),
    source: anyOf(
      typed("base64", { media_type: { enum: ["image/jpeg", "image/png", "image/gif", "image/webp"] }, data: BASE64 }),
      typed("url", { url: { type: "string", pattern: "^https?://" } }),
    ),
    ...cached,
  },
  ["type", "source"],
);
const anthropicDocument = object(
  {
    type: is("document"),
    source: anyOf(
      typed("base64", { media_type: is("application/pdf"), data: BASE64 }),
      typed("text", { media_type: is("text/plain"), data: STRING }),
      typed("url", { url: { type: "string", pattern: "^https?://" } }),
    ),
    title: STRING,
    context: STRING,
    citations: object({ enabled: BOOLEAN }),
    ...cached,
  },
  ["type", "source"],
);

/** https://docs.anthropic.com/en/api/messages */
export const ANTHROPIC: JsonSchema = object(
  {
    model: STRING,
    max_tokens: INTEGER,
    messages: list(
      object(
        {
          role: { enum: ["user", "assistant"] },
          content: anyOf(
            STRING,
            list(
              anyOf(
                anthropicText,
                anthropicImage,
                anthropicDocument,
                object({ type: is("tool_use"), id: STRING, name: NAME, input: ANY_OBJECT, ...cached }, [
                  "type",
                  "id",
                  "name",
                  "input",
                ]),
                object(
                  {
                    type: is("tool_result"),
                    tool_use_id: STRING,
                    content: anyOf(STRING, list(anyOf(anthropicText, anthropicImage, anthropicDocument))),
                    is_error: BOOLEAN,
                    ...cached,
                  },
                  ["type", "tool_use_id"],
                ),
                typed("thinking", { thinking: STRING, signature: STRING }),
                typed("redacted_thinking", { data: STRING }),
              ),
            ),
          ),
        },
        ["role", "content"],
      ),
    ),
    system: anyOf(STRING, list(anthropicText)),
    stream: BOOLEAN,
    tools: list(
      object(
        {
          name: NAME,
          description: STRING,
          input_schema: { type: "object", properties: { type: is("object") }, required: ["type"] },
          eager_input_streaming: BOOLEAN,
          strict: BOOLEAN,
          ...cached,
        },
        ["name", "input_schema"],
      ),
    ),
    tool_choice: object(
      { type: { enum: ["auto", "any", "tool", "none"] }, name: NAME, disable_parallel_tool_use: BOOLEAN },
      ["type"],
    ),
    output_config: object({ format: typed("json_schema", { schema: ANY_OBJECT }), effort: STRING }),
    temperature: { type: "number", minimum: 0, maximum: 1 },
    top_p: { type: "number", minimum: 0, maximum: 1 },
    top_k: INTEGER,
    stop_sequences: list(STRING),
    thinking: ANY_OBJECT,
    metadata: object({ user_id: STRING }),
  },
  ["model", "max_tokens", "messages"],
);

const signature = { thoughtSignature: STRING, thought: BOOLEAN };
const googlePart = anyOf(
  object({ text: STRING, ...signature }, ["text"]),
  object({ inlineData: object({ mimeType: STRING, data: BASE64 }, ["mimeType", "data"]), ...signature }, [
    "inlineData",
  ]),
  object({ fileData: object({ mimeType: STRING, fileUri: STRING }, ["fileUri"]), ...signature }, ["fileData"]),
  object({ functionCall: object({ id: STRING, name: NAME, args: ANY_OBJECT }, ["name"]), ...signature }, [
    "functionCall",
  ]),
  object(
    {
      functionResponse: object({ id: STRING, name: NAME, response: ANY_OBJECT, parts: list(ANY_OBJECT) }, [
        "name",
        "response",
      ]),
      ...signature,
    },
    ["functionResponse"],
  ),
);

/** https://ai.google.dev/api/generate-content */
export const GOOGLE: JsonSchema = object(
  {
    contents: list(object({ role: { enum: ["user", "model"] }, parts: list(googlePart) }, ["parts"])),
    systemInstruction: object({ role: STRING, parts: list(object({ text: STRING }, ["text"])) }, ["parts"]),
    tools: list(
      object({
        functionDeclarations: list(
          object({ name: NAME, description: STRING, parameters: ANY_OBJECT, parametersJsonSchema: ANY_OBJECT }, [
            "name",
            "description",
          ]),
        ),
      }),
    ),
    toolConfig: object({
      functionCallingConfig: object({
        mode: { enum: ["AUTO", "ANY", "NONE", "VALIDATED"] },
        allowedFunctionNames: list(NAME),
      }),
    }),
    generationConfig: object({
      temperature: { type: "number", minimum: 0, maximum: 2 },
      topP: { type: "number", minimum: 0, maximum: 1 },
      topK: INTEGER,
      maxOutputTokens: INTEGER,
      stopSequences: list(STRING),
      responseMimeType: STRING,
      responseSchema: ANY_OBJECT,
      responseJsonSchema: ANY_OBJECT,
      seed: { type: "integer" },
      thinkingConfig: ANY_OBJECT,
      frequencyPenalty: NUMBER,
      presencePenalty: NUMBER,
    }),
    safetySettings: list(ANY_OBJECT),
    cachedContent: STRING,
  },
  ["contents"],
);

import { OPENAI } from "./request-schemas.js";
import {
  array,
  demand,
  fileOf,
  pieces,
  record,
  text,
  usageOf,
  withFiles,
  type Reply,
  type WireEvent,
  type WireFile,
  type WireFormat,
  type WireMessage,
} from "./types.js";

/** OpenAI chat completions: https://platform.openai.com/docs/api-reference/chat */
export const openai: WireFormat = {
  basePath: "/v1",
  schema: OPENAI,
  match: (path) => (path === "/v1/chat/completions" ? {} : undefined),
  key: (headers) => /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1],
  read(body) {
    const tools = body["tools"] === undefined ? [] : array(body["tools"], "tools");
    const messages = array(body["messages"], "messages").map(readMessage);
    demand(messages.length > 0, "messages must not be empty");
    checkToolOrder(messages);
    return {
      model: text(body["model"], "model"),
      stream: body["stream"] === true,
      messages,
      tools: tools.map((tool) => {
        const { type, function: fn } = record(tool, "tool");
        demand(type === "function", "tool.type must be function");
        const { name, description, parameters } = record(fn, "tool.function");
        return {
          name: text(name, "tool.function.name"),
          parameters: record(parameters, "parameters"),
          ...(typeof description === "string" ? { description } : {}),
        };
      }),
    };
  },
  whole(reply, model) {
    return {
      ...head("chat.completion", model),
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: reply.text ?? null, ...toolCalls(reply) },
          finish_reason: finish(reply),
        },
      ],
      usage: usage(reply),
    };
  },
  events(reply, model, body) {
    const chunk = (delta: unknown, finish_reason: string | null = null): WireEvent => ({
      data: { ...head("chat.completion.chunk", model), choices: [{ index: 0, delta, finish_reason }] },
    });
    const options = body["stream_options"] as { include_usage?: boolean } | undefined;
    return [
      chunk({ role: "assistant", content: "" }),
      ...pieces(reply.text ?? "").map((content) => ({ ...chunk({ content }), isText: true })),
      ...(reply.toolCalls ?? []).flatMap(({ name, args }, index) => {
        const whole = argumentText(args);
        const middle = Math.ceil(whole.length / 2);
        return [
          chunk({
            tool_calls: [{ index, id: `call_${index + 1}`, type: "function", function: { name, arguments: "" } }],
          }),
          ...[whole.slice(0, middle), whole.slice(middle)].map((part) =>
            chunk({ tool_calls: [{ index, function: { arguments: part } }] }),
          ),
        ];
      }),
      chunk({}, finish(reply)),
      ...(options?.include_usage === true
        ? [{ data: { ...head("chat.completion.chunk", model), choices: [], usage: usage(reply) } }]
        : []),
      { data: "[DONE]" },
    ];
  },
  error(status, message) {
    const auth = { message, type: "invalid_request_error", param: null, code: "invalid_api_key" };
    const kinds: Record<number, string> = { 429: "rate_limit_error", 500: "server_error", 503: "server_error" };
    return {
      status,
      body: {
        error:
          status === 401 ? auth : { message, type: kinds[status] ?? "invalid_request_error", param: null, code: null },
      },
    };
  },
};

function readMessage(value: unknown): WireMessage {
  const message = record(value, "message");
  const role = text(message["role"], "message.role");
  demand(["system", "developer", "user", "assistant", "tool"].includes(role), `'${role}' is not one of the roles`);
  const content = message["content"];
  const files = Array.isArray(content) ? content.flatMap((part) => fileIn(record(part, "content part"))) : [];
  const told = Array.isArray(content)
    ? content.map((part) => String(record(part, "content part")["text"] ?? "")).join("")
    : content === null || content === undefined
      ? ""
      : text(content, "content");
  const calls = message["tool_calls"] === undefined ? undefined : array(message["tool_calls"], "tool_calls");
  if (role === "tool") return { role, text: told, toolCallId: text(message["tool_call_id"], "tool_call_id") };
  if (role !== "assistant") demand(content !== undefined && content !== null, "content is required");
  const toolCalls = calls?.map((call) => {
    const { id, type, function: fn } = record(call, "tool call");
    demand(type === "function", "tool_calls.type must be function");
    const { name, arguments: args } = record(fn, "tool_calls.function");
    return {
      id: text(id, "tool call id"),
      name: text(name, "tool call name"),
      args: JSON.parse(text(args, "arguments")) as unknown,
    };
  });
  return {
    role: role === "developer" ? "system" : role,
    text: told,
    ...withFiles(files),
    ...(toolCalls === undefined ? {} : { toolCalls }),
  };
}

function fileIn({ image_url: image, file, input_audio: audio }: Record<string, unknown>): WireFile[] {
  if (image !== undefined) return [fileOf(text(record(image, "image_url")["url"], "url"))];
  if (file !== undefined) return [fileOf(text(record(file, "file")["file_data"], "file_data"))];
  if (audio === undefined) return [];
  const { data, format } = record(audio, "input_audio");
  return [{ mediaType: `audio/${String(format)}`, data: text(data, "data") }];
}

// "messages with role 'tool' must be a response to a preceding message with 'tool_calls'", and all must be answered.
function checkToolOrder(messages: WireMessage[]): void {
  let open = new Set<string>();
  for (const { role, toolCalls = [], toolCallId } of messages) {
    if (role === "tool") demand(open.delete(toolCallId ?? ""), "a tool message must answer a preceding tool call");
    else demand(open.size === 0, "an assistant message with 'tool_calls' must be followed by tool messages");
    if (role === "assistant") open = new Set(toolCalls.map(({ id }) => id ?? ""));
  }
}

function head(object: string, model: string): Record<string, unknown> {
  return { id: "chatcmpl-1", object, created: 1_700_000_000, model };
}

function toolCalls({ toolCalls: calls }: Reply): Record<string, unknown> {
  if (calls === undefined) return {};
  return {
    tool_calls: calls.map(({ name, args }, index) => ({
      id: `call_${index + 1}`,
      type: "function",
      function: { name, arguments: argumentText(args) },
    })),
  };
}

/** Models write the text of the arguments themselves, valid or not: a string is sent as it is. */
function argumentText(args: unknown): string {
  return typeof args === "string" ? args : JSON.stringify(args);
}

function finish(reply: Reply): string {
  return reply.finishReason ?? (reply.toolCalls === undefined ? "stop" : "tool_calls");
}

function usage(reply: Reply): Record<string, unknown> {
  const { input, output, cached, reasoning } = usageOf(reply);
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    ...(cached === 0 ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
    ...(reasoning === 0 ? {} : { completion_tokens_details: { reasoning_tokens: reasoning } }),
  };
}

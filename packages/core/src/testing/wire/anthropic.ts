import { ANTHROPIC } from "./request-schemas.js";
import {
  array,
  demand,
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

/** Anthropic messages: https://docs.anthropic.com/en/api/messages */
export const anthropic: WireFormat = {
  basePath: "/v1",
  schema: ANTHROPIC,
  match: (path) => (path === "/v1/messages" ? {} : undefined),
  key: (headers) => headers["x-api-key"]?.toString(),
  read(body, headers) {
    demand(headers["anthropic-version"] === "2023-06-01", "anthropic-version: header is required");
    demand(headers["x-api-key"] !== undefined, "x-api-key: header is required");
    demand(typeof body["max_tokens"] === "number", "max_tokens: Field required");
    const system = body["system"] === undefined ? [] : [{ role: "system", text: blocksText(body["system"]) }];
    const turns = array(body["messages"], "messages");
    demand(turns.length > 0, "messages: at least one message is required");
    demand(record(turns[0], "message")["role"] === "user", 'messages: first message must use the "user" role');
    return {
      model: text(body["model"], "model"),
      stream: body["stream"] === true,
      messages: [...system, ...readTurns(turns)],
      tools: (body["tools"] === undefined ? [] : array(body["tools"], "tools")).map((tool) => {
        const { name, description, input_schema } = record(tool, "tool");
        return {
          name: text(name, "tool.name"),
          parameters: record(input_schema, "input_schema"),
          ...(typeof description === "string" ? { description } : {}),
        };
      }),
    };
  },
  whole(reply, model) {
    return {
      ...head(model),
      content: blocks(reply),
      stop_reason: stopReason(reply),
      stop_sequence: null,
      usage: { ...inputUsage(reply), output_tokens: usageOf(reply).output },
    };
  },
  events(reply, model) {
    const named = (type: string, rest: Record<string, unknown> = {}): WireEvent => ({
      event: type,
      data: { type, ...rest },
    });
    const { output } = usageOf(reply);
    return [
      named("message_start", {
        message: {
          ...head(model),
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { ...inputUsage(reply), output_tokens: 1 },
        },
      }),
      named("ping"),
      ...blocks(reply).flatMap((block, index) => {
        const isText = block.type === "text";
        const deltas = isText
          ? pieces(block.text).map((part) => ({ type: "text_delta", text: part }))
          : halves(JSON.stringify(block.input)).map((part) => ({ type: "input_json_delta", partial_json: part }));
        return [
          named("content_block_start", {
            index,
            content_block: isText ? { type: "text", text: "" } : { ...block, input: {} },
          }),
          ...deltas.map((delta) => ({ ...named("content_block_delta", { index, delta }), isText })),
          named("content_block_stop", { index }),
        ];
      }),
      named("message_delta", {
        delta: { stop_reason: stopReason(reply), stop_sequence: null },
        usage: { output_tokens: output },
      }),
      named("message_stop"),
    ];
  },
  error(status, message) {
    const types: Record<number, string> = {
      401: "authentication_error",
      403: "permission_error",
      404: "not_found_error",
      413: "request_too_large",
      429: "rate_limit_error",
      500: "api_error",
      529: "overloaded_error",
    };
    return { status, body: { type: "error", error: { type: types[status] ?? "invalid_request_error", message } } };
  },
};

type Block = { type: "text"; text: string } | { type: "tool_use"; id: string; name: string; input: unknown };

function blocks(reply: Reply): Block[] {
  const said: Block[] = reply.text === undefined ? [] : [{ type: "text", text: reply.text }];
  return [
    ...said,
    ...(reply.toolCalls ?? []).map(({ name, args }, index): Block => ({
      type: "tool_use",
      id: `toolu_${index + 1}`,
      name,
      input: args,
    })),
  ];
}

function readTurns(turns: unknown[]): WireMessage[] {
  let open = new Set<string>();
  return turns.flatMap((turn): WireMessage[] => {
    const { role, content } = record(turn, "message");
    demand(role === "user" || role === "assistant", "messages: role must be user or assistant");
    const parts = typeof content === "string" ? [{ type: "text", text: content }] : array(content, "content");
    const messages: WireMessage[] = [];
    const calls: NonNullable<WireMessage["toolCalls"]> = [];
    const files: WireFile[] = [];
    let said = "";
    for (const part of parts) {
      const block = record(part, "content block");
      if (block["type"] === "text") {
        demand(block["text"] !== "", "messages: text content blocks must be non-empty");
        said += text(block["text"], "text");
      } else if (block["type"] === "tool_use") {
        demand(role === "assistant", "tool_use blocks can only be in assistant messages");
        calls.push({
          id: text(block["id"], "tool_use.id"),
          name: text(block["name"], "tool_use.name"),
          args: record(block["input"], "tool_use.input"),
        });
      } else if (block["type"] === "tool_result") {
        const id = text(block["tool_use_id"], "tool_use_id");
        demand(role === "user" && open.delete(id), `unexpected tool_use_id found in tool_result blocks: ${id}`);
        const isError = block["is_error"] === true ? { isError: true } : {};
        messages.push({ role: "tool", text: blocksText(block["content"]), toolCallId: id, ...isError });
      } else if (block["type"] === "image" || block["type"] === "document") {
        const { data, url, media_type: mediaType } = record(block["source"], "source");
        files.push({ mediaType: mediaType as string | undefined, data: text(data ?? url, "source.data") });
      } else {
        demand(false, `content block type ${String(block["type"])} is not known`);
      }
    }
    demand(open.size === 0, "tool_use ids were found without tool_result blocks immediately after");
    open = new Set(calls.map(({ id }) => id ?? ""));
    if (said !== "" || calls.length > 0 || files.length > 0)
      messages.push({ role, text: said, ...withFiles(files), ...(calls.length === 0 ? {} : { toolCalls: calls }) });
    return messages;
  });
}

function blocksText(content: unknown): string {
  return typeof content === "string"
    ? content
    : array(content, "content")
        .map((part) => String(record(part, "content block")["text"] ?? ""))
        .join("");
}

function halves(whole: string): string[] {
  const middle = Math.ceil(whole.length / 2);
  return ["", whole.slice(0, middle), whole.slice(middle)];
}

function head(model: string): Record<string, unknown> {
  return { id: "msg_1", type: "message", role: "assistant", model };
}

// The tokens from the cache are not among those of the input.
function inputUsage(reply: Reply): Record<string, number> {
  const { input, cached } = usageOf(reply);
  return { input_tokens: input - cached, ...(cached === 0 ? {} : { cache_read_input_tokens: cached }) };
}

function stopReason(reply: Reply): string {
  return reply.finishReason ?? (reply.toolCalls === undefined ? "end_turn" : "tool_use");
}

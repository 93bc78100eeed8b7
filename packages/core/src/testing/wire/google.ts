import { GOOGLE } from "./request-schemas.js";
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

const PATH = /^\/v1beta\/models\/([^/:]+):(generateContent|streamGenerateContent)$/;

/** Google Gemini: https://ai.google.dev/api/generate-content */
export const google: WireFormat = {
  basePath: "/v1beta",
  schema: GOOGLE,
  match(path, query) {
    const [, model, method] = PATH.exec(path) ?? [];
    if (model === undefined) return undefined;
    const stream = method === "streamGenerateContent";
    return stream && query.get("alt") !== "sse" ? undefined : { model, stream };
  },
  key: (headers) => headers["x-goog-api-key"]?.toString(),
  read(body, _headers, { model = "", stream = false }) {
    const system =
      body["systemInstruction"] === undefined
        ? []
        : [{ role: "system", text: partsText(record(body["systemInstruction"], "systemInstruction")["parts"]) }];
    const contents = array(body["contents"], "contents");
    demand(contents.length > 0, "* GenerateContentRequest.contents: contents is not specified");
    const tools = body["tools"] === undefined ? [] : array(body["tools"], "tools");
    return {
      model,
      stream,
      messages: [...system, ...readContents(contents)],
      tools: tools.flatMap((tool) =>
        array(record(tool, "tool")["functionDeclarations"], "functionDeclarations").map((declaration) => {
          const { name, description, parameters, parametersJsonSchema } = record(declaration, "function declaration");
          return {
            name: text(name, "function name"),
            parameters: parameters ?? parametersJsonSchema,
            ...(typeof description === "string" ? { description } : {}),
          };
        }),
      ),
    };
  },
  whole: (reply, model) => chunk(reply, model, parts(reply), true),
  events(reply, model): WireEvent[] {
    const all = [
      ...pieces(reply.text ?? "").map((piece) => [{ text: piece }]),
      ...callParts(reply).map((part) => [part]),
    ];
    return all.map((content, index) => ({
      data: chunk(reply, model, content, index === all.length - 1),
      isText: Object.hasOwn(Object(content[0]), "text"),
    }));
  },
  error(status, message) {
    // Google answers a wrong key with 400, unlike the others.
    const names: Record<number, string> = {
      403: "PERMISSION_DENIED",
      404: "NOT_FOUND",
      429: "RESOURCE_EXHAUSTED",
      500: "INTERNAL",
      503: "UNAVAILABLE",
    };
    if (status !== 401)
      return { status, body: { error: { code: status, message, status: names[status] ?? "INVALID_ARGUMENT" } } };
    const details = [
      { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID", domain: "googleapis.com" },
    ];
    return {
      status: 400,
      body: { error: { code: 400, message: `API key not valid. ${message}`, status: "INVALID_ARGUMENT", details } },
    };
  },
};

function parts(reply: Reply): unknown[] {
  return [...(reply.text === undefined ? [] : [{ text: reply.text }]), ...callParts(reply)];
}

function callParts(reply: Reply): unknown[] {
  // The signature has to come back with the call in the next turn.
  return (reply.toolCalls ?? []).map(({ name, args }) => ({
    functionCall: { name, args },
    thoughtSignature: `signature of ${name}`,
  }));
}

function chunk(reply: Reply, model: string, content: unknown[], last: boolean): unknown {
  const { input, output, cached, reasoning } = usageOf(reply);
  return {
    candidates: [
      {
        index: 0,
        content: { role: "model", parts: content },
        ...(last ? { finishReason: reply.finishReason ?? "STOP" } : {}),
      },
    ],
    ...(last
      ? {
          usageMetadata: {
            promptTokenCount: input,
            // Thoughts are not among the tokens of the candidates.
            candidatesTokenCount: output - reasoning,
            totalTokenCount: input + output,
            ...(cached === 0 ? {} : { cachedContentTokenCount: cached }),
            ...(reasoning === 0 ? {} : { thoughtsTokenCount: reasoning }),
          },
        }
      : {}),
    modelVersion: model,
  };
}

function readContents(contents: unknown[]): WireMessage[] {
  let open: string[] = [];
  return contents.flatMap((content): WireMessage[] => {
    const { role, parts: given } = record(content, "content");
    demand(role === "user" || role === "model", "Please use a valid role: user, model.");
    const messages: WireMessage[] = [];
    const calls: NonNullable<WireMessage["toolCalls"]> = [];
    const files: WireFile[] = [];
    let said = "";
    for (const part of array(given, "parts")) {
      const {
        text: words,
        functionCall,
        functionResponse,
        thoughtSignature,
        inlineData,
        fileData,
      } = record(part, "part");
      if (functionCall !== undefined) {
        const { name, args } = record(functionCall, "functionCall");
        demand(typeof thoughtSignature === "string", "Function call is missing a thought_signature");
        calls.push({ name: text(name, "functionCall.name"), args });
      } else if (functionResponse !== undefined) {
        const { name, response } = record(functionResponse, "functionResponse");
        const index = open.indexOf(text(name, "functionResponse.name"));
        demand(index >= 0, "function response turn must come immediately after a function call turn");
        open.splice(index, 1);
        const { content: result, ...rest } = record(response, "functionResponse.response");
        messages.push({ role: "tool", text: typeof result === "string" ? result : JSON.stringify(rest) });
      } else if (inlineData !== undefined || fileData !== undefined) {
        const { mimeType, data, fileUri } = record(inlineData ?? fileData, "data");
        files.push({ mediaType: mimeType as string | undefined, data: text(data ?? fileUri, "data") });
      } else {
        said += text(words, "part.text");
      }
    }
    demand(open.length === 0, "the number of function response parts must equal that of function call parts");
    open = calls.map(({ name }) => name);
    if (said !== "" || calls.length > 0 || files.length > 0)
      messages.push({
        role: role === "model" ? "assistant" : role,
        text: said,
        ...withFiles(files),
        ...(calls.length === 0 ? {} : { toolCalls: calls }),
      });
    return messages;
  });
}

function partsText(given: unknown): string {
  return array(given, "parts")
    .map((part) => String(record(part, "part")["text"] ?? ""))
    .join("");
}

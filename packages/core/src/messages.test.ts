import { describe, expect, it } from "vitest";
import { messageText, toPrompt, type Message } from "./messages.js";

describe("toPrompt", () => {
  it("joins the tool results of one step and finds the tool's name", () => {
    const messages: Message[] = [
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "look" },
          { type: "file", mediaType: "image/png", data: "https://example.org/a.png" },
        ],
      },
      {
        role: "assistant",
        content: "",
        toolCalls: [
          { id: "1", name: "a", args: { x: 1 } },
          { id: "2", name: "b", args: "no object", providerData: { google: { thoughtSignature: "s" } } },
        ],
      },
      { role: "tool", toolCallId: "1", content: "one" },
      { role: "tool", toolCallId: "2", name: "b", content: "bad", isError: true },
    ];
    expect(toPrompt(messages)).toEqual([
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "look" },
          { type: "file", mediaType: "image/png", data: new URL("https://example.org/a.png") },
        ],
      },
      {
        role: "assistant",
        content: [
          { type: "tool-call", toolCallId: "1", toolName: "a", input: { x: 1 } },
          {
            type: "tool-call",
            toolCallId: "2",
            toolName: "b",
            input: {},
            providerOptions: { google: { thoughtSignature: "s" } },
          },
        ],
      },
      {
        role: "tool",
        content: [
          { type: "tool-result", toolCallId: "1", toolName: "a", output: { type: "text", value: "one" } },
          { type: "tool-result", toolCallId: "2", toolName: "b", output: { type: "error-text", value: "bad" } },
        ],
      },
    ]);
  });

  it.each([
    [{ role: "robot", content: "x" }, "'role' must be"],
    [{ role: "user", content: 7 }, "'content' must be"],
    [{ role: "user", content: [{ type: "video" }] }, "a part must be"],
    [{ role: "user", content: [null] }, "a part must be"],
    [{ role: "tool", content: "x" }, "needs 'toolCallId'"],
    [{ role: "tool", content: "x", toolCallId: "9" }, "no earlier message calls a tool with the id '9'"],
    [{ role: "assistant", content: "x", toolCalls: [{}] }, "needs 'id' and 'name'"],
    [{ role: "assistant", content: "x", toolCalls: "no" }, "'toolCalls' must be a list"],
    [null, "it is not an object"],
  ])("refuses %j", (message, reason) => {
    const malformed = { code: "INVALID_ARGUMENT", message: expect.stringContaining(reason) };
    expect(() => toPrompt([message as never])).toThrow(expect.objectContaining(malformed));
  });

  it("reads the text of a message", () => {
    expect(
      messageText({
        role: "assistant",
        content: [
          { type: "reasoning", text: "hm" },
          { type: "text", text: "a" },
          { type: "text", text: "b" },
        ],
      }),
    ).toBe("ab");
  });
});

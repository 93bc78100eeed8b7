import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { messageText, toPrompt, type ContentPart, type Message } from "./messages.js";
import { filesBelow, readFileParts } from "./models/file-parts.js";

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

describe("messages", () => {
  const PARTS: ContentPart[] = [
    { type: "text", text: "What is this?" },
    { type: "file", mediaType: "image/png", data: "iVBORw0KGgo=", filename: "a.png" },
    { type: "file", path: "b.png" },
  ];
  const IMAGE: Message = { role: "user", content: PARTS };

  it("CORE-1: an image part survives JSON", () => {
    expect(JSON.parse(JSON.stringify(IMAGE))).toEqual(IMAGE);
    expect(toPrompt([{ role: "user", content: PARTS.slice(0, 2) }])).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "file", mediaType: "image/png", data: "iVBORw0KGgo=", filename: "a.png" },
        ],
      },
    ]);
  });

  it("CORE-1: a file by path is read below a folder, and only with a reader", async () => {
    const root = await mkdtemp(path.join(tmpdir(), "llmspell-parts-"));
    onTestFinished(() => rm(root, { recursive: true }));
    await writeFile(path.join(root, "b.png"), Buffer.from("iVBORw0KGgo=", "base64"));
    const read = await readFileParts([IMAGE], filesBelow(root));
    expect(read[0]?.content[2]).toEqual({
      type: "file",
      mediaType: "image/png",
      data: "iVBORw0KGgo=",
      filename: "b.png",
    });
    // The message itself stays as small as it was.
    expect(PARTS[2]).toEqual({ type: "file", path: "b.png" });

    const asking = (file: string): Message[] => [{ role: "user", content: [{ type: "file", path: file }] }];
    await expect(readFileParts(asking("../secret"), filesBelow(root))).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
    });
    await expect(readFileParts(asking("none.png"), filesBelow(root))).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(readFileParts(asking("b.png"), filesBelow(path.join(root, "gone")))).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    await expect(readFileParts(asking("b.png"), undefined)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    expect(() => toPrompt(asking("b.png"))).toThrow("the file 'b.png' has not been read");
    const plain: Message[] = [{ role: "user", content: "hi" }];
    expect(await readFileParts(plain, undefined)).toBe(plain);
  });

  it("CORE-1: a function message is the result of the open call of its name", () => {
    const calls = [
      { id: "1", name: "f", args: {} },
      { id: "2", name: "f", args: {} },
    ];
    const prompt = toPrompt([
      { role: "assistant", content: "", toolCalls: calls },
      { role: "function", name: "f", content: "one" },
      { role: "function", name: "f", content: "two" },
    ]);
    expect(prompt[1]).toMatchObject({
      role: "tool",
      content: [
        { toolCallId: "1", output: { value: "one" } },
        { toolCallId: "2", output: { value: "two" } },
      ],
    });
    expect(() => toPrompt([{ role: "function", name: "f", content: "x" }])).toThrow(
      "no earlier message calls a function 'f' that has no result yet",
    );
  });
});

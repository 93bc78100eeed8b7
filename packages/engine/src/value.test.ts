import { describe, expect, it } from "vitest";
import { FunctionRef, Handle, asText, formatPath, textField, valueError } from "@llmspell/engine";

describe("paths of refused values", () => {
  it.each([
    [[], "value"],
    [["result"], "result"],
    [["messages", 2, "content"], "messages[2].content"],
    [["argument 1", "a", "b"], "argument 1.a.b"],
    [[3, "x"], "[3].x"],
  ])("%j reads %s", (path, text) => {
    expect(formatPath(path)).toBe(text);
  });

  it("are in the message and the details of the error", () => {
    const error = valueError(["messages", 2], "is a Map");
    expect(error).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "messages[2] is a Map",
      details: { path: "messages[2]" },
    });
  });
});

describe("asText", () => {
  it("marks the object itself and names the field", () => {
    const response = { content: "hi", usage: 3 };
    expect(asText(response, "content")).toBe(response);
    expect(textField(response)).toBe("content");
  });

  it("is invisible: no key, no JSON, no copy", () => {
    const marked = asText({ content: "hi" }, "content");
    expect(Object.keys(marked)).toEqual(["content"]);
    expect(JSON.stringify(marked)).toBe('{"content":"hi"}');
    expect(textField({ ...marked })).toBeUndefined();
  });

  it("marks nothing else", () => {
    expect(textField({ content: "hi" })).toBeUndefined();
  });
});

describe("references", () => {
  it("a function passes its own id when it is released", () => {
    const released: number[] = [];
    const ref = new FunctionRef(7, (id) => released.push(id));
    ref.release();
    expect(ref.id).toBe(7);
    expect(released).toEqual([7]);
  });

  it("a handle is nothing but a kind and an id", () => {
    expect({ ...new Handle("agent", 3) }).toEqual({ kind: "agent", id: 3 });
  });
});

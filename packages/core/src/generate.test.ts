import { describe, expect, it } from "vitest";
import { createModels, createScriptedModel, generate } from "./index.js";

describe("generate", () => {
  it("puts system, messages and prompt in order and sends the settings", async () => {
    const model = createScriptedModel(["hello there"]);
    const models = createModels();
    models.register("script", { type: "custom", create: () => model });
    const heard: string[] = [];
    const response = await generate(
      models,
      {
        model: "one",
        provider: "script",
        system: "Be brief.",
        messages: [
          { role: "user", content: "a" },
          { role: "assistant", content: "b" },
        ],
        prompt: "c",
        temperature: 0,
        stop: ["."],
      },
      { onEvent: (event) => event.type === "model.text" && heard.push(event.payload.text) },
    );
    expect(response).toMatchObject({
      content: "hello there",
      role: "assistant",
      model: "one",
      provider: "script",
      finishReason: "stop",
      toolCalls: [],
      steps: 1,
    });
    expect(response.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user", "assistant"]);
    expect(heard).toEqual(["hello ", "there"]);
    expect(model.requests[0]).toMatchObject({ temperature: 0, stopSequences: ["."] });
    expect(model.requests[0]).not.toHaveProperty("tools");
  });

  it("needs something to answer", async () => {
    await expect(generate(createModels(), {})).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { buildPrompt } from "./prompt.js";
import { createFilePrompts, createMemoryPrompts, type PromptRepository } from "./repository.js";

const folder = await mkdtemp(path.join(tmpdir(), "prompts-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const first = buildPrompt().system("You are {{ who }}.\nBe brief.").user("{{ question }}").build();
const second = buildPrompt()
  .description("Answers questions")
  .defaults({ tone: "kind" })
  .system("You are a helper.\nBe brief.\nBe {{ tone }}.")
  .messages("history")
  .user("{{ question }}", { files: ["photo", { type: "file", mediaType: "text/plain", data: "eA==" }] })
  .build();

let folders = 0;
const repositories: [string, () => PromptRepository][] = [
  ["memory", createMemoryPrompts],
  ["file", () => createFilePrompts(path.join(folder, String(++folders)))],
];

describe.each(repositories)("prompts in %s", (_name, create) => {
  it("FUT-2: keeps named versions, lists, renders and deletes them", async () => {
    const prompts = create();
    expect(await prompts.save("ask", first)).toBe(1);
    expect(await prompts.save("ask", structuredClone(first))).toBe(1);
    expect(await prompts.save("ask", second)).toBe(2);
    expect(await prompts.list()).toEqual([{ name: "ask", versions: [1, 2] }]);
    expect(await prompts.load("ask")).toEqual({ name: "ask", version: 2, ...second });
    expect(await prompts.render("ask", { who: "{{ x }}", question: "Why?" }, 1)).toEqual([
      { role: "system", content: "You are {{ x }}.\nBe brief." },
      { role: "user", content: "Why?" },
    ]);
    const photo = { mediaType: "image/png", data: "" };
    expect(await prompts.render("ask", { question: "Why?", history: [], photo })).toHaveLength(2);
    expect(await prompts.delete("ask", 1)).toBe(true);
    await expect(prompts.render("ask", {}, 1)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: "there is no version 1 of 'ask'",
    });
    await expect(prompts.load("none")).rejects.toMatchObject({ message: "no prompt is named 'none'" });
  });

  it("FUT-2: says what differs between two versions", async () => {
    const prompts = create();
    await prompts.save("ask", first);
    await prompts.save("ask", second);
    const { variables, lines } = await prompts.diff("ask", 1);
    expect(variables).toEqual({ added: ["tone", "history", "photo"], removed: ["who"] });
    expect(lines.map(({ change, text }) => `${change}${text}`)).toEqual([
      "+Answers questions",
      '+tone = "kind"',
      " [system]",
      "-You are {{ who }}.",
      "+You are a helper.",
      " Be brief.",
      "+Be {{ tone }}.",
      "+[messages: history]",
      " [user]",
      " {{ question }}",
      "+[file: photo]",
      "+[file: text/plain]",
    ]);
    expect((await prompts.diff("ask", 2, 2)).lines.every(({ change }) => change === " ")).toBe(true);
    await expect(prompts.diff("ask", 7)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("FUT-2: refuses what could not be rendered", async () => {
    const prompts = create();
    const malformed = { messages: [{ role: "user" as const, text: "{% if %}" }] };
    await expect(prompts.save("x", malformed)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(prompts.save("../x", first)).rejects.toMatchObject({
      message: expect.stringContaining("the name of a prompt is up to 100 letters"),
    });
    expect(await prompts.list()).toEqual([]);
  });
});

describe("prompts in files", () => {
  it("FUT-2: another process renders what was saved; a broken file is named without its path", async () => {
    const place = path.join(folder, "shared");
    await createFilePrompts(place).save("ask", first);
    const script = `import { createFilePrompts } from ${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)};
      const messages = await createFilePrompts(process.argv[1]).render("ask", { who: "Ada", question: "Why?" });
      console.log(JSON.stringify(messages.at(-1)));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script, place]);
    expect(JSON.parse(stdout)).toEqual({ role: "user", content: "Why?" });
    const file = path.join(place, "ask", "1.json");
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual({ format: "llmspell-prompt-1", ...first });
    await writeFile(file, '{"format":"llmspell-prompt-1"}');
    await expect(createFilePrompts(place).load("ask")).rejects.toMatchObject({
      code: "IO_ERROR",
      message: "version 1 of prompt 'ask' is stored in a file that cannot be read",
    });
  });
});

// Steps in order, one of which runs three agents at the same time.
//
//     node --import llmspell/typescript examples/typescript/workflow.ts

import { createAgent, createModels, createScriptedModel, renderTemplate, runWorkflow, type Step } from "@llmspell/core";

// A scripted model answers each translation with the language it is asked for.
const models = createModels({ config: { default: "script:one" } });
const translate = createScriptedModel(
  Array.from(
    { length: 3 },
    () =>
      ({ prompt }) =>
        `<${/into (\w+)/.exec(JSON.stringify(prompt))?.[1]}>`,
  ),
);
models.register("script", { type: "custom", create: () => translate });
const translator = createAgent({ name: "translator", systemPrompt: "You translate." }, { models });

// Values go into a prompt as data, and what is not to be believed is fenced.
const PROMPT = "Translate into {{ language }}: {{ text | untrusted: 'text' }}";

const into = (language: string): Step => ({
  id: language,
  async run(text, { signal, run }) {
    const input = await renderTemplate(PROMPT, { language, text });
    return (await translator.run(input, { signal, context: run })).content;
  },
});

const { status, output, steps } = await runWorkflow(
  {
    name: "publish",
    steps: [
      { id: "clean", run: (text) => String(text).trim() },
      { id: "translate", parallel: ["Finnish", "German", "Welsh"].map(into) },
      { id: "count", run: (texts) => Object.entries(texts as object).map(([language, text]) => `${language} ${text}`) },
    ],
  },
  "  Good morning ",
);

for (const { id, status: ended } of steps) console.log(id, ended);
console.log(status, output);

// expect: clean completed
// expect: translate completed
// expect: count completed
// expect: completed [ 'Finnish <Finnish>', 'German <German>', 'Welsh <Welsh>' ]

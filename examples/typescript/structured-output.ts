// Data instead of prose: the answer is checked against a JSON Schema, repaired if it can be, and
// asked for once more if not.
//
//     node --import llmspell/typescript examples/typescript/structured-output.ts

import { createModels, createScriptedModel, generate } from "@llmspell/core";

interface Film {
  title: string;
  year: number;
  genres: string[];
}

const schema = {
  type: "object",
  properties: {
    title: { type: "string" },
    year: { type: "integer", minimum: 1900 },
    genres: { type: "array", items: { type: "string" }, minItems: 1 },
  },
  required: ["title", "year", "genres"],
  additionalProperties: false,
};

// A scripted model shows what models do: prose around the answer, a comma too many, a year as text.
const models = createModels({ config: { default: "script:film" } });
const model = createScriptedModel([
  'Sure! Here it is:\n```json\n{ "title": "Rain", "year": "1890", "genres": ["drama"], }\n```',
  'Sorry. {"title": "Rain", "year": "1990", "genres": ["drama"]}',
]);
models.register("script", { type: "custom", create: () => model });

const { object, steps, usage } = await generate(models, { prompt: "Invent a film.", schema });
const { title, year, genres } = object as Film;

console.log(`${title} (${year}): ${genres.join(", ")}`);
console.log(`asked ${steps} times, ${usage.outputTokens} tokens`);

// expect: Rain (1990): drama
// expect: asked 2 times, 38 tokens

/* @spell
name: structured-output
description: Gets data instead of prose, checked against a JSON Schema.
capabilities: [model]
*/

const schema = {
  type: "object",
  properties: {
    title: { type: "string" },
    year: { type: "integer", minimum: 1900 },
    genres: { type: "array", items: { type: "string" }, minItems: 1 },
  },
  required: ["title", "year", "genres"],
};

const { data: film } = await llm.generate("Invent a film.", { schema });

console.log(typeof film.title, film.year >= 1900, film.genres.length >= 1);

// expect: string true true

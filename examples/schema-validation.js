/* @spell
name: schema-validation
description: Checks data, mends it, and finds out what a new version of a schema breaks.
capabilities: []
*/

const order = await schema.create({
  type: "object",
  properties: {
    sku: { type: "string", pattern: "^[A-Z]{3}$" },
    count: { type: "integer", minimum: 1, default: 1 },
  },
  required: ["sku", "count"],
});

const { errors } = await schema.validate({ sku: "tea", count: 0 }, order);
for (const { path, keyword, message } of errors.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
  console.log(path, keyword, message);
}

// A validator of one's own says what is wrong.
schema.addCustom("polite", (text) => text.includes("please") || "say please");

const withNote = await schema.create(order.extend({ note: { "x-validator": "polite" } }));
await schema.validate({ sku: "TEA", count: 1, note: "quick!" }, withNote);
console.log(schema.getErrors()[0]);

// Text from a form gets the types that are wanted; what is missing gets its default.
const form = await schema.applyDefaults(await schema.coerce({ sku: "TEA", count: "3" }, order), order);
const { count } = await schema.applyDefaults({ sku: "TEA" }, order);
console.log(form.count + 1, (await schema.validate(form, order)).valid, count);

// Nothing is required while it is still being filled in.
const partial = await schema.validatePartial({ count: 2 }, order);
const whole = await schema.validate({ count: 2 }, order);
console.log(partial.valid, whole.valid);

// Which changes break what was accepted before?
const newer = order.extend({ gift: { type: "boolean" } }, ["gift"]);
for (const { path, change, breaking } of order.diff(newer)) console.log(path, change, breaking);

// A schema of an example.
console.log(schema.infer({ sku: "TEA", sizes: [1, 2] }).properties.sizes.items.type);

// expect: count minimum must be >= 1
// expect: sku pattern must match pattern "^[A-Z]{3}$"
// expect: note: say please
// expect: 4 true 1
// expect: true false
// expect: gift added true
// expect:  changed true
// expect: integer

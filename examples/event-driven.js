/* @spell
name: event-driven
description: Parts that know nothing of each other, joined by events; recorded, counted and played again.
capabilities: [model]
*/

// One event leads to the next.
events.on("order.placed", ({ data, correlation_id }) => {
  console.log("billing", data.sum);
  events.emit("order.paid", data, { correlation_id });
});

// `*` is one word of a type, `**` any number of them. A handler of higher priority hears an event first.
events.on("*.placed", ({ type }) => console.log("audit", type), { priority: "high" });

// A filter looks into the data.
const large = await events.filtersCreate({ where: [{ field: "data.sum", op: "gte", value: 100 }] });
events.on("order.paid", ({ data }) => console.log("call the customer", data.sum), { filter: large });
events.once("order.paid", () => console.log("the first sale of the day"));

const total = events.aggregationCreate("sum", { pattern: "order.paid", field: "data.sum" });
const recording = await events.recordingStart({ pattern: "order.paid" });

// emitAsync ends when the handlers of all events so far are done.
for (const sum of [5, 500]) await events.emitAsync("order.placed", { sum });
console.log("total", events.aggregationGetData(total).value);
console.log("recorded", (await events.recordingStop(recording)).count);

// Played again, the events say that they are a replay.
events.off("order.paid");
events.on("order.paid", ({ data, replay }) => console.log("again", data.sum, replay));
await events.replayStart(recording, { speed: 0, wait: true });

// The framework tells of itself in the same way.
events.once("model.completed", ({ category, severity }) => console.log(category, severity));
await llm.generate("Hello");
await events.emitAsync("done");

// expect: audit order.placed
// expect: billing 5
// expect: the first sale of the day
// expect: audit order.placed
// expect: billing 500
// expect: call the customer 500
// expect: total 505
// expect: recorded 2
// expect: again 5 true
// expect: again 500 true
// expect: model info

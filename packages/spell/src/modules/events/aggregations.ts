import { SpellError } from "@llmspell/errors";
import { sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import { toScript } from "../shapes.js";
import { busOf } from "./bus.js";

/** Figures of events as they come. */
export const aggregations = {
  aggregation_create: sync({
    doc: "Begins to count events: a figure of the field, e.g. data.ms, of those of a pattern, within a window of time or since now; the id.",
    params: {
      type: t.oneOf("count", "sum", "average", "rate", "min", "max"),
      config: t.optional(
        t.object(
          { pattern: t.optional(t.string), field: t.optional(t.string), window: t.optional(t.duration) },
          "AggregationConfig",
        ),
      ),
    },
    result: "string",
    example: `local id = events.aggregation_create("sum", { pattern = "order.*", field = "data.sum" })
events.emit("order.paid", { sum = 3 }) events.emit("order.paid", { sum = 4 })
return events.aggregation_get_data(id).value`,
    call(run, { type, config: { pattern, field, window } = {} }) {
      if (field === undefined && type !== "count" && type !== "rate")
        throw new SpellError("INVALID_ARGUMENT", `an aggregation of the type '${type}' needs a field`);
      return busOf(run).aggregate(type, {
        ...(pattern === undefined ? {} : { pattern }),
        ...(field === undefined ? {} : { field: field.replace(/^data(?=\.|$)/, "payload") }),
        ...(window === undefined ? {} : { windowMs: window }),
      });
    },
  }),
  aggregation_get_data: sync({
    doc: "What an aggregation has counted: `value` is the figure that it was made for, `rate` is per second; the same per step of its window.",
    params: { agg_id: t.string },
    result:
      "{type: string, value?: number, count: integer, sum: number, average?: number, min?: number, max?: number, rate: number, buckets: list<{start: number, count: integer, sum: number, average?: number, min?: number, max?: number}>}",
    example:
      'local id = events.aggregation_create("count")\nevents.emit("tick")\nreturn events.aggregation_get_data(id).count',
    call(run, { agg_id }) {
      const { type, aggregate } = busOf(run).aggregates.get(agg_id);
      const values = aggregate.values();
      return toScript({ type, value: values[type], ...values, buckets: aggregate.buckets() });
    },
  }),
};

import { SYSTEM_EVENT_TYPES } from "@llmspell/core";
import { defineModule } from "../../door/module.js";
import { aggregations } from "./aggregations.js";
import { handlers } from "./handlers.js";
import { history } from "./history.js";
import { recordings } from "./recordings.js";
import { PRIORITIES } from "./shapes.js";

const upper = (name: string): string => name.toUpperCase().replaceAll(".", "_");

export const eventsModule = defineModule({
  name: "events",
  doc: "Events of the run: emitting, hearing, filtering, recording, replaying and counting them.",
  aliases: ["event"],
  handles: ["EventFilter"],
  constants: Object.fromEntries([
    ...SYSTEM_EVENT_TYPES.map((type) => [`TYPE_${upper(type)}`, type]),
    ...Object.entries(PRIORITIES).map(([name, priority]) => [`PRIORITY_${upper(name)}`, priority]),
  ]),
  functions: { ...handlers, ...history, ...recordings, ...aggregations },
});

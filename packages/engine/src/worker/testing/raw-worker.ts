import { serveEngine } from "../index.js";
import { createRawEngine } from "./raw-engine.js";

serveEngine((data) => {
  if (data === "broken") throw new Error("the engine is broken");
  // So that a spell can tell something to a host that stands still.
  Object.assign(globalThis, { data });
  return createRawEngine();
});

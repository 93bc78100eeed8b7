import { serveEngine } from "../index.js";
import { createRawEngine } from "./raw-engine.js";

serveEngine((data) => {
  if (data === "broken") throw new Error("the engine is broken");
  return createRawEngine();
});

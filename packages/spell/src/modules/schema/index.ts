import { defineModule } from "../../door/module.js";
import { buildingFunctions } from "./building.js";
import { storedFunctions } from "./stored.js";
import { validationFunctions } from "./validation.js";

export const schemaModule = defineModule({
  name: "schema",
  doc: "JSON Schemas: checking, making, changing and keeping them.",
  aliases: ["schemas", "structured"],
  handles: ["Schema"],
  functions: { ...validationFunctions, ...buildingFunctions, ...storedFunctions },
});

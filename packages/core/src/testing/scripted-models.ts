import { createModels, type Models } from "../models/models.js";
import { createScriptedModel, type ScriptedModel, type ScriptedStep } from "../models/scripted.js";

/** Models whose default plays `steps`. */
export function scriptedModels(...steps: ScriptedStep[]): { models: Models; model: ScriptedModel } {
  const model = createScriptedModel(steps);
  const models = createModels({ config: { default: "script:one" } });
  models.register("script", { type: "custom", create: () => model, defaultModel: "one" });
  return { models, model };
}

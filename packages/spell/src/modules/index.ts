import { bindModules, type Library, type Module } from "../door/module.js";
import { agentModule } from "./agent.js";
import { dataModule } from "./data.js";
import { eventsModule } from "./events/index.js";
import { hooksModule } from "./hooks/index.js";
import { llmModule } from "./llm.js";
import { logModule } from "./log.js";
import { memoryModule } from "./memory/index.js";
import { OLDER_MODULES } from "./older.js";
import { outputModule } from "./output.js";
import { promiseModule } from "./promise.js";
import { providerModule } from "./provider.js";
import { schemaModule } from "./schema/index.js";
import { spellModule } from "./spell.js";
import { stateModule } from "./state/index.js";
import { cryptoModule, stringModule, timeModule } from "./standard.js";
import { toolsModule } from "./tools/index.js";
import { workflowModule } from "./workflow/index.js";

/** Every module of the script API. */
export const MODULES: readonly Module[] = [
  agentModule,
  cryptoModule,
  dataModule,
  eventsModule,
  hooksModule,
  llmModule,
  logModule,
  memoryModule,
  outputModule,
  promiseModule,
  providerModule,
  schemaModule,
  spellModule,
  stringModule,
  timeModule,
  stateModule,
  toolsModule,
  workflowModule,
];

let library: Library | undefined;

/** The modules bound once per process, so that every run shares one warm guest image. */
export function standardLibrary(): Library {
  library ??= bindModules([...MODULES, ...OLDER_MODULES], ["llmspell", "zigllms"]);
  return library;
}

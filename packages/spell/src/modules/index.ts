import { bindModules, type Library, type Module } from "../door/module.js";
import { agentModule } from "./agent/index.js";
import { authModule } from "./auth/index.js";
import { dataModule } from "./data.js";
import { debugModule } from "./debug.js";
import { errorsModule } from "./errors/index.js";
import { eventsModule } from "./events/index.js";
import { hooksModule } from "./hooks/index.js";
import { llmModule } from "./llm/index.js";
import { rootModule } from "./llmspell.js";
import { logModule } from "./log/index.js";
import { memoryModule } from "./memory/index.js";
import { metricsModule } from "./metrics.js";
import { modelinfoModule } from "./modelinfo.js";
import { OLDER_MODULES } from "./older.js";
import { outputModule } from "./output.js";
import { promiseModule } from "./promise.js";
import { providerModule } from "./provider/index.js";
import { safetyModule } from "./safety.js";
import { schemaModule } from "./schema/index.js";
import { spellModule } from "./spell/index.js";
import { stateModule } from "./state/index.js";
import { cryptoModule, stringModule, tableModule, timeModule } from "./standard.js";
import { testModule } from "./test/index.js";
import { toolsModule } from "./tools/index.js";
import { traceModule } from "./trace.js";
import { workflowModule } from "./workflow/index.js";

/** Every module of the script API. */
export const MODULES: readonly Module[] = [
  agentModule,
  authModule,
  cryptoModule,
  dataModule,
  debugModule,
  errorsModule,
  eventsModule,
  hooksModule,
  llmModule,
  rootModule(() => MODULES),
  logModule,
  memoryModule,
  metricsModule,
  modelinfoModule,
  outputModule,
  promiseModule,
  providerModule,
  safetyModule,
  schemaModule,
  spellModule,
  stringModule,
  tableModule,
  timeModule,
  stateModule,
  testModule,
  toolsModule,
  traceModule,
  workflowModule,
];

let library: Library | undefined;

/** The modules bound once per process, so that every run shares one warm guest image. */
export function standardLibrary(): Library {
  library ??= bindModules([...MODULES, ...OLDER_MODULES], ["llmspell", "zigllms"]);
  return library;
}

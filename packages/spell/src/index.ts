export type { AuditListener, AuditRecord } from "./door/audit.js";
export { CAPABILITIES, Grants, formatGrant, parseGrant, type Capability, type Grant } from "./door/capabilities.js";
export { Door } from "./door/door.js";
export { HandleTable } from "./door/handles.js";
export {
  awaitable,
  bindModules,
  defineModule,
  guestFunction,
  sync,
  type FunctionDeclaration,
  type Library,
  type Module,
} from "./door/module.js";
export { codeMode, toolsInside, type CodeModeLimits, type CodeModeOptions } from "./code-mode/code-mode.js";
export { editorFiles, generatedFiles } from "./declarations/files.js";
export { helpText } from "./declarations/help.js";
export { t, type Type } from "./door/types.js";
export { declaredGrants, parseManifest, type Manifest } from "./manifest/manifest.js";
export { resolveParams, type ParamDeclaration } from "./manifest/params.js";
export { headerManifest, readSpell, type SpellSource } from "./manifest/source.js";
export { MODULES, standardLibrary } from "./modules/index.js";
export { RunContext, type LogLevel, type LogListener, type SpellInfo } from "./run/context.js";
export { LIMIT_NAMES, parseLimit } from "./run/limits.js";
export { Account, type AccountOptions } from "./run/account.js";
export type { LazyEngine } from "./run/engines.js";
export { scriptSteps, type ScriptStepOptions } from "./run/script-steps.js";
export { NOTHING_USED, runSpell, type RunMetrics, type RunResult, type SpellRun } from "./run/run.js";

/** What engines that host a guest in WebAssembly share, whatever its language. */
export { cancelWith } from "../cancelling.js";
export { FuelGauge } from "./fuel.js";
export { givenFuel } from "./given-fuel.js";
export { HeldFunctions, type SavedFunctions } from "./held-functions.js";
export { FIRST_VALUE_ID, HostValues, type SavedHostValues } from "./host-values.js";
export { indexBindings } from "./indexed-bindings.js";
export { ImageGuest, type GuestServices } from "./image-guest.js";
export { ImageMaker } from "./image-maker.js";
export { ImageMemory, type WarmImage } from "./image-memory.js";
export { GuestKilled } from "./killed.js";
export { KnownErrors, type SavedErrors } from "./known-errors.js";
export { LimitKeeper, type KeeperOptions } from "./limit-keeper.js";
export { MODULE_ID, loadModule } from "./modules.js";
export { type Outcome, Operations, StartedCall, drop } from "./operations.js";
export { PooledEngine } from "./pooled-engine.js";
export { Samples, makeProfiler } from "./profiler.js";
export { Runner, type GuestParts, type Resume } from "./runner.js";
export {
  fields,
  isBoolean,
  isCount,
  isSavedErrors,
  isSavedFunctions,
  isSavedHostValues,
  isText,
  list,
  savedGuestReader,
  tuple,
  type SavedGuest,
} from "./saved-guest.js";
export { GuestSnapshot, SnapshotFormat } from "./snapshot-format.js";
export { Sources } from "./sources.js";
export { StuckWatch } from "./stuck-watch.js";
export { TaskTable } from "./task-table.js";
export { NO_WEAK_FUNCTIONS, WeakFunctions, isSavedWeakFunctions, type SavedWeakFunctions } from "./weak-functions.js";
export { Warnings } from "./warnings.js";

/** What engines that host a guest in WebAssembly share, whatever its language. */
export { Alarm } from "./alarm.js";
export { FuelGauge, type SavedFuel } from "./fuel.js";
export { FIRST_VALUE_ID, HostValues, type SavedHostValues } from "./host-values.js";
export { KnownErrors, type SavedErrors } from "./known-errors.js";
export { type Outcome, Operations, type SavedOperations, StartedCall, drop } from "./operations.js";
export { Sources } from "./sources.js";
export { StuckWatch } from "./stuck-watch.js";

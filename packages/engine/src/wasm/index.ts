export { DeltaBase, type MemoryDelta } from "./delta.js";
export { type Dispatch, type DispatchQuery, findDispatch, findDispatches } from "./dispatch.js";
export type { ImageExtent, MemoryRange } from "./extents.js";
export { type ImageOptions, type ImageParts, MemoryImage, captureImage } from "./image.js";
export { FUEL_EXPORT, type MeterOptions, meterModule } from "./meter.js";
export { type WasmModule, parseModule } from "./module.js";
export type { MemoryLimits } from "./sections.js";
export { dispatchHandlers } from "./handlers.js";

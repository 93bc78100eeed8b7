export { type Dispatch, type DispatchQuery, findDispatch, findDispatches } from "./dispatch.js";
export {
  type ImageExtent,
  type ImageOptions,
  type ImageParts,
  MemoryImage,
  type MemoryRange,
  captureImage,
} from "./image.js";
export { FUEL_EXPORT, type MeterOptions, meterModule } from "./meter.js";
export { type WasmModule, parseModule } from "./module.js";
export type { MemoryLimits } from "./sections.js";
export { dispatchHandlers } from "./handlers.js";

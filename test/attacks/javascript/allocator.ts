import assert from "node:assert/strict";
import { vi } from "vitest";
import type { Guest } from "@llmspell/engine";
import { JsInstance } from "../../../packages/engine-js/src/instance.js";
import { FOREVER, type FaultyAllocator } from "../kit/allocation.js";

/** Where a runtime keeps what is allocated and how much may be, in bytes (`JSMallocState`, quickjs.c). */
const [MALLOC_SIZE, MALLOC_LIMIT] = [24, 28];
/** Most of what scripts allocate is larger, so few allocations share a step. */
const STEP = 32;

/**
 * See `AllocationCases`. QuickJS takes small blocks from larger ones, and asks no
 * function for each: its own limit is lowered to what is in use and `granted` steps.
 */
export function failAllocations(guest: Guest, granted: number, refusals: number): FaultyAllocator {
  assert.equal(refusals, FOREVER, "QuickJS refuses all that is more than its limit");
  const spy = vi.spyOn(JsInstance.prototype, "sync");
  guest.getGlobal("x");
  const [instance] = spy.mock.contexts as JsInstance[];
  spy.mockRestore();
  assert.ok(instance, "the guest has an instance");

  const runtime = instance.ex.qjs_get_runtime_ptr();
  instance.sync();
  const used = instance.view.getUint32(runtime + MALLOC_SIZE, true);
  instance.view.setUint32(runtime + MALLOC_LIMIT, used + granted * STEP, true);
  // What a refusal by the memory limit does as well: the host takes note.
  instance.port?.mayGrow(Infinity);
  return { hasRefused: undefined };
}

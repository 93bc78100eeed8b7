import { ImageMemory, type GuestSnapshot } from "@llmspell/engine/guest-kit";
import type { LuaImage } from "./image.js";
import type { LuaInstance } from "./instance.js";
import type { SavedLuaGuest } from "./saved-guest.js";

const WASM_PAGE = 65_536;

/** The memory of instances of Lua. */
export class LuaMemory extends ImageMemory<LuaImage, LuaInstance, SavedLuaGuest> {
  leastBytes(snapshot: GuestSnapshot<SavedLuaGuest> | undefined): number {
    return (snapshot?.memory ?? this.image.memory).byteLength;
  }

  /** The end of the heap, or of the C stack. */
  protected dirtyEnd(instance: LuaInstance): number {
    instance.sync();
    return Math.max(instance.view.getUint32(this.image.heapEnd, true), instance.ex.stackSave());
  }

  protected enlarge(instance: LuaInstance, { memory }: GuestSnapshot<SavedLuaGuest>): boolean {
    const missing = memory.byteLength - instance.memoryBytes;
    if (missing <= 0) return true;
    try {
      instance.ex.memory.grow(Math.ceil(missing / WASM_PAGE));
    } catch {
      return false;
    }
    instance.refreshViews();
    return true;
  }
}

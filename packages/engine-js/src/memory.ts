import type { MemoryDelta } from "@llmspell/engine/wasm";
import { ImageMemory, type GuestSnapshot } from "@llmspell/engine/guest-kit";
import type { JsImage } from "./image.js";
import { WASM_PAGE, type JsInstance } from "./instance.js";
import type { SavedJsGuest } from "./saved-guest.js";

/** The memory of instances of QuickJS. */
export class JsMemory extends ImageMemory<JsImage, JsInstance, SavedJsGuest> {
  leastBytes(snapshot: GuestSnapshot<SavedJsGuest> | undefined): number {
    return (snapshot?.guest ?? this.image).pages * WASM_PAGE;
  }

  protected dirtyEnd(instance: JsInstance): number {
    return instance.memoryBytes;
  }

  override reset(instance: JsInstance, trapped = false): void {
    super.reset(instance, trapped);
    instance.pages = this.image.pages;
  }

  override capture(instance: JsInstance): MemoryDelta {
    const byteLength = Math.max(instance.memoryBytes, this.image.memory.byteLength);
    return { ...super.capture(instance), byteLength };
  }

  protected enlarge(instance: JsInstance, { guest, memory }: GuestSnapshot<SavedJsGuest>): boolean {
    if (!instance.hold(Math.max(guest.pages, Math.ceil(memory.byteLength / WASM_PAGE)))) return false;
    instance.pages = guest.pages;
    return true;
  }
}

import { GuestKilled } from "@llmspell/engine/guest-kit";
import type { JsPort } from "./instance.js";

/** Serves an instance that no guest has yet. */
export class Building implements JsPort {
  interrupt(): void {
    throw new GuestKilled("the guest library ran out of fuel");
  }
  isOver(): boolean {
    return false;
  }
  hostCall(_argc: number, _argv: number, _kind: number, _data: number, _self: number): number {
    throw new GuestKilled("the guest library called the host");
  }
  rejection(): void {
    throw new GuestKilled("the guest library rejected a promise");
  }
  /** The library's own modules call each other by their names. */
  resolveModule(_from: string, specifier: string): string {
    return specifier;
  }
  moduleSource(): undefined {}
  mayGrow(): boolean {
    return true;
  }
  now(): number {
    return 0;
  }
}

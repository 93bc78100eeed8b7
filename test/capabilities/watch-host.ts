import childProcess from "node:child_process";
import dns from "node:dns";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import os from "node:os";
import workers from "node:worker_threads";

/** What was used of the machine, e.g. `fs.readFile`. */
export interface HostUse extends Disposable {
  readonly uses: string[];
}

/** The functions of modules that reach files, the network, other processes or what the machine tells of itself. */
const WATCHED: readonly [name: string, module: object, functions: (name: string) => boolean][] = [
  ["fs", fs, (name) => /^[a-z]/.test(name) && name !== "promises" && name !== "constants"],
  ["fs.promises", fs.promises, (name) => name !== "constants"],
  ["child_process", childProcess, (name) => /^(spawn|exec|fork)/.test(name)],
  ["net", net, (name) => /^(connect|createConnection|createServer)$/.test(name)],
  ["net.Socket", net.Socket.prototype, (name) => name === "connect"],
  ["net.Server", net.Server.prototype, (name) => name === "listen"],
  ["dns", dns, (name) => /^(lookup|resolve)/.test(name)],
  ["dns.promises", dns.promises, (name) => /^(lookup|resolve)/.test(name)],
  ["os", os, (name) => /^[a-z]/.test(name) && typeof Reflect.get(os, name) === "function"],
  ["worker_threads", workers, (name) => name === "Worker"],
];

/** Writes down each use of the machine until it is disposed of: what it calls goes on as ever. */
export function watchHost(): HostUse {
  const uses: string[] = [];
  const undo: (() => void)[] = [];
  const watch = (label: string, owner: object, name: string): void => {
    const descriptor = Object.getOwnPropertyDescriptor(owner, name);
    const original: unknown = descriptor?.value;
    if (descriptor?.configurable !== true || typeof original !== "function") return;
    const watched = new Proxy(original, {
      apply(target, self, args) {
        uses.push(label);
        return Reflect.apply(target, self, args) as unknown;
      },
      construct(target, args, newTarget) {
        uses.push(label);
        return Reflect.construct(target, args, newTarget) as object;
      },
    });
    Object.defineProperty(owner, name, { ...descriptor, value: watched });
    undo.push(() => Object.defineProperty(owner, name, descriptor));
  };
  for (const [label, owner, wanted] of WATCHED)
    for (const name of Object.getOwnPropertyNames(owner)) if (wanted(name)) watch(`${label}.${name}`, owner, name);
  const { env } = process;
  const read = (name: string | symbol): void => void uses.push(`env.${String(name)}`);
  process.env = new Proxy(env, {
    get(target, name) {
      read(name);
      return Reflect.get(target, name) as unknown;
    },
    has(target, name) {
      read(name);
      return Reflect.has(target, name);
    },
    ownKeys(target) {
      read("*");
      return Reflect.ownKeys(target);
    },
  });
  syncBuiltinESMExports();
  return {
    uses,
    [Symbol.dispose]() {
      for (const each of undo) each();
      process.env = env;
      syncBuiltinESMExports();
    },
  };
}

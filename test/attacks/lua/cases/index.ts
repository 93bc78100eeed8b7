import type { AttackClass } from "../../kit/attack.js";
import { BYTECODE } from "./bytecode.js";
import { COLLECTOR } from "./collector.js";
import { COROUTINES } from "./coroutines.js";
import { DEPTH } from "./depth.js";
import { DOOR } from "./door.js";
import { EDGES } from "./edges.js";
import { ESCAPES } from "./escapes.js";
import { FORGERY } from "./forgery.js";
import { FULL } from "./full.js";
import { LIBRARY } from "./library.js";
import { LOOPS } from "./loops.js";
import { LUA_HISTORY } from "./lua-history.js";
import { MEMORY } from "./memory.js";
import { REDIS_HISTORY } from "./redis-history.js";
import { RESIDUE } from "./residue.js";
import { STRICT } from "./strict.js";

/** Every class of attack, in the order of the record. */
export const ATTACKS: readonly AttackClass[] = [
  ESCAPES,
  STRICT,
  BYTECODE,
  LOOPS,
  LIBRARY,
  EDGES,
  MEMORY,
  DEPTH,
  COLLECTOR,
  COROUTINES,
  DOOR,
  FORGERY,
  RESIDUE,
  FULL,
  REDIS_HISTORY,
  LUA_HISTORY,
];

import type { AttackClass } from "../../kit/attack.js";
import { BUFFERS } from "./buffers.js";
import { CROSSING } from "./crossing.js";
import { DEPTH } from "./depth.js";
import { DOOR } from "./door.js";
import { ESCAPES } from "./escapes.js";
import { EXPRESSIONS } from "./expressions.js";
import { FORGERY } from "./forgery.js";
import { FULL } from "./full.js";
import { INTEGERS } from "./integers.js";
import { JSON_CASES } from "./json.js";
import { LENGTHS } from "./lengths.js";
import { LOOPS } from "./loops.js";
import { MEMORY } from "./memory.js";
import { POLLUTION } from "./pollution.js";
import { PROMISES } from "./promises.js";
import { QUICKJS_HISTORY } from "./quickjs-history.js";
import { RESIDUE } from "./residue.js";
import { SANDBOX_HISTORY } from "./sandbox-history.js";
import { SOURCES } from "./source.js";
import { STACKS } from "./stacks.js";
import { STRICT } from "./strict.js";
import { WEB } from "./web.js";

/** Every class of attack, in the order of the record. */
export const ATTACKS: readonly AttackClass[] = [
  ESCAPES,
  STRICT,
  POLLUTION,
  STACKS,
  PROMISES,
  CROSSING,
  BUFFERS,
  LENGTHS,
  EXPRESSIONS,
  INTEGERS,
  JSON_CASES,
  LOOPS,
  MEMORY,
  DEPTH,
  SOURCES,
  DOOR,
  WEB,
  FORGERY,
  RESIDUE,
  FULL,
  QUICKJS_HISTORY,
  SANDBOX_HISTORY,
];

/**
 * The conformance kit: what every engine must keep, in programs that each engine
 * writes in its own language. It needs no test framework.
 *
 * @example
 * for (const c of conformanceCases({ create: createLuaEngine, programs })) {
 *   it(`${c.group}: ${c.name}`, c.run);
 * }
 */
import { callbackCases, moduleCases } from "./bindings.js";
import { debuggingCases } from "./debugging.js";
import { errorCases } from "./errors.js";
import { featureCases } from "./features.js";
import { determinismCases, residueCases } from "./isolation.js";
import type { ConformanceCase, ConformanceKit } from "./kit.js";
import { lifecycleCases } from "./lifecycle.js";
import { limitCases } from "./limits.js";
import { snapshotCases } from "./snapshots.js";
import { cancellationCases, suspensionCases } from "./suspension.js";
import { tenantCases } from "./tenants.js";
import { valueCases } from "./values.js";
import { weakCases } from "./weak.js";

export { PROMISE_BINDINGS, TEST_BINDINGS, TestHost } from "./host.js";
export type { ConformanceCase, ConformanceGroup, ConformanceKit } from "./kit.js";
export type { Programs } from "./programs.js";

/** Every case, for one engine. */
export function conformanceCases(kit: ConformanceKit): ConformanceCase[] {
  return [
    valueCases,
    errorCases,
    limitCases,
    lifecycleCases,
    suspensionCases,
    cancellationCases,
    snapshotCases,
    residueCases,
    moduleCases,
    callbackCases,
    determinismCases,
    featureCases,
    weakCases,
    tenantCases,
    debuggingCases,
  ].flatMap((cases) => cases(kit));
}

export { ERROR_CODES, isErrorCode, type ErrorCategory, type ErrorCode, type Recovery } from "./codes.js";
export { SpellError, isSpellError, toSpellError, type ErrorDetails } from "./error.js";
export { familyOf, isRetryable, recoveryOf, severityOf, type ErrorFamily } from "./recovery.js";
export { onAbort } from "./on-abort.js";

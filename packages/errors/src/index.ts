export { ERROR_CODES, isErrorCode, type ErrorCategory, type ErrorCode } from "./codes.js";
export { SpellError, isSpellError, toSpellError, type ErrorDetails } from "./error.js";

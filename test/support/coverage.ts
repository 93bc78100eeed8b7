/** What V8 counts in the tests, and in the processes of the command line that they start. */
import v8 from "@vitest/coverage-v8";

// Each test file loads this, and only the main process needs the provider.
export default { ...v8, getProvider: async () => new (await import("./coverage-provider.js")).Provider() };

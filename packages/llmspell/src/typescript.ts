import { MODULES, editorFiles, standardLibrary } from "@llmspell/spell";

export const TYPES_FILE = "llmspell.d.ts";

/** The declarations of the script API, by the name of their file. */
export const scriptTypes = (): ReturnType<typeof editorFiles> => editorFiles(MODULES, standardLibrary().bindings.roots);

/**
 * How TypeScript reads a spell: the language that the engine runs, and nothing
 * of Node or of a browser.
 *
 * @param isStrict false for JavaScript, whose parameters have no types.
 */
export function compilerOptions(isStrict: boolean): Record<string, unknown> {
  return {
    target: "ES2024",
    lib: ["ES2024", "ESNext.Disposable", "ESNext.Collection", "ESNext.Iterator"],
    types: [],
    module: "ESNext",
    moduleResolution: "Bundler",
    moduleDetection: "force",
    allowImportingTsExtensions: true,
    erasableSyntaxOnly: true,
    allowJs: true,
    checkJs: !isStrict,
    strict: isStrict,
    skipLibCheck: true,
    noEmit: true,
  };
}

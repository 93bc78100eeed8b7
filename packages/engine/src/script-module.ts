/** The source of a module that a script asked for. */
export interface ScriptModule {
  /**
   * The one name of the module, whatever it was asked for by, e.g.
   * `lib/util.lua`: what it is cached under and what errors call its file. Must
   * not be a host path.
   */
  readonly name: string;
  /** Source text, never precompiled code. */
  readonly source: string;
}

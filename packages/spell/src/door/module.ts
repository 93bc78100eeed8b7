import {
  snakeCase,
  type Bindings,
  type FunctionBinding,
  type HandleBinding,
  type ModuleBinding,
  type ScriptValue,
} from "@llmspell/engine";
import { defined } from "@llmspell/core";
import { SpellError } from "@llmspell/errors";
import type { RunContext } from "../run/context.js";
import type { Capability } from "./capabilities.js";
import type { Type } from "./types.js";

type Params = Readonly<Record<string, Type<unknown>>>;
type Arguments<P extends Params> = { [K in keyof P]: P[K] extends Type<infer T> ? T : never };
type Answer = ScriptValue | undefined;

/**
 * The scope of a power that every call needs: this one, or what the parameter says. The door asks for these
 * before it looks at the arguments. In words it is one that the function finds out, and then asks for itself.
 */
export type Need = string | { readonly exactly: string } | { readonly param: string };
type Needs = Readonly<Partial<Record<Capability, Need>>>;

/** Powers that a function asks for when it needs them, each with its scope in words; `tools` for those that a tool asks for. */
type PossibleNeeds = Readonly<Partial<Record<Capability | "tools", string>>>;

/**
 * One function of the script API, declared once. Bindings, documentation and
 * checks of every engine come from it.
 */
export interface FunctionDeclaration {
  readonly doc: string;
  readonly params: Params;
  /** Notation of the result, e.g. `Agent` or `list<string>`. */
  readonly result: string;
  /** The result without an optional parameter, where that is another one. */
  readonly without?: { readonly param: string; readonly result: string };
  readonly awaitable: boolean;
  /** The powers that every call needs. */
  readonly needs?: Needs;
  /** The powers that some calls need, by their arguments. */
  readonly mayNeed?: PossibleNeeds;
  /**
   * What the result of a function without effects depends on: its arguments alone, or also the state
   * of the run. Absent for a function that may change something.
   */
  readonly depends?: "arguments" | "run";
  /** Runnable Lua that shows it. */
  readonly example?: string;
  /**
   * Older names: in this module, or `module.name` in another one. One that took its parameters in
   * another order says it: `structured.validation_validate(schema, data)`.
   */
  readonly aliases: readonly string[];
  /** Of a function without `call`: the guest libraries of all engines have it, not only of those whose language lacks it. */
  readonly everywhere?: true;
  /** Absent for a function of the engine's guest library. */
  readonly call?: (run: RunContext, args: Record<string, unknown>, signal: AbortSignal) => Answer | Promise<Answer>;
}

interface Common<P extends Params> {
  readonly doc: string;
  readonly params?: P;
  readonly result?: string;
  readonly without?: { readonly param: string; readonly result: string };
  readonly needs?: Needs;
  readonly mayNeed?: PossibleNeeds;
  readonly depends?: "arguments" | "run";
  readonly example?: string;
  readonly aliases?: readonly string[];
}

function declare(spec: Common<Params>, awaitable: boolean, call: FunctionDeclaration["call"]): FunctionDeclaration {
  const { doc, params = {}, result = "nil", aliases = [], without, needs, mayNeed, depends, example } = spec;
  return {
    doc,
    params,
    result,
    awaitable,
    aliases,
    ...defined({ without, needs, mayNeed, depends, example }),
    ...(call === undefined ? {} : { call }),
  };
}

/** A function that answers at once. */
export function sync<const P extends Params>(
  spec: Common<P> & { call(run: RunContext, args: Arguments<P>): Answer },
): FunctionDeclaration {
  return declare(spec, false, (run, args) => spec.call(run, args as Arguments<P>));
}

/** A function that may wait; `signal` is aborted when nobody waits for the answer any more. */
export function awaitable<const P extends Params>(
  spec: Common<P> & { call(run: RunContext, args: Arguments<P>, signal: AbortSignal): Promise<Answer> },
): FunctionDeclaration {
  return declare(spec, true, (run, args, signal) => spec.call(run, args as Arguments<P>, signal));
}

/** A function that each engine's guest library brings along: the shape is the language's own. */
export function guestFunction(spec: Common<Params> & { awaitable?: boolean; everywhere?: true }): FunctionDeclaration {
  const declared = declare(spec, spec.awaitable ?? false, undefined);
  return spec.everywhere === undefined ? declared : { ...declared, everywhere: spec.everywhere };
}

/** One module of the script API. */
export interface Module {
  readonly name: string;
  readonly doc: string;
  readonly aliases: readonly string[];
  readonly functions: Readonly<Record<string, FunctionDeclaration>>;
  /** Kinds of handles whose methods are the functions that take one as first parameter. */
  readonly handles: readonly string[];
  /** Methods of handles that are no module functions, by kind. */
  readonly methods: Readonly<Record<string, Readonly<Record<string, FunctionDeclaration>>>>;
  /** Fields of handles, by kind: functions whose only parameter is the handle. */
  readonly properties: Readonly<Record<string, Readonly<Record<string, FunctionDeclaration>>>>;
  /** Values that a script can read and not change, e.g. `TYPE_TEXT`. */
  readonly constants: Readonly<Record<string, string | number | boolean>>;
  /** Global names for functions of this module; "" stands for the module itself. */
  readonly globals: Readonly<Record<string, string>>;
}

type ModuleSpec = Pick<Module, "name" | "doc" | "functions"> & Partial<Omit<Module, "name" | "doc" | "functions">>;

/**
 * Declares a module.
 *
 * @throws SpellError `INTERNAL` for a declaration that cannot work, so that it fails when the program starts.
 */
export function defineModule(spec: ModuleSpec): Module {
  const module: Module = {
    aliases: [],
    handles: [],
    methods: {},
    properties: {},
    constants: {},
    globals: {},
    ...spec,
  };
  for (const [name, declaration] of declarations(module)) {
    if (!/^[a-z][a-z0-9_]*$/.test(name))
      throw new SpellError("INTERNAL", `'${module.name}.${name}' is not in snake_case`);
    if (declaration.doc === "") throw new SpellError("INTERNAL", `'${module.name}.${name}' has no documentation`);
  }
  return Object.freeze(module);
}

function declarations(module: Module): [string, FunctionDeclaration][] {
  const groups = [module.functions, ...Object.values(module.methods), ...Object.values(module.properties)];
  return groups.flatMap((group) => Object.entries(group));
}

/** A function as the door calls it. */
export interface DoorFunction {
  /** Full name, e.g. `agent.run`. */
  readonly name: string;
  readonly awaitable: boolean;
  readonly depends: FunctionDeclaration["depends"];
  /** Those that the door asks for; undefined for a scope that the arguments do not tell. */
  readonly powers: readonly {
    readonly capability: Capability;
    scopeIn(args: readonly ScriptValue[]): string | undefined;
  }[];
  readonly params: readonly {
    readonly label: string;
    readonly name: string;
    readonly type: Type<unknown>;
    readonly leading: boolean;
  }[];
  readonly call: NonNullable<FunctionDeclaration["call"]>;
}

function doorFunction(
  name: string,
  {
    awaitable: waits,
    depends,
    needs,
    params,
    without,
    call,
  }: FunctionDeclaration & Required<Pick<FunctionDeclaration, "call">>,
): DoorFunction {
  const list = Object.entries(params);
  return {
    name,
    awaitable: waits,
    depends,
    powers: powersOf(name, Object.keys(params), needs),
    call,
    params: list.map(([param, type], i) => ({
      label: `${name}: ${param}`,
      name: param,
      type,
      leading:
        type.optional === true &&
        (without?.param === param || list.slice(i + 1).some(([, later]) => later.optional !== true)),
    })),
  };
}

function powersOf(name: string, params: readonly string[], needs: Needs = {}): DoorFunction["powers"] {
  return (Object.entries(needs) as [Capability, Need][]).flatMap(([capability, need]) => {
    if (typeof need === "string") return [];
    if ("exactly" in need) return [{ capability, scopeIn: () => need.exactly }];
    const index = params.indexOf(need.param);
    if (index < 0) throw new SpellError("INTERNAL", `'${name}' has no parameter '${need.param}'`);
    const scopeIn = ({ [index]: given }: readonly ScriptValue[]): string | undefined =>
      typeof given === "string" ? given : undefined;
    return [{ capability, scopeIn }];
  });
}

/** Every function by its id, and the bindings that name them. */
export interface Library {
  readonly bindings: Bindings;
  /** `functions[id - 1]` */
  readonly functions: readonly DoorFunction[];
  /** The function of a name such as `agent.run`, `agent.listTools` or an older one. */
  find(name: string): DoorFunction | undefined;
}

/** What an alias of a declaration says. */
interface OlderName {
  /** The module that it is found in, when that is another one. */
  readonly owner: string | undefined;
  readonly name: string;
  /** The parameters in its own order. */
  readonly order: readonly string[] | undefined;
}

function olderName(alias: string): OlderName {
  const [, path = "", order] = /^([\w.]+)(?:\((.*)\))?$/.exec(alias) ?? [];
  const dot = path.indexOf(".");
  return {
    owner: dot < 0 ? undefined : path.slice(0, dot),
    name: path.slice(dot + 1),
    order: order?.split(",").map((param) => param.trim()),
  };
}

/** `params` in the order of an older name, which may leave out the last ones. */
function reordered(params: Params, order: readonly string[], name: string): Params {
  const unknown = order.find((param) => !Object.hasOwn(params, param));
  if (unknown !== undefined) throw new SpellError("INTERNAL", `'${name}' has no parameter '${unknown}'`);
  return Object.fromEntries(order.map((param) => [param, params[param] as Type<unknown>]));
}

/** Whether a function may be given for a parameter as it is, not inside of something. */
const takesFunction = ({ notation }: Type<unknown>): boolean => notation.split(" or ").includes("function");

/** Numbers the functions of some modules and turns them into bindings for engines. */
export function bindModules(modules: readonly Module[], roots: readonly string[]): Library {
  const functions: DoorFunction[] = [];
  const bindingOf = new Map<FunctionDeclaration, FunctionBinding>();
  /** Older names in the modules that they are found in, where they are no mere aliases. */
  const further = new Map<string, FunctionBinding[]>();
  const nameOf = new Map(modules.flatMap(({ name, aliases }) => [name, ...aliases].map((each) => [each, name])));
  const add = (owner: string, binding: FunctionBinding): void => {
    const name = nameOf.get(owner) ?? owner;
    further.set(name, [...(further.get(name) ?? []), binding]);
  };
  const bind = (owner: string, name: string, declaration: FunctionDeclaration): FunctionBinding => {
    const { call, awaitable: waits } = declaration;
    const full = `${owner}.${name}`;
    const enter = (params: Params): { id?: number } =>
      call === undefined ? {} : { id: functions.push(doorFunction(full, { ...declaration, params, call })) };
    const id = enter(declaration.params);
    const older = declaration.aliases.map(olderName);
    const count = Object.values(declaration.params).filter(takesFunction).length;
    const taken = count === 0 ? {} : { functions: count };
    const aliases = older.flatMap((each) => ((each.owner ?? each.order) === undefined ? [each.name] : []));
    const binding = { name, aliases, awaitable: waits, ...taken, ...id };
    for (const each of older) {
      if ((each.owner ?? each.order) === undefined) continue;
      const own = each.order === undefined ? id : enter(reordered(declaration.params, each.order, full));
      add(each.owner ?? owner, { name: each.name, aliases: [], awaitable: waits, ...taken, ...own });
    }
    bindingOf.set(declaration, binding);
    return binding;
  };

  const bound: ModuleBinding[] = modules.map(({ name, aliases, constants, functions: group }) => ({
    name,
    aliases,
    ...(Object.keys(constants).length === 0 ? {} : { constants }),
    functions: Object.entries(group).map(([key, declaration]) => bind(name, key, declaration)),
  }));
  const handles: HandleBinding[] = modules.flatMap((module) => handleBindings(module, bindingOf, bind));
  const globals = Object.fromEntries(
    modules.flatMap(({ name, globals: names }) =>
      Object.entries(names).map(([global, fn]) => [global, fn === "" ? name : `${name}.${fn}`]),
    ),
  );
  const complete = bound.map((module) => ({
    ...module,
    functions: [...module.functions, ...(further.get(module.name) ?? [])],
  }));
  const bindings = { modules: complete, handles, globals, roots };
  let ids: ReadonlyMap<string, number> | undefined;
  return {
    bindings,
    functions,
    find(name) {
      ids ??= idsByName(bindings.modules);
      const id = ids.get(name) ?? ids.get(snakeCase(name));
      return id === undefined ? undefined : functions[id - 1];
    },
  };
}

function idsByName(modules: readonly ModuleBinding[]): Map<string, number> {
  return new Map(
    modules.flatMap(({ name: module, aliases: others, functions }) =>
      functions.flatMap(({ name, aliases, id }) =>
        id === undefined
          ? []
          : [module, ...others].flatMap((owner) => [name, ...aliases].map((each) => [`${owner}.${each}`, id] as const)),
      ),
    ),
  );
}

/** The kinds of handles that a module makes or has methods for. */
export const kindsIn = ({ handles, methods, properties }: Module): string[] => [
  ...new Set([...handles, ...Object.keys(methods), ...Object.keys(properties)]),
];

/** Whether a function of the module is a method of a kind, too. */
export const isMethodOf = ({ handles }: Module, kind: string, { params }: FunctionDeclaration): boolean =>
  handles.includes(kind) && Object.values(params)[0]?.kind === kind;

function handleBindings(
  module: Module,
  bindingOf: ReadonlyMap<FunctionDeclaration, FunctionBinding>,
  bind: (owner: string, name: string, declaration: FunctionDeclaration) => FunctionBinding,
): HandleBinding[] {
  const { functions, methods, properties } = module;
  const bindGroup = (kind: string, group: Readonly<Record<string, FunctionDeclaration>> = {}): FunctionBinding[] =>
    Object.entries(group).map(([name, declaration]) => bind(kind, name, declaration));
  return kindsIn(module).map((kind) => {
    const fromFunctions = Object.values(functions).flatMap((declaration) => {
      const binding = bindingOf.get(declaration);
      return binding !== undefined && isMethodOf(module, kind, declaration) ? [binding] : [];
    });
    const own = bindGroup(kind, methods[kind]);
    const fields = bindGroup(kind, properties[kind]);
    return {
      kind,
      methods: [...fromFunctions, ...own],
      ...(fields.length === 0 ? {} : { properties: fields }),
    };
  });
}

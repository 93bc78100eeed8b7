/** Address of a `JSValue` on the guest's heap, which its owner frees. */
export type Value = number;

/**
 * The exports of QuickJS's module that the engine uses; fixed by its hash.
 * The runtime and the context are static data of the module.
 */
export interface QuickJsExports {
  readonly memory: WebAssembly.Memory;
  readonly $fuel: WebAssembly.Global<"i32">;
  readonly __stack_pointer: WebAssembly.Global<"i32">;
  _initialize(): void;
  malloc(size: number): number;
  free(pointer: number): void;
  qjs_init(): number;
  qjs_set_interrupt_handler(on: number): void;
  qjs_set_promise_rejection_handler(on: number): void;
  /** From then on modules are asked for from the host. */
  qjs_set_module_loader(on: number): void;
  qjs_set_max_stack_size(bytes: number): void;
  qjs_run_gc(): void;
  qjs_get_runtime_ptr(): number;
  qjs_get_context_ptr(): number;
  /** @param flags {@link EvalFlag} */
  qjs_eval(code: number, length: number, name: number, flags: number): Value;
  /** @param argv an array of addresses of values */
  qjs_call(fn: Value, self: Value, argc: number, argv: number): Value;
  qjs_new_host_function(name: number, length: number, argc: number): Value;
  qjs_new_string(text: number, length: number): Value;
  qjs_new_number(value: number): Value;
  qjs_new_uint8_array(bytes: number, length: number): Value;
  qjs_new_error(): Value;
  /** UTF-8 of a value as text; its length goes to `length`. 0 when that failed. */
  qjs_get_string_len(value: Value, length: number): number;
  qjs_free_cstring(text: number): void;
  /** Where the bytes of a typed array are: its buffer, offset and size go to the addresses given. */
  qjs_get_typed_array_buffer(value: Value, offset: number, length: number, elementSize: number): Value;
  qjs_get_array_buffer(value: Value, length: number): number;
  qjs_get_prop_string(object: Value, name: number): Value;
  qjs_is_promise(value: Value): number;
  /** 0 pending, 1 fulfilled, 2 rejected. */
  qjs_promise_state(promise: Value): number;
  qjs_promise_result(promise: Value): Value;
  qjs_promise_mark_as_handled(promise: Value): void;
  /** Identifies the object that a value refers to. */
  qjs_get_value_ptr(value: Value): number;
  qjs_get_exception(): Value;
  qjs_throw(error: Value): Value;
  qjs_free_value(value: Value): void;
  qjs_is_job_pending(): number;
  qjs_execute_pending_job(): number;
  JS_SetUncatchableError(context: number, error: bigint): void;
  JS_FreeValue(context: number, value: bigint): void;
  /** @param fn index in the function table. @param data an array of values, which the function keeps copies of */
  JS_NewCFunctionData2(
    context: number,
    fn: number,
    name: number,
    length: number,
    magic: number,
    dataLength: number,
    data: number,
  ): bigint;
  /** Reads a value in QuickJS's own format. @param flags 0: no code. @returns the value, or an exception */
  JS_ReadObject(context: number, bytes: number, length: number, flags: number): bigint;
}

/** What of the module's own exports stays: it has some five hundred, and each costs time in every instance. */
export const USED_EXPORTS: ReadonlySet<string> = new Set<keyof QuickJsExports>([
  "memory",
  "__stack_pointer",
  "_initialize",
  "malloc",
  "free",
  "qjs_init",
  "qjs_set_interrupt_handler",
  "qjs_set_promise_rejection_handler",
  "qjs_set_module_loader",
  "qjs_set_max_stack_size",
  "qjs_run_gc",
  "qjs_get_runtime_ptr",
  "qjs_get_context_ptr",
  "qjs_eval",
  "qjs_call",
  "qjs_new_host_function",
  "qjs_new_string",
  "qjs_new_number",
  "qjs_new_uint8_array",
  "qjs_new_error",
  "qjs_get_string_len",
  "qjs_free_cstring",
  "qjs_get_typed_array_buffer",
  "qjs_get_array_buffer",
  "qjs_get_prop_string",
  "qjs_is_promise",
  "qjs_promise_state",
  "qjs_promise_result",
  "qjs_promise_mark_as_handled",
  "qjs_get_value_ptr",
  "qjs_get_exception",
  "qjs_throw",
  "qjs_free_value",
  "qjs_is_job_pending",
  "qjs_execute_pending_job",
  "JS_SetUncatchableError",
  "JS_FreeValue",
  "JS_NewCFunctionData2",
  "JS_ReadObject",
]);

/** Flags of `qjs_eval` (JS_EVAL_* in quickjs.h). */
export const EvalFlag = { module: 1, strict: 8, compileOnly: 32 } as const;

export const PromiseState = { pending: 0, fulfilled: 1, rejected: 2 } as const;

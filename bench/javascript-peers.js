// Other sandboxes for JavaScript, each in its own way, with one face.
import { createRequire } from "node:module";
import { newQuickJSWASMModuleFromVariant, shouldInterruptAfterDeadline } from "quickjs-emscripten-core";
import variant from "@jitl/quickjs-wasmfile-release-sync";

/** @returns what `openOurs` of `javascript.js` gives */
export async function openQuickJsEmscripten(host) {
  const QuickJS = await newQuickJSWASMModuleFromVariant(variant);
  const evaluate = (vm, source) => vm.unwrapResult(vm.evalCode(source)).consume((handle) => vm.dump(handle));
  return {
    name: "quickjs-emscripten",
    fresh(source) {
      const vm = QuickJS.newContext();
      try {
        return evaluate(vm, source);
      } finally {
        vm.dispose();
      }
    },
    open() {
      const vm = QuickJS.newContext();
      ["add", "take", "give"].forEach((name, i) => {
        const fn = vm.newFunction(name, (...args) =>
          toGuest(
            vm,
            host.call(
              i + 1,
              args.map((arg) => vm.dump(arg)),
            ),
          ),
        );
        vm.setProp(vm.global, name, fn);
        fn.dispose();
      });
      return { run: (body) => evaluate(vm, `(() => { ${body} })()`), close: () => vm.dispose() };
    },
    /** Runs a source with 1 s and so many bytes. */
    probe(source, ms, bytes) {
      const vm = QuickJS.newContext();
      vm.runtime.setMemoryLimit(bytes);
      vm.runtime.setInterruptHandler(shouldInterruptAfterDeadline(Date.now() + ms));
      const { error } = vm.evalCode(`(() => { ${source} })()`);
      return error === undefined ? "ran to its end" : String(vm.dump(error).message ?? vm.dump(error));
    },
    close() {},
  };
}

function toGuest(vm, value) {
  if (value === null) return vm.null;
  if (typeof value === "number") return vm.newNumber(value);
  if (typeof value === "string") return vm.newString(value);
  if (typeof value === "boolean") return value ? vm.true : vm.false;
  const object = Array.isArray(value) ? vm.newArray() : vm.newObject();
  for (const [key, field] of Object.entries(value)) {
    const handle = toGuest(vm, field);
    vm.setProp(object, key, handle);
    if (typeof field === "object" && field !== null) handle.dispose();
  }
  return object;
}

/**
 * `isolated-vm` is no dependency: it has to be compiled when it is installed, or is
 * downloaded. `ISOLATED_VM=/path/to/node_modules/isolated-vm npm run bench` takes it
 * along.
 */
export function openIsolatedVm(host) {
  const path = process.env["ISOLATED_VM"];
  if (path === undefined) return undefined;
  const ivm = createRequire(import.meta.url)(path);
  const fresh = (source) => {
    const isolate = new ivm.Isolate({ memoryLimit: 64 });
    try {
      return isolate.createContextSync().evalSync(source);
    } finally {
      isolate.dispose();
    }
  };
  return {
    name: "isolated-vm",
    fresh,
    open() {
      const isolate = new ivm.Isolate({ memoryLimit: 1024 });
      const context = isolate.createContextSync();
      const callbacks = [1, 2, 3].map((id) => new ivm.Reference((...args) => host.call(id, args)));
      const options = "{ arguments: { copy: true }, result: { copy: true } }";
      const functions = ["add", "take", "give"].map(
        (name, i) => `${name} = (...args) => $${i}.applySync(undefined, args, ${options})`,
      );
      return {
        run: (body) => context.evalClosureSync(`const ${functions.join(", ")}; ${body}`, callbacks),
        close: () => isolate.dispose(),
      };
    },
    probe(source, ms, bytes) {
      const isolate = new ivm.Isolate({ memoryLimit: bytes / 1024 ** 2 });
      try {
        isolate.createContextSync().evalSync(`(() => { ${source} })()`, { timeout: ms });
        return "ran to its end";
      } catch (error) {
        return String(error.message);
      }
    },
    close() {},
  };
}

import { defineTool, type CapabilityRequest, type Tool } from "../tool.js";
import { maskedEnvironment } from "./environment.js";
import { readProcesses } from "./processes.js";

/** Settings of {@link createSystemTool}. */
export interface SystemToolOptions {
  /** The environment that is told; that of this process by default. */
  env?: Readonly<Record<string, string | undefined>>;
  /** The folder whose file system `disk` describes; `/` by default. */
  root?: string;
}

const OPERATIONS = ["os", "cpu", "memory", "disk", "network", "uptime", "load", "environment", "processes"] as const;

/**
 * The built-in tool `system_info`. Sizes are bytes, times are seconds.
 *
 * `os` `{platform, release, version, arch, hostname}`; `cpu` `{count, model, mhz}`; `memory`
 * `{total, free, available?, process}`; `disk` `{total, free, available}`; `network` `{interfaces:
 * [{name, address, family, internal}]}`; `uptime` `{system, process}`; `load` `{average: [1, 5, 15 minutes]}`;
 * `environment` `{names}`, with `name` `{name, value}` (a secret as `[secret]`, null when it is not set);
 * `processes` `{processes: [{pid, parent, name, state, memory}]}` (Linux).
 *
 * Powers: `system` with the operation as scope; `env` with the name for the value of a variable.
 */
export function createSystemTool({ env = process.env, root = "/" }: SystemToolOptions = {}): Tool {
  return defineTool({
    name: "system_info",
    description: `Tells about the machine: ${OPERATIONS.join(", ")}. 'environment' with a 'name' gives the value of one variable`,
    version: "1.0.0",
    category: "system",
    tags: ["system"],
    permissions: ["system", "env"],
    parameters: {
      type: "object",
      properties: {
        operation: { enum: OPERATIONS, description: "What to tell" },
        name: { type: "string", minLength: 1, maxLength: 256, description: "For environment: one variable" },
        limit: { type: "integer", minimum: 1, maximum: 10_000, description: "For processes: how many; 100 by default" },
      },
      required: ["operation"],
      additionalProperties: false,
    },
    output: { type: "object" },
    examples: [{ args: { operation: "memory" } }, { args: { operation: "environment", name: "LANG" } }],
    capabilities: (args) => powers(args as unknown as SystemArgs),
    async execute(given) {
      const { operation, name, limit = 100 } = given as unknown as SystemArgs;
      if (operation === "environment") return maskedEnvironment(env, name);
      if (operation === "processes") return { processes: await readProcesses(limit) };
      return await FACTS[operation](root);
    },
  });
}

interface SystemArgs {
  operation: (typeof OPERATIONS)[number];
  name?: string;
  limit?: number;
}

function powers({ operation, name }: SystemArgs): CapabilityRequest[] {
  return operation === "environment" && name !== undefined
    ? [{ capability: "env", scope: name }]
    : [{ capability: "system", scope: operation }];
}

type Fact = Exclude<SystemArgs["operation"], "environment" | "processes">;

const FACTS: Readonly<Record<Fact, (root: string) => Promise<Record<string, unknown>>>> = {
  async os() {
    const os = await import("node:os");
    return {
      platform: os.platform(),
      release: os.release(),
      version: os.version(),
      arch: os.arch(),
      hostname: os.hostname(),
    };
  },
  async cpu() {
    const [first, ...others] = (await import("node:os")).cpus();
    return { count: first === undefined ? 0 : others.length + 1, model: first?.model ?? "", mhz: first?.speed ?? 0 };
  },
  async memory() {
    const os = await import("node:os");
    return {
      total: os.totalmem(),
      free: os.freemem(),
      // Of the limits of a container, where there are any.
      available: process.availableMemory(),
      process: process.memoryUsage.rss(),
    };
  },
  async disk(root) {
    const { statfs } = await import("node:fs/promises");
    const { bsize, blocks, bfree, bavail } = await statfs(root);
    return { total: blocks * bsize, free: bfree * bsize, available: bavail * bsize };
  },
  async network() {
    const { networkInterfaces } = await import("node:os");
    const interfaces = Object.entries(networkInterfaces()).flatMap(([name, entries = []]) =>
      entries.map(({ address, family, internal }) => ({ name, address, family, internal })),
    );
    return { interfaces };
  },
  async uptime() {
    return { system: (await import("node:os")).uptime(), process: process.uptime() };
  },
  async load() {
    return { average: (await import("node:os")).loadavg() };
  },
};

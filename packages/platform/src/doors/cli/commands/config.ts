import { type ConfigKey, loadConfig, secretKeys } from "#base/config/config.js";
import { configUsage, parseConfigFlags } from "../config-flags.js";
import type { LocalCommand } from "../run.js";

export const config: LocalCommand = {
  doc: "Print every configuration key with its value and origin.",
  usage: `paydown config [--json]\n\n${configUsage}`,
  async run(cli, argv) {
    const { flags, rest } = parseConfigFlags(argv, "config", { json: { type: "boolean" } });
    const loaded = loadConfig({ flags, environment: cli.io.environment, cwd: cli.io.cwd });
    const rows = (Object.keys(loaded.values) as ConfigKey[]).map((key) => ({
      key,
      value: secretKeys.includes(key) ? withoutSecret(loaded.values[key]) : withoutPassword(loaded.values[key]),
      origin: loaded.origins[key],
    }));
    if (rest.json === true) cli.io.out(`${JSON.stringify(rows, null, 2)}\n`);
    else for (const row of rows) cli.io.out(`${row.key.padEnd(16)}${JSON.stringify(row.value)}  (${row.origin})\n`);
    return 0;
  },
};

function withoutPassword(value: unknown): unknown {
  return typeof value === "string" ? value.replace(/(:\/\/[^:/@]+):[^@/]+@/, "$1:***@") : value;
}

function withoutSecret(value: unknown): string {
  return value === "" ? "" : "***";
}

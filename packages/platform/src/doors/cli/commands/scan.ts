import { basename, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ingestScan } from "@paydown/api/scans";
import { connect } from "../connect.js";
import { errors } from "../errors.js";
import type { Cli, LocalCommand } from "../run.js";

/** The scanner's own command line, as `npx @paydown/scan` has it; with `--send` the report goes into the ledger of a project. */
export const scan: LocalCommand = {
  doc: "Find debt in a repository, without running any of its code.",
  usage:
    "paydown scan PATH [--format text|json|sarif]\npaydown scan PATH --send [--project NAME] [--repository NAME] [--url URL | --data DIR]",
  async run(cli, argv) {
    if (argv.includes("--send")) return send(cli, argv);
    const { runScanCommand } = await import("@paydown/scan");
    return runScanCommand([...argv], {
      out: cli.io.out,
      err: cli.io.err,
      columns: cli.io.columns,
      isTerminal: cli.io.terminal,
      signal: cli.io.signal,
    });
  },
};

const text = { type: "string" } as const;

async function send(cli: Cli, argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse(argv);
  const path = resolve(cli.io.cwd, positionals[0] ?? ".");
  const { scanRepository } = await import("@paydown/scan");
  const report = await scanRepository({ path, signal: cli.io.signal });
  const connection = await connect(cli, values);
  try {
    const reply = await connection.call(ingestScan, {
      project: values.project ?? connection.project,
      repository: values.repository ?? basename(path),
      // What travels is the report as JSON has it: absent fields are absent, not undefined.
      report: JSON.parse(JSON.stringify(report)),
    });
    const scanned = reply as { findings: number; added: number; gone: number; unseen: number };
    if (values.json === true) cli.io.out(`${JSON.stringify(reply, null, 2)}\n`);
    else
      cli.io.out(
        `${scanned.findings} findings, ${scanned.added} new, ${scanned.gone} gone; ${scanned.unseen} places could not be seen\n`,
      );
    return scanned.findings > 0 ? 1 : 0;
  } finally {
    await connection.close();
  }
}

function parse(argv: readonly string[]) {
  try {
    const options = { send: { type: "boolean" }, json: { type: "boolean" }, project: text, repository: text } as const;
    const flags = { ...options, url: text, token: text, data: text, config: text };
    return parseArgs({ args: [...argv], options: flags, allowPositionals: true, strict: true });
  } catch (cause) {
    throw errors.CLI_USAGE({ problem: (cause as Error).message, command: "scan" }, { cause });
  }
}

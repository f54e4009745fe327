import type { LocalCommand } from "../run.js";

/** The scanner's own command line, as `npx @paydown/scan` has it. */
export const scan: LocalCommand = {
  doc: "Find debt in a repository, without running any of its code.",
  usage: "paydown scan PATH [--format text|json|sarif]",
  async run(cli, argv) {
    const { runScanCommand } = await import("@paydown/scan");
    return runScanCommand([...argv], cli.io);
  },
};

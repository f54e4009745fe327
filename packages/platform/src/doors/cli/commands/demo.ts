import { errors } from "../errors.js";
import type { LocalCommand } from "../run.js";

export const demo: LocalCommand = {
  doc: "Run the whole story on real flight data, then stay up.",
  usage: "paydown demo [--exit]",
  async run() {
    throw errors.CLI_DEMO_INCOMPLETE({ problem: "the example is not there" });
  },
};

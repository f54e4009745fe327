import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { errors } from "../errors.js";

/** Rows the model is asked with; numbers and texts by name. */
export type Inputs = Readonly<Record<string, number | string>>;

export interface Day {
  readonly at: number;
  readonly flights: readonly { readonly at: number; readonly inputs: Inputs; readonly late: 0 | 1 }[];
}

/** What the demo uses of `examples/flight-delays/pipeline/replay.ts`. */
interface ReplayModule {
  readDays(
    files: readonly string[],
    options: { rowsPerDay: number; seed: number; lateMinutes: number },
  ): Promise<Day[]>;
  toRequest(rows: readonly Inputs[], id: string, eventTime: number): object;
}

export interface Example {
  /** The repository that is scanned. */
  readonly folder: string;
  /** 3,000,000 flights, one Parquet file. */
  readonly flights: string;
  readonly trainScript: string;
  readonly replay: ReplayModule;
}

/** The example and its data, where a clone of the repository has them. Throws CLI_DEMO_INCOMPLETE. */
export async function findExample(): Promise<Example> {
  const root = fileURLToPath(new URL("../../../../../../", import.meta.url));
  const folder = join(root, "examples/flight-delays");
  const flights = join(root, "node_modules/vega-datasets/data/flights-3m.parquet");
  for (const path of [folder, flights]) {
    if (!existsSync(path)) throw errors.CLI_DEMO_INCOMPLETE({ problem: `${path} is not there` });
  }
  const [major = 0] = process.versions.node.split(".").map(Number);
  if (major < 24)
    throw errors.CLI_DEMO_INCOMPLETE({ problem: `Node ${process.versions.node} cannot run the example's TypeScript` });
  const replay = (await import(pathToFileURL(join(folder, "pipeline/replay.ts")).href)) as ReplayModule;
  return { folder, flights, trainScript: join(folder, "pipeline/train.ts"), replay };
}

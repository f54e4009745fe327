import { artifacts } from "./requests/artifacts.ts";
import { experiments } from "./requests/experiments.ts";
import { loggedModels } from "./requests/logged-models.ts";
import { registry } from "./requests/registry.ts";
import { runs } from "./requests/runs.ts";
import { searchRuns } from "./requests/search-runs.ts";
import { transport } from "./requests/transport.ts";
import { openSession } from "./session.ts";

const topics = { transport, experiments, runs, searchRuns, loggedModels, registry, artifacts };
const [stock, ours, only] = process.argv.slice(2);
const session = openSession(stock, ours);
for (const [name, topic] of Object.entries(topics)) if (!only || only.split(",").includes(name)) await topic(session);
let same = 0;
for (const pair of session.pairs) {
  if (pair.stock === pair.ours) {
    same++;
    continue;
  }
  console.log(`### ${pair.name}\n--stock ${pair.stock.slice(0, 700)}\n--ours  ${pair.ours.slice(0, 700)}`);
}
console.log(same, "same of", session.pairs.length);

import type { Input, Reply } from "@paydown/api/operation";
import type { DatasetIdentity, listDatasetUses as operation } from "@paydown/api/tracking-insight";
import { readable } from "#base/auth/grants.js";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { toPlace, toToken } from "../model/page-token.js";
import { digestStrength } from "../model.js";
import {
  contextsOf,
  countDatasetStates,
  type DatasetUse,
  datasetStates,
  datasetUses,
  modelsFrom,
  namesOfDigests,
  readersOf,
} from "../store/dataset-uses.js";

const shown = 20;

/** The datasets runs read: what is the same data is one entry, in whatever experiment it was logged. */
export async function viewDatasetUses(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  const { cursor, limit = 100, experimentId, ...rest } = input;
  const place = toPlace(cursor);
  const filter = { ...rest, ...(experimentId === undefined ? {} : { experimentId: Number(experimentId) }) };
  const sees = await readable(ctx.principal, input.project, "experiment");
  return ctx.db.read(async (r) => {
    const after = place === undefined ? undefined : ([String(place[0]), String(place[1])] as const);
    const states = await datasetStates(r, filter, after, limit + 1);
    const page = states.slice(0, limit);
    const items = await identitiesOf(r, input.project, page, sees);
    const last = page.at(-1);
    return {
      items,
      ...(states.length > limit && last !== undefined ? { cursor: toToken([last.name, last.digest]) } : {}),
      // What is left out is not counted either, so that nobody learns how much it is.
      ...(sees === "all" ? { total: await countDatasetStates(r, filter) } : {}),
    };
  });
}

async function identitiesOf(
  r: Reader,
  project: string,
  states: readonly { name: string; digest: string }[],
  sees: ((experiment: string) => boolean) | "all",
): Promise<DatasetIdentity[]> {
  const names = [...new Set(states.map((one) => one.name))];
  const uses = Map.groupBy(
    (await datasetUses(r, project, names)).filter((use) => sees === "all" || sees(String(use.experiment_id))),
    (use) => use.name,
  );
  const byContent = states.filter((one) => digestStrength(one.digest, "") === "content").map((one) => one.digest);
  const aliases = Map.groupBy(await namesOfDigests(r, project, [...new Set(byContent)]), (one) => one.digest);
  const identities: DatasetIdentity[] = [];
  for (const { name, digest } of states) {
    const all = uses.get(name) ?? [];
    const own = all.filter((use) => use.digest === digest);
    if (own.length === 0 && sees !== "all") continue;
    const ids = own.map((use) => use.id);
    const readers = await readersOf(r, ids, shown);
    const models = await modelsFrom(r, ids, shown);
    const times = own.flatMap((use) => (use.first_at === null ? [] : [use.first_at, use.last_at ?? use.first_at]));
    identities.push({
      name,
      digest,
      strength: digestStrength(digest, "") === "content" ? "content" : "digest",
      sources: sourcesOf(own),
      contexts: await contextsOf(r, ids),
      runs: own.reduce((sum, use) => sum + Number(use.runs), 0),
      runIds: readers.map((one) => one.run_id),
      experiments: own.map((use) => ({ experimentId: String(use.experiment_id), name: use.experiment })),
      models: models.map((one) => ({ modelId: one.model_id, name: one.name, runId: one.run_id })),
      ...(times.length === 0 ? {} : { firstAt: Math.min(...times), lastAt: Math.max(...times) }),
      alsoNamed: (aliases.get(digest) ?? []).map((one) => one.name).filter((other) => other !== name),
      otherContent: otherContent(own, all),
    });
  }
  return identities;
}

function sourcesOf(uses: readonly DatasetUse[]): { type: string; source: string }[] {
  return [...new Map(uses.map((use) => [placeOf(use), { type: use.source_type, source: use.source }])).values()];
}

function placeOf(use: DatasetUse): string {
  return `${use.source_type} ${use.source}`;
}

/** Other digests under the name: at the same place, the place has other content now; elsewhere only the name is shared. */
function otherContent(own: readonly DatasetUse[], all: readonly DatasetUse[]): DatasetIdentity["otherContent"] {
  const digest = own[0]?.digest;
  // The code is no place: what it makes may be anything.
  const places = new Set(own.filter((use) => use.source_type !== "code").map(placeOf));
  const others = all.filter((use) => use.digest !== digest);
  const here = new Set(others.filter((use) => places.has(placeOf(use))).map((use) => use.digest));
  const elsewhere = new Set(others.map((use) => use.digest).filter((other) => !here.has(other)));
  return [
    ...(here.size === 0 ? [] : [{ by: "source" as const, digests: [...here].sort() }]),
    ...(elsewhere.size === 0 ? [] : [{ by: "name" as const, digests: [...elsewhere].sort() }]),
  ];
}

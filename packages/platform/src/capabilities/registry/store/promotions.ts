import type { PolicySettings, Tier } from "@paydown/api/registry";
import type { Reader, Tx } from "#base/db/db.js";
import { queries } from "#base/db/queries.js";
import { type EffectivePolicy, effectivePolicy } from "../model/policy.js";
import type { DecisionRow, ModelRow, PromotionRow, RegistryTables, WaiverRow } from "../tables.js";

const q = queries<RegistryTables>();

/** Model id under which the settings of the whole project are kept. */
const wholeProject = 0;

/** What the project and the model set; empty where nobody set anything. */
export async function findSettings(
  r: Reader,
  project: string,
  model: number | undefined,
): Promise<{ project: PolicySettings; own: PolicySettings }> {
  const rows = await r.all(
    q
      .selectFrom("model_policies")
      .selectAll()
      .where("project", "=", project)
      .where("model_id", "in", [wholeProject, model ?? wholeProject]),
  );
  const of = (id: number): PolicySettings => {
    const row = rows.find((one) => one.model_id === id);
    return row === undefined ? {} : (JSON.parse(row.settings) as PolicySettings);
  };
  return { project: of(wholeProject), own: model === undefined ? {} : of(model) };
}

/** The policy that holds for a model. */
export async function policyOf(r: Reader, model: Pick<ModelRow, "id" | "project" | "tier">): Promise<EffectivePolicy> {
  const { project, own } = await findSettings(r, model.project, model.id);
  return effectivePolicy(project, (model.tier ?? undefined) as Tier | undefined, own).effective;
}

export async function upsertSettings(
  tx: Tx,
  project: string,
  model: number | undefined,
  settings: PolicySettings,
): Promise<void> {
  const row = { project, model_id: model ?? wholeProject, settings: JSON.stringify(settings) };
  await tx.run(
    q
      .insertInto("model_policies")
      .values(row)
      .onConflict((c) => c.columns(["project", "model_id"]).doUpdateSet({ settings: row.settings })),
  );
}

export async function insertPromotion(tx: Tx, row: PromotionRow): Promise<void> {
  await tx.run(q.insertInto("model_promotions").values(row));
}

export function findPromotion(r: Reader, project: string, id: string): Promise<PromotionRow | undefined> {
  return r.get(q.selectFrom("model_promotions").selectAll().where("project", "=", project).where("id", "=", id));
}

export function findOpenPromotion(
  r: Reader,
  model: number,
  wanted: Pick<PromotionRow, "version" | "kind" | "name">,
): Promise<PromotionRow | undefined> {
  return r.get(
    q
      .selectFrom("model_promotions")
      .selectAll()
      .where("model_id", "=", model)
      .where("version", "=", wanted.version)
      .where("kind", "=", wanted.kind)
      .where("name", "=", wanted.name)
      .where("state", "=", "open"),
  );
}

export interface PromotionFilter {
  readonly project: string;
  readonly model?: number | undefined;
  readonly version?: number | undefined;
  readonly state?: PromotionRow["state"] | undefined;
  /** Only those asked for before this one. */
  readonly before?: string | undefined;
}

/** Newest first. */
export function promotionsOf(r: Reader, filter: PromotionFilter, limit: number): Promise<PromotionRow[]> {
  let query = q.selectFrom("model_promotions").selectAll().where("project", "=", filter.project);
  if (filter.model !== undefined) query = query.where("model_id", "=", filter.model);
  if (filter.version !== undefined) query = query.where("version", "=", filter.version);
  if (filter.state !== undefined) query = query.where("state", "=", filter.state);
  if (filter.before !== undefined) query = query.where("id", "<", filter.before);
  return r.all(query.orderBy("id", "desc").limit(limit));
}

/** Closes a request that is still open; answers whether it was. */
export async function closePromotion(
  tx: Tx,
  id: string,
  closed: Pick<PromotionRow, "state" | "previous" | "approvals_needed" | "four_eyes" | "gates" | "closed_at">,
): Promise<boolean> {
  const changed = await tx.run(
    q.updateTable("model_promotions").set(closed).where("id", "=", id).where("state", "=", "open"),
  );
  return changed > 0;
}

/** What was asked for a version, or a whole model, that is gone is withdrawn. */
export async function closePromotions(tx: Tx, model: number, version: number | undefined, now: number): Promise<void> {
  let query = q
    .updateTable("model_promotions")
    .set({ state: "withdrawn", closed_at: now, gates: "[]" })
    .where("model_id", "=", model)
    .where("state", "=", "open");
  if (version !== undefined) query = query.where("version", "=", version);
  await tx.run(query);
}

/** Answers whether it was written: one person decides once. */
export async function insertDecision(tx: Tx, row: Omit<DecisionRow, "id">): Promise<boolean> {
  const changed = await tx.run(
    q
      .insertInto("model_promotion_decisions")
      .values(row as DecisionRow)
      .onConflict((c) => c.columns(["promotion", "caused_by"]).doNothing()),
  );
  return changed > 0;
}

export function decisionsOf(r: Reader, promotion: string): Promise<DecisionRow[]> {
  return r.all(q.selectFrom("model_promotion_decisions").selectAll().where("promotion", "=", promotion).orderBy("id"));
}

export async function upsertWaiver(tx: Tx, row: WaiverRow): Promise<void> {
  const { caused_by, at, reason, due_at } = row;
  await tx.run(
    q
      .insertInto("model_promotion_waivers")
      .values(row)
      .onConflict((c) => c.columns(["promotion", "gate"]).doUpdateSet({ caused_by, at, reason, due_at })),
  );
}

export function waiversOf(r: Reader, promotion: string): Promise<WaiverRow[]> {
  return r.all(
    q
      .selectFrom("model_promotion_waivers")
      .selectAll()
      .where("promotion", "=", promotion)
      .orderBy("at")
      .orderBy("gate"),
  );
}

/** Waivers that have run out, of versions that were promoted with them. */
export function waivedPromotions(
  r: Reader,
  project: string,
  now: number,
): Promise<(WaiverRow & Pick<PromotionRow, "model_id" | "version">)[]> {
  return r.all(
    q
      .selectFrom("model_promotion_waivers as w")
      .innerJoin("model_promotions as p", "p.id", "w.promotion")
      .selectAll("w")
      .select(["p.model_id", "p.version"])
      .where("w.project", "=", project)
      .where("w.due_at", "<=", now)
      .where("p.state", "=", "promoted"),
  );
}

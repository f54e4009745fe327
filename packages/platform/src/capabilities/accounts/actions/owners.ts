import {
  type assignOwner,
  type defineTeam,
  type HandOver,
  HandOverOffered,
  HandOverSettled,
  OwnerAssigned,
  type Ownership,
  type offerHandOver,
  type settleHandOver,
} from "@paydown/api/accounts";
import type { Input, Reply } from "@paydown/api/operation";
import type { NodeRef } from "@paydown/api/values";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { errors } from "../errors.js";
import { parseAsset, toHandOver } from "../model.js";
import {
  findHandOver,
  insertHandOver,
  listTeams,
  settleHandOver as settle,
  upsertOwner,
  upsertTeam,
} from "../store/owners.js";
import type { HandOverRow } from "../tables.js";

export async function nameTeam(ctx: Ctx, input: Input<typeof defineTeam>): Promise<Reply<typeof defineTeam>> {
  const { project, team, contact } = input;
  return ctx.db.write(async (tx) => {
    await upsertTeam(tx, { project, name: team, contact: contact ?? null });
    const assets = (await listTeams(tx, project)).find((one) => one.name === team)?.assets ?? 0;
    return { name: team, ...(contact === undefined ? {} : { contact }), assets };
  });
}

export async function assign(ctx: Ctx, input: Input<typeof assignOwner>): Promise<Ownership> {
  const asset = toAsset(input.asset);
  return ctx.db.write((tx) => own(ctx, tx, input.project, asset, input.team, input.role ?? "owner"));
}

async function own(ctx: Ctx, tx: Tx, project: string, asset: NodeRef, team: string, role: string): Promise<Ownership> {
  const since = ctx.clock.now();
  await upsertOwner(tx, { project, kind: asset.kind, id: asset.id, team, role, since, given_by: ctx.principal.name });
  await tx.emit(OwnerAssigned, project, { asset, team, role });
  return { asset, team, role, since, by: ctx.principal.name };
}

export async function offer(ctx: Ctx, input: Input<typeof offerHandOver>): Promise<HandOver> {
  const asset = toAsset(input.asset);
  const row: HandOverRow = {
    id: ctx.ids.ulid(),
    project: input.project,
    kind: asset.kind,
    asset: asset.id,
    from_team: input.from,
    to_team: input.to ?? null,
    note: input.note ?? "",
    state: "waiting",
    offered_at: ctx.clock.now(),
    settled_at: null,
    reason: null,
  };
  return ctx.db.write(async (tx) => {
    await insertHandOver(tx, row);
    await tx.emit(HandOverOffered, input.project, {
      handOver: row.id,
      asset,
      from: input.from,
      ...(input.to === undefined ? {} : { to: input.to }),
    });
    return toHandOver(row, row.offered_at);
  });
}

/** Accepting makes the taker the owner; returning needs a reason. */
export async function answer(ctx: Ctx, input: Input<typeof settleHandOver>): Promise<HandOver> {
  const { project, handOver } = input;
  const now = ctx.clock.now();
  return ctx.db.write(async (tx) => {
    const row = await findHandOver(tx, project, handOver);
    if (row === undefined) throw errors.ACCOUNTS_HAND_OVER_NOT_FOUND({ project, handOver });
    if (row.state !== "waiting") throw errors.ACCOUNTS_HAND_OVER_SETTLED({ handOver, state: row.state });
    const accepted = input.answer === "accept";
    const taker = row.to_team ?? input.team ?? null;
    const reason = input.reason?.trim() ?? "";
    if (accepted && taker === null) throw errors.ACCOUNTS_HAND_OVER_NO_TAKER({ handOver });
    if (!accepted && reason === "") throw errors.ACCOUNTS_REASON_MISSING({ handOver });
    const change = {
      state: accepted ? ("accepted" as const) : ("returned" as const),
      settled_at: now,
      to_team: accepted ? taker : row.to_team,
      reason: reason === "" ? null : reason,
    };
    const asset = { kind: row.kind, id: row.asset };
    await settle(tx, row.id, change);
    if (accepted && taker !== null) await own(ctx, tx, project, asset, taker, "owner");
    await tx.emit(HandOverSettled, project, { handOver, asset, state: change.state, at: now });
    return toHandOver({ ...row, ...change }, now);
  });
}

function toAsset(text: string): NodeRef {
  const asset = parseAsset(text);
  if (asset === undefined) throw errors.ACCOUNTS_ASSET_INVALID({ asset: text });
  return asset;
}

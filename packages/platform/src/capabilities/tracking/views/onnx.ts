import { buffer } from "node:stream/consumers";
import type { Input, Reply } from "@paydown/api/operation";
import type { describeOnnx as operation } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import { trackingErrors } from "../errors.js";
import { NotOnnx, summariseOnnx } from "../model/onnx-summary.js";
import { viewArtifacts } from "./artifacts.js";

const mostOperators = 500;

/** What an ONNX artifact of a run holds. Nothing of it is loaded into an engine. */
export async function viewOnnx(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  const { project, runId, path } = input;
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  const listed = await viewArtifacts(ctx, { project, runId, path: folder });
  const file = listed.items.find((item) => item.path === path && !item.folder);
  if (file?.hash === undefined) throw trackingErrors.TRACKING_ARTIFACT_NOT_FOUND({ path });
  const hash = file.hash;
  try {
    const found = await summariseOnnx(file.size ?? 0, async (start, end) =>
      buffer(await ctx.blobs.open(hash, { start, end })),
    );
    return {
      ...found,
      operators: [...found.operators]
        .map(([name, count]) => ({ name, count }))
        .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
        .slice(0, mostOperators),
    };
  } catch (error) {
    if (!(error instanceof NotOnnx)) throw error;
    throw trackingErrors.TRACKING_ONNX_UNREADABLE({ path, problem: error.message });
  }
}

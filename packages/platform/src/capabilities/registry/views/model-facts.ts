import type { Ctx } from "#base/context.js";
import { type ModelFacts, mlmodelLimit, parseMlmodel } from "../model/mlmodel.js";
import type { StoredFile } from "../needs.js";

/** The MLmodel at the root of the files; undefined when there is none that can be read. */
export async function readFacts(ctx: Ctx, files: readonly StoredFile[]): Promise<ModelFacts | undefined> {
  const file = files.find((one) => one.path === "MLmodel");
  if (file === undefined || file.size > mlmodelLimit) return undefined;
  return parseMlmodel((await ctx.blobs.read(file.hash)).toString("utf8"));
}

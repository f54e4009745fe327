import { createHash } from "node:crypto";
import type { Ctx } from "#base/context.js";
import { servingErrors } from "../errors.js";
import type { ServableVersion } from "../needs.js";
import { openSession, type Session } from "../runtimes/onnx.js";
import { type OnnxFile, onnxLimits, readOnnx } from "../runtimes/onnx-file.js";

/** Loaded models by file, shared by all deployments of the same bytes. */
export interface LoadedModels {
  /** The session of a file; opened when it is not, the least recently used one closed when there are too many. */
  session(ctx: Ctx, hash: string, batching: boolean): Session;
  close(): void;
}

export function loadedModels(limit: number): LoadedModels {
  const sessions = new Map<string, Session>();
  return {
    session(ctx, hash, batching) {
      const key = `${hash} ${batching}`;
      const known = sessions.get(key);
      const session = known ?? openSession({ read: async () => readVerified(ctx, hash), batching });
      sessions.delete(key);
      sessions.set(key, session);
      // Nobody's running request is thrown away to make room: then there are more for a while.
      if (sessions.size > limit) {
        for (const [oldest, one] of sessions) {
          if (one.busy || one === session) continue;
          sessions.delete(oldest);
          one.close();
          break;
        }
      }
      return session;
    },
    close() {
      for (const session of sessions.values()) session.close();
      sessions.clear();
    },
  };
}

/** The stored bytes, if they still are what their hash says. Throws SERVING_MODEL_CORRUPT. */
export async function readVerified(ctx: Pick<Ctx, "blobs">, hash: string): Promise<Uint8Array> {
  const bytes = await ctx.blobs.read(hash);
  if (createHash("sha256").update(bytes).digest("hex") !== hash) throw servingErrors.SERVING_MODEL_CORRUPT({ hash });
  return bytes;
}

/** A model version's file with what it declares, checked and not yet run. */
export interface CheckedFile {
  readonly hash: string;
  readonly size: number;
  readonly file: OnnxFile;
  /** Column names of the MLmodel signature, when it has them. */
  readonly signature: readonly string[];
}

/** Finds and checks the ONNX file among a version's files. Throws SERVING_MODEL_NOT_ONNX, SERVING_MODEL_REFUSED. */
export async function checkFile(ctx: Ctx, model: string, version: ServableVersion): Promise<CheckedFile> {
  const what = `${model} version ${version.version}`;
  const candidates = version.files.filter((file) => /\.onnx$/i.test(file.path));
  const chosen = candidates.find((file) => /(^|\/)model\.onnx$/i.test(file.path)) ?? candidates[0];
  if (chosen === undefined) {
    const names = version.files.slice(0, 8).map((file) => file.path);
    throw servingErrors.SERVING_MODEL_NOT_ONNX({
      what,
      problem: names.length === 0 ? "no file of it is stored here" : `it holds ${names.join(", ")} and no .onnx file`,
    });
  }
  if (chosen.size > onnxLimits.bytes) {
    throw servingErrors.SERVING_MODEL_REFUSED({ problem: `it has ${chosen.size} bytes; at most ${onnxLimits.bytes}` });
  }
  const file = readOnnx(await readVerified(ctx, chosen.hash), what);
  return { hash: chosen.hash, size: chosen.size, file, signature: signatureColumns(version.signatureInputs) };
}

/** Names of a column signature; a tensor signature has none. */
function signatureColumns(text: string | undefined): string[] {
  if (text === undefined) return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // A signature nobody can read names no columns; they are numbered instead.
    return [];
  }
  if (!Array.isArray(parsed)) return [];
  const names = parsed.map((one: { name?: unknown }) => one?.name);
  return names.every((name): name is string => typeof name === "string") ? names : [];
}

import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { ApiError, createClient } from "@paydown/api/client";
import type { Input, Operation, Reply } from "@paydown/api/operation";
import { errors } from "../errors.js";
import type { SourceFile } from "./source.js";

/** Where an import goes: a server and a project of it. */
export interface Target {
  readonly project: string;
  call<T extends Operation>(operation: T, input: Omit<Input<T>, "project">): Promise<Reply<T>>;
  /** An operation that is of no project. */
  ask<T extends Operation>(operation: T, input: Input<T>): Promise<Reply<T>>;
  /** Uploads a file's bytes as an object. A file that cannot be read or is refused is an `UnreadableFile`. */
  upload(file: SourceFile): Promise<{ hash: string; size: number }>;
}

/** One file's trouble, which holds up no other. */
export class UnreadableFile extends TypeError {}

const smallMost = 1024 * 1024;

export function openTarget(url: string, token: string | undefined, project: string, signal: AbortSignal): Target {
  const baseUrl = url.replace(/\/+$/, "");
  const client = createClient({ baseUrl, token });
  const unreachable = (error: unknown): Error => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return errors.CLI_SERVER_UNREACHABLE(
      { url, problem: cause instanceof Error ? cause.message : String(cause) },
      { cause },
    );
  };

  async function put(
    body: RequestInit["body"],
    headers: Record<string, string>,
  ): Promise<{ hash: string; size: number }> {
    const init = {
      method: "PUT",
      body: body ?? null,
      headers: {
        "content-type": "application/octet-stream",
        ...headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      duplex: "half",
      signal,
    };
    const response = await fetch(`${baseUrl}/api/v1/projects/${project}/objects`, init as RequestInit);
    const reply = (await response.json()) as {
      hash: string;
      size: number;
      code: string;
      message: string;
      next: string;
    };
    if (!response.ok) throw new ApiError(response.status, reply);
    return reply;
  }

  async function ask<T extends Operation>(operation: T, input: Input<T>): Promise<Reply<T>> {
    try {
      return await client.call(operation, input, { signal });
    } catch (error) {
      if (error instanceof ApiError || signal.aborted) throw error;
      throw unreachable(error);
    }
  }

  return {
    project,
    ask,
    call: <T extends Operation>(operation: T, input: Omit<Input<T>, "project">) =>
      ask(operation, { ...input, project } as Input<T>),
    async upload(file) {
      const source = await file.open().catch((error: Error) => Promise.reject(new UnreadableFile(error.message)));
      const digest = createHash("sha256");
      let size = 0;
      let broken: Error | undefined;
      async function* counted(): AsyncGenerator<Buffer> {
        try {
          for await (const chunk of source) {
            digest.update(chunk as Buffer);
            size += (chunk as Buffer).length;
            yield chunk as Buffer;
          }
        } catch (error) {
          broken = error as Error;
          throw error;
        }
      }
      try {
        let stored: { hash: string; size: number };
        if (file.size <= smallMost) {
          const chunks: Buffer[] = [];
          for await (const chunk of counted()) {
            chunks.push(chunk);
            if (size > 64 * smallMost)
              throw new UnreadableFile(`it was listed with ${file.size} bytes and has more than ${size}`);
          }
          stored = await put(Buffer.concat(chunks), {});
        } else {
          stored = await put(Readable.toWeb(Readable.from(counted())) as never, {});
        }
        const hash = digest.digest("hex");
        if (stored.hash === hash && stored.size === size) return stored;
        throw errors.CLI_IMPORT_UPLOAD_DAMAGED({
          path: file.path,
          problem: `SHA-256 ${stored.hash} of ${stored.size} bytes there, ${hash} of ${size} here`,
        });
      } catch (error) {
        if (broken !== undefined) throw new UnreadableFile(broken.message);
        if (error instanceof ApiError && error.status < 500 && error.status !== 401 && error.status !== 403) {
          throw new UnreadableFile(error.message);
        }
        if (error instanceof ApiError || error instanceof UnreadableFile || "code" in (error as object)) throw error;
        throw signal.aborted ? error : unreachable(error);
      } finally {
        source.destroy();
      }
    },
  };
}

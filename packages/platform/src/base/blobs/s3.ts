import { createReadStream } from "node:fs";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { baseErrors } from "../errors.js";
import type { Ids } from "../ids.js";
import { createTurns } from "../turns.js";
import { type Blob, type Blobs, type ByteRange, checkAnnounced, isHash, type PutOptions } from "./blobs.js";
import { createHasher } from "./hasher.js";
import { openCache } from "./local-cache.js";
import type { Here } from "./open.js";
import { send } from "./pour.js";
import { receive } from "./receive.js";
import { removeOld } from "./spool.js";

export interface S3Options extends Here {
  /** `s3://<bucket>[/<prefix>][?endpoint=<URL>&region=<name>]`. Credentials come from where AWS's own clients take them. */
  readonly url: string;
  readonly ids: Ids;
}

const mebi = 1024 * 1024;
/** Parts of a large upload; those of one upload that are in memory at once. */
const [leastPart, partsAtOnce] = [8 * mebi, 2];
/** As many parts as S3 takes, with room to spare. */
const mostParts = 9000;
/** Uploads that send at once: a bound on memory. */
const sendersAtOnce = 4;
/** S3 copies no more than 5 GiB at once. */
const copyAtOnce = 1024 * mebi;
const waitForAnswer = 60_000;
/** What was set aside so long ago was left by a crash: collecting takes seconds. Milliseconds. */
const forgotten = 3_600_000;

/**
 * Objects in a bucket: `<prefix>sha256/ab/cd…` under its hash. An upload is received, hashed and checked in a folder here, and only
 * then sent. S3 has no rename, so that whoever means to name an object that is there already leaves a note under `seen/`, and
 * `collect`, which sets a copy aside under `leaving/` before it deletes, looks for notes after it has deleted: either it sees
 * the note and brings the object back, or who left it sees that the object is gone and sends it.
 */
export async function openS3(options: S3Options): Promise<Blobs> {
  const { clock } = options;
  const { bucket, prefix, client } = connect(options.url);
  const incoming = join(options.folder, "incoming");
  await mkdir(incoming, { recursive: true });
  await removeOld(incoming, clock.now());
  const hasher = createHasher();
  const cache = await openCache({
    folder: join(options.folder, "cache"),
    limit: options.cacheLimit,
    ids: options.ids,
    clock,
    download: async (hash, path) => pipeline(await get(hash), await writerOf(path)),
  });

  const keyOf = (hash: string): string => `${prefix}sha256/${hash.slice(0, 2)}/${hash.slice(2)}`;
  const noteOf = (hash: string): string => `${prefix}seen/${hash}`;

  /** What S3 answers; undefined when there is no such object. */
  async function ask<R>(work: () => Promise<R>): Promise<R | undefined> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof S3ServiceException && isMissing(error)) return undefined;
      throw toError(error, bucket);
    }
  }

  const head = (key: string): Promise<HeadObjectCommandOutput | undefined> =>
    ask(() => client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })));
  const put = (key: string): Promise<unknown> =>
    ask(() => client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: new Uint8Array() })));
  const drop = (key: string): Promise<unknown> =>
    ask(() => client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })));

  async function statOf(hash: string): Promise<Blob | undefined> {
    if (!isHash(hash)) return undefined;
    const found = await head(keyOf(hash));
    return found === undefined ? undefined : { hash, size: found.ContentLength ?? 0 };
  }

  async function get(hash: string, range?: ByteRange): Promise<Readable> {
    if (!isHash(hash)) throw baseErrors.BLOB_NOT_FOUND({ hash });
    const found = await ask(() =>
      client.send(
        new GetObjectCommand({
          Bucket: bucket,
          Key: keyOf(hash),
          ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end - 1}` }),
        }),
      ),
    );
    if (found?.Body === undefined) throw baseErrors.BLOB_NOT_FOUND({ hash });
    return found.Body as Readable;
  }

  async function openRange(hash: string, range?: ByteRange): Promise<Readable> {
    if (range === undefined || range.end > range.start) return get(hash, range);
    if ((await statOf(hash)) === undefined) throw baseErrors.BLOB_NOT_FOUND({ hash });
    return Readable.from([]);
  }

  const senders = createTurns(sendersAtOnce);

  /** Sends a file that is known to be whole; S3 checks each part by its SHA-256. */
  async function upload({ hash, size }: Blob, path: string): Promise<void> {
    const partSize = Math.max(leastPart, Math.ceil(size / mostParts));
    await senders(() =>
      ask(() =>
        new Upload({
          client,
          params: { Bucket: bucket, Key: keyOf(hash), Body: createReadStream(path), ChecksumAlgorithm: "SHA256" },
          partSize,
          queueSize: partsAtOnce,
        }).done(),
      ),
    );
  }

  async function store(blob: Blob, path: string): Promise<Blob> {
    if ((await statOf(blob.hash)) === undefined) await upload(blob, path);
    else {
      await put(noteOf(blob.hash));
      if ((await statOf(blob.hash)) === undefined) await upload(blob, path);
    }
    return blob;
  }

  async function copy(from: string, to: string, size: number): Promise<void> {
    const source = `${bucket}/${from.split("/").map(encodeURIComponent).join("/")}`;
    if (size <= copyAtOnce) {
      await ask(() => client.send(new CopyObjectCommand({ Bucket: bucket, Key: to, CopySource: source })));
      return;
    }
    const target = { Bucket: bucket, Key: to };
    const { UploadId } = (await ask(() => client.send(new CreateMultipartUploadCommand(target)))) ?? {};
    try {
      const parts: { ETag: string | undefined; PartNumber: number }[] = [];
      for (let start = 0; start < size; start += copyAtOnce) {
        const PartNumber = parts.length + 1;
        const CopySourceRange = `bytes=${start}-${Math.min(size, start + copyAtOnce) - 1}`;
        const part = { ...target, UploadId, PartNumber, CopySource: source, CopySourceRange };
        const answer = await ask(() => client.send(new UploadPartCopyCommand(part)));
        parts.push({ ETag: answer?.CopyPartResult?.ETag, PartNumber });
      }
      const whole = { ...target, UploadId, MultipartUpload: { Parts: parts } };
      await ask(() => client.send(new CompleteMultipartUploadCommand(whole)));
    } catch (error) {
      await client.send(new AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => undefined);
      throw error;
    }
  }

  async function* keysUnder(folder: string): AsyncGenerator<{ name: string; size: number; at: number }> {
    const Prefix = `${prefix}${folder}/`;
    for (let ContinuationToken: string | undefined; ; ) {
      const page = await ask(() =>
        client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix, ContinuationToken })),
      );
      for (const { Key = "", Size = 0, LastModified } of page?.Contents ?? []) {
        yield { name: Key.slice(Prefix.length), size: Size, at: LastModified?.getTime() ?? 0 };
      }
      if (page?.NextContinuationToken === undefined) return;
      ContinuationToken = page.NextContinuationToken;
    }
  }

  /** Back under its hash, unless the same content was put there meanwhile. */
  async function bringBack(aside: string, hash: string, size: number): Promise<void> {
    if ((await statOf(hash)) === undefined) await copy(aside, keyOf(hash), size);
    await drop(aside);
  }

  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
  } catch (error) {
    throw toError(error, bucket);
  }
  for await (const { name, size, at } of keysUnder("leaving")) {
    if (clock.now() - at > forgotten) await bringBack(`${prefix}leaving/${name}`, name.slice(0, 64), size);
  }

  return {
    async put(content: Readable | Uint8Array, wanted: PutOptions = {}) {
      const path = join(incoming, options.ids.ulid());
      try {
        const file = await open(path, "wx");
        const blob = await receive(file, content, wanted, hasher).finally(() => file.close());
        checkAnnounced(wanted, blob);
        return await store(blob, path);
      } catch (error) {
        throw toFull(error);
      } finally {
        await rm(path, { force: true });
      }
    },
    open: openRange,
    async pour(hash, into, range) {
      const from = await openRange(hash, range);
      const to = into();
      let sent = Promise.resolve();
      for await (const piece of from) {
        const before = sent;
        sent = send(to, piece as Buffer);
        // Heard of at the next turn or at the end.
        sent.catch(() => {});
        await before;
      }
      await sent;
    },
    async read(hash) {
      const pieces: Buffer[] = [];
      for await (const piece of await get(hash)) pieces.push(piece as Buffer);
      return Buffer.concat(pieces);
    },
    stat: statOf,
    async claim(hash) {
      if ((await statOf(hash)) === undefined) return undefined;
      await put(noteOf(hash));
      return statOf(hash);
    },
    async localPath(hash) {
      if (!isHash(hash)) throw baseErrors.BLOB_NOT_FOUND({ hash });
      return cache.pathOf(hash);
    },
    async remove(hash) {
      if (!isHash(hash)) throw baseErrors.BLOB_NOT_FOUND({ hash });
      await drop(keyOf(hash));
      await cache.remove(hash);
    },
    async collect(hash, { minAge, unused }) {
      const found = await head(keyOf(hash));
      if (found === undefined) return true;
      const size = found.ContentLength ?? 0;
      const aside = `${prefix}leaving/${hash}-${options.ids.ulid()}`;
      await copy(keyOf(hash), aside, size);
      // A copy made now says what time it is in the bucket.
      const now = (await head(aside))?.LastModified?.getTime() ?? 0;
      const isOld = (at: Date | undefined): boolean => minAge <= 0 || now - (at?.getTime() ?? 0) >= minAge;
      let gone = false;
      try {
        if (!isOld(found.LastModified)) return false;
        await drop(keyOf(hash));
        gone = isOld((await head(noteOf(hash)))?.LastModified) && (await unused());
      } finally {
        if (!gone) await bringBack(aside, hash, size);
      }
      if (gone) await Promise.all([drop(aside), drop(noteOf(hash)), cache.remove(hash)]);
      return gone;
    },
    async *list() {
      for await (const { name, size } of keysUnder("sha256")) {
        const hash = name.replace("/", "");
        if (isHash(hash)) yield { hash, size };
      }
    },
  };
}

function connect(url: string): { bucket: string; prefix: string; client: S3Client } {
  const refuse = (problem: string) => baseErrors.CONFIG_INVALID({ key: "artifacts", origin: "configuration", problem });
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || parsed.hostname === "")
    throw refuse(`${url} names no bucket; it is s3://<bucket>/<prefix>`);
  if (parsed.username !== "" || parsed.password !== "") {
    throw refuse("it holds a secret; give it as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  }
  for (const key of parsed.searchParams.keys()) {
    if (key !== "endpoint" && key !== "region") throw refuse(`unknown parameter ${key}; endpoint and region are known`);
  }
  const folder = decodeURIComponent(parsed.pathname).replace(/^\/+|\/+$/g, "");
  const endpoint = parsed.searchParams.get("endpoint") ?? undefined;
  if (endpoint !== undefined && !URL.canParse(endpoint)) throw refuse(`the endpoint ${endpoint} is no URL`);
  const region = parsed.searchParams.get("region") ?? (endpoint === undefined ? undefined : "us-east-1");
  const client = new S3Client({
    ...(region === undefined ? {} : { region }),
    // Servers that are not Amazon's mostly have one host for all buckets.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    // Others than Amazon do not all take the checksums that Amazon's client adds by itself; parts carry one all the same.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 5000, requestTimeout: waitForAnswer, httpAgent: agent, httpsAgent: agent },
  });
  return { bucket: parsed.hostname, prefix: folder === "" ? "" : `${folder}/`, client };
}

const agent = { maxSockets: 64 };

const isMissing = (error: S3ServiceException): boolean =>
  error.name === "NoSuchKey" || (error.name === "NotFound" && error.$metadata.httpStatusCode === 404);

function toError(error: unknown, bucket: string): unknown {
  if (typeof error === "object" && error !== null && "status" in error && "code" in error) return error;
  const { name = "Error", message = String(error) } = error as Partial<Error>;
  if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 507) {
    return baseErrors.BLOB_STORE_FULL({}, { cause: error });
  }
  return baseErrors.BLOB_STORE_UNAVAILABLE(
    { bucket, problem: name === message ? name : `${name}: ${message}` },
    { cause: error },
  );
}

function toFull(error: unknown): unknown {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return code === "ENOSPC" || code === "EDQUOT" ? baseErrors.BLOB_STORE_FULL({}, { cause: error }) : error;
}

async function writerOf(path: string) {
  return (await open(path, "wx")).createWriteStream();
}

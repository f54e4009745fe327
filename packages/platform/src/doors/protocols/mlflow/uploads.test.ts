import { createHash } from "node:crypto";
import { connect } from "node:net";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openDoor, type TestDoor } from "./testing/open-door.js";

const proxy = "/api/2.0/mlflow-artifacts";
let door: TestDoor;
beforeEach(async () => {
  door = await openDoor();
});
afterEach(() => door.close());

const sha = (text: string) => createHash("sha256").update(text).digest("hex");

async function begin(path: string, parts: number) {
  const { json } = await door.post(`${proxy}/mpu/create/0/run/artifacts`, { path, num_parts: parts });
  return json as { upload_id: string; credentials: { url: string; part_number: number; headers: object }[] };
}

const complete = (upload: string, path: string, etags: readonly string[]) =>
  door.post(`${proxy}/mpu/complete/0/run/artifacts`, {
    path,
    upload_id: upload,
    parts: etags.map((etag, i) => ({ part_number: i + 1, etag, url: "" })),
  });

describe("an upload in parts", () => {
  test("becomes one file, in the order of its parts, whatever order they arrive in", async () => {
    const { upload_id, credentials } = await begin("/home/ada/model.bin", 3);
    expect(credentials.map((one) => one.part_number)).toEqual([1, 2, 3]);
    const texts = ["one ", "two ", "three"];
    for (const i of [2, 0, 1]) {
      const response = await door.server.inject({
        method: "PUT",
        url: new URL(credentials[i]?.url ?? "").pathname,
        payload: texts[i] ?? "",
      });
      expect(response.headers.etag).toBe(`"${sha(texts[i] ?? "")}"`);
    }
    const file = `${proxy}/artifacts/0/run/artifacts/model.bin`;
    expect((await door.server.inject({ url: file })).statusCode).toBe(404);
    const etags = texts.map((text) => `"${sha(text)}"`);
    expect(await complete(upload_id, "/home/ada/model.bin", etags)).toEqual({ status: 200, json: {} });
    expect((await door.server.inject({ url: file })).payload).toBe("one two three");
    // A client that lost the answer asks again.
    expect(await complete(upload_id, "/home/ada/model.bin", etags)).toEqual({ status: 200, json: {} });
  });

  test("does not become a file while a part is missing, torn or another's", async () => {
    const { upload_id } = await begin("x.bin", 2);
    const part = (n: number, text: string, headers = {}) =>
      door.server.inject({ method: "PUT", url: `${proxy}/mpu/parts/${upload_id}/${n}`, payload: text, headers });
    await part(1, "first");
    expect(await complete(upload_id, "x.bin", [sha("first"), sha("second")])).toMatchObject({
      status: 400,
      json: { message: "Part 2 was never received whole." },
    });
    expect((await part(2, "sec", { "content-length": "6" })).statusCode).toBe(400);
    await part(2, "second");
    expect((await part(3, "third")).statusCode).toBe(400);
    expect(await complete(upload_id, "x.bin", [sha("first"), sha("other")])).toMatchObject({ status: 400 });
    expect(await complete(upload_id, "x.bin", [sha("first")])).toMatchObject({ status: 400 });
    expect(await complete(upload_id, "elsewhere.bin", [sha("first"), sha("second")])).toMatchObject({ status: 404 });
    expect(await complete("0".repeat(32), "x.bin", [])).toMatchObject({ status: 404 });
    // A part sent again takes the place of the one before.
    await part(1, "FIRST");
    expect(await complete(upload_id, "x.bin", [sha("FIRST"), sha("second")])).toMatchObject({ status: 200 });
  });

  test("that is given up, or that nobody came back to, is forgotten", async () => {
    const first = await begin("x.bin", 1);
    const put = (id: string) => door.put(`${proxy}/mpu/parts/${id}/1`, "x");
    expect((await put(first.upload_id)).status).toBe(200);
    const abort = { path: "x.bin", upload_id: first.upload_id };
    expect(await door.post(`${proxy}/mpu/abort/0/run/artifacts`, abort)).toEqual({ status: 200, json: {} });
    expect(await door.post(`${proxy}/mpu/abort/0/run/artifacts`, abort)).toEqual({ status: 200, json: {} });
    expect((await put(first.upload_id)).status).toBe(404);
    const second = await begin("x.bin", 1);
    door.stage.clock.advance(8 * 86_400_000);
    await begin("y.bin", 1);
    expect((await put(second.upload_id)).status).toBe(404);
  });

  test("is bounded, and its parts carry back what said who asks", async () => {
    for (const parts of [0, -1, 10_001]) {
      expect((await door.post(`${proxy}/mpu/create/0/a`, { path: "x", num_parts: parts })).status).toBe(400);
    }
    const response = await door.server.inject({
      method: "POST",
      url: `${proxy}/mpu/create/0/a`,
      headers: { authorization: "Bearer token", host: "paydown.example:8080", "x-forwarded-proto": "https" },
      payload: { path: "x", num_parts: 1 },
    });
    expect(response.json().credentials[0]).toMatchObject({
      url: expect.stringMatching(
        /^https:\/\/paydown\.example:8080\/api\/2\.0\/mlflow-artifacts\/mpu\/parts\/[0-9a-f]{32}\/1$/,
      ),
      headers: { authorization: "Bearer token" },
    });
  });
});

describe("no path leaves its root, whatever the encoding", () => {
  const bad = fc.constantFrom("..", "%2e%2e", "%2E.", "%252e%252e", "%25252e%25252e", "..%00", "%u002e", "．．", "..;");
  const separator = fc.constantFrom("/", "%2f", "%252f", "%5c", "\\", "%255c", "//", "%2f%2e%2f");
  const edge = fc.constantFrom("C:", "c%3a", "file:", "#", "%23", "%00", "~", "%c0%ae", "%ef%bc%8e", "a");
  const path = fc
    .array(fc.oneof(bad, separator, edge, fc.string({ maxLength: 4 })), { minLength: 1, maxLength: 9 })
    .map((parts) => parts.join(""));

  test("stored paths are plain names below the root, read back by the same address", async () => {
    await fc.assert(
      fc.asyncProperty(path, fc.boolean(), async (text, encode) => {
        const address = encode ? encodeURIComponent(text) : text.replace(/[\s?#<>"{}|\\^`[\]]/g, encodeURIComponent);
        for (const [method, url] of [
          ["PUT", `${proxy}/artifacts/0/run/${address}`],
          ["POST", `${proxy}/mpu/create/0/run/${address}`],
          ["GET", `/get-artifact?run_id=none&path=${encodeURIComponent(text)}`],
        ] as const) {
          const payload = method === "POST" ? { path: text || "x", num_parts: 1 } : "content";
          const response = await door.server.inject({ method, url, ...(method === "GET" ? {} : { payload }) });
          expect(response.statusCode).toBeLessThan(500);
        }
        const rows = await door.stage.ctx.db.read((r) =>
          r.all<{ folder: string; name: string }>({ sql: "select folder, name from artifact_files", parameters: [] }),
        );
        const uploads = await door.stage.ctx.db.read((r) =>
          r.all<{ path: string }>({ sql: "select path from artifact_uploads", parameters: [] }),
        );
        for (const stored of [
          ...rows.map((row) => (row.folder === "" ? row.name : `${row.folder}/${row.name}`)),
          ...uploads.map((row) => row.path),
        ]) {
          expect(stored).not.toMatch(/(^|\/)\.{1,2}(\/|$)|[\\#\p{Cc}]|\/\/|^\/|^[A-Za-z]:/u);
        }
      }),
      { numRuns: 150, seed: 7 },
    );
  });
});

describe("a download", () => {
  const text = "0123456789".repeat(30_000);
  const url = `${proxy}/artifacts/0/run/digits.txt`;
  beforeEach(() => door.put(url, text));

  test("is the whole file, or the range asked for", async () => {
    expect((await door.server.inject({ method: "GET", url })).payload).toBe(text);
    const part = await door.server.inject({ method: "GET", url, headers: { range: "bytes=5-262150" } });
    expect([part.statusCode, part.headers["content-range"]]).toEqual([206, "bytes 5-262150/300000"]);
    expect(part.payload).toBe(text.slice(5, 262_151));
  });

  test("is announced by its size when only the head is asked for", async () => {
    const head = await door.server.inject({ method: "HEAD", url });
    expect([head.statusCode, head.headers["content-length"], head.payload]).toEqual([200, "300000", ""]);
  });
});

test("an upload whose client goes away is refused as cut short, and is no unforeseen failure", async () => {
  const { port } = new URL(await door.server.listen({ port: 0, host: "127.0.0.1" }));
  const put = vi.spyOn(door.stage.ctx.blobs, "put");
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(`PUT ${proxy}/artifacts/0/run/cut.bin HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 900000\r\n\r\n`);
  socket.write(Buffer.alloc(700_000));
  await vi.waitFor(() => expect(put).toHaveBeenCalled());
  socket.destroy();
  await expect(put.mock.results[0]?.value).rejects.toMatchObject({ code: "BLOB_MISMATCH", status: 400 });
  expect((await door.get(`${proxy}/artifacts?path=0/run`)).json).toEqual({});
});

describe("what is asked of files that are not there", () => {
  test("a folder says that it is one", async () => {
    await door.put(`${proxy}/artifacts/0/run/deep/a.txt`, "x");
    expect(await door.get(`${proxy}/artifacts/0/run/deep`)).toMatchObject({
      status: 400,
      json: { message: "Artifact path refers to a directory, not a file: '0/run/deep'" },
    });
  });

  test("a file whose bytes were lost is missing, not an answer that breaks off", async () => {
    await door.put(`${proxy}/artifacts/0/run/lost.txt`, "the only copy");
    await door.stage.ctx.blobs.remove(sha("the only copy"));
    const answer = await door.server.inject({ method: "GET", url: `${proxy}/artifacts/0/run/lost.txt` });
    expect(answer.statusCode).toBe(404);
    expect(answer.headers["content-length"]).toBe(String(answer.rawPayload.length));
    expect(answer.json()).toMatchObject({ message: expect.stringContaining("No stored object has the hash") });
  });

  test("addresses signed by a cloud are refused for files this server keeps", async () => {
    const run = await door.startRun();
    expect(await door.post("/artifacts/presigned-upload-url", { run_id: run, path: "x" })).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining("Presigned upload is not supported for proxied artifact storage") },
    });
    expect(await door.get(`${proxy}/presigned/0/x`)).toMatchObject({
      status: 501,
      json: { error_code: "NOT_IMPLEMENTED", message: expect.stringMatching(/^Multipart download is not supported/) },
    });
  });
});

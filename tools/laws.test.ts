import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Breach } from "./laws/breach.ts";
import { textLaws } from "./laws/text.ts";
import { breaches } from "./laws.ts";
import { root } from "./source.ts";

const p = "packages/platform/src";

/** A house in which every law holds: the least of each place that laws speak of. */
const clean: Record<string, string> = {
  "packages/api/src/main.ts": 'import { Type } from "typebox";\nexport const Name = Type.String();\n',
  "packages/scan/src/main.ts": 'import { parse } from "./sources/parse.js";\nexport const scan = parse;\n',
  "packages/scan/src/bin.ts": 'import { scan } from "./main.js";\nscan();\n',
  "packages/scan/src/sources/parse.ts": 'import { readFileSync } from "node:fs";\nexport const parse = readFileSync;\n',
  [`${p}/main.ts`]:
    'import { up } from "#doors/http/server.js";\nimport { scan } from "@paydown/scan";\nimport { spare } from "#doors/cli/spare.js";\nup(scan, spare);\n',
  [`${p}/doors/http/server.ts`]:
    'import Fastify from "fastify";\nimport { tell } from "#flows/story.js";\nexport const up = (...x: unknown[]) => [Fastify, tell, x];\n',
  [`${p}/doors/cli/spare.ts`]: "export const spare = 1;\n",
  [`${p}/flows/story.ts`]:
    'import { one } from "#capabilities/one/index.js";\nimport { two } from "#capabilities/two/index.js";\nexport const tell = [one, two];\n',
  [`${p}/capabilities/one/README.md`]: "# One\n",
  [`${p}/capabilities/one/index.ts`]: 'export * from "./actions.js";\n',
  [`${p}/capabilities/one/actions.ts`]: 'import { find } from "./store.js";\nexport const one = find;\n',
  [`${p}/capabilities/one/store.ts`]:
    'import { queries } from "#base/db/queries.js";\nexport const find = [queries, "select id from ones where id = ?"];\n',
  [`${p}/capabilities/two/index.ts`]: 'import { now } from "#base/clock.js";\nexport const two = now;\n',
  [`${p}/base/clock.ts`]: "export const now = () => Date.now();\n",
  [`${p}/base/errors.ts`]: 'export function fail(): never {\n  throw new Error("coded");\n}\n',
  [`${p}/base/db/queries.ts`]:
    'import { Kysely } from "kysely";\nimport { open } from "./sqlite.js";\nimport { pool } from "./postgres.js";\nimport { fail } from "../errors.js";\nexport const queries = [Kysely, open, pool, fail];\n',
  [`${p}/base/db/sqlite.ts`]: 'import Database from "better-sqlite3";\nexport const open = Database;\n',
  [`${p}/base/db/postgres.ts`]: 'import pg from "pg";\nexport const pool = pg;\n',
  [`${p}/base/testing/stage.ts`]: "export const stage = 1;\n",
  "packages/web/src/main.ts": 'import { screen } from "./capabilities/one/screen.js";\nexport const page = screen;\n',
  "packages/web/src/capabilities/one/screen.ts": 'import { row } from "#kit/row.js";\nexport const screen = row;\n',
  "packages/web/src/capabilities/two/screen.ts": "export const screen = 2;\n",
  "packages/web/src/kit/row.ts": "export const row = 1;\n",
  "tools/tool.ts": "export const tool = 1;\n",
};

/** For each law a file that breaks it, and only it. */
const planted: Record<string, { file: string; text: string }> = {
  "no-cycles": {
    file: `${p}/base/circle.ts`,
    text: 'import { b } from "./circle-back.js";\nexport const a = () => b;\n',
  },
  resolvable: { file: `${p}/base/nowhere.ts`, text: 'import { x } from "./not-there.js";\nexport const y = x;\n' },
  "declared-dependencies": {
    file: `${p}/base/undeclared.ts`,
    text: 'import semver from "fast-check";\nexport const y = semver;\n',
  },
  "capabilities-apart": {
    file: `${p}/capabilities/two/views.ts`,
    text: 'import { one } from "#capabilities/one/index.js";\nexport const y = one;\n',
  },
  "capability-by-its-index": {
    file: `${p}/flows/shortcut.ts`,
    text: 'import { find } from "#capabilities/one/store.js";\nexport const y = find;\n',
  },
  "base-below-all": {
    file: `${p}/base/upward.ts`,
    text: 'import { one } from "#capabilities/one/index.js";\nexport const y = one;\n',
  },
  "capabilities-below-flows": {
    file: `${p}/capabilities/two/actions.ts`,
    text: 'import { spare } from "#doors/cli/spare.js";\nexport const y = spare;\n',
  },
  "flows-below-doors": {
    file: `${p}/flows/upward.ts`,
    text: 'import { spare } from "#doors/cli/spare.js";\nexport const y = spare;\n',
  },
  "doors-below-main": {
    file: `${p}/doors/cli/upward.ts`,
    text: 'import { root } from "#root.js";\nexport const y = root;\n',
  },
  "doors-apart": {
    file: `${p}/doors/cli/aside.ts`,
    text: 'import { up } from "#doors/http/server.js";\nexport const y = up;\n',
  },
  "api-stands-alone": { file: "packages/api/src/node.ts", text: 'import os from "node:os";\nexport const y = os;\n' },
  "scan-stands-alone": {
    file: "packages/scan/src/sources/says.ts",
    text: 'import { Name } from "@paydown/api";\nexport const y = Name;\n',
  },
  "platform-never-imports-web": {
    file: `${p}/doors/http/web.ts`,
    text: 'import { row } from "../../../../web/src/kit/row.js";\nexport const y = row;\n',
  },
  "platform-imports-scan-by-its-main": {
    file: `${p}/flows/inside-scan.ts`,
    text: 'import { parse } from "../../../scan/src/sources/parse.js";\nexport const y = parse;\n',
  },
  "web-imports-api-only": {
    file: "packages/web/src/capabilities/two/scan.ts",
    text: 'import { scan } from "@paydown/scan";\nexport const y = scan;\n',
  },
  "web-runs-in-browsers": {
    file: "packages/web/src/kit/os.ts",
    text: 'import os from "node:os";\nexport const y = os;\n',
  },
  "web-capabilities-apart": {
    file: "packages/web/src/capabilities/two/aside.ts",
    text: 'import { screen } from "#capabilities/one/screen.js";\nexport const y = screen;\n',
  },
  "web-kit-below-capabilities": {
    file: "packages/web/src/kit/upward.ts",
    text: 'import { screen } from "#capabilities/two/screen.js";\nexport const y = screen;\n',
  },
  "sql-in-stores-only": {
    file: `${p}/capabilities/one/model.ts`,
    text: 'import { queries } from "#base/db/queries.js";\nexport const y = queries;\n',
  },
  "http-framework-in-doors": {
    file: `${p}/flows/serve.ts`,
    text: 'import Fastify from "fastify";\nexport const y = Fastify;\n',
  },
  "files-in-listed-places": {
    file: `${p}/capabilities/one/jobs.ts`,
    text: 'import { rmSync } from "node:fs";\nexport const y = rmSync;\n',
  },
  "sqlite-in-its-adapter": {
    file: `${p}/base/db/open.ts`,
    text: 'import Database from "better-sqlite3";\nexport const y = Database;\n',
  },
  "pg-in-its-adapter": { file: `${p}/base/db/listen.ts`, text: 'import pg from "pg";\nexport const y = pg;\n' },
  "duckdb-in-its-adapter": {
    file: `${p}/capabilities/one/events.ts`,
    text: 'import { DuckDBInstance } from "@duckdb/node-api";\nexport const y = DuckDBInstance;\n',
  },
  "onnx-in-its-runtime": {
    file: `${p}/capabilities/two/model.ts`,
    text: 'import ort from "onnxruntime-node";\nexport const y = ort;\n',
  },
  "cloud-sdk-in-its-adapter": {
    file: `${p}/base/blobs/disk.ts`,
    text: 'import { S3Client } from "@aws-sdk/client-s3";\nexport const y = S3Client;\n',
  },
  "tests-are-imported-by-tests": {
    file: `${p}/flows/fake.ts`,
    text: 'import { stage } from "#base/testing/stage.js";\nexport const y = stage;\n',
  },
  "nothing-imports-tools": {
    file: "packages/web/src/tool.ts",
    text: 'import { tool } from "../../../tools/tool.js";\nexport const y = tool;\n',
  },
  reachable: { file: `${p}/flows/forgotten.ts`, text: "export const y = 1;\n" },
  "environment-in-config": { file: `${p}/base/env.ts`, text: "export const y = process.env.HOME;\n" },
  "clock-in-clock": { file: `${p}/base/timer.ts`, text: "\nexport const y = new Date();\n" },
  "errors-are-coded": {
    file: `${p}/base/bare.ts`,
    text: 'export function y(): never {\n  throw new Error("bare");\n}\n',
  },
  "no-double-parent": {
    file: `${p}/base/db/parent.ts`,
    text: 'import { now } from "../../base/clock.js";\nexport const y = now;\n',
  },
  "sql-text-in-stores-only": {
    file: `${p}/flows/sql.ts`,
    text: "export const y = `\n  select id\n  from ones`;\n",
  },
  "capability-plan": { file: `${p}/capabilities/one/helpers.ts`, text: "export const y = 1;\n" },
};

/** What a planted breach needs beside it. */
const beside: Record<string, string> = {
  [`${p}/base/circle-back.ts`]: 'import { a } from "./circle.js";\nexport const b = () => a;\n',
  [`${p}/root.ts`]: "export const root = 1;\n",
};

function writeHouse(files: Record<string, string>): string {
  const house = mkdtempSync(join(tmpdir(), "paydown-laws-"));
  cpSync(join(root, ".dependency-cruiser.mjs"), join(house, ".dependency-cruiser.mjs"));
  for (const name of ["tsconfig.base.json", "package.json", "packages/web/package.json"]) {
    cpSync(join(root, name), join(house, name), { recursive: true });
  }
  for (const name of ["api", "scan", "platform"]) {
    cpSync(join(root, `packages/${name}/package.json`), join(house, `packages/${name}/package.json`));
  }
  mkdirSync(join(house, "node_modules/@paydown"), { recursive: true });
  for (const name of [
    "typebox",
    "fastify",
    "kysely",
    "better-sqlite3",
    "pg",
    "@duckdb",
    "onnxruntime-node",
    "fast-check",
  ]) {
    symlinkSync(join(root, "node_modules", name), join(house, "node_modules", name));
  }
  // No S3 adapter need be installed for its law to hold.
  const s3 = join(house, "node_modules/@aws-sdk/client-s3");
  mkdirSync(s3, { recursive: true });
  writeFileSync(join(s3, "package.json"), '{ "name": "@aws-sdk/client-s3", "version": "1.0.0", "main": "main.js" }');
  writeFileSync(join(s3, "main.js"), "exports.S3Client = 1;\n");
  for (const name of ["api", "scan"]) {
    symlinkSync(join(house, "packages", name), join(house, "node_modules/@paydown", name));
  }
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(house, file)), { recursive: true });
    writeFileSync(join(house, file), text);
  }
  return house;
}

describe("the laws of the house", () => {
  const houses: string[] = [];
  let found: Breach[] = [];

  beforeAll(async () => {
    const all = Object.fromEntries(Object.values(planted).map((one) => [one.file, one.text]));
    const house = writeHouse({ ...clean, ...beside, ...all });
    houses.push(house);
    found = await breaches(house);
  });
  afterAll(() => {
    for (const house of houses) rmSync(house, { recursive: true, force: true });
  });

  test("a house that keeps them has no breach", async () => {
    const house = writeHouse({ ...clean, [`${p}/base/testing/stage.ts`]: "export const stage = 1;\n" });
    houses.push(house);
    expect(await breaches(house)).toEqual([]);
  });

  test.each(Object.entries(planted))("a breach of %s is named with its reason and its place", (law, { file }) => {
    const breach = found.find((one) => one.law === law && (one.file === file || one.what.includes(file)));
    expect(
      breach,
      `breaches found there: ${found.filter((one) => one.file === file).map((one) => one.law)}`,
    ).toBeDefined();
    expect(breach?.reason.length).toBeGreaterThan(20);
    expect(breach?.what).not.toBe("");
  });

  test("a breach in the text is named with its line", () => {
    expect(found.find((one) => one.law === "clock-in-clock")?.line).toBe(2);
  });

  test("every law has a planted breach", async () => {
    const { default: imports } = (await import(join(root, ".dependency-cruiser.mjs"))) as {
      default: { forbidden: { name: string }[] };
    };
    const laws = [...imports.forbidden.map((one) => one.name), ...textLaws.map((one) => one.law), "capability-plan"];
    expect(Object.keys(planted).sort()).toEqual(laws.sort());
  });
});

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openapi } from "./gen/openapi.ts";
import { staleFiles } from "./gen.ts";
import { root } from "./source.ts";

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: object;
}

interface Described {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly "application/json": { readonly schema: object } } };
  readonly responses: Record<
    string,
    { readonly content?: { readonly "application/json": { readonly schema: object } } }
  >;
}

describe("the OpenAPI document", () => {
  let paths: [string, Record<string, Described>][];
  let text: string;
  beforeAll(async () => {
    const [file] = await openapi(root);
    text = file?.text ?? "";
    paths = Object.entries((JSON.parse(text) as { paths: Record<string, Record<string, Described>> }).paths);
  });

  test("declares exactly the parameters its paths have, each required", () => {
    for (const [path, methods] of paths) {
      const named = [...path.matchAll(/\{([a-zA-Z]+)\}/g)].map((match) => match[1]).sort();
      for (const operation of Object.values(methods)) {
        const own = (operation.parameters ?? []).filter((one) => one.in === "path");
        expect(own.map((one) => one.name).sort(), operation.operationId).toEqual(named);
        expect(
          own.every((one) => one.required),
          operation.operationId,
        ).toBe(true);
      }
    }
  });

  test("holds only schemas that compile as JSON Schema 2020-12", () => {
    const ajv = new Ajv2020({ strict: false });
    for (const [, methods] of paths) {
      for (const operation of Object.values(methods)) {
        const schemas = [
          ...(operation.parameters ?? []).map((one) => one.schema),
          operation.requestBody?.content["application/json"].schema,
          operation.responses["200"]?.content?.["application/json"].schema,
        ];
        for (const schema of schemas) {
          if (schema !== undefined) expect(() => ajv.compile(schema), operation.operationId).not.toThrow();
        }
      }
    }
  });

  test("refers only to what it holds, and names each operation once", () => {
    const document = JSON.parse(text) as Record<string, unknown>;
    for (const [, ref] of text.matchAll(/"\$ref": ?"#\/([^"]+)"/g)) {
      const found = (ref as string)
        .split("/")
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document);
      expect(found, ref).toBeDefined();
    }
    const ids = paths.flatMap(([, methods]) => Object.values(methods).map((one) => one.operationId));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("a generated file", () => {
  let house: string;
  beforeAll(() => {
    house = mkdtempSync(join(tmpdir(), "paydown-gen-"));
    mkdirSync(join(house, "packages/api/src"), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(house, "node_modules"));
    const operation = (name: string) =>
      `export const ${name} = { name: "toys.${name}", method: "GET", path: "/projects/:project/toys/${name}", input: { type: "object", properties: { project: { type: "string" } }, required: ["project"] }, reply: { type: "object" }, permission: "read", doc: "Do ${name}.", cli: { command: "toys ${name}" } };\n`;
    writeFileSync(
      join(house, "packages/api/src/toys.ts"),
      `${operation("show")}${operation("count")}export const ToyMade = { name: "toys.toy-made", payload: { type: "object" }, doc: "A toy was made." };\n`,
    );
  });
  afterAll(() => rmSync(house, { recursive: true, force: true }));

  test("is stale when it is missing or differs, and fresh once it is written", async () => {
    const only = ["lists", "openapi", "reference"];
    const missing = await staleFiles(house, only);
    expect(missing.map((file) => file.path)).toContain("packages/api/src/operations.generated.ts");
    for (const file of missing) {
      mkdirSync(join(house, file.path, ".."), { recursive: true });
      writeFileSync(join(house, file.path), file.text);
    }
    expect(await staleFiles(house, only)).toEqual([]);
    writeFileSync(join(house, "docs/reference/cli.md"), "by hand\n");
    expect((await staleFiles(house, only)).map((file) => file.path)).toEqual(["docs/reference/cli.md"]);
  });

  test("lists every operation and event that is exported, sorted by name", async () => {
    const stale = await staleFiles(house, ["lists"]);
    expect(stale).toEqual([]);
    const { lists } = await import("./gen/lists.ts");
    const [operations, events, commands] = await lists(house);
    expect(operations?.text).toMatch(/toys\.count,\n {2}toys\.show,/);
    expect(events?.text).toContain("toys.ToyMade,");
    expect(commands?.text).toContain('{ command: "toys count", doc: "Do count.", operation: "toys.count" }');
  });
});

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Operation } from "../packages/api/src/operation.js";
import { type ErrorEntry, type RuleEntry, readErrors, readPlatformRules } from "./gen/catalogue.ts";
import { type Contract, readContract } from "./gen/contract.ts";
import { pathFields, toTemplate } from "./gen/openapi.ts";
import { sourceFiles } from "./laws/source-files.ts";
import { root } from "./source.ts";

const sources = sourceFiles(root, ["packages"]).filter((file) => /\.tsx?$/.test(file));
const texts = new Map(sources.map((file) => [file, readFileSync(join(root, file), "utf8")]));

describe("the contract", () => {
  let contract: Contract;
  let operations: readonly Operation[];
  beforeAll(async () => {
    contract = await readContract(root);
    operations = contract.operations.map((one) => one.value);
  });

  test("every operation has a permission, a doc sentence, and a name of its capability", () => {
    const wrong = contract.operations.filter(
      ({ capability, value }) =>
        !["call", "read", "write", "approve", "admin", "any"].includes(value.permission) ||
        !/^[A-Z][^\n]*\.$/.test(value.doc) ||
        !value.name.startsWith(`${capability}.`),
    );
    expect(wrong.map((one) => one.value.name)).toEqual([]);
    expect(operations.length).toBeGreaterThan(0);
  });

  test("no two operations share a name, a command or a route", () => {
    expect(doubles(operations.map((one) => one.name))).toEqual([]);
    expect(doubles(operations.map((one) => one.cli.command))).toEqual([]);
    expect(doubles(operations.map((one) => `${one.method} ${one.path.replace(/:[a-zA-Z]+/g, ":")}`))).toEqual([]);
  });

  test("parameters of paths that differ in nothing else have one name", () => {
    const names = Map.groupBy(new Set(operations.map((one) => one.path)), (path) => path.replace(/:[a-zA-Z]+/g, ":"));
    expect([...names.values()].filter((paths) => new Set(paths.map(toTemplate)).size > 1)).toEqual([]);
  });

  test("every field named by a path or a position is an input field", () => {
    const wrong = operations.flatMap((one) => {
      const properties = propertiesOf(one.input);
      const named = [...pathFields(one.path), ...(one.cli.positional ?? [])];
      return named.filter((field) => !(field in properties)).map((field) => `${one.name} ${field}`);
    });
    expect(wrong).toEqual([]);
  });

  test("an operation on a project says so in its path", () => {
    const wrong = operations.filter(
      (one) => "project" in propertiesOf(one.input) && !pathFields(one.path).includes("project"),
    );
    expect(wrong.map((one) => one.name)).toEqual([]);
  });

  test("every property of every schema is described", () => {
    const bare = [
      ...operations.flatMap((one) => [
        ...undescribed(one.input, `${one.name} input`),
        ...undescribed(one.reply, `${one.name} reply`),
      ]),
      ...contract.events.flatMap(({ value }) => undescribed(value.payload, value.name)),
    ];
    expect([...new Set(bare)]).toEqual([]);
  });

  test("every event has a doc sentence and a name of its capability, once", () => {
    const wrong = contract.events.filter(
      ({ capability, value }) => !/^[A-Z][^\n]*\.$/.test(value.doc) || !value.name.startsWith(`${capability}.`),
    );
    expect(wrong.map((one) => one.value.name)).toEqual([]);
    expect(doubles(contract.events.map((one) => one.value.name))).toEqual([]);
  });

  test("every operation is implemented by its capability, or by a flow", () => {
    const flows = [...texts]
      .filter(([file]) => file.startsWith("packages/platform/src/flows/"))
      .map(([, text]) => text);
    const missing = contract.operations.filter(({ capability, export: name }) => {
      const home = texts.get(`packages/platform/src/capabilities/${capability}/index.ts`);
      const places = capability === "flows" ? flows : [home ?? ""];
      return !places.some((text) => new RegExp(`\\b${name}\\b`).test(text));
    });
    expect(missing.map((one) => one.value.name)).toEqual([]);
  });
});

describe("errors", () => {
  let entries: ErrorEntry[];
  beforeAll(async () => {
    entries = await readErrors(root);
  });

  test("every code is documented, unique, upper snake, and of its capability", () => {
    const page = readFileSync(join(root, "docs/reference/errors.md"), "utf8");
    const wrong = entries.filter(({ code, file }) => {
      const owner = /\/(?:capabilities|protocols)\/([a-z-]+)/.exec(file)?.[1]?.toUpperCase().replaceAll("-", "_");
      const owned = owner === undefined || !file.includes("/capabilities/") || code.startsWith(`${owner}_`);
      return !page.includes(`\`${code}\``) || !/^[A-Z][A-Z0-9_]+$/.test(code) || !owned;
    });
    expect(wrong.map((one) => `${one.file} ${one.code}`)).toEqual([]);
    expect(doubles(entries.map((one) => one.code))).toEqual([]);
  });

  test("every code has a message and a next step that is a sentence", () => {
    // Messages that stock clients match are the protocol's own, full stop or not.
    const wrong = entries.filter((one) => one.message === "" || !/^[A-Z`].*[.?!`]$/s.test(one.next));
    expect(wrong.map((one) => one.code)).toEqual([]);
  });

  test("no code is dead", () => {
    const dead = entries.filter(({ code, file }) => {
      const used = new RegExp(`\\b${code}\\b`);
      return (
        ![...texts].some(([other, text]) => other !== file && !/\.test\.tsx?$/.test(other) && used.test(text)) &&
        (texts.get(file) ?? "").split(used).length <= 2
      );
    });
    expect(dead.map((one) => one.code)).toEqual([]);
  });
});

describe("rules", () => {
  let rules: RuleEntry[];
  beforeAll(async () => {
    rules = await readPlatformRules(root);
  });

  test("every rule over records has a code and slug of its own, words for people, and a file called after it", () => {
    expect(doubles(rules.map((one) => one.code))).toEqual([]);
    expect(doubles(rules.map((one) => one.slug))).toEqual([]);
    const wrong = rules.filter(
      (one) =>
        !/^[A-Z]{3}\d{3}$/.test(one.code) ||
        !/^[a-z][a-z0-9-]*$/.test(one.slug) ||
        /^(no|disallow)-/.test(one.slug) ||
        !one.file.endsWith(`/rules/${one.slug}.ts`) ||
        [one.summary, one.why, one.remedy].some((text) => text.length < 15) ||
        one.origin === "",
    );
    expect(wrong.map((one) => `${one.file} ${one.code}`)).toEqual([]);
  });

  test("every rule over records is told as a story by a test", () => {
    const tests = [...texts].filter(([file]) => /\.test\.ts$/.test(file));
    const untold = rules.filter(({ file, code, slug }) => {
      const camel = slug.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
      const home = file.slice(0, file.indexOf("/rules/"));
      return !tests.some(([test, text]) => test.startsWith(home) && (text.includes(code) || text.includes(camel)));
    });
    expect(untold.map((one) => one.code)).toEqual([]);
  });
});

describe("the house", () => {
  const folder = join(root, "packages/platform/src/capabilities");
  const capabilities = readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory());

  test.each(capabilities.map((one) => one.name))("capability %s has its page, its index and its guide", (name) => {
    expect(existsSync(join(folder, name, "README.md"))).toBe(true);
    expect(existsSync(join(folder, name, "index.ts"))).toBe(true);
    expect(existsSync(join(root, "packages/api/src", `${name}.ts`))).toBe(true);
    expect(existsSync(join(root, "docs/guide", `${name}.md`))).toBe(true);
  });

  test("every link in the documents resolves", () => {
    const broken = documents().flatMap((file) => {
      const text = readFileSync(join(root, file), "utf8").replace(/```[\s\S]*?```|`[^`\n]*`/g, "");
      return [...text.matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)]
        .map((match) => match[1] as string)
        .filter((target) => !/^(https?:|mailto:)/.test(target) && !resolves(file, target))
        .map((target) => `${file}: ${target}`);
    });
    expect(broken).toEqual([]);
  });

  test("there are at most a dozen scripts at the root", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
    expect(Object.keys(scripts).length).toBeLessThanOrEqual(12);
  });

  test("every dependency has a line that says what we would write instead", () => {
    const page = readFileSync(join(root, "docs/adr/0002-dependencies.md"), "utf8");
    const named = [
      "package.json",
      ...["api", "scan", "platform", "web"].map((one) => `packages/${one}/package.json`),
    ].flatMap((file) => {
      const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, file), "utf8")) as Record<
        string,
        object | undefined
      >;
      return [...Object.keys(dependencies ?? {}), ...Object.keys(devDependencies ?? {})];
    });
    const missing = named.filter(
      (name) => !name.startsWith("@paydown/") && !name.startsWith("@types/") && !page.includes(`\`${name}\``),
    );
    expect([...new Set(missing)]).toEqual([]);
  });

  test("the first page of CONTRIBUTING fits on a page", () => {
    expect(readFileSync(join(root, "CONTRIBUTING.md"), "utf8").split("\n").length).toBeLessThanOrEqual(101);
  });
});

function doubles(names: readonly string[]): string[] {
  return [...Map.groupBy(names, (name) => name)].filter(([, some]) => some.length > 1).map(([name]) => name);
}

interface Schema {
  readonly description?: string;
  readonly const?: unknown;
  readonly properties?: Record<string, Schema>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

function propertiesOf(schema: unknown): Record<string, Schema> {
  return (schema as Schema).properties ?? {};
}

/** Properties without a description of their own or of the object they hold. */
function undescribed(value: unknown, at: string): string[] {
  const schema = value as Schema;
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
      const inside = undescribed(property, `${at}.${name}`);
      return isDescribed(property) ? inside : [`${at}.${name}`, ...inside];
    }),
    ...(schema.items === undefined ? [] : undescribed(schema.items, `${at}[]`)),
    ...[...(schema.anyOf ?? []), ...(schema.allOf ?? [])].flatMap((part) => undescribed(part, at)),
  ];
}

/** A structure whose parts are described needs no sentence of its own. */
function isDescribed(property: Schema): boolean {
  if (property.description !== undefined || property.const !== undefined) return true;
  if (property.properties !== undefined) return true;
  if (property.items?.properties !== undefined || property.items?.allOf !== undefined) return true;
  const parts = [...(property.anyOf ?? []), ...(property.allOf ?? [])];
  return parts.length > 0 && parts.some(isDescribed) && parts.some((part) => part.const === undefined);
}

function documents(): string[] {
  const atRoot = readdirSync(root).filter((file) => file.endsWith(".md"));
  const readmes = sourceFiles(root, ["packages", "interop", "bench", "examples"]).filter((file) =>
    file.endsWith(".md"),
  );
  return [...atRoot, ...sourceFiles(root, ["docs"]).filter((file) => file.endsWith(".md")), ...readmes];
}

function resolves(file: string, target: string): boolean {
  const [path = "", anchor] = target.split("#", 2) as [string, string | undefined];
  const full =
    path === "" ? join(root, file) : path.startsWith("/") ? join(root, path) : join(root, dirname(file), path);
  if (!existsSync(full)) return false;
  if (anchor === undefined || !full.endsWith(".md")) return true;
  const headings = [...readFileSync(full, "utf8").matchAll(/^#{1,6}\s+(.+)$/gm)].map((match) =>
    toAnchor(match[1] as string),
  );
  return headings.includes(anchor);
}

/** As GitHub makes them. */
function toAnchor(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}

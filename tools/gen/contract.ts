import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { EventKind } from "../../packages/api/src/event.js";
import type { Operation } from "../../packages/api/src/operation.js";
import { load } from "../source.ts";

/** One export of a capability's file in `packages/api/src`. */
export interface Declared<T> {
  /** File without ending: the capability's name, or `<capability>-<topic>` where one file would be too long. */
  readonly file: string;
  /** The capability's name. */
  readonly capability: string;
  /** Name it is exported under. */
  readonly export: string;
  readonly value: T;
}

export interface Contract {
  readonly operations: readonly Declared<Operation>[];
  readonly events: readonly Declared<EventKind>[];
}

const ground = new Set(["client", "errors", "event", "main", "operation", "values"]);

/** Files in which capabilities say something to the world, by name. */
export function contractFiles(house: string): string[] {
  return readdirSync(join(house, "packages/api/src"))
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.endsWith(".generated.ts"))
    .map((file) => file.slice(0, -3))
    .filter((name) => !ground.has(name))
    .sort();
}

/** Every operation and event exported by the files of `packages/api/src`, sorted by name. */
export async function readContract(house: string): Promise<Contract> {
  const operations: Declared<Operation>[] = [];
  const events: Declared<EventKind>[] = [];
  for (const file of contractFiles(house)) {
    const capability = file.split("-", 1)[0] as string;
    for (const [name, value] of Object.entries(await load(`packages/api/src/${file}.ts`, house))) {
      if (isOperation(value)) operations.push({ file, capability, export: name, value });
      else if (isEvent(value)) events.push({ file, capability, export: name, value });
    }
  }
  return { operations: operations.sort(byName), events: events.sort(byName) };
}

function byName(a: Declared<{ name: string }>, b: Declared<{ name: string }>): number {
  return a.value.name < b.value.name ? -1 : 1;
}

function isOperation(value: unknown): value is Operation {
  return typeof value === "object" && value !== null && "method" in value && "permission" in value && "reply" in value;
}

function isEvent(value: unknown): value is EventKind {
  return typeof value === "object" && value !== null && "payload" in value && "name" in value && "doc" in value;
}

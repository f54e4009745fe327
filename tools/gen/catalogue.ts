import { sourceFiles } from "../laws/source-files.ts";
import { load } from "../source.ts";

export interface ErrorEntry {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly next: string;
  /** The file it is declared in. */
  readonly file: string;
}

/** Every error of the platform: whatever exports a `catalogue`, from each `errors.ts`. Sorted by code. */
export async function readErrors(house: string): Promise<ErrorEntry[]> {
  const entries: ErrorEntry[] = [];
  for (const file of sourceFiles(house, ["packages/platform/src"])) {
    if (!/(^|\/)errors\.ts$/.test(file)) continue;
    for (const value of Object.values(await load(file, house))) {
      if (typeof value !== "object" || value === null || !("catalogue" in value)) continue;
      const catalogue = value.catalogue as Record<string, { status: number; message: string; next: string }>;
      for (const [code, { status, message, next }] of Object.entries(catalogue)) {
        entries.push({ code, status, message, next, file });
      }
    }
  }
  return entries.sort((a, b) => (a.code < b.code ? -1 : 1));
}

export interface RuleEntry {
  readonly code: string;
  readonly slug: string;
  readonly family: string;
  readonly severity: string;
  readonly principal: string;
  readonly summary: string;
  readonly why: string;
  readonly remedy: string;
  readonly origin: string;
  /** The file it is declared in. */
  readonly file: string;
}

/** Every rule over the platform's own records: exports with code, slug and check of each capability's `rules/`. */
export async function readPlatformRules(house: string): Promise<RuleEntry[]> {
  const entries: RuleEntry[] = [];
  for (const file of sourceFiles(house, ["packages/platform/src/capabilities"])) {
    if (!/\/rules\/[a-z0-9-]+\.ts$/.test(file)) continue;
    for (const value of Object.values(await load(file, house))) {
      const rule = isRule(value) ? value : made(value);
      if (rule !== undefined) entries.push({ ...rule, file });
    }
  }
  return entries.sort((a, b) => (a.code < b.code ? -1 : 1));
}

function isRule(value: unknown): value is Omit<RuleEntry, "file"> {
  return typeof value === "object" && value !== null && "code" in value && "slug" in value && "check" in value;
}

/** A rule with needs is made by a function; its description does not depend on them. */
function made(value: unknown): Omit<RuleEntry, "file"> | undefined {
  if (typeof value !== "function" || !/Rule$/.test(value.name)) return undefined;
  const rule = (value as (needs: unknown) => unknown)({});
  return isRule(rule) ? rule : undefined;
}

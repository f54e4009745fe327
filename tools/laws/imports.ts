import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import type { Breach } from "./breach.ts";

interface LawFile {
  readonly forbidden: readonly { readonly name: string; readonly comment: string }[];
  readonly options: Record<string, unknown> & { readonly enhancedResolveOptions: object };
}

/** Everything imported by anything in the house, checked against `.dependency-cruiser.mjs`. */
export async function cruiseHouse(house: string): Promise<ICruiseResult> {
  const { default: laws } = (await import(pathToFileURL(join(house, ".dependency-cruiser.mjs")).href)) as {
    default: LawFile;
  };
  const places = ["packages", "tools", "interop", "bench"].filter((place) => existsSync(join(house, place)));
  const { enhancedResolveOptions, ...options } = laws.options;
  const { output } = await cruise(
    places,
    { ...options, baseDir: house, validate: true, ruleSet: { forbidden: laws.forbidden } } as never,
    enhancedResolveOptions,
  );
  return output as ICruiseResult;
}

/** Breaches of the import laws. */
export function importBreaches(result: ICruiseResult): Breach[] {
  const reasons = new Map((result.summary.ruleSetUsed?.forbidden ?? []).map((rule) => [rule.name, rule.comment]));
  return result.summary.violations.map((violation) => ({
    law: violation.rule.name,
    reason: reasons.get(violation.rule.name) ?? "",
    file: violation.from,
    what: describe(violation),
  }));
}

function describe(violation: ICruiseResult["summary"]["violations"][number]): string {
  if (violation.cycle !== undefined) {
    return `imports in a circle: ${violation.cycle.map((step) => step.name).join(" -> ")}`;
  }
  if (violation.type === "module" || violation.from === violation.to) return "no entry reaches it";
  return `imports ${violation.to}`;
}

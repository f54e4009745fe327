import type { Breach } from "./laws/breach.ts";
import { cruiseHouse, importBreaches } from "./laws/imports.ts";
import { textBreaches } from "./laws/text.ts";
import { root } from "./source.ts";

/** Every breach of a law of the house, by law and file. */
export async function breaches(house: string = root): Promise<Breach[]> {
  return [...importBreaches(await cruiseHouse(house)), ...textBreaches(house)].sort((a, b) =>
    `${a.law} ${a.file}` < `${b.law} ${b.file}` ? -1 : 1,
  );
}

/** Breaches for people: law and reason once, then each file with its lines. */
export function printBreaches(found: readonly Breach[]): string {
  const byLaw = Map.groupBy(found, (breach) => breach.law);
  return [...byLaw.values()].map((some) => `${some[0]?.law}: ${some[0]?.reason}\n${printPlaces(some)}`).join("\n");
}

function printPlaces(some: readonly Breach[]): string {
  const byPlace = Map.groupBy(some, (breach) => `${breach.file} ${breach.what}`);
  return [...byPlace.values()]
    .map((same) => {
      const lines = same.flatMap((breach) => breach.line ?? []);
      return `  ${same[0]?.file}${lines.length > 0 ? `:${lines.join(",")}` : ""} ${same[0]?.what}\n`;
    })
    .join("");
}

if (import.meta.main) {
  const found = await breaches();
  process.stdout.write(printBreaches(found));
  process.stdout.write(found.length === 0 ? "Every law holds.\n" : `${found.length} breaches.\n`);
  process.exitCode = found.length === 0 ? 0 : 1;
}

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

export function printBreach(breach: Breach): string {
  const place = breach.line === undefined ? breach.file : `${breach.file}:${breach.line}`;
  return `${breach.law}: ${place} ${breach.what}\n    ${breach.reason}\n`;
}

if (import.meta.main) {
  const found = await breaches();
  for (const breach of found) process.stdout.write(printBreach(breach));
  process.stdout.write(found.length === 0 ? "Every law holds.\n" : `${found.length} breaches.\n`);
  process.exitCode = found.length === 0 ? 0 : 1;
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commands } from "./commands.generated.js";
import { localCommands } from "./run.js";

const docs = join(import.meta.dirname, "../../../../../docs");
const pages = ["guide", "reference"].flatMap((folder) =>
  readdirSync(join(docs, folder))
    .filter((page) => page.endsWith(".md"))
    .map((page) => `${folder}/${page}`),
);
const known = [...Object.keys(localCommands), ...commands.map((one) => one.command)];

/** What a text tells the reader to type: `paydown` and the words after it, up to the first that is no plain word. */
function commandsIn(text: string): string[] {
  return [...text.matchAll(/(?:`|^)paydown ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)/gm)].map((match) => match[1] as string);
}

test.each(pages)("every command that %s tells to type is one", (page) => {
  const unknown = commandsIn(readFileSync(join(docs, page), "utf8")).filter(
    (typed) => !known.some((command) => `${typed} `.startsWith(`${command} `) || command.startsWith(`${typed} `)),
  );
  expect(unknown).toEqual([]);
});

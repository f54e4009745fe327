import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { textBreaches } from "./laws/text.ts";
import { changedBy, scaffold, writeFiles } from "./new.ts";
import { root } from "./source.ts";

/** A copy of the house's sources beside links to everything installed. */
function copyHouse(): string {
  const house = mkdtempSync(join(tmpdir(), "paydown-new-"));
  mkdirSync(join(house, "node_modules/@paydown"), { recursive: true });
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (name === "paydown" || name === "@paydown") continue;
    symlinkSync(join(root, "node_modules", name), join(house, "node_modules", name));
  }
  for (const name of ["api", "scan", "platform"]) {
    const folder = join(house, "packages", name);
    cpSync(join(root, "packages", name, "src"), join(folder, "src"), { recursive: true });
    for (const file of ["package.json", "tsconfig.json"])
      cpSync(join(root, "packages", name, file), join(folder, file));
    const own = join(root, "packages", name, "node_modules");
    if (existsSync(own)) symlinkSync(own, join(folder, "node_modules"));
    if (name !== "platform") symlinkSync(folder, join(house, "node_modules/@paydown", name));
  }
  for (const file of ["tsconfig.base.json", "package.json"]) cpSync(join(root, file), join(house, file));
  return house;
}

describe("what the scaffold makes", () => {
  let house: string;
  beforeAll(() => {
    house = copyHouse();
  });
  afterAll(() => rmSync(house, { recursive: true, force: true }));

  async function make(words: string[], options: { family?: string; capability?: string } = {}): Promise<string[]> {
    const files = await scaffold(words, options, house);
    if (typeof files === "string") throw new RangeError(files);
    writeFiles(house, files, changedBy(words));
    return files.map((file) => file.path);
  }

  test("everything at once type-checks, keeps the laws and lies where the plan says", {
    timeout: 240_000,
  }, async () => {
    await make(["capability", "gadgets"]);
    await make(["operation", "gadgets", "listGadgets"]);
    await make(["operation", "gadgets", "breakGadget"]);
    await make(["rule", "broken-gadget"], { capability: "gadgets" });
    await make(["rule", "pickle-import"], { family: "code" });
    await make(["protocol", "gadget-wire"]);
    for (const name of ["api", "scan", "platform"]) {
      const before = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", join(house, "packages", name)], {
        encoding: "utf8",
      });
      // Only what was made is judged here: the house itself is the `types` step's.
      const own = before.stdout.split("\n").filter((line) => /gadget|pickle-import/.test(line));
      expect(own, name).toEqual([]);
    }
    expect(textBreaches(house).filter((breach) => /gadget|pickle-import/.test(breach.file))).toEqual([]);
    const index = readFileSync(join(house, "packages/platform/src/capabilities/gadgets/index.ts"), "utf8");
    expect(index).toContain("implement(breakGadgetOperation, breakGadget)");
  });

  test("a second rule gets the next number, and nothing is overwritten", async () => {
    const first = await scaffold(["rule", "unowned-gadget"], { capability: "lineage" }, house);
    expect(first).toMatchObject([{ text: expect.stringMatching(/code: "LIN0\d\d"/) }, {}]);
    await make(["protocol", "other-wire"]);
    await expect(make(["protocol", "other-wire"])).rejects.toThrow("is there already");
  });

  test("wrong words get the usage or the reason", async () => {
    expect(await scaffold(["rule"], {}, house)).toContain("npm run new");
    expect(await scaffold(["rule", "x"], {}, house)).toContain("npm run new");
    expect(await scaffold(["capability", "Not_Kebab"], {}, house)).toContain("kebab-case");
    expect(await scaffold(["operation", "nothing", "listThings"], {}, house)).toContain("no capability");
    expect(await scaffold(["operation", "lineage", "Things"], {}, house)).toContain("verb first");
  });
});

import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createTempFolder } from "#testing/temp-folder.js";
import { openFolder } from "./folder.js";

function paths(root: string, exclude: string[] = [], limits = {}): string[] {
  return openFolder(root, limits)
    .list(exclude)
    .files.map((file) => file.path);
}

describe("walking a folder", () => {
  test("respects ignore files at every level, and their exceptions", () => {
    const root = createTempFolder({
      ".git/HEAD": "ref: refs/heads/main\n",
      ".gitignore": "*.log\n/out/\n",
      "a.py": "",
      "a.log": "",
      "out/b.py": "",
      "deep/.gitignore": "!keep.log\n/local.py\n",
      "deep/keep.log": "",
      "deep/local.py": "",
      "deep/out/c.py": "",
    });
    expect(paths(root)).toEqual([".gitignore", "a.py", "deep/.gitignore", "deep/keep.log", "deep/out/c.py"]);
  });

  test("respects the ignore files above a scanned subfolder", () => {
    const root = createTempFolder({ ".git/HEAD": "", ".gitignore": "data/\n", "sub/a.py": "", "sub/data/b.py": "" });
    expect(paths(join(root, "sub"))).toEqual(["a.py"]);
  });

  test("scans an ignored folder that is named on purpose", () => {
    const root = createTempFolder({
      ".git/HEAD": "",
      ".gitignore": "work/\n*.log\n",
      "work/a.py": "",
      "work/sub/b.py": "",
      "work/c.log": "",
    });
    expect(paths(join(root, "work"))).toContain("a.py");
    expect(paths(join(root, "work/sub"))).toEqual(["b.py"]);
    expect(paths(root)).toEqual([".gitignore"]);
  });

  test("skips environments, vendored code and caches", () => {
    const root = createTempFolder({
      "env2/pyvenv.cfg": "",
      "env2/lib/x.py": "",
      "node_modules/y.py": "",
      "third_party/z.py": "",
      "pkg.egg-info/PKG-INFO": "",
      "__pycache__/q.py": "",
      "a.py": "",
    });
    expect(paths(root)).toEqual(["a.py"]);
  });

  test("follows no link, and says how many there were", () => {
    const outside = createTempFolder({ "secret.py": "x = 1\n" });
    const root = createTempFolder({ "a.py": "" });
    symlinkSync(outside, join(root, "out"));
    symlinkSync(join(outside, "secret.py"), join(root, "secret.py"));
    mkdirSync(join(root, "loop"));
    symlinkSync(join(root, "loop"), join(root, "loop", "again"));
    const listing = openFolder(root).list([]);
    expect(listing.files.map((file) => file.path)).toEqual(["a.py"]);
    expect(listing.unseen).toMatchObject([{ code: "SCAN_LINKS_SKIPPED", message: expect.stringContaining("3") }]);
    expect(openFolder(root).read("secret.py", 100)).toBeUndefined();
  });

  test("stops at its bounds and says so", () => {
    const files = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`f${index}.py`, ""]));
    const few = openFolder(createTempFolder(files), { files: 5 }).list([]);
    expect(few.files).toHaveLength(5);
    expect(few.unseen.map((entry) => entry.code)).toEqual(["SCAN_TOO_MANY_FILES"]);
    const deep = openFolder(createTempFolder({ "a/b/c/d/e.py": "" }), { depth: 2 }).list([]);
    expect(deep.files).toEqual([]);
    expect(deep.unseen.map((entry) => entry.code)).toEqual(["SCAN_TOO_DEEP"]);
  });

  test("leaves out what the configuration excludes", () => {
    expect(paths(createTempFolder({ "a.py": "", "gen/b.py": "", "c_pb2.py": "" }), ["gen/", "*_pb2.py"])).toEqual([
      "a.py",
    ]);
  });

  test("refuses a path that is no folder", () => {
    const root = createTempFolder({ "a.py": "" });
    expect(() => openFolder(join(root, "a.py"))).toThrow(expect.objectContaining({ code: "SCAN_PATH_NOT_FOLDER" }));
    expect(() => openFolder(join(root, "none"))).toThrow(expect.objectContaining({ code: "SCAN_PATH_NOT_FOUND" }));
  });
});

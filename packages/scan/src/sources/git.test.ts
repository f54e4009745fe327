import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { commit, createTempFolder, runGit, writeFiles } from "#testing/temp-folder.js";
import { readHistory, readTrackedFiles } from "./git.js";

// Git and whole scans take their time on a loaded machine.
vi.setConfig({ testTimeout: 60_000 });

const now = 1_760_000_000_000;
const start = 1_750_000_000;

function repository(): string {
  const root = createTempFolder();
  runGit(root, ["init", "-q"]);
  return root;
}

describe("reading a git history", () => {
  test("gives commits newest first, with lines and renames", async () => {
    const root = repository();
    commit(root, "add a", { "a.py": "one\ntwo\nthree\n" }, start);
    runGit(root, ["mv", "a.py", "b c.py"]);
    commit(root, "rename", {}, start + 60);
    commit(root, "fix b", { "b c.py": "one\ntwo\nthree\nfour\n" }, start + 120);
    const { commits, unseen } = await readHistory(root, root, now);
    expect(unseen).toEqual([]);
    expect(commits.map((entry) => [entry.subject, entry.changes])).toEqual([
      ["fix b", [{ path: "b c.py", lines: 1 }]],
      ["rename", [{ path: "b c.py", from: "a.py", lines: 0 }]],
      ["add a", [{ path: "a.py", lines: 3 }]],
    ]);
    expect(commits[0]).toMatchObject({ time: (start + 120) * 1000, email: "a@example.org", parents: 1 });
  });

  test("is not confused by control characters and look-alikes in subjects and names", async () => {
    const root = repository();
    commit(
      root,
      "fix \u0001\u001e 3\t4\tx.py @0123",
      { "we\tird\n.py": "x\n", "@0123456789012345678901234567890123456789": "y\n" },
      start,
    );
    const { commits } = await readHistory(root, root, now);
    expect(commits).toHaveLength(1);
    expect(commits[0]?.subject).toContain("3\t4\tx.py");
    expect(commits[0]?.changes.map((change) => change.path)).toEqual([
      "@0123456789012345678901234567890123456789",
      "we\tird\n.py",
    ]);
  });

  test("sees only the scanned folder of a larger repository", async () => {
    const root = repository();
    commit(root, "both", { "in/a.py": "x\n", "out.py": "y\n" }, start);
    const { commits } = await readHistory(root, join(root, "in"), now);
    expect(commits[0]?.changes).toEqual([{ path: "a.py", lines: 1 }]);
    expect(await readTrackedFiles(root, join(root, "in"))).toEqual({ files: new Map([["a.py", 2]]) });
  });

  test("says that a repository has no commits", async () => {
    const root = repository();
    expect(await readHistory(root, root, now)).toMatchObject({
      commits: [],
      unseen: [{ code: "SCAN_GIT_NO_COMMITS" }],
    });
    expect(await readTrackedFiles(root, root)).toBeUndefined();
  });

  test("says that a clone is shallow", async () => {
    const root = repository();
    for (let index = 0; index < 4; index++) commit(root, `step ${index}`, { "a.py": `${index}\n` }, start + index);
    const clone = createTempFolder();
    runGit(clone, ["clone", "-q", "--depth", "2", `file://${root}`, "."]);
    const { commits, unseen } = await readHistory(clone, clone, now);
    expect(commits).toHaveLength(2);
    expect(unseen).toMatchObject([{ code: "SCAN_GIT_SHALLOW" }]);
  });

  test("keeps what it could read of a damaged repository", async () => {
    const root = repository();
    for (let index = 0; index < 6; index++)
      commit(root, `fix ${index}`, { "a.py": `${index}\n`.repeat(index + 1) }, start + index * 60);
    const blob = runGit(root, ["rev-parse", "HEAD~3:a.py"]).trim();
    const object = join(root, ".git", "objects", blob.slice(0, 2), blob.slice(2));
    chmodSync(object, 0o644);
    writeFileSync(object, "garbage");
    const { commits, unseen } = await readHistory(root, root, now);
    expect(unseen).toMatchObject([{ code: "SCAN_GIT_DAMAGED" }]);
    expect(commits.map((entry) => entry.subject)).toEqual(["fix 5", "fix 4", "fix 3", "fix 2", "fix 1", "fix 0"]);
  });

  test("says that git cannot read what calls itself a repository", async () => {
    const root = createTempFolder({ ".git/HEAD": "nonsense\n" });
    expect(await readHistory(root, root, now)).toMatchObject({
      commits: [],
      unseen: [{ code: "SCAN_GIT_UNREADABLE" }],
    });
    const gone = repository();
    commit(gone, "a", { "a.py": "x\n" }, start);
    for (const name of readdirSync(join(gone, ".git", "objects")))
      rmSync(join(gone, ".git", "objects", name), { recursive: true });
    expect((await readHistory(gone, gone, now)).unseen.length).toBeGreaterThan(0);
  });

  test("runs no command that the repository's own configuration names", async () => {
    const root = repository();
    commit(root, "a", { "a.py": "x\n", ".gitattributes": "*.py diff=evil filter=evil\n" }, start);
    commit(root, "b", { "a.py": "y\n" }, start + 1);
    const mark = join(root, "ran");
    for (const key of [
      "core.fsmonitor",
      "diff.evil.command",
      "diff.evil.textconv",
      "filter.evil.clean",
      "filter.evil.smudge",
      "core.pager",
      "gpg.program",
      "diff.external",
      "core.sshCommand",
    ])
      runGit(root, ["config", key, `touch ${mark};`]);
    runGit(root, ["config", "log.showSignature", "true"]);
    writeFiles(root, { ".git/hooks/post-checkout": `#!/bin/sh\ntouch ${mark}\n` });
    const { commits } = await readHistory(root, root, now);
    await readTrackedFiles(root, root);
    expect(commits).toHaveLength(2);
    expect(existsSync(mark)).toBe(false);
  });

  test("stops at its bounds and says so", async () => {
    const root = repository();
    for (let index = 0; index < 5; index++) commit(root, `step ${index}`, { "a.py": `${index}\n` }, start + index);
    const cut = await readHistory(root, root, now, undefined, { commits: 3 });
    expect(cut.commits).toHaveLength(3);
    expect(cut.unseen).toMatchObject([{ code: "SCAN_HISTORY_CUT" }]);
  });
});

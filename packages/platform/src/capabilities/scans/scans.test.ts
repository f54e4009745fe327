import * as api from "@paydown/api/scans";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStage, type Stage } from "#base/testing/stage.js";
import { scans, viewEvidence } from "./index.js";
import { compare, repositoryOf } from "./model.js";

const project = "flights";
const day = 86_400_000;

function finding(fingerprint: string, extra: Partial<api.ScanFinding> = {}): api.ScanFinding {
  return {
    rule: "MLD203",
    slug: "pd-chain-index",
    path: "src/train.py",
    line: 12,
    confidence: "high",
    message: "`df[a][b]` may write to a copy.",
    evidence: ["df"],
    principal: { p10: 0.02, p50: 0.08, p90: 0.3 },
    interest: { p10: 0, p50: 0.01, p90: 0.1, events: 3, measured: 0.4, forecast: 0.3 },
    fingerprint,
    scope: "train",
    ...extra,
  };
}

function report(at: number, findings: api.ScanFinding[], extra: Partial<api.ScanReport> = {}): api.ScanReport {
  return {
    schema: "paydown-scan/1",
    tool: { name: "paydown-scan", version: "0.1.0" },
    root: "/home/me/delay",
    scannedAt: new Date(at).toISOString(),
    profile: "default",
    findings,
    unseen: [],
    counted: [{ rule: "MLD301", slug: "pd-implicit-schema", count: 9, files: 3 }],
    suppressed: [],
    suppressions: [],
    inventory: { files: 10, notebooks: 2 },
    history: { commits: 40, fixCommits: 6, complete: true },
    totals: {},
    ...extra,
  };
}

describe("scan reports", () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage([scans]);
  });
  afterEach(() => stage.close());
  const ingest = (one: api.ScanReport) => stage.call(api.ingestScan, { project, report: one, commit: "4f1c2ab" });
  const findings = (input: object = {}) => stage.call(api.listFindings, { project, ...input });

  test("are kept whole, and their findings live by fingerprint from scan to scan", async () => {
    const now = stage.clock.now();
    const first = await ingest(report(now, [finding("aaaa"), finding("bbbb")]));
    expect(first).toMatchObject({ repository: "delay", findings: 2, added: 2, gone: 0, commit: "4f1c2ab" });
    expect(JSON.parse((await stage.base.blobs.read(first.report)).toString())).toMatchObject({
      root: "/home/me/delay",
    });
    stage.clock.advance(day);
    const second = await ingest(report(now + day, [finding("bbbb", { line: 90 }), finding("cccc")]));
    expect(second).toMatchObject({ findings: 2, added: 1, gone: 1 });
    const { items } = await findings();
    expect(items.find((one) => one.fingerprint === "bbbb")).toMatchObject({
      line: 90,
      firstSeenAt: now,
      lastSeenAt: now + day,
      isNew: false,
    });
    expect(items.find((one) => one.fingerprint === "cccc")).toMatchObject({ isNew: true });
    expect((await findings({ state: "gone" })).items[0]).toMatchObject({ fingerprint: "aaaa", goneAt: now + day });
    const { items: list } = await stage.call(api.listScans, { project });
    expect(list.map((one) => one.id)).toEqual([second.id, first.id]);
  });

  test("do not call gone what they could not look at", async () => {
    const now = stage.clock.now();
    await ingest(report(now, [finding("aaaa"), finding("bbbb", { path: "other.py" })]));
    const unseen = [{ code: "SCAN_FILE_UNREADABLE", path: "src/train.py", message: "not UTF-8", next: "fix it" }];
    expect(await ingest(report(now + 1000, [], { unseen }))).toMatchObject({ gone: 1, hidden: 1, unseen: 1 });
    const [evidence] = await viewEvidence(stage.ctx, project);
    expect(evidence).toMatchObject({ repository: "delay", hidden: ["aaaa"], findings: [] });
    expect(evidence?.unseen[0]?.what).toContain("not UTF-8");
  });

  test("sent twice are one scan; older ones and ones from the future are refused", async () => {
    const now = stage.clock.now();
    const one = report(now, [finding("aaaa")]);
    expect((await ingest(one)).id).toBe((await ingest(one)).id);
    await expect(ingest(report(now - day, []))).rejects.toMatchObject({ code: "SCANS_REPORT_OLD" });
    await expect(ingest(report(now + 3 * day, []))).rejects.toMatchObject({ code: "SCANS_REPORT_AHEAD" });
  });

  test("of another shape are refused with the field that is wrong", async () => {
    const bad = { ...report(stage.clock.now(), []), schema: "paydown-scan/9" } as unknown as api.ScanReport;
    await expect(ingest(bad)).rejects.toMatchObject({ code: "INPUT_INVALID" });
    const huge = report(stage.clock.now(), [finding("aaaa", { message: "x".repeat(5000) })]);
    await expect(ingest(huge)).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });

  test("list findings by rule, folder and page, those that cost most for the least work first", async () => {
    const now = stage.clock.now();
    const many = Array.from({ length: 7 }, (_, i) =>
      finding(`f00${i}`, {
        path: i < 3 ? `src/a_b/${i}.py` : `src/axb/${i}.py`,
        interest: { p10: 0, p50: 0, p90: 0, events: 1, measured: i, forecast: i },
      }),
    );
    await ingest(
      report(now, [
        ...many,
        finding("zzzz", { rule: "MLD101", slug: "leak", interest: null, interestUnknown: "no history" }),
      ]),
    );
    expect((await findings({ rule: "leak" })).items[0]).toMatchObject({
      interest: null,
      interestUnknown: "no history",
    });
    expect((await findings({ path: "src/a_b/" })).total).toBe(3);
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await findings({ limit: 3, ...(cursor === undefined ? {} : { cursor }) });
      expect(page.total).toBe(8);
      ids.push(...page.items.map((one) => one.fingerprint));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(ids[0]).toBe("f006");
    expect(new Set(ids).size).toBe(8);
    await expect(findings({ cursor: "nonsense" })).rejects.toMatchObject({ code: "SCANS_CURSOR_INVALID" });
  });

  test("show what is in the repository and what was not seen", async () => {
    await ingest(report(stage.clock.now(), [finding("aaaa")]));
    const scan = await stage.call(api.getScan, { project, scan: "latest" });
    expect(scan).toMatchObject({
      inventory: { notebooks: 2 },
      history: { commits: 40 },
      scan: { byRule: [{ rule: "MLD203", count: 1 }] },
    });
    await expect(stage.call(api.getScan, { project, scan: "none" })).rejects.toMatchObject({
      code: "SCANS_SCAN_NOT_FOUND",
    });
  });

  test("of two repositories of one project do not touch each other", async () => {
    const now = stage.clock.now();
    await ingest(report(now, [finding("aaaa")]));
    await stage.call(api.ingestScan, { project, repository: "features", report: report(now, []) });
    expect((await findings()).total).toBe(1);
    expect((await viewEvidence(stage.ctx, project)).map((one) => one.repository)).toEqual(["delay", "features"]);
  });
});

test("a finding is added, kept, gone or hidden, and never two of them", () => {
  const ids = ["a", "b", "c", "d", "e"];
  fc.assert(
    fc.property(fc.subarray(ids), fc.subarray(ids), fc.boolean(), (before, now, blind) => {
      const result = compare(
        {
          findings: now.map((id) => finding(id)),
          unseen: blind ? [{ code: "X", path: "src", message: "", next: "" }] : [],
        },
        before.map((fingerprint) => ({ fingerprint, path: "src/train.py", rule: "MLD203", present: true })),
      );
      const kept = before.filter((id) => now.includes(id));
      expect([...result.added].sort()).toEqual(now.filter((id) => !before.includes(id)));
      expect([...result.gone, ...result.hidden].sort()).toEqual(before.filter((id) => !now.includes(id)));
      expect((blind ? result.gone : result.hidden).length).toBe(0);
      expect(kept.length + result.added.length).toBe(now.length);
    }),
    { seed: 14 },
  );
});

test("a repository is called after its folder", () => {
  expect(repositoryOf("/home/me/delay model/")).toBe("delay-model");
  expect(repositoryOf("C:\\work\\delay")).toBe("delay");
  expect(repositoryOf("/")).toBe("repository");
});

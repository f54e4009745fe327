import * as api from "@paydown/api/debt";
import type { NodeRef } from "@paydown/api/values";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CostEvent, EvidenceFinding, EvidenceRule, UnseenEvidence } from "#base/rule.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { type DebtNeeds, debt, type ScanEvidence } from "./index.js";
import { balances } from "./model/statement.js";

const project = "flights";
const day = 86_400_000;
const week = 7 * day;

/** What the rules will find: a small world that tests change. */
interface World {
  findings: { rule: string; finding: EvidenceFinding }[];
  unseen: UnseenEvidence[];
  broken: boolean;
  scans: ScanEvidence[];
  payerFails: boolean;
  payerRepairs: boolean;
  /** What happens once the payer has done its work, before it says so. */
  meanwhile?: () => Promise<void>;
}

let world: World;
let stage: Stage;

const noSchema: EvidenceRule = {
  code: "DAT001",
  slug: "dataset-without-schema",
  family: "data",
  severity: "SEV2",
  principal: "schema",
  summary: "A dataset that nothing checks.",
  why: "A changed column is noticed only when a run fails.",
  remedy: "Write a contract.",
  origin: "own",
  check: async () => answer("DAT001"),
};
const unsafe: EvidenceRule = {
  ...noSchema,
  code: "GOV001",
  slug: "personal-data-without-basis",
  family: "governance",
  severity: "SEV0",
  check: async () => answer("GOV001"),
};

function answer(rule: string) {
  if (world.broken) throw new RangeError("the records are damaged");
  return {
    findings: world.findings.filter((one) => one.rule === rule).map((one) => one.finding),
    unseen: world.unseen,
  };
}

const needs: DebtNeeds = {
  rules: () => [noSchema, unsafe],
  scanFindings: async () => world.scans,
  capacity: async () => 100,
  downstream: async (_ctx, _project, node) =>
    node.kind === "dataset"
      ? {
          nodes: [
            { node: { kind: "model-version", id: "delay/7" }, weight: 1, team: "ops" },
            { node: { kind: "consumer", id: "board" }, weight: 1 },
          ],
          edges: [
            { from: node, to: { kind: "model-version", id: "delay/7" }, containment: 0.5 },
            { from: { kind: "model-version", id: "delay/7" }, to: { kind: "consumer", id: "board" }, containment: 0 },
          ],
        }
      : undefined,
  payers: {
    DAT001: async () => {
      if (world.payerFails) throw new RangeError("the store is read-only");
      if (world.payerRepairs) world.findings = [];
      await world.meanwhile?.();
      return { what: "generated a contract", evidence: [{ kind: "contract", id: "flights" }] };
    },
  },
};

function finding(id: string, events: readonly CostEvent[] = [], extra: Partial<EvidenceFinding> = {}): EvidenceFinding {
  const asset: NodeRef = { kind: "dataset", id };
  return {
    asset,
    key: "",
    message: `Dataset \`${id}\` has no schema.`,
    evidence: { columns: 12 },
    size: 1,
    events,
    ...extra,
  };
}

function failure(id: string, at: number, hours = 2, explained = true): CostEvent {
  return {
    id,
    channel: "failed-runs",
    at,
    hours: { low: hours / 2, high: hours * 1.5 },
    explained,
    what: "KeyError dep_delay",
  };
}

beforeEach(async () => {
  world = { findings: [], unseen: [], broken: false, scans: [], payerFails: false, payerRepairs: true };
  stage = await openStage([debt(needs)]);
});
afterEach(() => stage.close());

const refresh = () => stage.call(api.refreshLedger, { project });
const list = (q = "") => stage.call(api.listItems, { project, q });
const only = async () => {
  const { items } = await list();
  expect(items.length).toBe(1);
  return items[0] as api.DebtItem;
};
const statement = (month?: string) =>
  stage.call(api.getStatement, { project, ...(month === undefined ? {} : { month }) });

/** One dataset that failed four runs in the last two months. */
function expensive(): void {
  const now = stage.clock.now();
  world.findings = [
    {
      rule: "DAT001",
      finding: finding(
        "flights",
        [3, 11, 30, 44].map((age) => failure(`run-${age}`, now - age * day)),
      ),
    },
  ];
}

describe("the ledger", () => {
  test("opens what a rule finds, with a price that names its events", async () => {
    expensive();
    const reply = await refresh();
    expect(reply).toMatchObject({ opened: 1, vanished: 0, open: 1 });
    const item = await only();
    expect(item).toMatchObject({ rule: "DAT001", state: "open", severity: "SEV2", fixable: true, isNew: false });
    expect(item.interest?.n).toBe(4);
    expect(item.interest?.p50).toBeGreaterThan(0);
    expect(item.reach).toMatchObject({ score: 1, models: 1, consumers: 1, teams: 1 });
    const page = await stage.call(api.getItem, { project, item: item.id.slice(0, 8) });
    expect(page.events.map((event) => event.phi)).toEqual([1, 1, 1, 1]);
    expect(page.price.principalDots.length).toBe(50);
    expect(page.summary).toContain("4 events");
    expect(page.conservation.charged.p90).toBeLessThanOrEqual(page.conservation.measured.p90 + 1e-9);
    expect(page.why).toContain("changed column");
  });

  test("changes nothing when the same evidence is seen again", async () => {
    expensive();
    await refresh();
    const before = await only();
    expect(await refresh()).toMatchObject({ opened: 0, reopened: 0, revalued: 0, vanished: 0, paid: 0 });
    expect(await only()).toEqual(before);
  });

  test("calls vanished, never paid, what is gone without a repair, and keeps its identity when it comes back", async () => {
    expensive();
    await refresh();
    const { id } = await only();
    const kept = world.findings;
    world.findings = [];
    expect(await refresh()).toMatchObject({ vanished: 1, paid: 0, open: 0 });
    expect((await only()).state).toBe("vanished");
    world.findings = kept;
    expect(await refresh()).toMatchObject({ opened: 0, reopened: 1 });
    expect(await only()).toMatchObject({ id, state: "open" });
    const { principal } = await statement();
    expect(principal).toMatchObject({ paid: 0, vanished: 0 });
    expect(principal.closing).toBe(principal.opened);
  });

  test("does not close items of a rule that could not see, or that failed", async () => {
    expensive();
    await refresh();
    world.findings = [];
    world.unseen = [{ what: "run logs before March", remedy: "import them" }];
    expect(await refresh()).toMatchObject({ vanished: 0 });
    world.unseen = [];
    world.broken = true;
    const reply = await refresh();
    expect(reply.failed.map((one) => one.rule)).toEqual(["DAT001", "GOV001"]);
    expect((await only()).state).toBe("open");
    const { notSeen } = await statement();
    expect(notSeen.some((one) => one.what.includes("damaged"))).toBe(true);
  });

  test("says unknown, not zero, for what no channel covers", async () => {
    world.findings = [{ rule: "DAT001", finding: finding("flights") }];
    await refresh();
    const item = await only();
    expect(item).toMatchObject({ interest: null, rate: null, payback: null });
    const page = await stage.call(api.getItem, { project, item: item.id });
    expect(page.summary).toContain("not known");
    expect((await list()).unknownSort).toBe(1);
  });

  test("keeps risk interest apart from measured interest", async () => {
    world.findings = [
      {
        rule: "GOV001",
        finding: finding("people", [], { risk: { weekly: 0.02, hours: { min: 4, mode: 20, max: 80 } } }),
      },
    ];
    await refresh();
    const item = await only();
    expect(item.interest).toBeNull();
    expect(item.riskInterest?.p90).toBeGreaterThan(0);
    expect((await statement()).interest).toBeNull();
    expect((await statement()).riskInterest.p90).toBeGreaterThan(0);
  });

  test("bills an event that two assets report only once", async () => {
    const now = stage.clock.now();
    world.findings = [
      { rule: "DAT001", finding: finding("a", [failure("run-1", now - day, 4)]) },
      { rule: "DAT001", finding: finding("b", [failure("run-1", now - day, 4)]) },
    ];
    await refresh();
    const pages = await Promise.all(
      (await list()).items.map((item) => stage.call(api.getItem, { project, item: item.id })),
    );
    expect(pages.flatMap((page) => page.events.map((event) => event.phi))).toEqual([0.5, 0.5]);
  });

  test("revalues an item whose evidence grew, and the book follows to the minute", async () => {
    expensive();
    await refresh();
    world.findings = world.findings.map((one) => ({ ...one, finding: { ...one.finding, size: 9 } }));
    expect(await refresh()).toMatchObject({ revalued: 1 });
    const { principal } = await statement();
    expect(principal.opened).toBe(120);
    expect(principal.revalued).toBe(240);
    expect(principal.closing).toBe(360);
    expect(balances(principal)).toBe(true);
  });
});

describe("a payment", () => {
  test("is paid only after the re-check finds nothing", async () => {
    expensive();
    await refresh();
    const { id } = await only();
    expect(await stage.call(api.payItem, { project, item: id })).toMatchObject({ state: "running", how: "automatic" });
    await expect(stage.call(api.payItem, { project, item: id })).rejects.toMatchObject({
      code: "DEBT_PAYMENT_RUNNING",
    });
    await stage.work();
    const page = await stage.call(api.getItem, { project, item: id });
    expect(page.item.state).toBe("paid");
    expect(page.payments[0]).toMatchObject({ state: "proved", what: "generated a contract" });
    expect((await statement()).principal).toMatchObject({ opened: 120, paid: 120, closing: 0 });
  });

  test("that is still under way while a refresh finds nothing is paid, not vanished", async () => {
    expensive();
    await refresh();
    const { id } = await only();
    let meanwhile: Awaited<ReturnType<typeof refresh>> | undefined;
    world.meanwhile = async () => {
      meanwhile = await refresh();
    };
    await stage.call(api.payItem, { project, item: id });
    await stage.work();
    expect(meanwhile).toMatchObject({ vanished: 0, paid: 0 });
    const page = await stage.call(api.getItem, { project, item: id });
    expect(page.item.state).toBe("paid");
    expect(page.payments[0]).toMatchObject({ state: "proved" });
    expect((await statement()).principal).toMatchObject({ opened: 120, paid: 120, closing: 0 });
  });

  test("that repairs nothing fails, and the item stays open", async () => {
    expensive();
    world.payerRepairs = false;
    await refresh();
    const { id } = await only();
    await stage.call(api.payItem, { project, item: id });
    await stage.work();
    const page = await stage.call(api.getItem, { project, item: id });
    expect(page.item.state).toBe("open");
    expect(page.payments[0]).toMatchObject({ state: "failed", problem: "The re-check still finds it." });
    expect(page.history.at(-1)?.note).toContain("payment failed");
  });

  test("whose payer breaks says why, and can be tried again", async () => {
    expensive();
    world.payerFails = true;
    await refresh();
    const { id } = await only();
    await stage.call(api.payItem, { project, item: id });
    await stage.work();
    expect((await stage.call(api.getItem, { project, item: id })).payments[0]?.problem).toContain("read-only");
    world.payerFails = false;
    await stage.call(api.payItem, { project, item: id });
    await stage.work();
    expect((await only()).state).toBe("paid");
  });

  test("by hand is proved by the same re-check, and teaches the price of the rule", async () => {
    const now = stage.clock.now();
    world.findings = ["a", "b"].map((id) => ({
      rule: "DAT001",
      finding: finding(id, [failure(`run-${id}`, now - day)]),
    }));
    await refresh();
    const { items } = await list("sort:opened");
    const a = items.find((item) => item.asset.id === "a") as api.DebtItem;
    const first = await stage.call(api.proveItem, { project, item: a.id, what: "wrote a schema", hours: 8 });
    expect(first).toMatchObject({ state: "failed", problem: "The re-check still finds it." });
    world.findings = world.findings.filter((one) => one.finding.asset.id !== "a");
    expect(await stage.call(api.proveItem, { project, item: a.id, what: "wrote a schema", hours: 8 })).toMatchObject({
      state: "proved",
      hours: 8,
    });
    expect(await refresh()).toMatchObject({ revalued: 1 });
    const b = (await list("state:open")).items[0] as api.DebtItem;
    expect(b.principal.p50).toBeGreaterThan(3);
    expect(b.principal.n).toBe(1);
    const { principal } = await statement();
    expect(principal.revalued).toBeGreaterThan(0);
    expect(balances(principal)).toBe(true);
  });

  test("that cannot be seen yet waits for its proof, and the next refresh gives it", async () => {
    expensive();
    await refresh();
    const { id } = await only();
    world.findings = [];
    world.unseen = [{ what: "today's runs", remedy: "wait for them" }];
    const payment = await stage.call(api.proveItem, { project, item: id, what: "wrote a schema" });
    expect(payment).toMatchObject({ state: "awaiting-proof" });
    expect(payment.problem).toContain("today's runs");
    world.unseen = [];
    expect(await refresh()).toMatchObject({ paid: 1, vanished: 0 });
    expect((await only()).state).toBe("paid");
  });

  test("of a rule nobody can repair names the way by hand", async () => {
    world.findings = [{ rule: "GOV001", finding: finding("people") }];
    await refresh();
    const { id } = await only();
    await expect(stage.call(api.payItem, { project, item: id })).rejects.toMatchObject({ code: "DEBT_NO_PAYER" });
  });
});

describe("repository scans", () => {
  const scan = (fingerprints: string[], scannedAt: number, hidden: string[] = []): ScanEvidence => ({
    repository: "delay",
    scannedAt,
    hidden,
    unseen: [],
    findings: fingerprints.map((fingerprint) => ({
      repository: "delay",
      fingerprint,
      rule: "MLD101",
      slug: "leak-preprocess-before-split",
      path: "train.py",
      line: 10,
      confidence: "high",
      message: "The scaler is fitted before the split.",
      evidence: ["StandardScaler"],
      principalHours: 0.5,
      interest: { measured: 0.8, forecast: 0.6, events: 7 },
      firstSeenAt: scannedAt,
    })),
  });

  test("become items that share what git measured on the file, and never more", async () => {
    world.scans = [scan(["aa", "bb"], stage.clock.now())];
    await refresh();
    const { items } = await list();
    expect(items.map((item) => item.asset.id)).toEqual(["train.py", "train.py"]);
    expect(items[0]).toMatchObject({ source: "scan", family: "eval", severity: "SEV2", place: "line 10" });
    const { conservation } = await stage.call(api.getItem, { project, item: items[0]?.id as string });
    expect(conservation).toMatchObject({ items: 2 });
    expect(conservation.measured.p50).toBe(0.8);
    expect(conservation.charged.p90).toBeLessThanOrEqual(0.8);
    expect((await statement()).measured?.p50).toBe(0.8);
  });

  test("leave a finding alone whose file could not be read, and need a newer scan as proof", async () => {
    world.scans = [scan(["aa", "bb"], stage.clock.now())];
    await refresh();
    stage.clock.advance(day);
    world.scans = [scan([], stage.clock.now(), ["aa"])];
    expect(await refresh()).toMatchObject({ vanished: 1, open: 1 });
    const { id } = (await list("state:open")).items[0] as api.DebtItem;
    stage.clock.advance(day);
    expect(await stage.call(api.proveItem, { project, item: id, what: "moved the split up" })).toMatchObject({
      state: "awaiting-proof",
    });
    world.scans = [scan([], stage.clock.now() + day)];
    stage.clock.advance(2 * day);
    expect(await refresh()).toMatchObject({ paid: 1 });
  });
});

describe("the list", () => {
  test("filters, sorts with unknown last, counts facets and pages without loss", async () => {
    const now = stage.clock.now();
    world.findings = [
      ...Array.from({ length: 7 }, (_, i) => ({
        rule: "DAT001",
        finding: finding(`d${i}`, [failure(`run-${i}`, now - day, 1 + i)]),
      })),
      ...Array.from({ length: 3 }, (_, i) => ({ rule: "GOV001", finding: finding(`p${i}`) })),
    ];
    await refresh();
    const all = await stage.call(api.listItems, { project, group: "rule" });
    expect(all).toMatchObject({ total: 10, unknownSort: 3 });
    expect(all.items.slice(7).every((item) => item.rate === null)).toBe(true);
    const rates = all.items.slice(0, 7).map((item) => item.rate?.p50 ?? 0);
    expect(rates).toEqual([...rates].sort((a, b) => b - a));
    expect(all.groups?.map((group) => [group.rule, group.count, group.unknownInterest])).toEqual([
      ["DAT001", 7, 0],
      ["GOV001", 3, 3],
    ]);
    expect(all.facets.family).toEqual([
      { value: "data", count: 7 },
      { value: "governance", count: 3 },
    ]);

    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await stage.call(api.listItems, {
        project,
        limit: 3,
        sort: "interest",
        ...(cursor === undefined ? {} : { cursor }),
      });
      expect(page.total).toBe(10);
      ids.push(...page.items.map((item) => item.id));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(new Set(ids).size).toBe(10);
    expect(ids.length).toBe(10);

    expect((await list("family:data sev:<=1")).total).toBe(0);
    expect((await list("sev:<=1")).total).toBe(3);
    expect((await list("channel:failed-runs d3")).items.map((item) => item.asset.id)).toEqual(["d3"]);
    expect((await list("-family:data kind:dataset fixable:no")).total).toBe(3);
    // A facet shows its other values too.
    expect((await list("family:data")).facets.family?.length).toBe(2);
    await expect(list("colour:red")).rejects.toMatchObject({ code: "DEBT_QUERY_INVALID" });
    await expect(stage.call(api.listItems, { project, cursor: "nonsense" })).rejects.toMatchObject({
      code: "DEBT_CURSOR_INVALID",
    });
  });

  test("changes all that match at once, after a dry run that counts", async () => {
    world.findings = Array.from({ length: 5 }, (_, i) => ({ rule: "DAT001", finding: finding(`d${i}`) }));
    await refresh();
    const input = { project, q: "family:data", action: "write-off" as const, reason: "retired" };
    expect(await stage.call(api.changeMatching, { ...input, dryRun: true })).toEqual({
      matched: 5,
      changed: 0,
      skipped: 0,
    });
    expect(await stage.call(api.changeMatching, input)).toEqual({ matched: 5, changed: 5, skipped: 0 });
    expect((await statement()).principal).toMatchObject({ writtenOff: 600, closing: 0 });
    expect(await refresh()).toMatchObject({ reopened: 0, opened: 0 });
    await expect(stage.call(api.changeMatching, { project, q: "", action: "dispute" })).rejects.toMatchObject({
      code: "DEBT_REASON_MISSING",
    });
  });

  test("brings a written-off item back when its asset costs again", async () => {
    expensive();
    await refresh();
    const { id } = await only();
    await stage.call(api.writeOff, { project, item: id, reason: "retired" });
    stage.clock.advance(day);
    world.findings = world.findings.map((one) => ({
      ...one,
      finding: { ...one.finding, events: [...one.finding.events, failure("run-new", stage.clock.now())] },
    }));
    expect(await refresh()).toMatchObject({ reopened: 1 });
    expect((await only()).state).toBe("open");
  });
});

describe("prudent debt", () => {
  const loan = {
    project,
    team: "ml",
    reason: "we need the demo on Friday",
    asset: "dataset:flights",
    skipped: "no schema for the demo",
    hours: 3,
  };

  test("is recorded in one command, due in 90 days, and called when that passes", async () => {
    const { item, prudent } = await stage.call(api.borrow, loan);
    expect(item).toMatchObject({ state: "prudent", source: "declared", team: "ml" });
    expect(prudent.dueAt - prudent.signedAt).toBe(90 * day);
    expect(item.principal.p50).toBe(3);
    await refresh();
    expect((await only()).state).toBe("prudent");
    stage.clock.advance(91 * day);
    expect(await refresh()).toMatchObject({ called: 1, vanished: 0 });
    const page = await stage.call(api.getItem, { project, item: item.id });
    expect(page.item).toMatchObject({ state: "called", daysOverdue: 1 });
    expect(page.prudent?.calledBecause).toContain("due date");
    expect((await statement()).called.map((one) => one.id)).toEqual([item.id]);
  });

  test("can be renewed once; a second renewal takes another approver", async () => {
    const { item } = await stage.call(api.borrow, loan);
    expect(
      (await stage.call(api.borrow, { project, team: "ml", reason: "still busy", item: item.id })).prudent.renewals,
    ).toBe(1);
    await expect(stage.call(api.borrow, { project, team: "ml", reason: "again", item: item.id })).rejects.toMatchObject(
      { code: "DEBT_RENEWAL_NEEDS_OTHER" },
    );
  });

  test("is called when interest doubles", async () => {
    expensive();
    await refresh();
    const { id } = await only();
    await stage.call(api.borrow, { project, team: "ml", reason: "later", item: id });
    expect(await refresh()).toMatchObject({ called: 0 });
    const now = stage.clock.now();
    world.findings = [
      {
        rule: "DAT001",
        finding: finding(
          "flights",
          Array.from({ length: 20 }, (_, i) => failure(`more-${i}`, now - i * day, 8)),
        ),
      },
    ];
    expect(await refresh()).toMatchObject({ called: 1 });
  });

  test("repaid by hand needs evidence, because no rule can see it", async () => {
    const { item } = await stage.call(api.borrow, loan);
    await expect(stage.call(api.proveItem, { project, item: item.id, what: "done" })).rejects.toMatchObject({
      code: "DEBT_PROOF_EVIDENCE_MISSING",
    });
    const evidence = [{ kind: "commit", id: "4f1c2ab" }];
    expect(await stage.call(api.proveItem, { project, item: item.id, what: "done", evidence })).toMatchObject({
      state: "proved",
    });
    expect((await only()).state).toBe("paid");
  });
});

describe("disputes", () => {
  test("stay in the book until they are settled", async () => {
    expensive();
    await refresh();
    const { id } = await only();
    const { item } = await stage.call(api.dispute, {
      project,
      item: id,
      about: "price",
      reason: "takes an afternoon",
      hours: 4,
    });
    expect(item.state).toBe("disputed");
    expect((await statement()).principal.closing).toBe(120);
    await refresh();
    expect((await only()).state).toBe("disputed");
    expect((await stage.call(api.reopen, { project, item: id, reason: "agreed" })).item.state).toBe("open");
    await expect(stage.call(api.reopen, { project, item: id, reason: "again" })).rejects.toMatchObject({
      code: "DEBT_STATE_WRONG",
    });
  });
});

describe("an id", () => {
  test("may be cut short while it names one item, and unknown ones are told", async () => {
    expensive();
    await refresh();
    await expect(stage.call(api.getItem, { project, item: "00000000" })).rejects.toMatchObject({
      code: "DEBT_ITEM_NOT_FOUND",
    });
  });
});

describe("the monthly statement", () => {
  test("closes months with a forecast, a hash and an admission, and each opens with the last closing", async () => {
    expensive();
    await refresh();
    const january = await statement();
    expect(january).toMatchObject({ month: "2026-01", closed: false, unit: "minutes", capacity: 100 });
    expect(january.principal).toMatchObject({ opening: 0, opened: 120, closing: 120 });
    expect(january.modelError.sentence).toContain("no forecast");
    expect(january.series.length).toBe(12);
    stage.clock.advance(35 * day);
    world.findings = world.findings.map((one) => ({
      ...one,
      finding: { ...one.finding, events: [...one.finding.events, failure("run-feb", stage.clock.now() - day)] },
    }));
    await refresh();
    const closed = await statement("2026-01");
    expect(closed.closed).toBe(true);
    expect(closed.hash).toBe(january.hash);
    const february = await statement();
    expect(february.principal).toMatchObject({ opening: 120, closing: 120 });
    expect(february.modelError.forecast?.p50).toBeGreaterThan(0);
    expect(february.modelError.sentence).toContain("A month before we said");
    expect(february.events).toBe(1);
    expect(february.dsr?.p50).toBeLessThanOrEqual(february.reworkRatio?.p90 as number);
    expect(february.channels[0]).toMatchObject({ channel: "failed-runs", events: 1, group: "lead-time" });
    expect(february.dearest[0]?.rule).toBe("DAT001");
    await expect(statement("2027-01")).rejects.toMatchObject({ code: "DEBT_MONTH_AHEAD" });
  });

  test("of an empty project balances and says that it sees nothing", async () => {
    const empty = await statement();
    expect(empty.principal).toEqual({
      opening: 0,
      opened: 0,
      paid: 0,
      writtenOff: 0,
      revalued: 0,
      vanished: 0,
      closing: 0,
    });
    expect(empty.interest).toBeNull();
    expect(empty.headline).toContain("cannot be said");
  });
});

describe("the plan", () => {
  /** Ten cheap, costly items, one that must be paid and one that never pays back. */
  function varied(): void {
    const now = stage.clock.now();
    world.findings = [
      ...Array.from({ length: 10 }, (_, i) => ({
        rule: "DAT001",
        finding: finding(
          `d${i}`,
          Array.from({ length: 6 }, (_one, n) => failure(`run-${i}-${n}`, now - (n * 4 + i) * day, 3)),
        ),
      })),
      { rule: "GOV001", finding: finding("people") },
    ];
  }

  test("keeps the budget, takes what must be paid first, and says why for each", async () => {
    varied();
    await refresh();
    const plan = await stage.call(api.makePlan, { project, budgetHours: 9 });
    expect(plan.verdict).toBe("pay");
    expect(plan.plannedHours).toBeLessThanOrEqual(9);
    expect(plan.items[0]).toMatchObject({ rule: "GOV001", mustPay: true, order: 1 });
    expect(plan.frees.p50).toBeGreaterThan(0);
    expect(plan.out.some((one) => one.reason === "budget")).toBe(true);
    expect(plan.shadowPrice?.p50).toBeGreaterThan(0);
    expect(plan.items.length + plan.outTotal).toBe(11);
    for (const one of plan.out) expect(one.why.length).toBeGreaterThan(5);
  });

  test("may say: do not pay", async () => {
    world.findings = [
      {
        rule: "DAT001",
        finding: finding("flights", [failure("run-1", stage.clock.now() - 300 * day, 0.1)], { size: 400 }),
      },
    ];
    await refresh();
    const plan = await stage.call(api.makePlan, { project, share: 0.2 });
    expect(plan).toMatchObject({ verdict: "do-not-pay", items: [], share: 0.2 });
    expect(plan.sentence).toContain("Do not pay");
    expect(plan.out[0]?.reason).toBe("payback");
  });

  test("says when must-pay items exceed the budget", async () => {
    varied();
    await refresh();
    expect(await stage.call(api.makePlan, { project, budgetHours: 0.5 })).toMatchObject({
      verdict: "short",
      items: [],
    });
  });

  test("obeys pins and team caps", async () => {
    varied();
    await refresh();
    const { items } = await list("family:data");
    const [first, second] = items as [api.DebtItem, api.DebtItem];
    const plan = await stage.call(api.makePlan, { project, budgetHours: 9, pinIn: [second.id], pinOut: [first.id] });
    expect(plan.items.map((one) => one.id)).toContain(second.id);
    expect(plan.out.find((one) => one.id === first.id)?.reason).toBe("pinned-out");
    await stage.call(api.changeMatching, { project, q: "family:data", action: "assign", team: "ml" });
    const capped = await stage.call(api.makePlan, { project, budgetHours: 40, teamCaps: { ml: 4 } });
    expect(capped.items.filter((one) => one.team === "ml").length).toBeLessThanOrEqual(2);
    expect(capped.out.some((one) => one.reason === "cap")).toBe(true);
  });

  test("adopted, marks its items and is held against what happened", async () => {
    varied();
    await refresh();
    const plan = await stage.call(api.adoptPlan, { project, budgetHours: 9 });
    expect((await list("state:planned")).total).toBe(plan.items.length);
    expect((await list("state:open")).items.every((item) => item.deferrals === 1)).toBe(true);
    const { plan: progress } = await statement();
    // The plan was adopted in this very moment: the statement of a later moment shows it.
    expect(progress).toBeNull();
    stage.clock.advance(week);
    expect((await statement()).plan).toMatchObject({ items: plan.items.length, paid: 0, spentHours: null });
  });

  test("has a frontier that answers without solving, never falling", async () => {
    varied();
    await refresh();
    const frontier = await stage.call(api.getFrontier, { project, points: 5 });
    expect(frontier.points.length).toBe(5);
    expect(frontier.capacity).toBe(100);
    expect(frontier.mustPayHours).toBeGreaterThan(0);
    const frees = frontier.points.map((point) => point.frees.p50);
    expect(frees).toEqual([...frees].sort((a, b) => a - b));
  });
});

describe("explanations and the score", () => {
  test("every number has a derivation", async () => {
    expensive();
    await refresh();
    const { id } = await only();
    for (const why of ["principal", "interest", "risk", "rate", "delay", "reach"] as const) {
      const reply = await stage.call(api.explainPrice, { project, item: id, why });
      expect(reply.formula.length).toBeGreaterThan(20);
      expect(reply.draws).toBe(2000);
    }
    const interest = await stage.call(api.explainPrice, { project, item: id });
    expect(interest.events.length).toBe(4);
    expect(interest.inputs.map((one) => one.name)).toContain("failed-runs: phi");
  });

  test("the score of a project nothing is known of is the whole interval", async () => {
    expect(await stage.call(api.getScore, { project })).toMatchObject({ low: 0, high: 7, unknown: 28 });
  });
});

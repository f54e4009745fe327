import { getRun, searchRuns } from "@paydown/api/tracking";
import { expect, test } from "vitest";
import { nextLook, operationKey, operationOptions } from "./use-operation.js";

test("an answer is remembered under the operation's name and its input", () => {
  expect(operationKey(getRun, { project: "flights", runId: "a" })).toEqual([
    "tracking.getRun",
    { project: "flights", runId: "a" },
  ]);
});

test("an absent field asks the same question as no field", () => {
  const absent = { project: "flights", filter: undefined } as unknown as { project: string };
  expect(operationKey(searchRuns, absent)).toEqual(operationKey(searchRuns, { project: "flights" }));
});

test("reading asks the path of the operation, and passes on that the page was left", async () => {
  const asked: string[] = [];
  const before = globalThis.fetch;
  globalThis.fetch = (async (url: string, init: RequestInit) => {
    asked.push(`${init.method} ${url} ${init.signal?.aborted}`);
    return new Response('{"items":[]}');
  }) as typeof fetch;
  try {
    const { queryFn } = operationOptions(searchRuns, { project: "flights", filter: "metrics.auc > 0.7", limit: 5 });
    const reply = await (queryFn as (context: object) => Promise<unknown>)({ signal: new AbortController().signal });
    expect(reply).toEqual({ items: [] });
    expect(asked).toEqual(["GET /api/v1/projects/flights/runs?filter=metrics.auc+%3E+0.7&limit=5 false"]);
  } finally {
    globalThis.fetch = before;
  }
});

test("a page that is looked at asks more seldom while nothing changes or nobody answers, and at once again when it does", () => {
  const query = { state: { data: {}, dataUpdatedAt: 1, errorUpdatedAt: 0 } };
  const look = (state: Partial<typeof query.state>) => {
    Object.assign(query.state, state);
    return nextLook(4000, query);
  };
  expect(look({})).toBe(4000);
  expect([2, 3, 4, 5, 6].map((at) => look({ dataUpdatedAt: at }))).toEqual([4000, 4000, 4000, 4000, 4000]);
  expect([7, 8, 9, 10, 11].map((at) => look({ dataUpdatedAt: at }))).toEqual([8000, 16_000, 32_000, 60_000, 60_000]);
  expect(look({})).toBe(60_000);
  expect(look({ dataUpdatedAt: 12, data: { more: true } })).toBe(4000);
  expect([13, 14, 15, 16, 17].map((at) => look({ errorUpdatedAt: at }))).toEqual([
    8000, 16_000, 32_000, 60_000, 60_000,
  ]);
  expect(look({ dataUpdatedAt: 18 })).toBe(4000);
});

import { defineOperation } from "@paydown/api/operation";
import { Type } from "typebox";
import { expect, test } from "vitest";
import { operationKey, operationOptions } from "./use-operation.js";

const getThing = defineOperation({
  name: "tracking.getThing",
  method: "GET",
  path: "/projects/:project/things/:id",
  input: Type.Object({ project: Type.String(), id: Type.String(), at: Type.Optional(Type.Integer()) }),
  reply: Type.Object({ id: Type.String() }),
  permission: "read",
  doc: "Gets a thing.",
  cli: { command: "things show" },
});

test("an answer is remembered under the operation's name and its input", () => {
  expect(operationKey(getThing, { project: "flights", id: "a" })).toEqual([
    "tracking.getThing",
    { project: "flights", id: "a" },
  ]);
});

test("an absent field asks the same question as no field", () => {
  const absent = { project: "flights", id: "a", at: undefined } as unknown as { project: string; id: string };
  expect(operationKey(getThing, absent)).toEqual(operationKey(getThing, { project: "flights", id: "a" }));
});

test("reading asks the path of the operation, and passes on that the page was left", async () => {
  const asked: string[] = [];
  const before = globalThis.fetch;
  globalThis.fetch = (async (url: string, init: RequestInit) => {
    asked.push(`${init.method} ${url} ${init.signal?.aborted}`);
    return new Response('{"id":"a"}');
  }) as typeof fetch;
  try {
    const { queryFn } = operationOptions(getThing, { project: "flights", id: "a/b", at: 5 });
    const reply = await (queryFn as (context: object) => Promise<unknown>)({ signal: new AbortController().signal });
    expect(reply).toEqual({ id: "a" });
    expect(asked).toEqual(["GET /api/v1/projects/flights/things/a%2Fb?at=5 false"]);
  } finally {
    globalThis.fetch = before;
  }
});

import { defineOperation } from "@paydown/api/operation";
import { InProject } from "@paydown/api/values";
import { Type } from "typebox";
import { describe, expect, test } from "vitest";
import { commandHelp } from "./help.js";
import { parseInput } from "./operation.js";
import { printReply } from "./print.js";

const operation = defineOperation({
  name: "things.find",
  method: "POST",
  path: "/projects/:project/things",
  input: Type.Object({
    ...InProject,
    thingId: Type.String({ description: "Which thing." }),
    maxSize: Type.Optional(Type.Number({ description: "Largest size." })),
    tags: Type.Optional(Type.Array(Type.String(), { description: "Tags it has." })),
    deep: Type.Optional(Type.Boolean({ description: "Look inside." })),
    facts: Type.Optional(Type.Record(Type.String(), Type.Number(), { description: "Facts." })),
    state: Type.Optional(Type.Union([Type.Literal("open"), Type.Literal("paid")], { description: "State." })),
  }),
  reply: Type.Object({}),
  permission: "read",
  doc: "Find a thing.",
  cli: { command: "things find", positional: ["thingId"] },
});

describe("the command line of an operation", () => {
  test("words become the input the schema asks for", () => {
    const { input, flags } = parseInput(operation, [
      "chair",
      "--max-size",
      "2.5",
      "--tags",
      "a",
      "--tags",
      "b",
      "--deep",
      "--facts",
      '{"x":1}',
      "--state",
      "open",
      "--json",
    ]);
    expect(input).toEqual({
      thingId: "chair",
      maxSize: 2.5,
      tags: ["a", "b"],
      deep: true,
      facts: { x: 1 },
      state: "open",
    });
    expect(flags.json).toBe(true);
  });

  test.each([[["--colour", "red"]], [["one", "two"]]])("%j is refused as usage", (argv) => {
    expect(() => parseInput(operation, argv)).toThrow(expect.objectContaining({ code: "CLI_USAGE", exit: 2 }));
  });

  test("a number that is none reaches the schema check as it was typed", () => {
    expect(parseInput(operation, ["--max-size", "big"]).input).toEqual({ maxSize: "big" });
  });

  test("help shows every field with its choices", () => {
    const help = commandHelp(operation);
    expect(help).toContain("paydown things find <thingId>");
    for (const part of ["--max-size NUMBER", "--tags VALUE (repeatable)", "--state open|paid", "Look inside."])
      expect(help).toContain(part);
  });
});

describe("a reply for people", () => {
  test("a list is a table, a range shows its spread and events, an instant its date", () => {
    const text = printReply(
      { items: [{ name: "a", interest: { p10: 1, p50: 2.04, p90: 6, n: 4 }, at: Date.UTC(2026, 0, 1) }], cursor: "x" },
      100,
    );
    expect(text).toBe(
      "name  interest         at\na     2.04 (1–6, n=4)  2026-01-01T00:00:00Z\n\n(more: pass --cursor, or --json for all fields)\n",
    );
  });

  test("columns that do not fit are counted, not cut", () => {
    expect(printReply([{ name: "a".repeat(38), other: "b".repeat(38) }], 40)).toContain("(1 more columns: --json)");
  });

  test("nothing is said as such", () => {
    expect(printReply({ items: [] }, 80)).toBe("(none)\n");
  });
});

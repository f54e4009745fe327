import { describe, expect, test } from "vitest";
import { columnsOf, guessScore, scoresOf } from "./columns.js";

describe("columns of a model", () => {
  test("carry the input's own name, the signature's names, or numbers", () => {
    const names = (shape: number[], signature: string[] = []) =>
      columnsOf([{ name: "x", datatype: "FP32", shape }], signature).map((column) => column.name);
    expect(names([-1])).toEqual(["x"]);
    expect(names([-1, 1])).toEqual(["x"]);
    expect(names([-1, 3])).toEqual(["x.0", "x.1", "x.2"]);
    expect(names([-1, 3], ["hour", "day", "month"])).toEqual(["hour", "day", "month"]);
    expect(names([-1, 3], ["hour"])).toEqual(["x.0", "x.1", "x.2"]);
    expect(names([-1, -1])).toEqual([]);
  });
});

describe("the score of a model", () => {
  const output = (name: string, datatype: string, shape: number[]) => ({ name, datatype, shape });
  test("is the probability of class 1, or the only number a row has", () => {
    const classifier = [output("label", "INT64", [-1]), output("probabilities", "FP32", [-1, 2])];
    expect(guessScore(classifier)).toEqual({ output: "probabilities", column: 1 });
    expect(guessScore([output("p", "FP32", [-1, -1])])).toEqual({ output: "p", column: 1 });
    expect(guessScore([output("label", "INT64", [-1]), output("y", "FP32", [-1, 1])])).toEqual({
      output: "y",
      column: 0,
    });
    expect(guessScore([output("label", "INT64", [-1])])).toEqual({ output: "label", column: 0 });
    expect(guessScore([output("text", "BYTES", [-1])])).toBeUndefined();
  });

  test("is not a number where the model gave none", () => {
    const tensor = { name: "p", datatype: "FP32", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } as const;
    expect([...scoresOf([tensor], { output: "p", column: 1 }, 2)]).toEqual([2, 4]);
    expect([...scoresOf([], { output: "p", column: 1 }, 2)]).toEqual([Number.NaN, Number.NaN]);
    expect([...scoresOf([tensor], { output: "p", column: 1 }, 3)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });
});

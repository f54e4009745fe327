import { describe, expect, test } from "vitest";
import { foreignPath } from "./foreign-links.js";
import { nodePath, paths } from "./paths.js";
import { parseSearch, stringifySearch } from "./search.js";

describe("links that MLflow clients print", () => {
  test("land on the run, the experiment and the model version", () => {
    expect(foreignPath("#/experiments/1/runs/ab12")).toBe("/go?kind=run&id=ab12&experiment=1");
    expect(foreignPath("#/experiments/1")).toBe("/go?kind=experiment&id=1");
    expect(foreignPath("#/experiments/1/runs")).toBe("/go?kind=experiment&id=1");
    expect(foreignPath("#/models/delay/versions/7")).toBe("/go?kind=model-version&id=delay%2F7");
    expect(foreignPath("#/models/de%20lay")).toBe("/go?kind=model&id=de+lay");
  });

  test("leave other hashes alone", () => {
    expect(foreignPath("")).toBeUndefined();
    expect(foreignPath("#section")).toBeUndefined();
    expect(foreignPath("#/experiments/%E0%A4%A")).toBe("/go?kind=experiment&id=%25E0%25A4%25A");
  });
});

describe("places", () => {
  test("names with slashes and at-signs survive in the URL", () => {
    expect(paths.dataset("flights", "raw/2001", "4f1c")).toBe("/p/flights/datasets/raw%2F2001@4f1c");
    expect(paths.modelVersion("flights", "delay", 7)).toBe("/p/flights/models/delay/7");
    expect(paths.ledger("flights", "state:open")).toBe("/p/flights/ledger?q=state%3Aopen");
  });

  test("a node of the graph leads to its own page, or into the explorer", () => {
    expect(nodePath("flights", { kind: "dataset-version", id: "raw@4f1c" })).toBe("/p/flights/datasets/raw@4f1c");
    expect(nodePath("flights", { kind: "model-version", id: "a/b/7" })).toBe("/p/flights/models/a%2Fb/7");
    expect(nodePath("flights", { kind: "experiment", id: "7" })).toBe("/p/flights/experiments/7");
    expect(nodePath("flights", { kind: "logged-model", id: "m-1f" })).toBe("/p/flights/logged-models/m-1f");
    expect(nodePath("flights", { kind: "commit", id: "abc" })).toBe("/p/flights/lineage?focus=commit%3Aabc");
  });
});

describe("search parameters", () => {
  test("are plain text both ways", () => {
    const search = { q: "metrics.auc > .7", sort: "-auc", tab: "" };
    expect(stringifySearch(search)).toBe("?q=metrics.auc+%3E+.7&sort=-auc");
    expect(parseSearch("?q=metrics.auc+%3E+.7&sort=-auc")).toEqual({ q: "metrics.auc > .7", sort: "-auc" });
    expect(stringifySearch({})).toBe("");
  });
});

import { expect, test, vi } from "vitest";
import { paydown, scanCommand } from "./command.js";

test("commands name this server and the project", () => {
  vi.stubGlobal("location", { origin: "http://127.0.0.1:7860" });
  expect(paydown("ledger", "flights")).toBe("paydown ledger --project flights --url http://127.0.0.1:7860");
  expect(scanCommand("flights")).toContain("http://127.0.0.1:7860/api/v1/projects/flights/scans");
  vi.unstubAllGlobals();
});

import { describe, expect, test } from "vitest";
import { openSealing } from "./sealing.js";

describe("a sealed text", () => {
  const sealing = openSealing("the key");

  test("is opened with the key and for what it was sealed for, and shows nothing of itself", () => {
    const sealed = sealing.seal("a secret", "webhook 1");
    expect(sealed).not.toContain("secret");
    expect(openSealing("the key").unseal(sealed, "webhook 1")).toBe("a secret");
    expect(sealing.seal("a secret", "webhook 1")).not.toBe(sealed);
  });

  test("is not opened with another key, for something else, or when it was changed", () => {
    const sealed = sealing.seal("a secret", "webhook 1");
    expect(openSealing("another key").unseal(sealed, "webhook 1")).toBeUndefined();
    expect(sealing.unseal(sealed, "webhook 2")).toBeUndefined();
    const [head, id, text = ""] = sealed.split(".");
    const bytes = Buffer.from(text, "base64");
    bytes.writeUInt8((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1);
    expect(sealing.unseal([head, id, bytes.toString("base64")].join("."), "webhook 1")).toBeUndefined();
    expect(sealing.unseal("v1", "webhook 1")).toBeUndefined();
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isLoopback, loadConfig } from "./config.js";

describe("configuration", () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), "paydown-config-"));
  });
  afterEach(() => rmSync(cwd, { recursive: true }));
  const load = (flags: Record<string, unknown> = {}, environment: Record<string, string> = {}) =>
    loadConfig({ flags, environment, cwd });

  test("flags win over the environment, that over the file, that over defaults, and each says where it is from", () => {
    writeFileSync(join(cwd, "paydown.yaml"), "port: 1\nhost: 127.0.0.2\nlogLevel: warn\n");
    const { values, origins } = load({ port: "3" }, { PAYDOWN_PORT: "2", PAYDOWN_LOG_LEVEL: "error" });
    expect([values.port, values.host, values.logLevel, values.project]).toEqual([3, "127.0.0.2", "error", "default"]);
    expect(origins).toMatchObject({
      port: "--port",
      host: join(cwd, "paydown.yaml"),
      logLevel: "PAYDOWN_LOG_LEVEL",
      project: "default",
    });
  });

  test("webhook settings are taken by the names MLflow's servers use, and ours win", () => {
    const theirs = {
      MLFLOW_WEBHOOK_ALLOWED_SCHEMES: "http,https",
      MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: "true",
      MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY: "a key",
    };
    const { values, origins } = load({}, { ...theirs, PAYDOWN_SECRETS_KEY: "our key" });
    expect([values.webhookSchemes, values.webhookPrivateIps, values.secretsKey]).toEqual([
      "http,https",
      "allow",
      "our key",
    ]);
    expect(origins.webhookPrivateIps).toBe("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS");
    expect(() => load({}, { MLFLOW_WEBHOOK_ALLOWED_SCHEMES: "ftp" })).toThrow("webhookSchemes");
  });

  test("database and objects live in the data folder unless something else is said", () => {
    const { values } = load({ data: "here" });
    expect(values.database).toBe(`sqlite:${join(cwd, "here", "paydown.db")}`);
    expect(values.artifacts).toBe(`file:${join(cwd, "here", "objects")}`);
  });

  test.each([
    ["prot: 1", "prot"],
    ["port: many", "port"],
    ["port: 70000", "port"],
    ["accounts: never", "accounts"],
    ["recipes: {delay: {command: []}}", "recipes"],
    ["- a list", "(file)"],
    ["a: b: c", "(file)"],
  ])("the file `%s` is refused and names %s", (text, key) => {
    writeFileSync(join(cwd, "paydown.yaml"), text);
    expect(() => load()).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(key) }),
    );
  });

  test("a number that is none is refused with its origin", () => {
    expect(() => load({}, { PAYDOWN_PORT: "x" })).toThrow("PAYDOWN_PORT");
  });

  test("only this machine's own addresses are loopback", () => {
    expect(["127.0.0.1", "127.9.9.9", "::1", "localhost"].every(isLoopback)).toBe(true);
    expect(["0.0.0.0", "10.0.0.1", "example.org", "1270.0.0.1"].some(isLoopback)).toBe(false);
  });
});

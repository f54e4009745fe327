import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isPublicAddress } from "./address.js";
import { openOutgoing } from "./outgoing.js";

/** What is not public, written once more as numbers: first and last address of each network. */
const closed4: readonly (readonly [string, string])[] = [
  ["0.0.0.0", "0.255.255.255"],
  ["10.0.0.0", "10.255.255.255"],
  ["100.64.0.0", "100.127.255.255"],
  ["127.0.0.0", "127.255.255.255"],
  ["169.254.0.0", "169.254.255.255"],
  ["172.16.0.0", "172.31.255.255"],
  ["192.0.0.0", "192.0.0.255"],
  ["192.0.2.0", "192.0.2.255"],
  ["192.88.99.0", "192.88.99.255"],
  ["192.168.0.0", "192.168.255.255"],
  ["198.18.0.0", "198.19.255.255"],
  ["198.51.100.0", "198.51.100.255"],
  ["203.0.113.0", "203.0.113.255"],
  ["224.0.0.0", "255.255.255.255"],
];
const toNumber = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const toAddress = (number: number) => [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
const groups = (value: bigint) =>
  Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(":");

describe("the public internet", () => {
  const edges = closed4.flatMap(([first, last]) => [toNumber(first), toNumber(last)]);

  test("holds exactly the IPv4 addresses outside the special networks", () => {
    const near = fc.tuple(fc.constantFrom(...edges), fc.integer({ min: -2, max: 2 })).map(([at, by]) => at + by);
    const any = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(fc.oneof(near, any), (number) => {
        fc.pre(number >= 0 && number < 2 ** 32);
        const closed = closed4.some(([first, last]) => number >= toNumber(first) && number <= toNumber(last));
        expect(isPublicAddress(toAddress(number))).toBe(!closed);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  test("holds no IPv6 address that carries an IPv4 address, whatever that is", () => {
    const prefixes = [0xffffn << 32n, 0x64ff9bn << 96n, (0x64ff9bn << 96n) | (1n << 80n), 0n];
    fc.assert(
      fc.property(fc.constantFrom(...prefixes), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (prefix, v4) => {
        expect(isPublicAddress(groups(prefix | BigInt(v4)))).toBe(false);
        expect(isPublicAddress(groups((0x2002n << 112n) | (BigInt(v4) << 80n)))).toBe(false);
      }),
      { seed: 1 },
    );
    expect(isPublicAddress("::ffff:8.8.8.8")).toBe(false);
  });

  test("holds IPv6 addresses of global unicast only", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (value) => {
        const inside = value >> 125n === 1n;
        if (!inside) expect(isPublicAddress(groups(value))).toBe(false);
      }),
      { seed: 1, numRuns: 1000 },
    );
    expect(["2606:4700:4700::1111", "2a00:1450::1", "2620:fe::fe"].map(isPublicAddress)).toEqual([true, true, true]);
    const closed = ["::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "2001::1"];
    expect(closed.map(isPublicAddress)).toEqual(closed.map(() => false));
    expect(["", "localhost", "1.2.3", "0x7f.1", "1.2.3.4.5"].map(isPublicAddress)).toEqual(Array(5).fill(false));
  });
});

describe("a call to the outside", () => {
  let server: Server;
  let url: string;
  let seen: { path: string; body: string; headers: Record<string, unknown> }[];
  const open = openOutgoing({ schemes: ["http", "https"], privateAddresses: true, timeout: 1000 });

  beforeEach(async () => {
    seen = [];
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on("end", () => {
        seen.push({ path: request.url ?? "", body, headers: request.headers });
        if (request.url === "/silent") return;
        if (request.url === "/moved") response.writeHead(302, { location: "/elsewhere" });
        if (request.url === "/busy") response.writeHead(429, { "retry-after": "7" });
        if (request.url === "/endless") {
          const timer = setInterval(() => response.write("x".repeat(8192)), 1);
          response.once("close", () => clearInterval(timer));
          return;
        }
        response.end("thanks");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  test("posts the body and answers with the status", async () => {
    const answer = await open.post(`${url}/a`, { "X-Name": "v" }, "{}");
    expect(answer).toEqual({ status: 200, body: "thanks", retryAfter: undefined });
    expect(seen).toMatchObject([{ path: "/a", body: "{}", headers: { "x-name": "v", "content-length": "2" } }]);
  });

  test("follows no redirect and hears how long to wait", async () => {
    expect(await open.post(`${url}/moved`, {}, "{}")).toMatchObject({ status: 302 });
    expect(await open.post(`${url}/busy`, {}, "{}")).toMatchObject({ status: 429, retryAfter: 7000 });
    expect(seen.map((one) => one.path)).toEqual(["/moved", "/busy"]);
  });

  test("reads no more of an endless answer than it keeps", async () => {
    const { body } = await open.post(`${url}/endless`, {}, "{}");
    expect(body).toHaveLength(64 * 1024);
  });

  test("gives up when nobody answers", async () => {
    const quick = openOutgoing({ schemes: ["http"], privateAddresses: true, timeout: 50 });
    await expect(quick.post(`${url}/silent`, {}, "{}")).rejects.toMatchObject({ code: "OUTGOING_FAILED" });
    await expect(quick.post("http://127.0.0.1:1/", {}, "{}")).rejects.toMatchObject({ code: "OUTGOING_FAILED" });
  });

  const strict = (resolve: Record<string, string[]>) => {
    const asked: string[] = [];
    const outgoing = openOutgoing({
      schemes: ["http", "https"],
      privateAddresses: false,
      resolve: async (name) => {
        asked.push(name);
        // Each answer is given once: what a name resolves to may change.
        const [address = "127.0.0.1"] = resolve[name]?.splice(0, 1) ?? [];
        return address.split(",").map((one) => ({ address: one, family: one.includes(":") ? 6 : 4 }));
      },
    });
    return { outgoing, asked };
  };

  test.each([
    "http://127.0.0.1/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.100.100.200/",
    "http://10.0.0.8:8080/",
    "http://0.0.0.0/",
  ])("%s is refused", async (address) => {
    const { outgoing } = strict({});
    await expect(outgoing.check(address, "Webhook URL")).rejects.toMatchObject({ code: "OUTGOING_REFUSED" });
    await expect(outgoing.post(address, {}, "{}")).rejects.toMatchObject({ code: "OUTGOING_REFUSED" });
  });

  test("a name is refused when any of its addresses is not public", async () => {
    const { outgoing } = strict({ "a.example": ["93.184.216.34,10.0.0.1"] });
    await expect(outgoing.check("https://a.example/", "Webhook URL")).rejects.toThrow(
      "Webhook URL must not resolve to a non-public IP address. 'a.example' resolves to 10.0.0.1.",
    );
  });

  test("a name that was public when it was looked at gains nothing by changing its mind", async () => {
    const { outgoing, asked } = strict({ "rebind.example": ["93.184.216.34", "127.0.0.1"] });
    await outgoing.check("http://rebind.example/", "Webhook URL");
    await expect(outgoing.post(url.replace("127.0.0.1", "rebind.example"), {}, "{}")).rejects.toMatchObject({
      code: "OUTGOING_REFUSED",
    });
    expect(asked).toEqual(["rebind.example", "rebind.example"]);
    expect(seen).toEqual([]);
  });

  test("the connection goes to the address that was looked at, asked once", async () => {
    let asked = 0;
    const outgoing = openOutgoing({
      schemes: ["http"],
      privateAddresses: true,
      resolve: async () => {
        asked++;
        return [{ address: "127.0.0.1", family: 4 }];
      },
    });
    const answer = await outgoing.post(url.replace("127.0.0.1", "nowhere.invalid"), {}, "{}");
    expect(answer.status).toBe(200);
    expect(asked).toBe(1);
    expect(seen[0]?.headers.host).toContain("nowhere.invalid");
  });

  test("schemes, empty texts, missing hosts and passwords are refused with MLflow's words", async () => {
    const https = openOutgoing({ schemes: ["https"], privateAddresses: false });
    const refusal = (text: string) => https.check(text, "Webhook URL").catch((error: Error) => error.message);
    expect(await refusal("http://a.example/")).toBe("Invalid webhook URL scheme: 'http'. Allowed schemes are: https.");
    expect(await refusal("file:///etc/passwd")).toContain("Invalid webhook URL scheme: 'file'");
    expect(await refusal(" ")).toBe("Webhook URL cannot be empty or just whitespace: ' '");
    expect(await refusal("https://")).toBe("Webhook URL must include a hostname: 'https://'");
    expect(await refusal("https://u:p@a.example/")).toContain("must not hold a user name or password");
  });
});

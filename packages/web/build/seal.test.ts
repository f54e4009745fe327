import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { policy } from "./seal.js";

test("inline scripts are allowed by their hash, nothing inline otherwise", () => {
  const { scripts, header } = policy('<script>one()</script><script type="module" src="/a.js"></script>');
  expect(scripts).toEqual([`sha256-${createHash("sha256").update("one()").digest("base64")}`]);
  expect(header).toContain(`script-src 'self' '${scripts[0]}'`);
  expect(header).not.toContain("unsafe");
});

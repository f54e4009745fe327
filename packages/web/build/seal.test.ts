import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { policy } from "./seal.js";

test("inline scripts are allowed by their hash, nothing inline otherwise", () => {
  const { scriptHashes, header } = policy('<script>one()</script><script type="module" src="/a.js"></script>');
  expect(scriptHashes).toEqual([`'sha256-${createHash("sha256").update("one()").digest("base64")}'`]);
  expect(header).toContain(`script-src 'self' ${scriptHashes[0]}`);
  expect(header).not.toContain("unsafe");
});

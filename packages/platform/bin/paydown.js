#!/usr/bin/env node
// Committed, so that installing links the command before the first build.
import { existsSync } from "node:fs";

const main = new URL("../dist/main.js", import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  process.stderr.write(
    "error CLI_NOT_BUILT: This clone is not built yet.\n  next: Run `npm run build`, then the command again.\n",
  );
  process.exitCode = 2;
}

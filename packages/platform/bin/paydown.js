#!/usr/bin/env node
// Committed, so that installing links the command before the first build. CommonJS, which every Node reads.
"use strict";
const nodeWillDo = require("@paydown/scan/bin/node-version.js");

if (nodeWillDo("paydown", require("../package.json"))) {
  const main = require("node:path").join(__dirname, "../dist/main.js");
  if (require("node:fs").existsSync(main)) import(require("node:url").pathToFileURL(main).href);
  else {
    process.stderr.write(
      "error CLI_NOT_BUILT: This clone is not built yet.\n  next: Run `npm run build`, then the command again.\n",
    );
    process.exitCode = 2;
  }
}

#!/usr/bin/env node
import * as modules from "node:module";

// A Node that is too old cannot even read the rest: nothing newer than Node 12 may stand in this file, and whatever the
// program needs is imported only once the version is known to do.
const require = modules.createRequire(import.meta.url);
const nodeWillDo = require("@paydown/scan/bin/node-version.js") as (name: string, pack: unknown) => boolean;

if (nodeWillDo("paydown", require("../package.json"))) {
  modules.enableCompileCache();
  void import("./command.js");
}

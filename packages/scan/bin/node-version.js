// Read by Nodes that are too old for everything else here: nothing newer than Node 12 may stand in this file.
"use strict";

/** Whether this Node will do for the package; where it will not, that is said, and the exit code set. */
module.exports = function nodeWillDo(name, pack, found) {
  const needed = /(\d+)\.(\d+)/.exec(pack.engines.node);
  const version = found || process.versions.node;
  const [major, minor] = version.split(".").map(Number);
  if (major > Number(needed[1]) || (major === Number(needed[1]) && minor >= Number(needed[2]))) return true;
  process.stderr.write(
    `error NODE_TOO_OLD: This is Node ${version}, and ${name} needs ${needed[0]} or newer: install one from https://nodejs.org and run the command with it.\n`,
  );
  process.exitCode = 2;
  return false;
};

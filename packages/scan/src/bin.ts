#!/usr/bin/env node
import { runScanCommand } from "./command.js";

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.stdout.on("error", () => process.exit(2));
process.exitCode = await runScanCommand(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  columns: process.stdout.columns ?? 100,
  isTerminal: process.stderr.isTTY === true,
  signal: stop.signal,
});

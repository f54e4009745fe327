import type { Reporter } from "vitest/node";

/** Ends the log with a plain line: what passed, what failed, and skipped tests when there are any. */
export const ending: Reporter = {
  onTestRunEnd(modules, errors) {
    let passed = 0;
    let skipped = 0;
    let failed = errors.length;
    for (const module of modules) {
      // A file or suite that could not be set up has no tests to fail, and is no less a failure.
      failed += module.errors().length;
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed++;
        else if (state === "failed") failed++;
        else skipped++;
      }
    }
    process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
  },
};

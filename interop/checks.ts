/** What a suite answers: how many checks it made and how many of them failed. */
export interface SuiteResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
}

export interface Checks {
  /** Runs one check; a throw is a failure, printed with its reason, and the suite goes on. */
  check(sentence: string, work: () => Promise<void> | void): Promise<void>;
  result(): SuiteResult;
}

/** Counts checks and prints one line each, as sentences a user could say. */
export function checksOf(name: string): Checks {
  let passed = 0;
  let failed = 0;
  return {
    async check(sentence, work) {
      try {
        await work();
        passed++;
        console.log(`ok   ${name}: ${sentence}`);
      } catch (error) {
        failed++;
        console.log(
          `FAIL ${name}: ${sentence}\n     ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
      }
    },
    result: () => ({ name, passed, failed }),
  };
}

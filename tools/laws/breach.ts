/** A place that breaks a law of the house. */
export interface Breach {
  /** Name of the law. */
  readonly law: string;
  /** Why the law exists. */
  readonly reason: string;
  /** Path relative to the root; with the line where one line is to blame. */
  readonly file: string;
  readonly line?: number;
  /** What is wrong there. */
  readonly what: string;
}

/** A kind of debt that an error of a failed run points at by itself. */
export interface ErrorSignature {
  readonly slug: string;
  /** What is wrong, in words. */
  readonly cause: string;
  readonly patterns: readonly RegExp[];
}

/** First match wins: the most telling come first. */
export const errorSignatures: readonly ErrorSignature[] = [
  {
    slug: "unpinned-environment",
    cause: "a package was missing or had another version",
    patterns: [
      /\b(ModuleNotFoundError|ImportError|DistributionNotFound|VersionConflict|ContextualVersionConflict|ResolutionImpossible)\b/,
      /\bNo module named\b/,
      /\bcannot import name\b/,
      /\bAttributeError: module '[^']+' has no attribute\b/,
      /\bgot an unexpected keyword argument\b/,
      /\bnumpy\.dtype size changed\b/,
    ],
  },
  {
    slug: "missing-schema",
    cause: "the data had other columns or types than the code expected",
    patterns: [
      /\bKeyError: ['"]/,
      /\bKeyError\b.*\b(not in index|column)/i,
      /\bnot (?:found )?in (?:the )?(?:index|columns)\b/i,
      /\b(Usecols do not match columns|columns are missing|feature names (?:should match|mismatch|unseen))/i,
      /\b(SchemaError|SchemaErrors|ArrowInvalid|ParserError)\b/,
      /\bcould not convert string to float\b/,
      /\bReferenced column "[^"]+" not found\b/,
    ],
  },
  {
    slug: "unchecked-values",
    cause: "the data held values the code cannot take",
    patterns: [/\bInput (?:X |y )?contains (?:NaN|infinity)/i, /\bcannot convert float NaN\b/i, /\bunknown categor/i],
  },
  {
    slug: "hard-coded-path",
    cause: "a path of one machine was not there on another",
    patterns: [
      /\b(FileNotFoundError|NotADirectoryError)\b/,
      /\bNo such file or directory\b/,
      /\bPath does not exist\b/i,
    ],
  },
  {
    slug: "no-resource-limit",
    cause: "memory or time ran out",
    patterns: [
      /\b(MemoryError|OutOfMemoryError|OOMKilled)\b/,
      /\bout of memory\b/i,
      /\b(?:Killed|exit code 137|SIGKILL)\b/,
      /\bNo space left on device\b/,
    ],
  },
  {
    slug: "unstable-upstream",
    cause: "a service or source outside did not answer",
    patterns: [
      /\b(ConnectionError|ConnectTimeout|ReadTimeout|TimeoutError|ServiceUnavailable|ConnectionRefusedError)\b/,
      /\b(?:HTTP(?: Error)? )?50[234]\b/,
      /\bName or service not known\b/,
    ],
  },
];

/** The signature an error carries; undefined when it explains nothing by itself. */
export function signatureOf(error: string): ErrorSignature | undefined {
  // A Python traceback ends with the error itself: what stands above may name errors that were handled. Other errors
  // begin with what they are, and go on with hints.
  const lines = error.trim().split("\n");
  const telling = lines.some((line) => line.startsWith("Traceback ")) ? lines.slice(-3) : lines.slice(0, 10);
  const text = telling.join("\n");
  return errorSignatures.find((signature) => signature.patterns.some((pattern) => pattern.test(text)));
}

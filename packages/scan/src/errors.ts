/** Every way a scan can fail as a whole. What merely could not be *seen* is an `unseen` entry of the report instead. */
export type ScanErrorCode =
  | "SCAN_PATH_NOT_FOUND"
  | "SCAN_PATH_NOT_FOLDER"
  | "SCAN_CONFIG_INVALID"
  | "SCAN_CONFIG_UNKNOWN_KEY"
  | "SCAN_RULE_UNKNOWN"
  | "SCAN_USAGE"
  | "SCAN_OUTPUT_FAILED"
  | "SCAN_ABORTED"
  | "SCAN_PARSER_FAILED"
  | "SCAN_RULE_INVALID";

/** A coded failure: `code` is stable, `message` says what happened, `next` is the step to take. */
export class ScanError extends Error {
  override readonly name = "ScanError";
  readonly code: ScanErrorCode;
  readonly next: string;

  constructor(code: ScanErrorCode, message: string, next: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.next = next;
  }
}

export function toMessage(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

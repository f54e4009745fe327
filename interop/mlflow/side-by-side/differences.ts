/** Requests that the two servers answer differently on purpose, by name or pattern, with the reason. */
export interface Difference {
  readonly of: RegExp;
  readonly reason: string;
}

export const differences: readonly Difference[] = [];

/** A number with what is known of its uncertainty: standard error, 95 % interval and rows behind it. */
export interface Estimate {
  readonly value: number;
  readonly error: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/** First minus second on the same rows. */
export interface Difference extends Estimate {
  /** P-value of "no difference", two-sided. */
  readonly p: number;
}

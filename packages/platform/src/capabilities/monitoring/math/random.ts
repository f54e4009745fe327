/** A seeded source of uniform numbers in (0, 1). */
export type Random = () => number;

/**
 * Park and Miller's generator (48271, 2^31 - 1): the same few numbers in any language, for vectors and reproducible
 * resampling; not for secrets. Park and Miller, CACM 31 (10), 1988, multiplier of 1993.
 */
export function parkMiller(seed: number): Random {
  let state = Math.max(1, Math.floor(Math.abs(seed)) % 2147483647);
  return () => {
    state = (48271 * state) % 2147483647;
    return state / 2147483647;
  };
}

/** A standard normal draw, Box and Muller. */
export function normalDraw(random: Random): number {
  return Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}

/** Counts of `n` draws over bins with these shares (they need not sum to one). */
export function multinomial(random: Random, n: number, shares: readonly number[]): number[] {
  const total = shares.reduce((sum, share) => sum + share, 0);
  const cumulative: number[] = [];
  let sum = 0;
  for (const share of shares) {
    sum += share / total;
    cumulative.push(sum);
  }
  const counts = new Array<number>(shares.length).fill(0);
  for (let i = 0; i < n; i++) {
    const u = random();
    let low = 0;
    let high = shares.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (u < cumulative[middle]!) high = middle;
      else low = middle + 1;
    }
    counts[low] = counts[low]! + 1;
  }
  return counts;
}

/** Numbers in [0, 1) from a 32-bit seed: mulberry32. The same everywhere, for ever. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `size` different positions below `total`, ascending, drawn by the seed (Floyd's algorithm). */
export function drawPositions(total: number, size: number, seed: number): number[] {
  if (size >= total) return Array.from({ length: total }, (_, i) => i);
  const random = seededRandom(seed);
  const drawn = new Set<number>();
  for (let j = total - size; j < total; j++) {
    const candidate = Math.floor(random() * (j + 1));
    drawn.add(drawn.has(candidate) ? j : candidate);
  }
  return [...drawn].sort((a, b) => a - b);
}

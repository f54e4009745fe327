/** Step of the diverging scale, 1 (large negative) to 7 (large positive); 4 is no effect. */
export function effectStep(effect: number, top: number): number {
  const share = Math.max(-1, Math.min(1, effect / Math.max(top, 1e-12)));
  return 4 + Math.round(share * 3);
}

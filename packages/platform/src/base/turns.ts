/** Runs at most so many at once; the others wait for their turn. `tooMany` is thrown at who would wait behind `mostWaiting`. */
export function createTurns(
  atOnce: number,
  mostWaiting = Number.POSITIVE_INFINITY,
  tooMany?: () => Error,
): <R>(work: () => Promise<R>) => Promise<R> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running < atOnce) running++;
    else {
      if (waiting.length >= mostWaiting && tooMany !== undefined) throw tooMany();
      await new Promise<void>((turn) => waiting.push(turn));
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // The place is handed on, not freed and fought for.
      if (next === undefined) running--;
      else next();
    }
  };
}

/** Wrong passwords before somebody must wait. */
const free = { pair: 5, address: 50 };
const longestWait = 15 * 60_000;
/** Without a wrong one for this long, all is forgotten. */
const forgetAfter = 60 * 60_000;
const remembered = 20_000;

interface Count {
  wrong: number;
  waitUntil: number;
  at: number;
}

export interface Tries {
  /** Milliseconds until the next try of this name from this address is taken; 0 for now. */
  wait(user: string, address: string, now: number): number;
  /** The same for any name from this address. */
  waitOf(address: string, now: number): number;
  failed(user: string, address: string, now: number): void;
  succeeded(user: string, address: string): void;
}

/**
 * Counts wrong passwords by user and address, and by address alone against one machine trying many names. After the free
 * ones each wrong one doubles the wait. Bounded: the longest unused is forgotten first.
 */
export function createTries(): Tries {
  const counts = new Map<string, Count>();
  const pair = (user: string, address: string) => `${address} ${user.slice(0, 200)}`;

  function add(key: string, most: number, now: number): void {
    const before = counts.get(key);
    counts.delete(key);
    const wrong = (before !== undefined && now - before.at < forgetAfter ? before.wrong : 0) + 1;
    const wait = wrong < most ? 0 : Math.min(longestWait, 1000 * 2 ** Math.min(wrong - most, 20));
    counts.set(key, { wrong, waitUntil: now + wait, at: now });
    if (counts.size > remembered) counts.delete(counts.keys().next().value as string);
  }

  const waitFor = (key: string, now: number) => Math.max(0, (counts.get(key)?.waitUntil ?? 0) - now);

  return {
    wait: (user, address, now) => waitFor(pair(user, address), now),
    waitOf: waitFor,
    failed(user, address, now) {
      add(pair(user, address), free.pair, now);
      add(address, free.address, now);
    },
    succeeded(user, address) {
      counts.delete(pair(user, address));
    },
  };
}

/** One page of a list and, unless it is the last, what gets the next one. */
export interface PageOf<T> {
  readonly items: readonly T[];
  readonly cursor?: string | undefined;
}

/** Everything a paged list holds, for work that must not stop at the first page. */
export async function allPages<T>(ask: (cursor: { cursor?: string }) => Promise<PageOf<T>>): Promise<T[]> {
  const all: T[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await ask(cursor === undefined ? {} : { cursor });
    all.push(...page.items);
    cursor = page.cursor;
    if (cursor === undefined) return all;
  }
}

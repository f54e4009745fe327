import type { Input, Operation, Reply } from "@paydown/api/operation";
import {
  type InfiniteData,
  keepPreviousData,
  queryOptions,
  type UseInfiniteQueryResult,
  type UseMutationResult,
  type UseQueryResult,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { client } from "./client.js";

export interface ReadOptions {
  /** False waits, e.g. until a panel is open. */
  readonly enabled?: boolean;
  /** Ask again every so many milliseconds while the page is visible, more seldom while nothing changes or nobody answers. */
  readonly every?: number | undefined;
  /** Old rows stay while new ones come, unless the question is about another thing. */
  readonly keep?: boolean;
}

/** The key under which an answer is remembered: the operation's name and its input, without absent fields. */
export function operationKey<T extends Operation>(
  operation: T,
  input: Input<T>,
): readonly [string, Record<string, unknown>] {
  const fields = Object.entries(input as Record<string, unknown>).filter(([, value]) => value !== undefined);
  return [operation.name, Object.fromEntries(fields)];
}

export function operationOptions<T extends Operation>(operation: T, input: Input<T>) {
  return queryOptions<Reply<T>>({
    queryKey: operationKey(operation, input),
    queryFn: ({ signal }) => client.call(operation, input, { signal }),
  });
}

/** The longest a page that is looked at waits before it looks again. */
const LONGEST = 60_000;
/** Looks without a change after which the pace slackens. */
const PATIENCE = 5;

/** What a query has met since something changed. */
interface Met {
  readonly data: unknown;
  readonly at: number;
  readonly failedAt: number;
  readonly same: number;
  readonly failed: number;
}

const met = new WeakMap<object, Met>();

interface Looked {
  readonly state: { readonly data: unknown; readonly dataUpdatedAt: number; readonly errorUpdatedAt: number };
}

/** How long a query waits before it looks again: longer and longer while nothing changes, or the server does not answer. */
export function nextLook(every: number, query: Looked): number {
  const { data, dataUpdatedAt: at, errorUpdatedAt: failedAt } = query.state;
  const before = met.get(query) ?? { data, at, failedAt: 0, same: 0, failed: 0 };
  const answered = at !== before.at;
  const now: Met = {
    data,
    at,
    failedAt,
    same: data !== before.data ? 0 : before.same + (answered ? 1 : 0),
    failed: failedAt > before.failedAt && failedAt > at ? before.failed + 1 : answered ? 0 : before.failed,
  };
  met.set(query, now);
  const doubled = Math.min(10, now.failed > 0 ? now.failed : Math.max(0, now.same - PATIENCE));
  return Math.max(every, Math.min(LONGEST, every * 2 ** doubled));
}

/** Asks again every so many milliseconds, only while the page is visible, and when it is seen again; `nextLook` says when that slackens. */
export function live(every: number | undefined) {
  if (every === undefined) return {};
  return {
    refetchIntervalInBackground: false,
    refetchOnWindowFocus: true,
    refetchInterval: (query: Looked) => nextLook(every, query),
  };
}

/** Reads one operation. The same question asked by two components is one request. */
export function useOperation<T extends Operation>(
  operation: T,
  input: Input<T>,
  options: ReadOptions = {},
): UseQueryResult<Reply<T>> {
  return useQuery<Reply<T>>({
    ...operationOptions(operation, input),
    enabled: options.enabled ?? true,
    ...live(options.every),
    ...(options.keep === true ? { placeholderData: keepPreviousData } : {}),
  });
}

type Paged = { items: unknown[]; cursor?: string; total?: number };

/** Reads a keyset-paged list page after page; `following` is asked beside the input from the second page on. */
export function usePages<T extends Operation>(
  operation: T,
  input: Input<T>,
  options: ReadOptions & { readonly following?: Partial<Input<T>> } = {},
): UseInfiniteQueryResult<InfiniteData<Reply<T>, string | undefined>> {
  return useInfiniteQuery<
    Reply<T>,
    Error,
    InfiniteData<Reply<T>, string | undefined>,
    readonly unknown[],
    string | undefined
  >({
    queryKey: [...operationKey(operation, input), "pages"],
    initialPageParam: undefined,
    queryFn: ({ pageParam, signal }) =>
      client.call(
        operation,
        {
          ...(input as object),
          ...(pageParam === undefined ? {} : { ...options.following, cursor: pageParam }),
        } as Input<T>,
        { signal },
      ),
    getNextPageParam: (last) => (last as Paged).cursor,
    enabled: options.enabled ?? true,
    placeholderData: keepPreviousData,
    ...live(options.every),
  });
}

/** Asks for a paged list anew, from its first page; later pages are forgotten, however many had been loaded. */
export function useRestart<T extends Operation>(operation: T, input: Input<T>): () => void {
  const cache = useQueryClient();
  return () => {
    const queryKey = [...operationKey(operation, input), "pages"];
    cache.setQueryData<InfiniteData<unknown>>(
      queryKey,
      (before) => before && { pages: before.pages.slice(0, 1), pageParams: before.pageParams.slice(0, 1) },
    );
    void cache.invalidateQueries({ queryKey, exact: true });
  };
}

/** Does one operation, then asks again for everything of the capabilities, or the operations, it may have changed. */
export function useAction<T extends Operation>(
  operation: T,
  changes: readonly string[] = [operation.name.split(".")[0] ?? ""],
): UseMutationResult<Reply<T>, Error, Input<T>> {
  const cache = useQueryClient();
  return useMutation<Reply<T>, Error, Input<T>>({
    mutationFn: (input) => client.call(operation, input),
    onSuccess: () =>
      cache.invalidateQueries({
        predicate: (query) =>
          changes.some((name) => query.queryKey[0] === name || String(query.queryKey[0]).startsWith(`${name}.`)),
      }),
  });
}

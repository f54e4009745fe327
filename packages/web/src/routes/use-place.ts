import { useNavigate, useParams, useRouter, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { fromUrlTime } from "#kit/numbers/time.js";
import type { Search } from "./search.js";

/** The project the page is about. */
export function useProject(): string {
  return useParams({ strict: false }).project ?? "";
}

/** A named piece of the path, e.g. the id of the run. */
export function usePathPart(name: string): string {
  const params: Record<string, string | undefined> = useParams({ strict: false });
  return params[name] ?? "";
}

export function useSearchFields(): Search {
  return useSearch({ strict: false }) as Search;
}

/** Changes fields of the URL. Each change is a step that Back undoes, unless it only refines the last one. */
export function useSetSearch(): (fields: Record<string, string | undefined>, how?: { replace?: boolean }) => void {
  const navigate = useNavigate();
  return useCallback(
    (fields, how = {}) => {
      void navigate({
        to: ".",
        search: ((before: Search) => clean({ ...before, ...fields })) as never,
        replace: how.replace ?? false,
        resetScroll: false,
      });
    },
    [navigate],
  );
}

/** One field of the URL as state. */
export function useField(name: string): [string | undefined, (value: string | undefined) => void] {
  const value = useSearchFields()[name];
  const set = useSetSearch();
  return [value, useCallback((next) => set({ [name]: next }), [set, name])];
}

/** The moment the page shows, as operations take it: absent means now. */
export function useAsOf(): { asOf?: number } {
  const instant = fromUrlTime(useSearchFields().asOf);
  return instant === undefined ? {} : { asOf: instant };
}

/** Goes to a path as a new step. */
export function useGo(): (path: string) => void {
  const router = useRouter();
  return useCallback((path) => router.history.push(path), [router]);
}

function clean(fields: Record<string, string | undefined>): Search {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ""),
  );
}

import { ApiError } from "@paydown/api/client";
import { QueryClient } from "@tanstack/react-query";

/** One cache a page. A refusal is an answer and is not asked again; a dropped connection is, twice. */
export function createCache(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) => !(error instanceof ApiError) && failures < 2,
      },
    },
  });
}

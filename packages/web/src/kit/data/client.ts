import { type Client, createClient } from "@paydown/api/client";

const TOKEN_KEY = "paydown.token";

/** The token of this tab, if the server asked for one. It is never put into the URL or a cookie. */
export function storedToken(): string | undefined {
  return globalThis.sessionStorage?.getItem(TOKEN_KEY) ?? undefined;
}

export function storeToken(token: string | undefined): void {
  if (token === undefined) globalThis.sessionStorage.removeItem(TOKEN_KEY);
  else globalThis.sessionStorage.setItem(TOKEN_KEY, token);
}

/** Speaks to the server the page came from. */
export const client: Client = {
  call: (operation, input, options) =>
    createClient({ baseUrl: "", token: storedToken() }).call(operation, input, options),
};

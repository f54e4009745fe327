import { authorizationOf, type Client, type ClientOptions, createClient } from "@paydown/api/client";

const TOKEN_KEY = "paydown.token";
const USER_KEY = "paydown.user";

/** Who this tab is signed in as: a token, or a person with a password. */
export interface SignedIn {
  /** Name that goes with a password; absent for a token. */
  readonly user?: string | undefined;
  readonly secret: string;
}

/** What this tab was given, if the server asked for it. It is never put into the URL or a cookie. */
export function signedIn(): SignedIn | undefined {
  const secret = globalThis.sessionStorage?.getItem(TOKEN_KEY) ?? undefined;
  if (secret === undefined) return undefined;
  const user = globalThis.sessionStorage.getItem(USER_KEY) ?? undefined;
  return user === undefined ? { secret } : { user, secret };
}

export function signIn(as: SignedIn): void {
  signOut();
  globalThis.sessionStorage.setItem(TOKEN_KEY, as.secret);
  if (as.user !== undefined) globalThis.sessionStorage.setItem(USER_KEY, as.user);
}

export function signOut(): void {
  globalThis.sessionStorage.removeItem(TOKEN_KEY);
  globalThis.sessionStorage.removeItem(USER_KEY);
}

function credentials(): Pick<ClientOptions, "token" | "user"> {
  const { user, secret } = signedIn() ?? {};
  return user === undefined || secret === undefined ? { token: secret } : { user: { name: user, password: secret } };
}

/** Headers of a request that is no operation, such as one for a file. */
export function signedHeaders(): Record<string, string> {
  const authorization = authorizationOf(credentials());
  return authorization === undefined ? {} : { authorization };
}

/** Speaks to the server the page came from. */
export const client: Client = {
  call(operation, input, options) {
    return createClient({ baseUrl: "", ...credentials() }).call(operation, input, options);
  },
};

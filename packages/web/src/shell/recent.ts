interface RecentPlace {
  readonly path: string;
  readonly title: string;
}

const KEY = "paydown.recent";

/** The last places of this tab, newest first. */
export function recentPlaces(): RecentPlace[] {
  try {
    const stored: unknown = JSON.parse(globalThis.sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(stored)
      ? stored.filter((one): one is RecentPlace => typeof one?.path === "string" && typeof one?.title === "string")
      : [];
  } catch {
    return [];
  }
}

export function rememberPlace(path: string, title: string): void {
  const rest = recentPlaces().filter((one) => one.path !== path);
  globalThis.sessionStorage.setItem(KEY, JSON.stringify([{ path, title }, ...rest].slice(0, 12)));
}

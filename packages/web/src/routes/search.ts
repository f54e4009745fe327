/** The state of a page, as it stands in its URL. All values are text; each screen reads the ones it knows. */
export type Search = Record<string, string>;

export function parseSearch(text: string): Search {
  return Object.fromEntries(new URLSearchParams(text));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const fields = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== "") fields.set(key, String(value));
  }
  const text = fields.toString();
  return text === "" ? "" : `?${text}`;
}

/** A value as Python's `json.dumps(sort_keys=True, separators=(",", ":"))` writes it; messages quote values so. */
export function quoteJson(value: unknown): string {
  return JSON.stringify(sorted(value)).replace(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}

/**
 * JSON as Python writes and reads it: NaN and the infinities may stand bare, and come out as the texts that number fields
 * take. Everything else is JSON as usual.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const quoted = text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/gs, (token) =>
      token.startsWith('"') ? token : `"${token}"`,
    );
    if (quoted === text) throw cause;
    return JSON.parse(quoted);
  }
}

/** Leaves out what protobuf leaves out: absent fields and empty lists. */
export function present<T extends object>(fields: T): T {
  const entries = Object.entries(fields).filter(
    ([, value]) => value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(entries) as T;
}

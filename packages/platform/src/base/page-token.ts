/** Packs a place in a list into an opaque token. */
export function packToken(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString("base64");
}

/** Unpacks a token; `refuse` gets what is wrong with one that this server cannot have written, in MLflow's words. */
export function unpackToken(token: string, refuse: (problem: string, cause?: unknown) => Error): unknown {
  // As Python does: what is outside the alphabet is passed over, the rest must come in fours.
  const letters = token.replace(/[^A-Za-z0-9+/=]/g, "");
  if (letters.length % 4 !== 0) throw refuse("could not base64-decode");
  const text = Buffer.from(letters, "base64").toString("utf8");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refuse(`decoded value=b'${text}'`, cause);
  }
}

/** Unpacks `{offset}`; the first page has no token. */
export function unpackOffset(token: string | undefined, refuse: (problem: string, cause?: unknown) => Error): number {
  if (token === undefined || token === "") return 0;
  const place = unpackToken(token, refuse) as { offset?: unknown } | null;
  const given = typeof place === "object" ? place?.offset : undefined;
  if (given === undefined || given === 0) throw refuse(`parsed value=${JSON.stringify(place)}`);
  const offset = typeof given === "string" && given.trim() === "" ? Number.NaN : Number(given);
  if (!Number.isSafeInteger(offset) || offset < 0) throw refuse(`not stringable ${String(given)}`);
  return offset;
}

/** Lengths are counted in characters, as Python and databases count them: one beyond the basic plane is one, not two. */
export function isLonger(text: string, limit: number): boolean {
  return text.length > limit && (text.length > 2 * limit || countCharacters(text) > limit);
}

/** The first `limit` characters; none is cut through. */
export function cutTo(text: string, limit: number): string {
  if (!isLonger(text, limit)) return text;
  let end = 0;
  for (let left = limit; left > 0; left--) end += isPair(text, end) ? 2 : 1;
  return text.slice(0, end);
}

function countCharacters(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += isPair(text, at) ? 2 : 1) count++;
  return count;
}

function isPair(text: string, at: number): boolean {
  return (text.codePointAt(at) ?? 0) > 0xffff;
}

/** Offsets to 1-based lines and back. */
export interface LineMap {
  readonly starts: Int32Array;
  readonly count: number;
}

export function createLineMap(text: string): LineMap {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return { starts: Int32Array.from(starts), count: starts.length };
}

export function lineAt(map: LineMap, offset: number): number {
  let low = 0;
  let high = map.count - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((map.starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}

export function lineText(text: string, map: LineMap, line: number): string {
  const start = map.starts[line - 1] ?? text.length;
  const end = line < map.count ? (map.starts[line] ?? text.length) - 1 : text.length;
  return text.slice(start, end);
}

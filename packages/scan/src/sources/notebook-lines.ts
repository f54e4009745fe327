/** Raw lines (1-based) of one cell: of the cell itself, of each source line, of each output. */
export interface CellLines {
  readonly line: number;
  readonly source: readonly number[];
  readonly outputs: readonly number[];
}

interface Level {
  readonly isArray: boolean;
  key: string;
}

/**
 * Finds the raw lines of `cells[i]`, `cells[i].source[j]` and `cells[i].outputs[k]` in one pass over the JSON text.
 * Iterative and without recursion, so nesting cannot exhaust the stack. The text must be valid JSON.
 */
export function scanCellLines(raw: string): CellLines[] {
  const cells: { line: number; source: number[]; outputs: number[] }[] = [];
  const stack: Level[] = [];
  let line = 1;
  let at = 0;
  let expectsKey = false;
  let continued = false;

  function cellDepth(): number {
    if (stack[1]?.isArray && stack[0]?.key === "cells") return 2;
    if (stack[1]?.isArray && stack[0]?.key === "worksheets" && stack[3]?.isArray && stack[2]?.key === "cells") return 4;
    return -1;
  }

  function visitValue(text: string | undefined): void {
    const base = cellDepth();
    if (base < 0) return;
    if (stack.length === base && stack[base - 1]?.isArray) {
      cells.push({ line, source: [], outputs: [] });
      continued = false;
      return;
    }
    const cell = cells.at(-1);
    const key = stack[base]?.key;
    if (!cell || stack[base]?.isArray) return;
    const isSource = key === "source" || key === "input";
    if (isSource && text !== undefined && stack.length <= base + 2) {
      // An item without a closing newline is continued by the next one.
      const count =
        countNewlines(text) + (continued ? 0 : 1) - (endsInNewline(text) && stack.length === base + 2 ? 1 : 0);
      for (let index = 0; index < count; index++) cell.source.push(line);
      continued = stack.length === base + 2 && !endsInNewline(text);
    } else if (key === "outputs" && stack.length === base + 2) cell.outputs.push(line);
  }

  while (at < raw.length) {
    const sign = raw.charCodeAt(at);
    if (sign === 10) line++;
    else if (sign === 34) {
      let end = at + 1;
      while (end < raw.length && raw.charCodeAt(end) !== 34) end += raw.charCodeAt(end) === 92 ? 2 : 1;
      const level = stack.at(-1);
      if (level && !level.isArray && expectsKey) {
        level.key = raw.slice(at + 1, end);
        expectsKey = false;
      } else visitValue(raw.slice(at + 1, end));
      at = end;
    } else if (sign === 123 || sign === 91) {
      visitValue(undefined);
      stack.push({ isArray: sign === 91, key: "" });
      expectsKey = sign === 123;
    } else if (sign === 125 || sign === 93) {
      stack.pop();
      expectsKey = false;
    } else if (sign === 44) {
      const level = stack.at(-1);
      expectsKey = level !== undefined && !level.isArray;
    }
    at++;
  }
  return cells;
}

/** Counts the escapes `\\n` in the inside of a JSON string; an escaped backslash before an n is none. */
function countNewlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\\"); at >= 0; at = text.indexOf("\\", at + 2)) if (text[at + 1] === "n") count++;
  return count;
}

function endsInNewline(text: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*\\n$/.test(text.slice(-64));
}

/** What a notebook line or cell asked of IPython instead of Python. */
export interface Magic {
  readonly kind: "line" | "shell" | "cell" | "help";
  /** `pip` in `%pip install`, the command for shell lines. */
  readonly name: string;
  readonly text: string;
  /** Offset of the line in the cell's source. */
  readonly offset: number;
  /** Names the magic binds (`out = !ls`, `%%capture out`). */
  readonly binds: readonly string[];
}

export interface PythonCell {
  /** As long as the source, line for line; magics have become comments or `pass`. */
  readonly text: string;
  readonly magics: readonly Magic[];
  /** The whole cell is another language (`%%bash`, `%%R`, `%%sql`). */
  readonly foreign: boolean;
}

/** Cell magics whose body still is Python. */
const pythonCells = new Set([
  "time",
  "timeit",
  "capture",
  "prun",
  "memit",
  "mprun",
  "python",
  "python3",
  "snakeviz",
  "wandb",
  "px",
  "oncell",
]);
const assignment = /^([A-Za-z_][\w, ]*?)\s*=\s*([!%])(?!=)\s*(.*)$/;
/** Magics that run the statement after them in the notebook's own names. */
const timing = /^(\s*)(%(?:time|timeit|prun|memit)\s+)(?=[^\s%-])/;
const help = /^[A-Za-z_%][\w.%*]*\?{1,2}$|^\?{1,2}[A-Za-z_%][\w.%*]*$/;

/**
 * Rewrites IPython syntax to Python of the same length, so that every offset stays true.
 * Lines inside brackets or triple-quoted strings are left alone.
 */
export function rewriteMagics(source: string): PythonCell {
  const magics: Magic[] = [];
  const lines = source.split("\n");
  const first = lines.findIndex((line) => line.trim() !== "");
  const head = lines[first]?.trim() ?? "";
  let offset = 0;
  if (head.startsWith("%%")) {
    const name = head.slice(2).split(/\s/, 1)[0] ?? "";
    const at = lines.slice(0, first).reduce((sum, line) => sum + line.length + 1, 0);
    const bound =
      name === "capture"
        ? head
            .split(/\s+/)
            .slice(1)
            .filter((word) => /^[A-Za-z_]\w*$/.test(word))
        : [];
    magics.push({ kind: "cell", name, text: head, offset: at, binds: bound });
    if (!pythonCells.has(name)) return { text: blank(source), magics, foreign: true };
  }
  const out: string[] = [];
  let continued = false;
  const state: LineState = { depth: 0, quote: "" };
  for (const [index, line] of lines.entries()) {
    const open = state.depth > 0 || state.quote !== "";
    const magic = open ? undefined : readMagic(line.trim(), offset);
    const timed = magic && timing.exec(line);
    if (magic?.kind === "shell" && line.endsWith("\\")) {
      // A shell command goes on over lines that end with a backslash.
      magics.push({ ...magic, text: continuedText(lines, index) });
      out.push(replaceLine(line, magic));
      continued = true;
    } else if (continued) {
      out.push(" ".repeat(line.length));
      continued = line.endsWith("\\");
    } else if (magic && timed) {
      magics.push(magic);
      // `if _:` keeps the timed statement where it stands, with the names that it binds.
      out.push(`${timed[1]}${"if _:".padEnd((timed[2] ?? "").length)}${line.slice(timed[0].length)}`);
    } else if (magic) {
      magics.push(magic);
      out.push(replaceLine(line, magic));
    } else {
      out.push(line);
      trackLine(line, state);
    }
    offset += line.length + 1;
  }
  return { text: out.join("\n"), magics, foreign: false };
}

function continuedText(lines: readonly string[], from: number): string {
  const parts: string[] = [];
  for (let index = from; index < lines.length; index++) {
    const line = lines[index] ?? "";
    parts.push(line.replace(/\\$/, "").trim());
    if (!line.endsWith("\\")) break;
  }
  return parts.join(" ");
}

function readMagic(line: string, offset: number): Magic | undefined {
  if (line.startsWith("%")) {
    const name = /^%+([\w.]*)/.exec(line)?.[1] ?? "";
    return { kind: "line", name, text: line, offset, binds: [] };
  }
  if (line.startsWith("!")) {
    return { kind: "shell", name: line.slice(1).trim().split(/\s/, 1)[0] ?? "", text: line, offset, binds: [] };
  }
  if (help.test(line)) return { kind: "help", name: "", text: line, offset, binds: [] };
  const bound = assignment.exec(line);
  if (!bound) return undefined;
  const binds = (bound[1] ?? "").split(",").map((name) => name.trim());
  const text = bound[3] ?? "";
  return { kind: bound[2] === "!" ? "shell" : "line", name: text.split(/\s/, 1)[0] ?? "", text: line, offset, binds };
}

/** `pass` keeps an indented block valid; shorter lines become blank or a comment sign. */
function replaceLine(line: string, magic: Magic): string {
  const indent = line.length - line.trimStart().length;
  const rest = line.length - indent;
  if (magic.binds.length > 0) {
    const target = /^[A-Za-z_][\w, ]*?\s*=\s*/.exec(line.trimStart())?.[0] ?? "";
    const room = rest - target.length;
    if (room >= 1) return `${line.slice(0, indent)}${target}0${room >= 2 ? `#${"_".repeat(room - 2)}` : ""}`;
  }
  if (rest >= 4) return `${line.slice(0, indent)}pass${rest > 4 ? `#${"_".repeat(rest - 5)}` : ""}`;
  return `${line.slice(0, indent)}${"0".padEnd(rest, " ").slice(0, rest)}`;
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}

interface LineState {
  depth: number;
  quote: string;
}

/** Follows brackets and triple quotes over one line, roughly but cheaply. */
function trackLine(line: string, state: LineState): void {
  for (let at = 0; at < line.length; at++) {
    const sign = line[at];
    if (state.quote !== "") {
      if (sign === "\\") at++;
      else if (line.startsWith(state.quote, at)) {
        at += state.quote.length - 1;
        state.quote = "";
      }
    } else if (sign === "#") return;
    else if (sign === '"' || sign === "'") {
      const triple = line.startsWith(sign.repeat(3), at);
      state.quote = triple ? sign.repeat(3) : sign;
      if (triple) at += 2;
    } else if (sign === "(" || sign === "[" || sign === "{") state.depth++;
    else if (sign === ")" || sign === "]" || sign === "}") state.depth = Math.max(0, state.depth - 1);
  }
  if (state.quote.length === 1) state.quote = "";
}

import { TooMuch } from "#kit/states/empty.jsx";
import css from "./artifacts.module.css";

interface Cell {
  readonly kind: string;
  readonly count: number | undefined;
  readonly source: string;
  readonly outputs: readonly Output[];
}

interface Output {
  readonly text: string;
  readonly image: string | undefined;
  readonly failed: boolean;
  /** HTML or scripts that are not shown. */
  readonly left: boolean;
}

const MOST_CELLS = 200;
const LONGEST = 20_000;

/** A notebook's cells and what they gave, as text and images. Its HTML and scripts are left out. */
export function Notebook({ text }: { readonly text: string }) {
  const cells = readNotebook(text);
  if (cells === undefined)
    return <TooMuch>It is no notebook: its text cannot be read as one. Download it to look at it.</TooMuch>;
  return (
    <div className={css.notebook}>
      {cells.slice(0, MOST_CELLS).map((cell, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its position
        <article key={at} aria-label={`Cell ${at + 1}, ${cell.kind}`}>
          <span>{cell.kind === "code" ? `[${cell.count ?? " "}]` : ""}</span>
          <div>
            <pre data-kind={cell.kind}>{cell.source}</pre>
            {cell.outputs.map((output, order) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: an output is its position
              <div key={order} className={css.output} data-failed={output.failed ? "" : undefined}>
                {output.image === undefined ? null : (
                  <img src={output.image} alt={output.text || "Output of the cell"} />
                )}
                {output.text === "" || output.image !== undefined ? null : <pre>{output.text}</pre>}
                {output.left && output.text === "" && output.image === undefined ? (
                  <p className={css.quiet}>HTML or a script, not shown.</p>
                ) : null}
              </div>
            ))}
          </div>
        </article>
      ))}
      {cells.length > MOST_CELLS ? <TooMuch>{`The first ${MOST_CELLS} of ${cells.length} cells.`}</TooMuch> : null}
    </div>
  );
}

/** Cells of a notebook of format 4; undefined when the text is none. */
export function readNotebook(text: string): Cell[] | undefined {
  try {
    const { cells } = JSON.parse(text) as { cells?: unknown };
    if (!Array.isArray(cells)) return undefined;
    return cells.filter(isRecord).map((cell) => ({
      kind: String(cell.cell_type ?? "raw"),
      count: typeof cell.execution_count === "number" ? cell.execution_count : undefined,
      source: joined(cell.source),
      outputs: Array.isArray(cell.outputs) ? cell.outputs.filter(isRecord).slice(0, 100).map(toOutput) : [],
    }));
  } catch {
    return undefined;
  }
}

function toOutput(output: Record<string, unknown>): Output {
  if (output.output_type === "stream")
    return { text: joined(output.text), image: undefined, failed: output.name === "stderr", left: false };
  if (output.output_type === "error") {
    return {
      text: joined(output.traceback, "\n") || `${String(output.ename)}: ${String(output.evalue)}`,
      image: undefined,
      failed: true,
      left: false,
    };
  }
  const data = isRecord(output.data) ? output.data : {};
  const type = ["image/png", "image/jpeg", "image/gif"].find((one) => data[one] !== undefined);
  const encoded = type === undefined ? "" : joined(data[type]).replaceAll(/\s/g, "");
  return {
    text: joined(data["text/plain"]),
    image:
      type !== undefined && /^[A-Za-z0-9+/]+=*$/.test(encoded) && encoded.length < 8e6
        ? `data:${type};base64,${encoded}`
        : undefined,
    failed: false,
    left: Object.keys(data).some((one) => /html|javascript|svg|widget/.test(one)),
  };
}

/** Colours of a terminal are left out. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a terminal's colours begin with
const TERMINAL = /\u001b\[[0-9;]*[A-Za-z]/g;

function joined(lines: unknown, by = ""): string {
  const text = Array.isArray(lines) ? lines.map(String).join(by) : typeof lines === "string" ? lines : "";
  return text.replaceAll(TERMINAL, "").slice(0, LONGEST);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

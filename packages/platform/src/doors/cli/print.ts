/** A reply for people: lists as tables, records as `key  value` lines, ranges as `2 (1–6)`. `--json` has everything. */
export function printReply(reply: unknown, columns: number): string {
  if (isPage(reply)) {
    const more = reply.cursor !== undefined ? "\n(more: pass --cursor, or --json for all fields)\n" : "";
    return `${table(reply.items, columns)}${more}`;
  }
  if (Array.isArray(reply)) return table(reply, columns);
  if (isRecord(reply)) return record(reply, columns, "");
  return `${String(reply)}\n`;
}

function record(value: Record<string, unknown>, columns: number, indent: string): string {
  const width = Math.max(0, ...Object.keys(value).map((key) => key.length)) + 2;
  let text = "";
  for (const [key, one] of Object.entries(value)) {
    if (Array.isArray(one) && one.length > 0 && isRecord(one[0])) {
      text += `${indent}${key}\n${table(one, columns - 2)
        .split("\n")
        .map((line) => (line === "" ? line : `${indent}  ${line}`))
        .join("\n")}`;
    } else if (isRecord(one) && !isRange(one)) {
      text += `${indent}${key}\n${record(one, columns, `${indent}  `)}`;
    } else {
      text += `${indent}${key.padEnd(width)}${cell(one)}\n`;
    }
  }
  return text;
}

function table(rows: readonly unknown[], columns: number): string {
  if (rows.length === 0) return "(none)\n";
  if (!rows.every(isRecord)) return rows.map((row) => `${cell(row)}\n`).join("");
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row as object)))].filter((key) =>
    rows.some((row) => isFlat((row as Record<string, unknown>)[key])),
  );
  const cells = rows.map((row) => keys.map((key) => cell((row as Record<string, unknown>)[key])));
  const widths = keys.map((key, i) =>
    Math.min(48, Math.max(key.length, ...cells.map((line) => (line[i] as string).length))),
  );
  // Columns that do not fit are left out whole, never cut in the middle of the screen.
  let used = 0;
  const shown = keys
    .map((_, i) => i)
    .filter((i) => {
      used += (widths[i] as number) + 2;
      return used <= Math.max(columns, 40);
    });
  const line = (texts: readonly string[]): string =>
    shown
      .map((i) => fit(texts[i] as string, widths[i] as number))
      .join("  ")
      .trimEnd();
  const hidden = keys.length - shown.length;
  const note = hidden > 0 ? `(${hidden} more columns: --json)\n` : "";
  return `${[line(keys), ...cells.map(line)].join("\n")}\n${note}`;
}

function fit(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`;
}

function isFlat(value: unknown): boolean {
  return value !== undefined && (!isRecord(value) || isRange(value)) && !(Array.isArray(value) && value.some(isRecord));
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (isRange(value)) return `${short(value.p50)} (${short(value.p10)}–${short(value.p90)}, n=${value.n})`;
  if (typeof value === "number") return Number.isInteger(value) ? instant(value) : short(value);
  if (Array.isArray(value)) return value.map(cell).join(", ");
  if (isRecord(value)) return JSON.stringify(value);
  return String(value).replace(/\s+/g, " ");
}

/** Integers of the size of a millisecond instant of 2000 to 2100 are shown as one. */
function instant(value: number): string {
  return value > 946_684_800_000 && value < 4_102_444_800_000
    ? new Date(value).toISOString().replace(".000Z", "Z")
    : String(value);
}

function short(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}

interface RangeValue {
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  readonly n: number;
}

function isRange(value: unknown): value is RangeValue {
  return (
    isRecord(value) && typeof value.p10 === "number" && typeof value.p50 === "number" && typeof value.p90 === "number"
  );
}

/** A page of a list; a record that happens to hold items is shown as a record. */
function isPage(value: unknown): value is { items: unknown[]; cursor?: unknown } {
  return (
    isRecord(value) &&
    Array.isArray(value.items) &&
    Object.entries(value).every(
      ([key, one]) => key === "items" || key === "cursor" || !isFlat(one) || /total$/i.test(key),
    )
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

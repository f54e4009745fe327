import { basename } from "node:path";
import type { Column, ColumnKind, Description, Rows, TableFiles } from "../engine.js";
import { engineErrors } from "../errors.js";
import type { About, Session } from "./session.js";
import * as sql from "./sql.js";

/** Columns above this are refused; the widest tables people reported anywhere have 5,000. */
const columnLimit = 5_000;
const nameLimit = 512;

/** What errors call a table and its files. */
export function about(files: TableFiles): About {
  const names = new Map(files.paths.map((path, i) => [path, files.names?.[i] ?? basename(path)]));
  const nameOf = (path: string) => names.get(path) ?? basename(path);
  const more = files.paths.length > 1 ? ` (and ${files.paths.length - 1} more)` : "";
  return { format: files.format, paths: files.paths, nameOf, summary: `${nameOf(files.paths[0] ?? "")}${more}` };
}

export async function describeTable(session: Session, files: TableFiles): Promise<Description> {
  return files.format === "parquet" ? describeParquet(session, files) : describeText(session, files);
}

async function describeParquet(session: Session, files: TableFiles): Promise<Description> {
  const first = files.paths[0];
  if (first === undefined) throw engineErrors.ENGINE_REQUEST_INVALID({ problem: "no file is named" });
  const file = about(files).nameOf(first);
  const nodes = await session.rows<SchemaNode>(sql.parquetSchema(first));
  const top = topLevel(nodes);
  checkNames(
    file,
    top.map((node) => node.name),
  );
  if (files.paths.length > 1) await checkLayouts(session, files);
  const columns = (await describedColumns(session, files)).map((column, i) => ({
    ...column,
    nullable: top[i]?.repetition !== "REQUIRED",
  }));
  const counted = await session.rows<{ file: string; n: number }>(sql.parquetRows(files.paths));
  const rows = new Map(counted.map((one) => [one.file, one.n]));
  const perFile = files.paths.map((path) => ({ path, rows: rows.get(path) ?? 0 }));
  return { columns, files: perFile, rows: perFile.reduce((sum, one) => sum + one.rows, 0) };
}

/** Text formats say nothing about themselves: each file is read whole, and all must come out the same. */
async function describeText(session: Session, files: TableFiles): Promise<Description> {
  let columns: readonly Column[] | undefined;
  const perFile: { path: string; rows: number }[] = [];
  for (const path of files.paths) {
    const one: TableFiles = { format: files.format, paths: [path] };
    const described = await describedColumns(session, one);
    if (columns === undefined) {
      checkNames(
        about(files).nameOf(path),
        described.map((column) => column.name),
      );
      columns = described;
    } else {
      const problem = difference(columns, described);
      if (problem !== undefined) {
        throw engineErrors.ENGINE_SCHEMAS_DIFFER({
          file: about(files).nameOf(path),
          first: about(files).nameOf(files.paths[0] ?? ""),
          problem,
        });
      }
    }
    const [counted] = await session.rows<{ n: number }>(sql.countRows(sql.fromFiles(one), "true"));
    perFile.push({ path, rows: counted?.n ?? 0 });
  }
  if (columns === undefined) throw engineErrors.ENGINE_REQUEST_INVALID({ problem: "no file is named" });
  return { columns, files: perFile, rows: perFile.reduce((sum, one) => sum + one.rows, 0) };
}

async function describedColumns(session: Session, files: TableFiles): Promise<Column[]> {
  const described = await session.rows<{ column_name: string; column_type: string }>(sql.describe(files));
  return described.map((row) => ({
    name: row.column_name,
    type: row.column_type,
    kind: kindOf(row.column_type),
    nullable: true,
  }));
}

/** All files must have the same columns with the same types, in any order. */
async function checkLayouts(session: Session, files: TableFiles): Promise<void> {
  const layouts = await session.rows<{ layout: string; file: string }>(sql.parquetLayouts(files.paths));
  const [common, other] = layouts;
  if (common === undefined || other === undefined) return;
  const [mine, theirs] = [parts(other.layout), parts(common.layout)];
  const added = mine.filter((part) => !theirs.includes(part)).map(words);
  const missing = theirs.filter((part) => !mine.includes(part)).map(words);
  const problem = [
    ...(added.length > 0 ? [`it has ${added.slice(0, 3).join(", ")}`] : []),
    ...(missing.length > 0 ? [`it lacks ${missing.slice(0, 3).join(", ")}`] : []),
  ].join(" and ");
  throw engineErrors.ENGINE_SCHEMAS_DIFFER({
    file: about(files).nameOf(other.file),
    first: about(files).nameOf(common.file),
    problem,
  });
}

function parts(layout: string): string[] {
  return layout.split("\u0001");
}

function words(part: string): string {
  const [column = "", type = ""] = part.split("\u0000");
  return `${column}${type === "" ? "" : ` as ${type}`}`;
}

function difference(first: readonly Column[], second: readonly Column[]): string | undefined {
  if (first.length !== second.length) return `it has ${second.length} columns instead of ${first.length}`;
  for (const [i, column] of first.entries()) {
    const other = second[i];
    if (other?.name !== column.name) return `column ${i + 1} is ${other?.name} instead of ${column.name}`;
    if (other.type !== column.type) return `${column.name} is ${other.type} instead of ${column.type}`;
  }
  return undefined;
}

interface SchemaNode {
  readonly name: string;
  readonly repetition: string | null;
  readonly children: number;
}

/** The columns of a schema tree given depth first, root before its children. */
function topLevel(nodes: readonly SchemaNode[]): SchemaNode[] {
  const top: SchemaNode[] = [];
  for (let i = 1; i < nodes.length; ) {
    const node = nodes[i] as SchemaNode;
    top.push(node);
    let open = node.children;
    i++;
    while (open > 0 && i < nodes.length) {
      open += (nodes[i] as SchemaNode).children - 1;
      i++;
    }
  }
  return top;
}

function checkNames(file: string, names: readonly string[]): void {
  if (names.length > columnLimit) {
    throw engineErrors.ENGINE_TOO_MANY_COLUMNS({ file, columns: names.length, limit: columnLimit });
  }
  const seen = new Map<string, string>();
  for (const name of names) {
    const problem = nameProblem(name, seen.get(name.toLowerCase()));
    if (problem !== undefined) throw engineErrors.ENGINE_COLUMN_NAMES_REFUSED({ file, problem });
    seen.set(name.toLowerCase(), name);
  }
}

function nameProblem(name: string, twin: string | undefined): string | undefined {
  if (name === "") return "one is empty";
  if (name.length > nameLimit) return `one is ${name.length} characters long`;
  if (/\p{Cc}/u.test(name)) return `${JSON.stringify(name)} has control characters`;
  if (twin !== undefined) return `${JSON.stringify(name)} and ${JSON.stringify(twin)} differ by case only`;
  return undefined;
}

function kindOf(type: string): ColumnKind {
  if (/^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(.*\))$/.test(type)) return "numeric";
  if (/^(DATE|TIMESTAMP(_S|_MS|_NS)?|TIMESTAMP WITH TIME ZONE)$/.test(type)) return "instant";
  if (type === "BOOLEAN") return "boolean";
  if (type === "VARCHAR" || type === "UUID" || /^ENUM\(.*\)$/.test(type)) return "text";
  return "other";
}

/** The rows an operation asked for, ready to be read. */
export interface Table {
  readonly from: sql.From;
  readonly where: string;
  readonly columns: readonly Column[];
  column(name: string): Column;
  /** Throws ENGINE_COLUMN_KIND unless the column is one of these kinds. */
  columnOf(name: string, kinds: readonly ColumnKind[]): Column;
}

export async function openTable(session: Session, rows: Rows, staged?: boolean): Promise<Table> {
  if (rows.files.paths.length === 0) throw engineErrors.ENGINE_REQUEST_INVALID({ problem: "no file is named" });
  const columns = await describedColumns(session, rows.files);
  const find = (name: string): Column => {
    const column = columns.find((one) => one.name === name);
    if (column === undefined) {
      const some = columns.slice(0, 20).map((one) => one.name);
      throw engineErrors.ENGINE_COLUMN_NOT_FOUND({
        column: name,
        columns: `${some.join(", ")}${columns.length > 20 ? ` and ${columns.length - 20} more` : ""}`,
      });
    }
    return column;
  };
  const columnOf = (name: string, kinds: readonly ColumnKind[]): Column => {
    const column = find(name);
    if (kinds.includes(column.kind)) return column;
    throw engineErrors.ENGINE_COLUMN_KIND({ column: name, type: column.type, wanted: kinds.join(", ") });
  };
  if (rows.window !== undefined) columnOf(rows.window.column, ["numeric", "instant"]);
  // Text formats cost a parse of everything for every read: what reads more than once loads them first.
  if (staged && rows.files.format !== "parquet") await session.run(sql.stageTable(rows.files));
  return {
    from: staged && rows.files.format !== "parquet" ? sql.staged : sql.fromFiles(rows.files),
    where: sql.inWindow(rows.window, columns),
    columns,
    column: find,
    columnOf,
  };
}

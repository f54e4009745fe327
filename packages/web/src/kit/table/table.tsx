import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import {
  Fragment,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { Button } from "#kit/controls/button.jsx";
import { focusRow } from "#kit/focus-row.js";
import { useKeys } from "#kit/keys.js";
import { count } from "#kit/numbers/format.js";
import { RangeAxis, RangeCell } from "#kit/ranges/range-cell.jsx";
import { type LogScale, logScale } from "#kit/ranges/scale.js";
import { Unknown } from "#kit/states/unknown.jsx";
import { useField, useGo } from "#routes/use-place.js";
import { type Column, nextSort, sortState } from "./columns.js";
import css from "./table.module.css";

export interface TableProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  /** Where Enter and a click lead. */
  readonly rowPath?: ((row: Row) => string) | undefined;
  /** Exact number of matches; the footer says when fewer are loaded. */
  readonly total?: number | undefined;
  readonly sort?: string | undefined;
  readonly onSort?: (sort: string) => void;
  readonly more?: (() => void) | undefined;
  readonly loading?: boolean;
  readonly picked?: ReadonlySet<string>;
  readonly onPick?: (picked: ReadonlySet<string>) => void;
  /** The URL field that names the previewed row; Space sets it. */
  readonly preview?: string;
  /** Rows with the same group stand under one heading. */
  readonly group?: {
    readonly of: (row: Row) => string;
    readonly heading: (group: string, rows: readonly Row[]) => ReactNode;
  };
}

type Line<Row> = { kind: "row"; row: Row; key: string } | { kind: "group"; group: string; rows: Row[]; key: string };

const WHOLE = 80;
/** Beyond so many columns only those in view are drawn, and the row's name stays at the left. */
const WIDE = 24;

/** The one table: server-sorted, keyset-paged, walked with j and k, drawn virtually when long. It scrolls inside its own labelled box. */
export function Table<Row>(props: TableProps<Row>) {
  const { rows, columns, rowKey, rowPath, picked, onPick, preview } = props;
  const go = useGo();
  const [previewed, setPreviewed] = useField(preview ?? "sel");
  const [active, setActive] = useState(-1);
  const box = useRef<HTMLElement>(null);
  const lines = useMemo(() => toLines(rows, rowKey, props.group?.of), [rows, rowKey, props.group?.of]);
  const scales = useMemo(() => toScales(columns, rows), [columns, rows]);
  const virtual = lines.length > WHOLE;
  const rowHeight = globalThis.matchMedia?.("(pointer: coarse)").matches ? 44 : 32;
  const virtualizer = useVirtualizer({
    count: virtual ? lines.length : 0,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const items = virtual ? virtualizer.getVirtualItems() : lines.map((_, index) => ({ index, start: 0, end: 0 }));
  const phone = globalThis.innerWidth < 600;
  const lead = onPick === undefined ? 0 : 40;
  const drawn = useShownColumns(box, columns, phone, lead);
  const { more, loading } = props;
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (virtual && more !== undefined && loading !== true && lastShown > lines.length - 20) more();
  }, [virtual, more, loading, lastShown, lines.length]);

  function walk(by: number) {
    let next = active + by;
    while (lines[next]?.kind === "group") next += by;
    if (lines[next] === undefined) return;
    setActive(next);
    if (virtual) virtualizer.scrollToIndex(next);
    focusRow(box.current, `tr[data-line="${next}"]`);
  }
  const at = () => {
    const line = lines[active];
    return line?.kind === "row" ? line : undefined;
  };
  function pick(key: string) {
    if (picked === undefined || onPick === undefined) return;
    const next = new Set(picked);
    if (!next.delete(key)) next.add(key);
    onPick(next);
  }
  useKeys({
    j: () => walk(1),
    k: () => walk(-1),
    ...(onPick === undefined ? {} : { x: () => at() !== undefined && pick(at()?.key ?? "") }),
  });
  function press(event: KeyboardEvent, line: Line<Row>) {
    if (line.kind !== "row" || event.target !== event.currentTarget) return;
    if (event.key === "Enter" && rowPath !== undefined) go(rowPath(line.row));
    else if (event.key === " " && preview !== undefined) setPreviewed(previewed === line.key ? undefined : line.key);
    else if (event.key === "ArrowDown") walk(1);
    else if (event.key === "ArrowUp") walk(-1);
    else return;
    event.preventDefault();
  }
  function click(event: MouseEvent, line: Line<Row>) {
    if (
      line.kind !== "row" ||
      event.defaultPrevented ||
      (event.target as Element).closest("a,button,input,label") !== null
    )
      return;
    if ((globalThis.getSelection()?.toString() ?? "") !== "") return;
    if (preview !== undefined) setPreviewed(previewed === line.key ? undefined : line.key);
    else if (rowPath !== undefined) go(rowPath(line.row));
  }

  const width = columns.reduce((sum, column) => sum + widthOf(column, phone), lead);
  const before = virtual ? (items[0]?.start ?? 0) : 0;
  const after = virtual ? Math.max(0, virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0)) : 0;
  const span = drawn.columns.length + (onPick === undefined ? 0 : 1) + (drawn.wide ? 2 : 0);
  return (
    <div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard */}
      <section className={`${css.box} ${virtual ? css.long : ""}`} aria-label={props.label} tabIndex={0} ref={box}>
        <table
          className={`${css.table} ${drawn.wide ? css.wide : ""}`}
          style={{ minWidth: width }}
          aria-rowcount={virtual ? lines.length + 1 : undefined}
          aria-colcount={drawn.wide ? columns.length : undefined}
        >
          <colgroup>
            {onPick === undefined ? null : <col style={{ width: 40 }} />}
            {drawn.columns.map(({ column }, at) => (
              <Fragment key={column.id}>
                {drawn.wide && at === drawn.fixed ? <col style={{ width: drawn.before }} /> : null}
                <col style={{ width: widthOf(column, phone) }} />
              </Fragment>
            ))}
            {drawn.wide ? <col style={{ width: drawn.after }} /> : null}
          </colgroup>
          <thead>
            <tr>
              {onPick === undefined || picked === undefined ? null : (
                <th scope="col" className={css.pickCell}>
                  <label className={css.pick}>
                    <input
                      type="checkbox"
                      className={css.check}
                      aria-label="Select all loaded rows"
                      checked={rows.length > 0 && rows.every((row) => picked.has(rowKey(row)))}
                      onChange={(event) => onPick(event.target.checked ? new Set(rows.map(rowKey)) : new Set())}
                    />
                  </label>
                </th>
              )}
              {drawn.columns.map(({ column, index }, at) => (
                <Fragment key={column.id}>
                  {drawn.wide && at === drawn.fixed ? <td aria-hidden /> : null}
                  <Header
                    column={column}
                    index={drawn.wide ? index + 1 : undefined}
                    scale={scales.get(column.id)}
                    sort={props.sort}
                    onSort={props.onSort}
                  />
                </Fragment>
              ))}
              {drawn.wide ? <td aria-hidden /> : null}
            </tr>
          </thead>
          <tbody>
            {before > 0 ? <Spacer height={before} span={span} /> : null}
            {items.map(({ index }) => {
              const line = lines[index];
              if (line === undefined) return null;
              if (line.kind === "group") {
                return (
                  <tr key={line.key} className={css.group}>
                    <th scope="rowgroup" colSpan={span}>
                      {props.group?.heading(line.group, line.rows)}
                    </th>
                  </tr>
                );
              }
              return (
                <tr
                  key={line.key}
                  className={`${css.row} ${rowPath === undefined && preview === undefined ? "" : css.link}`}
                  data-line={index}
                  data-on={picked?.has(line.key) === true ? "" : undefined}
                  data-open={preview !== undefined && previewed === line.key ? "" : undefined}
                  tabIndex={index === active ? 0 : -1}
                  aria-rowindex={virtual ? index + 2 : undefined}
                  onFocus={() => setActive(index)}
                  onKeyDown={(event) => press(event, line)}
                  onClick={(event) => click(event, line)}
                >
                  {onPick === undefined || picked === undefined ? null : (
                    <td className={css.pickCell}>
                      <label className={css.pick}>
                        <input
                          type="checkbox"
                          className={css.check}
                          aria-label={`Select ${line.key}`}
                          checked={picked.has(line.key)}
                          onChange={() => pick(line.key)}
                        />
                      </label>
                    </td>
                  )}
                  {drawn.columns.map(({ column }, at) => (
                    <Fragment key={column.id}>
                      {drawn.wide && at === drawn.fixed ? <td aria-hidden /> : null}
                      <Cell column={column} row={line.row} scale={scales.get(column.id)} />
                    </Fragment>
                  ))}
                  {drawn.wide ? <td aria-hidden /> : null}
                </tr>
              );
            })}
            {after > 0 ? <Spacer height={after} span={span} /> : null}
          </tbody>
        </table>
      </section>
      <Foot loaded={rows.length} total={props.total} more={more} loading={loading === true} />
    </div>
  );
}

interface Shown<Row> {
  readonly columns: readonly { readonly column: Column<Row>; readonly index: number }[];
  readonly wide: boolean;
  /** How many columns at the left are always drawn; the widths of what is left out beside the others. */
  readonly fixed: number;
  readonly before: number;
  readonly after: number;
}

/** All columns of a narrow table; of a wide one the row's name and those in view. */
function useShownColumns<Row>(
  box: RefObject<HTMLElement | null>,
  columns: readonly Column<Row>[],
  phone: boolean,
  lead: number,
): Shown<Row> {
  const wide = columns.length > WIDE;
  const fixed = wide ? columns.findIndex((column) => column.head === true) + 1 : 0;
  const rest = columns.slice(fixed);
  const start = columns.slice(0, fixed).reduce((sum, column) => sum + widthOf(column, phone), lead);
  const virtualizer = useVirtualizer({
    horizontal: true,
    count: wide ? rest.length : 0,
    getScrollElement: () => box.current,
    estimateSize: (at) => widthOf(rest[at] as Column<Row>, phone),
    getItemKey: (at) => rest[at]?.id ?? at,
    paddingStart: start,
    overscan: 2,
  });
  const ids = rest.map((column) => column.id).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: other columns have other widths
  useEffect(() => virtualizer.measure(), [ids, virtualizer]);
  if (!wide) return { columns: columns.map((column, index) => ({ column, index })), wide, fixed, before: 0, after: 0 };
  const items = virtualizer.getVirtualItems();
  return {
    columns: [
      ...columns.slice(0, fixed).map((column, index) => ({ column, index })),
      ...items.map((item) => ({ column: rest[item.index] as Column<Row>, index: fixed + item.index })),
    ],
    wide,
    fixed,
    before: Math.max(0, (items[0]?.start ?? start) - start),
    after: Math.max(0, virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0)),
  };
}

function Header<Row>({
  column,
  index,
  scale,
  sort,
  onSort,
}: {
  column: Column<Row>;
  index: number | undefined;
  scale: LogScale | undefined;
  sort: string | undefined;
  onSort: ((sort: string) => void) | undefined;
}) {
  const key = column.sort;
  const state = key === undefined ? "none" : sortState(sort, key);
  const words = (
    <>
      <span>{column.header}</span>
      {column.unit === undefined ? null : <span className={css.unit}> {column.unit}</span>}
    </>
  );
  return (
    <th
      scope="col"
      className={column.align === "right" ? css.right : undefined}
      data-head={column.head === true ? "" : undefined}
      aria-colindex={index}
      aria-sort={key === undefined ? undefined : state}
      title={column.hint ?? column.header}
    >
      {key === undefined || onSort === undefined ? (
        <span className={css.plainHead}>{words}</span>
      ) : (
        <button
          type="button"
          className={css.sort}
          data-on={state === "none" ? undefined : ""}
          onClick={() => onSort(nextSort(sort, key))}
        >
          {words}
          {state === "descending" ? (
            <ArrowDown size={12} aria-hidden />
          ) : state === "ascending" ? (
            <ArrowUp size={12} aria-hidden />
          ) : null}
        </button>
      )}
      {scale === undefined ? null : <RangeAxis scale={scale} />}
      {column.under}
    </th>
  );
}

function Cell<Row>({ column, row, scale }: { column: Column<Row>; row: Row; scale: LogScale | undefined }) {
  const right = column.align === "right" ? css.right : undefined;
  let content: ReactNode;
  if (column.range !== undefined && scale !== undefined) {
    const range = column.range(row);
    content =
      range === undefined ? (
        (column.absent?.(row) ?? <Unknown />)
      ) : (
        <RangeCell of={range} scale={scale} unit={column.unit ?? ""} risk={column.risk ?? false} />
      );
  } else content = column.cell?.(row);
  if (column.head === true) {
    return (
      <th scope="row" className={right}>
        {content}
      </th>
    );
  }
  return <td className={right}>{content}</td>;
}

/** On a phone the name leaves room for the first numbers beside it. */
function widthOf<Row>(column: Column<Row>, phone: boolean): number {
  return phone && column.head === true ? Math.min(column.width, 176) : column.width;
}

function Spacer({ height, span }: { height: number; span: number }) {
  return (
    <tr className={css.spacer}>
      <td colSpan={span} style={{ height }} />
    </tr>
  );
}

function Foot({
  loaded,
  total,
  more,
  loading,
}: {
  loaded: number;
  total: number | undefined;
  more: (() => void) | undefined;
  loading: boolean;
}) {
  if (more === undefined && (total === undefined || total === loaded)) return null;
  return (
    <p className={css.foot}>
      <span>
        {count(loaded)} {total === undefined ? "loaded, more there" : `of ${count(total)} loaded`}
      </span>
      {more === undefined ? null : (
        <Button kind="quiet" onClick={more} disabled={loading}>
          {loading ? "Loading" : "Load more"}
        </Button>
      )}
    </p>
  );
}

/** What can be done with the picked rows. It stays in view and says how many. */
export function BulkBar({
  picked,
  onClear,
  children,
}: {
  readonly picked: number;
  readonly onClear: () => void;
  readonly children: ReactNode;
}) {
  if (picked === 0) return null;
  return (
    <section className={css.bulk} aria-label="Selected rows">
      <b>{count(picked)} selected</b>
      {children}
      <Button kind="quiet" onClick={onClear}>
        Clear
      </Button>
    </section>
  );
}

function toLines<Row>(
  rows: readonly Row[],
  rowKey: (row: Row) => string,
  groupOf: ((row: Row) => string) | undefined,
): Line<Row>[] {
  if (groupOf === undefined) return rows.map((row) => ({ kind: "row", row, key: rowKey(row) }));
  const groups = Map.groupBy(rows, groupOf);
  return [...groups].flatMap(([group, members]): Line<Row>[] => [
    { kind: "group", group, rows: members, key: `group ${group}` },
    ...members.map((row): Line<Row> => ({ kind: "row", row, key: rowKey(row) })),
  ]);
}

function toScales<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Map<string, LogScale> {
  return new Map(
    columns.flatMap((column) =>
      column.range === undefined ? [] : [[column.id, logScale(rows.map((row) => column.range?.(row)))] as const],
    ),
  );
}

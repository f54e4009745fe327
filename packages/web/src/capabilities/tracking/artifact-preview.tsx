import { describeOnnx, readTable as readParquet } from "@paydown/api/tracking";
import { useState } from "react";
import { Button } from "#kit/controls/button.jsx";
import { saveFile, useHead } from "#kit/data/use-bytes.js";
import { useOperation } from "#kit/data/use-operation.js";
import { bytes, count, many, shortId } from "#kit/numbers/format.js";
import { Fold, Pairs } from "#kit/page/page.jsx";
import { TooMuch } from "#kit/states/empty.jsx";
import { Failure } from "#kit/states/failure.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { artifactKind, hexLines, imageSize, imageType, readTable } from "./artifact-kind.js";
import css from "./artifacts.module.css";
import { readMlmodel } from "./mlmodel.js";
import { Notebook } from "./notebook.jsx";

const KIB = 1024;
/** How much of a file is read to show it. */
const MOST = { image: 12 * KIB * KIB, notebook: 8 * KIB * KIB, json: 2 * KIB * KIB, rest: 256 * KIB } as const;
const MOST_PIXELS = 50_000_000;

export interface ArtifactFile {
  readonly path: string;
  readonly size: number;
  readonly hash: string;
  readonly href: string;
}

interface PreviewProps {
  readonly file: ArtifactFile;
  readonly project: string;
  readonly runId: string;
}

/** One file of a run, shown as what it is named as. Nothing in it is executed, and no more of it is read than is shown. */
export function ArtifactPreview(props: PreviewProps) {
  const { file } = props;
  const [problem, setProblem] = useState<unknown>();
  const name = file.path.slice(file.path.lastIndexOf("/") + 1);
  return (
    <section className={css.preview} aria-label={`Preview of ${name}`}>
      <header>
        <h2>
          <bdi>{name}</bdi>
        </h2>
        <span>
          {bytes(file.size)} · SHA-256 <code title={file.hash}>{shortId(file.hash)}</code>
        </span>
        <Button onClick={() => void saveFile(file.href, name).catch(setProblem)}>Download</Button>
      </header>
      {problem === undefined ? null : <Failure error={problem} what="The download" />}
      <Content key={file.hash} {...props} />
    </section>
  );
}

function Content({ file, project, runId }: PreviewProps) {
  const kind = artifactKind(file.path);
  if (kind === "onnx") return <OnnxSummary file={file} project={project} runId={runId} />;
  if (kind === "parquet") return <ParquetRows file={file} project={project} runId={runId} />;
  const most =
    kind === "image" ? MOST.image : kind === "notebook" ? MOST.notebook : kind === "json" ? MOST.json : MOST.rest;
  if ((kind === "image" || kind === "notebook") && file.size > most)
    return <TooMuch>{`Larger than ${bytes(most)}: download it to look at it.`}</TooMuch>;
  return <Read file={file} kind={kind} most={most} />;
}

function Read({ file, kind, most }: { file: ArtifactFile; kind: ReturnType<typeof artifactKind>; most: number }) {
  const head = useHead(file.href, most, file.hash);
  return (
    <Loaded question={head} what="The file" lines={8}>
      {({ bytes: read, total }) => {
        const whole = read.length >= total;
        if (read.length === 0) return <p className={css.quiet}>The file is empty.</p>;
        if (kind === "image") return <Picture path={file.path} read={read} />;
        if (kind === "bytes" || read.subarray(0, 4096).includes(0))
          return <Bytes path={file.path} read={read} total={total} />;
        const text = new TextDecoder().decode(read);
        return (
          <>
            {kind === "table" ? <Rows text={text} path={file.path} whole={whole} /> : null}
            {kind === "notebook" ? <Notebook text={text} /> : null}
            {kind === "mlmodel" ? <Mlmodel text={text} /> : null}
            {kind === "text" || kind === "json" ? <Text text={kind === "json" ? pretty(text, whole) : text} /> : null}
            {whole ? null : <TooMuch>{`The first ${bytes(read.length)} of ${bytes(total)}.`}</TooMuch>}
          </>
        );
      }}
    </Loaded>
  );
}

function Text({ text }: { text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard
    <pre className={css.text} tabIndex={0}>
      {text}
    </pre>
  );
}

function pretty(text: string, whole: boolean): string {
  if (!whole) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Drawn as an image of this page: scripts inside an SVG do not run, and it can load nothing. */
function Picture({ path, read }: { path: string; read: Uint8Array }) {
  const [broken, setBroken] = useState(false);
  const size = imageSize(read);
  if (size !== undefined && size.width * size.height > MOST_PIXELS)
    return (
      <TooMuch>{`Claims ${count(size.width)} by ${count(size.height)} pixels, which is more than is drawn here: download it to look at it.`}</TooMuch>
    );
  if (broken)
    return (
      <>
        <TooMuch>The browser cannot draw this file as an image. Its first bytes:</TooMuch>
        <Text text={hexLines(read)} />
      </>
    );
  const name = path.slice(path.lastIndexOf("/") + 1);
  return (
    <figure className={css.picture}>
      <img src={dataUrl(imageType(path), read)} alt={name} onError={() => setBroken(true)} />
      {size === undefined ? null : <figcaption>{`${count(size.width)} by ${count(size.height)} pixels`}</figcaption>}
    </figure>
  );
}

function dataUrl(type: string, read: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < read.length; at += 32_768) parts.push(String.fromCharCode(...read.subarray(at, at + 32_768)));
  return `data:${type};base64,${btoa(parts.join(""))}`;
}

const MOST_ROWS = 40;
const MOST_COLUMNS = 50;

function Rows({ text, path, whole }: { text: string; path: string; whole: boolean }) {
  const table = readTable(text, path, whole);
  const columns = table.columns.slice(0, MOST_COLUMNS);
  const rows = table.rows.slice(0, MOST_ROWS);
  return (
    <>
      <Grid
        columns={columns.map((name) => ({ name }))}
        rows={rows.map((row) => columns.map((_, at) => (row[at] ?? "").slice(0, 200)))}
      />
      <p className={css.quiet}>{extent(rows.length, undefined, columns.length, table.columns.length)}</p>
    </>
  );
}

/** Parquet is read by the server, which sends the first rows as text. */
function ParquetRows({ file, project, runId }: PreviewProps) {
  const question = useOperation(readParquet, {
    project,
    runId,
    path: file.path,
    rows: MOST_ROWS,
    columns: MOST_COLUMNS,
  });
  return (
    <Loaded question={question} what="The table" lines={8}>
      {(table) => (
        <>
          <Grid columns={table.columns} rows={table.rows} />
          <p className={css.quiet}>{extent(table.rows.length, table.total, table.columns.length, table.width)}</p>
        </>
      )}
    </Loaded>
  );
}

function Grid({
  columns,
  rows,
}: {
  columns: readonly { readonly name: string; readonly type?: string }[];
  rows: readonly (readonly (string | null)[])[];
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard
    <section className={css.rows} tabIndex={0} aria-label="First rows">
      <table>
        <thead>
          <tr>
            {columns.map(({ name, type }, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a column is its position
              <th key={at} scope="col">
                {name}
                {type === undefined ? null : <small title={type}>{type.slice(0, 40).toLowerCase()}</small>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, line) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is its position
            <tr key={line}>
              {row.map((cell, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its position
                <td key={at}>{cell ?? <i className={css.none}>null</i>}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** How much of a table is shown, of how much where that is known. */
function extent(rows: number, total: number | undefined, columns: number, width: number): string {
  const all = total === rows ? `All ${many(rows, "row")}` : `The first ${many(rows, "row")}`;
  const lines = total === undefined || total === rows ? all : `${all} of ${count(total)}`;
  return `${lines}, ${width > columns ? `and ${columns} of ${count(width)} columns` : many(width, "column")}.`;
}

function Bytes({ path, read, total }: { path: string; read: Uint8Array; total: number }) {
  const pickled = /\.(pkl|pickle|joblib|pt|pth|bin)$/i.test(path) && read[0] === 0x80;
  return (
    <>
      {pickled ? <TooMuch>A pickle runs code when it is loaded. It is never loaded here.</TooMuch> : null}
      <Text text={hexLines(read)} />
      {total > 512 ? <p className={css.quiet}>{`The first 512 of ${count(total)} bytes.`}</p> : null}
    </>
  );
}

function Mlmodel({ text }: { text: string }) {
  const model = readMlmodel(text);
  return (
    <>
      <Pairs of={model.facts} />
      {model.flavors.map((flavor) => (
        <Fold key={flavor.name} title={flavor.name} open>
          <Pairs of={flavor.facts} />
        </Fold>
      ))}
      {model.signature.length === 0 ? <p className={css.quiet}>It has no signature.</p> : null}
      {model.signature.map(([side, fields]) => (
        <Fold key={side} title={`${side}: ${many(fields.length, "field")}`} open>
          <Pairs of={fields} />
        </Fold>
      ))}
      <Fold title="As written">
        <Text text={text} />
      </Fold>
    </>
  );
}

function OnnxSummary({ file, project, runId }: PreviewProps) {
  const question = useOperation(describeOnnx, { project, runId, path: file.path });
  return (
    <Loaded question={question} what="The model's summary" lines={8}>
      {(model) => (
        <>
          <Pairs
            of={[
              ["parameters", `${count(model.parameters)} in ${many(model.constants, "constant")}`],
              ["operators", count(model.nodes)],
              [
                "operator sets",
                Object.entries(model.opsets)
                  .map(([name, version]) => `${name} ${version}`)
                  .join(", ") || "none",
              ],
              ["written by", model.producer === "" ? "not said" : model.producer],
              ["format", `IR version ${model.irVersion}`],
              ...(model.external > 0 ? [["outside the file", many(model.external, "constant")] as const] : []),
              ...Object.entries(model.metadata),
            ]}
          />
          {(["inputs", "outputs"] as const).map((side) => (
            <Fold key={side} title={`${side}: ${count(model[side].length)}`} open>
              <Pairs of={model[side].map((one) => [one.name, `${one.type} [${one.shape.join(", ")}]`] as const)} />
            </Fold>
          ))}
          <Fold
            title={many(model.operators.length, "kind of operator", "kinds of operator")}
            open={model.operators.length < 30}
          >
            <Pairs of={model.operators.map((one) => [one.name, count(one.count)] as const)} />
          </Fold>
        </>
      )}
    </Loaded>
  );
}

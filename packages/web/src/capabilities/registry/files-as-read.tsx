import type { Inspection } from "@paydown/api/registry";
import { Button } from "#kit/controls/button.jsx";
import { CopyId } from "#kit/controls/copy.jsx";
import { bytes, many } from "#kit/numbers/format.js";
import { Fold, Pairs, Section } from "#kit/page/page.jsx";
import { tell } from "#kit/states/failure.jsx";
import { FileVerdict } from "./file-verdict.jsx";
import css from "./registry.module.css";

interface FilesProps {
  readonly files: readonly { readonly path: string; readonly size: number; readonly hash: string }[];
  readonly seen: Inspection | undefined;
  /** Has them read again; absent where they cannot be yet. */
  readonly again: { mutate(): void; readonly isPending: boolean; readonly error: Error | null } | undefined;
}

/** The files of a version or logged model, with what reading each without loading it said. */
export function FilesAsRead({ files, seen, again }: FilesProps) {
  const read = new Map(seen?.files.map((file) => [file.path, file]));
  // The dangerous one is what the page was opened for.
  const worst = { dangerous: 0, unknown: 1, suspicious: 2, clean: 3 };
  const rank = (path: string) => worst[read.get(path)?.verdict ?? "unknown"];
  const sorted = seen === undefined ? files : [...files].sort((a, b) => rank(a.path) - rank(b.path));
  return (
    <>
      <Section
        title="Files"
        note={
          seen === undefined
            ? `${many(files.length, "file")}, not read yet`
            : seen.state === "waiting"
              ? "being read"
              : `${many(files.length, "file")}, ${seen.problem ?? seen.verdict}`
        }
        actions={
          again === undefined ? undefined : (
            <Button onClick={() => again.mutate()} disabled={again.isPending}>
              Read them again
            </Button>
          )
        }
      >
        {again === undefined || again.error === null ? null : (
          <p role="alert">
            {tell(again.error).message} {tell(again.error).next}
          </p>
        )}
        <ul className={css.gates}>
          {sorted.map((file) => {
            const of = read.get(file.path);
            return (
              <li key={file.path}>
                <span className={css.path}>{file.path}</span>
                <div>
                  <span className={css.made}>
                    <FileVerdict of={of?.verdict} />
                    {of === undefined ? null : <span>{of.format}</span>}
                    <span>{bytes(file.size)}</span>
                    <CopyId id={file.hash} label={`hash of ${file.path}`} />
                  </span>
                  {of?.reasons.map((reason) => (
                    <p key={reason} className={css.quiet}>
                      {reason}
                    </p>
                  ))}
                  {of === undefined || of.names.length === 0 ? null : (
                    <Fold title={`Names ${many(of.names.length, "callable")}`}>
                      <code>{of.names.join(", ")}</code>
                    </Fold>
                  )}
                </div>
              </li>
            );
          })}
        </ul>
      </Section>
      {seen?.environment === undefined ? null : (
        <Section
          title="Environment"
          note={`${many(seen.environment.pinned, "requirement")} with an exact version, ${many(seen.environment.unpinned.length, "without", "without")}`}
        >
          <Pairs
            of={[
              ["Python", seen.environment.python ?? "not said"],
              ["hash", <CopyId key="hash" id={seen.environment.hash} label="environment hash" />],
              ["read from", seen.environment.files.join(", ")],
              ["not pinned", seen.environment.unpinned.join(", ") || "none"],
            ]}
          />
        </Section>
      )}
      {seen === undefined || seen.onnx.length === 0 ? null : (
        <Section title="Graphs">
          <Pairs
            of={seen.onnx.map((graph) => [
              graph.path,
              <span key={graph.path} className={css.name}>
                {many(graph.nodes, "operator")},{" "}
                {Object.entries(graph.opsets)
                  .map(([domain, opset]) => `${domain === "" ? "ai.onnx" : domain} ${opset}`)
                  .join(", ")}
                <CopyId id={graph.graphHash} label="graph hash" />
                <CopyId id={graph.weightsHash} label="weights hash" />
              </span>,
            ])}
          />
        </Section>
      )}
    </>
  );
}

/** While files wait to be read, the page asks again. */
export function everyWhile(seen: Inspection | undefined): number | undefined {
  return seen?.state === "waiting" ? 2000 : undefined;
}

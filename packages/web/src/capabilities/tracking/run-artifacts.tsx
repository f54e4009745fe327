import type { Reply } from "@paydown/api/operation";
import { listArtifacts, type Run } from "@paydown/api/tracking";
import { useQueries } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, ChevronRight, File, Folder } from "lucide-react";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { operationOptions, useOperation } from "#kit/data/use-operation.js";
import { focusRow } from "#kit/focus-row.js";
import { bytes, many } from "#kit/numbers/format.js";
import { Empty } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { useField, useSetSearch } from "#routes/use-place.js";
import { type ArtifactFile, ArtifactPreview } from "./artifact-preview.jsx";
import css from "./artifacts.module.css";

type Item = Reply<typeof listArtifacts>["items"][number];

interface Node {
  readonly item: Item;
  readonly depth: number;
  readonly open: boolean;
}

/** A run's files as a tree, and the one that is chosen beside it. */
export function RunArtifacts({ run, project }: { readonly run: Run; readonly project: string }) {
  const { runId } = run;
  const [path] = useField("path");
  const root = useOperation(listArtifacts, { project, runId });
  return (
    <Loaded question={root} what="The artifacts">
      {(listed) =>
        listed.items.length === 0 ? (
          <Empty
            title={listed.stored ? "No artifact logged" : "Kept outside this server"}
            {...(listed.stored ? { command: "mlflow.log_artifact('report.html')" } : {})}
          >
            {listed.stored
              ? "Files a run logs appear here with a preview."
              : `Their root is ${listed.root}, which this server cannot list.`}
          </Empty>
        ) : (
          <Browser key={runId} project={project} runId={runId} root={listed.items} path={path} />
        )
      }
    </Loaded>
  );
}

function Browser({
  project,
  runId,
  root,
  path,
}: {
  project: string;
  runId: string;
  root: readonly Item[];
  path: string | undefined;
}) {
  const set = useSetSearch();
  const [opened, setOpened] = useState<ReadonlySet<string>>(() => new Set(foldersOf(path)));
  const folders = [...opened];
  const replies = useQueries({
    queries: folders.map((folder) => operationOptions(listArtifacts, { project, runId, path: folder })),
  });
  const below = new Map(folders.map((folder, at) => [folder, replies[at]?.data?.items]));
  const known = folders.map((folder) => `${folder}:${below.get(folder)?.length ?? "?"}`).join("|");
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is known of the folders
  const nodes = useMemo(() => flatten(root, below, opened, 0), [root, known, opened]);
  const chosen = nodes.find((node) => node.item.path === path)?.item;
  const file: ArtifactFile | undefined =
    chosen === undefined || chosen.folder || chosen.href === undefined || chosen.hash === undefined
      ? undefined
      : { path: chosen.path, size: chosen.size ?? 0, hash: chosen.hash, href: chosen.href };
  function choose(item: Item) {
    if (!item.folder) return set({ path: item.path });
    const next = new Set(opened);
    if (!next.delete(item.path)) next.add(item.path);
    setOpened(next);
  }
  return (
    <div className={css.browser}>
      <Tree nodes={nodes} path={path} onChoose={choose} />
      {file === undefined ? (
        <p className={css.quiet}>
          {path === undefined
            ? "Choose a file to look at it. Nothing in it is executed."
            : `There is no file ${path} here.`}
        </p>
      ) : (
        <ArtifactPreview file={file} project={project} runId={runId} />
      )}
    </div>
  );
}

function Tree({
  nodes,
  path,
  onChoose,
}: {
  nodes: readonly Node[];
  path: string | undefined;
  onChoose: (item: Item) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const virtualizer = useVirtualizer({
    count: nodes.length,
    getScrollElement: () => box.current,
    estimateSize: () => (globalThis.matchMedia("(pointer: coarse)").matches ? 44 : 28),
    overscan: 10,
  });
  function walk(to: number) {
    const next = Math.min(nodes.length - 1, Math.max(0, to));
    setActive(next);
    virtualizer.scrollToIndex(next);
    focusRow(box.current, `[data-node="${next}"]`);
  }
  // By the active row, not the focused one: where scrolling has yet to draw a row, a key may come before its focus.
  function press(event: KeyboardEvent) {
    const at = Math.min(active, nodes.length - 1);
    const node = nodes[at];
    if (node === undefined) return;
    const parent = nodes.findLastIndex((one, order) => order < at && one.depth < node.depth);
    if (event.key === "ArrowDown") walk(at + 1);
    else if (event.key === "ArrowUp") walk(at - 1);
    else if (event.key === "Home") walk(0);
    else if (event.key === "End") walk(nodes.length - 1);
    else if (event.key === "ArrowRight" && node.item.folder) node.open ? walk(at + 1) : onChoose(node.item);
    else if (event.key === "ArrowLeft") node.open ? onChoose(node.item) : parent >= 0 && walk(parent);
    else if (event.key === "Enter" || event.key === " ") onChoose(node.item);
    else return;
    event.preventDefault();
  }
  return (
    <div className={css.side}>
      <div className={css.tree} ref={box} role="tree" aria-label="Files">
        <div style={{ height: virtualizer.getTotalSize(), position: "relative" }} role="presentation">
          {virtualizer.getVirtualItems().map(({ index, start, size }) => {
            const node = nodes[index];
            if (node === undefined) return null;
            const { item, depth, open } = node;
            const Arrow = open ? ChevronDown : ChevronRight;
            return (
              <div
                key={item.path}
                role="treeitem"
                className={css.node}
                style={{ top: start, height: size, paddingLeft: 8 + depth * 16 }}
                data-node={index}
                aria-level={depth + 1}
                aria-expanded={item.folder ? open : undefined}
                aria-selected={item.path === path}
                tabIndex={index === Math.min(active, nodes.length - 1) ? 0 : -1}
                onFocus={() => setActive(index)}
                onClick={() => onChoose(item)}
                onKeyDown={press}
              >
                {item.folder ? <Arrow size={14} aria-hidden /> : <i />}
                {item.folder ? <Folder size={14} aria-hidden /> : <File size={14} aria-hidden />}
                <bdi title={item.path}>{item.path.slice(item.path.lastIndexOf("/") + 1)}</bdi>
                <small>{item.size === undefined ? "" : bytes(item.size)}</small>
              </div>
            );
          })}
        </div>
      </div>
      <p className={css.quiet}>{many(nodes.filter((node) => !node.item.folder).length, "file")} in the open folders</p>
    </div>
  );
}

function flatten(
  items: readonly Item[],
  below: ReadonlyMap<string, readonly Item[] | undefined>,
  opened: ReadonlySet<string>,
  depth: number,
): Node[] {
  return items.flatMap((item) => {
    const open = item.folder && opened.has(item.path);
    const inside = open ? (below.get(item.path) ?? []) : [];
    return [{ item, depth, open }, ...flatten(inside, below, opened, depth + 1)];
  });
}

/** The folders above a file. */
function foldersOf(path: string | undefined): string[] {
  const parts = (path ?? "").split("/").slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
}

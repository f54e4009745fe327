import {
  Combobox,
  ComboboxGroup,
  ComboboxGroupLabel,
  ComboboxItem,
  ComboboxList,
  ComboboxProvider,
} from "@ariakit/react";
import { listProjects } from "@paydown/api/accounts";
import { type LineageNode, searchNodes } from "@paydown/api/lineage";
import { Search } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useOperation } from "#kit/data/use-operation.js";
import { nodePath, paths } from "#routes/paths.js";
import { useGo } from "#routes/use-place.js";
import css from "./palette.module.css";
import { places } from "./places.js";
import { recentPlaces } from "./recent.js";

interface Offer {
  readonly id: string;
  readonly name: string;
  readonly note: string;
  readonly path: string;
}

/** One box: any id, name, commit or hash; any place; where you were. An id pasted whole is first. */
export default function Palette({
  project,
  onClose,
}: {
  readonly project: string | undefined;
  readonly onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const go = useGo();
  const [text, setText] = useState("");
  const asked = useSettled(text.trim(), 80);
  const projects = useOperation(listProjects, {});
  const inProject = project ?? projects.data?.items[0]?.name;
  const found = useOperation(
    searchNodes,
    { project: inProject ?? "", q: asked, each: 5 },
    { enabled: inProject !== undefined && asked !== "", keep: true },
  );
  useEffect(() => dialog.current?.showModal(), []);
  const groups = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    const named = (offer: Offer) => wanted === "" || `${offer.name} ${offer.note}`.toLowerCase().includes(wanted);
    const list: { label: string; more: number; offers: Offer[] }[] = [];
    if (inProject !== undefined && asked !== "" && found.data !== undefined) {
      const { exact, groups: kinds } = found.data;
      if (exact !== undefined)
        list.push({
          label: "exactly this",
          more: 0,
          offers: [{ id: "exact", name: exact.id, note: exact.kind, path: nodePath(inProject, exact) }],
        });
      for (const kind of kinds)
        list.push({
          label: kind.kind.replaceAll("-", " "),
          more: kind.total - kind.nodes.length,
          offers: kind.nodes.map((node) => toOffer(inProject, node)),
        });
    }
    const nowhere =
      asked === text.trim() &&
      found.data !== undefined &&
      !found.isPlaceholderData &&
      found.data.exact === undefined &&
      found.data.groups.length === 0;
    if (nowhere && /^[0-9a-f]{8,}$/.test(wanted) && inProject !== undefined)
      list.push({
        label: "by identity",
        more: 0,
        offers: [{ id: "item", name: wanted, note: "debt item", path: paths.item(inProject, wanted) }],
      });
    if (inProject !== undefined) {
      const entries = places.flatMap((group) =>
        group.entries.map((entry) => ({
          id: `place ${entry.name}`,
          name: entry.name,
          note: entry.key === undefined ? group.group : `g ${entry.key}`,
          path: entry.path(inProject),
        })),
      );
      list.push({ label: "places", more: 0, offers: entries.filter(named).slice(0, wanted === "" ? 8 : 5) });
    }
    const switches = (projects.data?.items ?? []).map((one) => ({
      id: `project ${one.name}`,
      name: one.title,
      note: "project",
      path: paths.statement(one.name),
    }));
    list.push({ label: "projects", more: 0, offers: switches.filter(named).slice(0, 5) });
    list.push({
      label: "recent",
      more: 0,
      offers: recentPlaces()
        .map((place) => ({ id: `recent ${place.path}`, name: place.title, note: "", path: place.path }))
        .filter(named)
        .slice(0, 5),
    });
    return list.filter((group) => group.offers.length > 0);
  }, [text, asked, found.data, found.isPlaceholderData, inProject, projects.data]);
  function open(offer: Offer) {
    dialog.current?.close();
    go(offer.path);
  }
  return (
    <dialog
      ref={dialog}
      className={css.palette}
      aria-label="Search or go to"
      onClose={onClose}
      onClick={(event) => event.target === event.currentTarget && dialog.current?.close()}
      onKeyDown={(event) => event.key === "Escape" && dialog.current?.close()}
    >
      <ComboboxProvider open setValue={setText} value={text} focusLoop>
        <div className={css.field}>
          <Search size={16} aria-hidden />
          <Combobox
            autoSelect="always"
            autoFocus
            placeholder="Id, name, commit, hash, error code, rule or place"
            aria-label="Search or go to"
            className={css.input}
          />
        </div>
        <ComboboxList className={css.list} alwaysVisible aria-label="Results">
          {groups.map((group) => (
            <ComboboxGroup key={group.label} className={css.group}>
              <ComboboxGroupLabel className={css.label}>
                {group.label}
                {group.more > 0 ? ` (${group.more} more: narrow the search)` : ""}
              </ComboboxGroupLabel>
              {group.offers.map((offer) => (
                <ComboboxItem
                  key={offer.id}
                  value={offer.id}
                  setValueOnClick={false}
                  hideOnClick={false}
                  focusOnHover
                  className={css.offer}
                  onClick={() => open(offer)}
                >
                  <span>{offer.name}</span>
                  <small>{offer.note}</small>
                </ComboboxItem>
              ))}
            </ComboboxGroup>
          ))}
        </ComboboxList>
        <p className={css.state} role="status">
          {asked !== "" && found.isFetching
            ? "Searching"
            : groups.length === 0
              ? "Nothing found. Whole ids, name parts and hash prefixes are searched."
              : ""}
        </p>
      </ComboboxProvider>
    </dialog>
  );
}

function toOffer(project: string, node: LineageNode): Offer {
  return {
    id: `${node.kind}:${node.id}`,
    name: node.name,
    note: node.name === node.id ? (node.team ?? "") : node.id.slice(0, 24),
    path: nodePath(project, node),
  };
}

/** The value once it has not changed for a moment. */
function useSettled(value: string, ms: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

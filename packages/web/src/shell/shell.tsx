import { Outlet, useLocation, useParams } from "@tanstack/react-router";
import { X } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { Button, IconButton } from "#kit/controls/button.jsx";
import { useKeys } from "#kit/keys.js";
import { fromUrlTime, stamp } from "#kit/numbers/time.js";
import { SideSlot } from "#kit/page/side-panel.jsx";
import { paths } from "#routes/paths.js";
import { useGo, useSearchFields, useSetSearch } from "#routes/use-place.js";
import { places } from "./places.js";
import { Brand, Rail, RailGroups } from "./rail.jsx";
import { rememberPlace } from "./recent.js";
import css from "./shell.module.css";
import { TopBar } from "./top-bar.jsx";

const loadPalette = () => import("./palette.jsx");
const Palette = lazy(loadPalette);
const KeyHelp = lazy(() => import("./key-help.jsx"));

export function Shell() {
  const params = useParams({ strict: false });
  const search = useSearchFields();
  const path = useLocation({ select: (location) => location.pathname });
  const project = params.project ?? (path === "/settings" ? search.project : undefined);
  const [side, setSide] = useState<HTMLElement | null>(null);
  const [searching, setSearching] = useState(false);
  const [helping, setHelping] = useState(false);
  const drawer = useRef<HTMLDialogElement>(null);
  const main = useRef<HTMLElement>(null);
  useChords(project);
  useKeys({ "/": () => setSearching(true), "?": () => setHelping(true) });
  useEffect(() => {
    const idle = setTimeout(() => void loadPalette().catch(() => undefined), 3000);
    return () => clearTimeout(idle);
  }, []);
  useEffect(() => {
    function listen(event: KeyboardEvent) {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setSearching((open) => !open);
      }
    }
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: going to another page closes the drawer
  useEffect(() => drawer.current?.close(), [path]);
  useEffect(() => {
    const timer = setTimeout(() => rememberPlace(path, document.title.replace(/ - Paydown$/, "")), 600);
    return () => clearTimeout(timer);
  }, [path]);
  return (
    <SideSlot value={side}>
      {/* biome-ignore lint/a11y/useValidAnchor: the anchor leads to main; the router must not see its hash */}
      <a
        className={css.skip}
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to content
      </a>
      <div className={css.shell}>
        <Rail project={project} path={path} />
        <TopBar project={project} onMenu={() => drawer.current?.showModal()} onSearch={() => setSearching(true)} />
        <main className={css.main} id="main" tabIndex={-1} ref={main}>
          <Then />
          <Outlet />
        </main>
        <div className={css.sideSlot} ref={setSide} />
      </div>
      <dialog className={css.drawer} ref={drawer} aria-label="Navigation">
        <div className={css.drawerHead}>
          <Brand />
          <IconButton label="Close the navigation" onClick={() => drawer.current?.close()}>
            <X size={18} aria-hidden />
          </IconButton>
        </div>
        <RailGroups project={project} path={path} onGo={() => drawer.current?.close()} />
      </dialog>
      <Suspense>
        {searching ? <Palette project={project} onClose={() => setSearching(false)} /> : null}
        {helping ? <KeyHelp onClose={() => setHelping(false)} /> : null}
      </Suspense>
    </SideSlot>
  );
}

/** `g` and then a letter goes to a place. */
function useChords(project: string | undefined) {
  const go = useGo();
  const armed = useRef(0);
  const targets = new Map(
    places.flatMap((place) =>
      place.entries.flatMap((entry) => (entry.key === undefined ? [] : [[entry.key, entry.path] as const])),
    ),
  );
  targets.set("i", paths.inbox);
  const keys: Record<string, (event: KeyboardEvent) => void> = { g: () => (armed.current = Date.now()) };
  useKeys(keys);
  useEffect(() => {
    function listen(event: KeyboardEvent) {
      if (armed.current === 0 || event.key === "g") return;
      const fresh = Date.now() - armed.current < 1500;
      armed.current = 0;
      const target = targets.get(event.key);
      if (!fresh || target === undefined || project === undefined) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      go(target(project));
    }
    document.addEventListener("keydown", listen, { capture: true });
    return () => document.removeEventListener("keydown", listen, { capture: true });
  });
}

/** Pages whose records answer for a moment in the past; all others show the present and say so. */
const ANSWERS_THEN = /^\/p\/[^/]+\/(lineage|models)(\/|$)/;

/** Says that the page is not "now", or that it is although another moment was chosen. */
function Then() {
  const asOf = fromUrlTime(useSearchFields().asOf);
  const set = useSetSearch();
  const path = useLocation({ select: (location) => location.pathname });
  if (asOf === undefined) return null;
  if (!ANSWERS_THEN.test(path))
    return (
      <p className={css.then} role="status">
        <span>
          This page shows <b>now</b>; lineage and models answer as of {stamp(asOf)}.
        </span>
        <Button onClick={() => set({ asOf: undefined })}>Back to now</Button>
      </p>
    );
  return (
    <p className={css.then} role="status">
      <span>
        Shown as of <b>{stamp(asOf)}</b>, not now.
      </span>
      <Button onClick={() => set({ asOf: undefined })}>Back to now</Button>
    </p>
  );
}

import { listProjects } from "@paydown/api/accounts";
import { ChevronDown, Clock, Inbox, Menu, Monitor, Moon, Search, Settings, Sun } from "lucide-react";
import { type FormEvent, useRef, useState } from "react";
import { Button, IconButton } from "#kit/controls/button.jsx";
import { TextField } from "#kit/controls/field.jsx";
import { Key } from "#kit/controls/mark.jsx";
import { useOperation } from "#kit/data/use-operation.js";
import { fromUrlTime, stamp, toUrlTime } from "#kit/numbers/time.js";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useSearchFields, useSetSearch } from "#routes/use-place.js";
import css from "./shell.module.css";
import { currentTheme, nextTheme, setTheme } from "./theme.js";

interface TopBarProps {
  readonly project: string | undefined;
  readonly onMenu: () => void;
  readonly onSearch: () => void;
}

export function TopBar({ project, onMenu, onSearch }: TopBarProps) {
  return (
    <header className={css.top}>
      <span className={css.menu}>
        <IconButton label="Open the navigation" onClick={onMenu}>
          <Menu size={18} aria-hidden />
        </IconButton>
      </span>
      <ProjectSwitch project={project} />
      <button type="button" className={css.search} onClick={onSearch} aria-keyshortcuts="Control+K">
        <Search size={15} aria-hidden />
        <span>Search or go to</span>
        <Key>Ctrl K</Key>
      </button>
      {project === undefined ? null : <AsOf />}
      {project === undefined ? null : (
        <Go
          to={paths.inbox(project)}
          className={css.quiet}
          aria-label="Inbox: notices of change"
          title="Notices of change (g i)"
        >
          <Inbox size={16} aria-hidden />
        </Go>
      )}
      <ThemeSwitch />
    </header>
  );
}

function ProjectSwitch({ project }: { project: string | undefined }) {
  const projects = useOperation(listProjects, {});
  const pop = useRef<HTMLDivElement>(null);
  const close = () => pop.current?.hidePopover();
  const items = projects.data?.items ?? [];
  return (
    <>
      <button
        type="button"
        className={css.switch}
        popoverTarget="project-switch"
        aria-label={`Project: ${project ?? "all projects"}. Switch project`}
      >
        <span>{project ?? "All projects"}</span>
        <ChevronDown size={14} aria-hidden />
      </button>
      <div id="project-switch" popover="auto" ref={pop} className={`${css.pop} ${css.left}`}>
        <h2>Projects</h2>
        {items.map((one) => (
          <Go key={one.name} to={paths.statement(one.name)} onClick={close}>
            {one.title}
            {one.title === one.name ? null : <small>{one.name}</small>}
          </Go>
        ))}
        <Go to={paths.portfolio()} onClick={close}>
          All projects
        </Go>
        <hr />
        <Go to={paths.settings(project)} onClick={close}>
          Settings and tokens
          <Settings size={14} aria-hidden />
        </Go>
      </div>
    </>
  );
}

function AsOf() {
  const asOf = fromUrlTime(useSearchFields().asOf);
  const set = useSetSearch();
  const pop = useRef<HTMLDivElement>(null);
  function go(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const instant = Date.parse(String(new FormData(event.currentTarget).get("at")));
    if (!Number.isNaN(instant)) set({ asOf: toUrlTime(instant) });
    pop.current?.hidePopover();
  }
  return (
    <>
      <button
        type="button"
        className={css.quiet}
        popoverTarget="as-of"
        aria-label={`As of ${asOf === undefined ? "now" : stamp(asOf)}. Choose a moment`}
        title="As of"
      >
        <Clock size={16} aria-hidden />
        <span>{asOf === undefined ? "now" : stamp(asOf)}</span>
      </button>
      <div id="as-of" popover="auto" ref={pop} className={`${css.pop} ${css.right}`}>
        <form onSubmit={go}>
          <p>Lineage and aliases are shown as they were at this moment. Statements have months of their own.</p>
          <TextField label="As of (local time)" type="datetime-local" name="at" step={1} required />
          <div>
            <Button type="submit" kind="primary">
              Show
            </Button>
            <Button
              onClick={() => {
                set({ asOf: undefined });
                pop.current?.hidePopover();
              }}
            >
              Now
            </Button>
          </div>
        </form>
      </div>
    </>
  );
}

const THEMES = { system: Monitor, light: Sun, dark: Moon } as const;

function ThemeSwitch() {
  const [theme, setState] = useState(currentTheme);
  const Icon = THEMES[theme];
  return (
    <IconButton
      label={`Theme: ${theme}. Change`}
      onClick={() => {
        const next = nextTheme(theme);
        setTheme(next);
        setState(next);
      }}
    >
      <Icon size={16} aria-hidden />
    </IconButton>
  );
}

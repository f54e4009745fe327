import { PanelLeftClose, PanelLeftOpen } from "lucide-react";
import { useState } from "react";
import { IconButton } from "#kit/controls/button.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { Logo } from "./logo.jsx";
import { isHere, places } from "./places.js";
import css from "./shell.module.css";

interface RailProps {
  readonly project: string | undefined;
  readonly path: string;
}

export function Rail({ project, path }: RailProps) {
  const [narrow, setNarrow] = useState(() => document.documentElement.dataset.rail === "narrow");
  function fold() {
    const next = !narrow;
    setNarrow(next);
    if (next) {
      document.documentElement.dataset.rail = "narrow";
      globalThis.localStorage.setItem("paydown.rail", "narrow");
    } else {
      document.documentElement.dataset.rail = "wide";
      globalThis.localStorage.removeItem("paydown.rail");
    }
  }
  return (
    <div className={css.rail}>
      <Brand />
      <RailGroups project={project} path={path} />
      <div className={css.narrow}>
        <IconButton label={narrow ? "Widen the navigation" : "Narrow the navigation"} onClick={fold}>
          {narrow ? <PanelLeftOpen size={16} aria-hidden /> : <PanelLeftClose size={16} aria-hidden />}
        </IconButton>
      </div>
    </div>
  );
}

export function Brand() {
  return (
    <Go to={paths.portfolio()} className={css.brand} aria-label="Paydown, all projects">
      <Logo />
      <span>Paydown</span>
    </Go>
  );
}

export function RailGroups({ project, path, onGo }: RailProps & { readonly onGo?: () => void }) {
  return (
    <nav className={css.groups} aria-label="Main">
      {places.map((place) => (
        <div key={place.group} className={css.group}>
          <h2>{place.group}</h2>
          <ul>
            {place.entries.map((entry) => {
              const Icon = entry.icon;
              const to = entry.path(project ?? "default");
              return (
                <li key={entry.name}>
                  <Go
                    to={to}
                    className={`${css.entry} ${entry.later === true ? css.later : ""}`}
                    aria-current={isHere(path, to) ? "page" : undefined}
                    title={entry.later === true ? `${entry.name}: comes with a later version` : entry.name}
                    {...(onGo === undefined ? {} : { onClick: onGo })}
                  >
                    <Icon size={16} aria-hidden />
                    <span>{entry.name}</span>
                  </Go>
                </li>
              );
            })}
          </ul>
        </div>
      ))}
    </nav>
  );
}

import type { Provenance } from "@paydown/api/registry";
import type { ReactNode } from "react";
import { CopyId } from "#kit/controls/copy.jsx";
import { Answer } from "#kit/controls/mark.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import css from "./registry.module.css";

const ingredients = {
  code: "code",
  data: "data",
  environment: "environment",
  config: "configuration",
} as const satisfies Record<keyof Provenance, string>;

/** Commit, data, environment, configuration and run that a model was made from, as pairs. */
export function madeFrom(
  project: string,
  provenance: Provenance,
  runId: string | undefined,
): (readonly [string, ReactNode])[] {
  return [
    ...(Object.entries(ingredients) as [keyof Provenance, string][]).map(
      ([key, name]) => [name, <Ingredient key={key} kind={key} of={provenance[key]} project={project} />] as const,
    ),
    [
      "run",
      runId === undefined ? (
        <Unknown key="r" />
      ) : (
        <Go key="r" to={paths.run(project, runId)}>
          {runId.slice(0, 7)}
        </Go>
      ),
    ],
  ];
}

interface IngredientProps {
  readonly kind: keyof Provenance;
  readonly of: Provenance[keyof Provenance];
  readonly project: string;
}

/** What the model resolves to, or the cheapest way to know it. */
function Ingredient({ kind, of, project }: IngredientProps) {
  return (
    <span className={css.made}>
      {of.state === "yes" ? (
        of.values.map((value) =>
          kind === "data" ? (
            <DataVersion key={value} id={value} project={project} />
          ) : (
            <CopyId key={value} id={value} label={value} />
          ),
        )
      ) : (
        <Answer of={of.state} />
      )}
      <span className={css.quiet}>
        {of.evidence}
        {of.remedy === undefined ? "" : ` To know it: ${of.remedy}`}
      </span>
    </span>
  );
}

/** `name@version`, a link to that state of the dataset. */
function DataVersion({ id, project }: { id: string; project: string }) {
  const at = id.lastIndexOf("@");
  if (at < 0) return <span>{id}</span>;
  return (
    <Go to={paths.dataset(project, id.slice(0, at), id.slice(at + 1))}>
      {id.slice(0, at)}@{id.slice(at + 1, at + 8)}
    </Go>
  );
}

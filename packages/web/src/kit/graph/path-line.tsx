import { path } from "@paydown/api/lineage";
import { useEffect, useRef } from "react";
import { useOperation } from "#kit/data/use-operation.js";
import { Go } from "#routes/link.jsx";
import { nodePath } from "#routes/paths.js";
import { useAsOf } from "#routes/use-place.js";
import css from "./graph.module.css";

/** The one-line way from source to consumer through this thing: each step a link, siblings counted, the unknown hatched. */
export function PathLine({
  project,
  node,
}: {
  readonly project: string;
  readonly node: { readonly kind: string; readonly id: string };
}) {
  const question = useOperation(path, { project, node: `${node.kind}:${node.id}`, ...useAsOf() });
  const steps = question.data?.steps ?? [];
  const line = useRef<HTMLOListElement>(null);
  const shown = question.data !== undefined;
  useEffect(() => {
    const here = line.current?.querySelector<HTMLElement>("[aria-current]");
    if (!shown || line.current === null || here == null) return;
    line.current.scrollLeft =
      here.offsetLeft - line.current.offsetLeft - line.current.clientWidth / 2 + here.clientWidth / 2;
  }, [shown]);
  if (steps.length === 0) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling line must be reachable by keyboard
    <nav aria-label="Way from source to consumer" tabIndex={0}>
      <ol className={css.path} ref={line}>
        {steps.map((step, at) => (
          <li key={`${step.kind} ${step.node?.id ?? ""}`}>
            {at === 0 ? null : <span aria-hidden="true">›</span>}
            {step.node === undefined ? (
              <i title={step.remedy}>
                {step.unknown ? `unknown ${step.kind.replaceAll("-", " ")}` : `no ${step.kind.replaceAll("-", " ")}`}
              </i>
            ) : step.current ? (
              <b aria-current="page">{step.node.name}</b>
            ) : (
              <Go to={nodePath(project, step.node)} title={`${step.kind} ${step.node.id}`}>
                {step.node.name}
              </Go>
            )}
            {step.siblings > 0 ? <small>+{step.siblings}</small> : null}
          </li>
        ))}
      </ol>
    </nav>
  );
}

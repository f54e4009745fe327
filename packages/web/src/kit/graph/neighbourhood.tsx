import { ApiError } from "@paydown/api/client";
import { neighbours } from "@paydown/api/lineage";
import type { Reply } from "@paydown/api/operation";
import { ButtonLink } from "#kit/controls/button.jsx";
import { Tag } from "#kit/controls/mark.jsx";
import { useOperation } from "#kit/data/use-operation.js";
import { count, many } from "#kit/numbers/format.js";
import { ago } from "#kit/numbers/time.js";
import { Section } from "#kit/page/page.jsx";
import { Empty } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { NotSeen } from "#kit/states/unknown.jsx";
import { Go } from "#routes/link.jsx";
import { nodePath, paths } from "#routes/paths.js";
import { useAsOf } from "#routes/use-place.js";
import css from "./graph.module.css";

interface NeighbourhoodProps {
  readonly project: string;
  readonly node: { readonly kind: string; readonly id: string };
}

type Fan = Reply<typeof neighbours>["upstream"][number];

/** One hop around a thing as two lists, counted by kind; the whole graph is one click away. */
export function Neighbourhood({ project, node }: NeighbourhoodProps) {
  const question = useOperation(neighbours, { project, node: `${node.kind}:${node.id}`, ...useAsOf() });
  if (question.error instanceof ApiError && question.error.status === 404) {
    return (
      <Empty
        title="The lineage graph has not seen this yet"
        action={<ButtonLink to={paths.lineage(project)}>Open lineage</ButtonLink>}
      >
        A place in the graph comes from runs, OpenLineage events, scans or `paydown lineage link`.
      </Empty>
    );
  }
  return (
    <Loaded question={question} what="The neighbourhood">
      {(data) => (
        <Section title="One hop" actions={<Go to={paths.lineage(project, node)}>explore</Go>}>
          <div className={css.fans}>
            <Side title="Comes from" fans={data.upstream} project={project} />
            <Side title="Goes to" fans={data.downstream} project={project} />
          </div>
          {data.gaps.length === 0 ? null : (
            <NotSeen
              sources={data.gaps.map((gap) => ({
                what: `unknown ${gap.missing.replaceAll("-", " ")} ${gap.side}`,
                remedy: gap.remedy,
              }))}
            />
          )}
        </Section>
      )}
    </Loaded>
  );
}

function Side({ title, fans, project }: { title: string; fans: readonly Fan[]; project: string }) {
  return (
    <div>
      <h3>{title}</h3>
      {fans.length === 0 ? <p>nothing seen</p> : null}
      {fans.map((fan) => (
        <div key={fan.kind} className={css.fan}>
          <h3>{many(fan.count, fan.kind.replaceAll("-", " "))}</h3>
          <ul>
            {fan.nodes.map((node) => (
              <li key={node.id}>
                <Go to={nodePath(project, node)} title={node.id}>
                  {node.name}
                </Go>
                <small>
                  {node.facts.declared === false ? <Tag>undeclared</Tag> : null} {ago(node.lastSeen, Date.now())}
                </small>
              </li>
            ))}
          </ul>
          {fan.count > fan.nodes.length ? <small>and {count(fan.count - fan.nodes.length)} more</small> : null}
        </div>
      ))}
    </div>
  );
}

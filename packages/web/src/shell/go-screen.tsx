import { listProjects } from "@paydown/api/accounts";
import { searchNodes } from "@paydown/api/lineage";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { client } from "#kit/data/client.js";
import { Page } from "#kit/page/page.jsx";
import { Empty } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { nodePath, paths } from "#routes/paths.js";
import { useSearchFields } from "#routes/use-place.js";

/** Links from other tools name no project: this asks every project the reader may see whose thing it is, and goes there. */
export function Screen() {
  const { kind = "", id = "", experiment } = useSearchFields();
  const router = useRouter();
  const found = useQuery({ queryKey: ["go", kind, id], queryFn: ({ signal }) => locate(kind, id, experiment, signal) });
  useEffect(() => {
    if (found.data?.path !== undefined) router.history.replace(found.data.path);
  }, [found.data, router]);
  return (
    <Page title="Find">
      <Loaded question={found} what="The link">
        {(answer) =>
          answer.path === undefined ? (
            <Empty title={`No ${kind.replace("-", " ")} ${id} here`}>
              None of the {answer.projects} projects you may see has it. It may have been deleted, belong to another
              server, or need another token.
            </Empty>
          ) : null
        }
      </Loaded>
    </Page>
  );
}

async function locate(
  kind: string,
  id: string,
  experiment: string | undefined,
  signal: AbortSignal,
): Promise<{ path?: string; projects: number }> {
  const { items } = await client.call(listProjects, {}, { signal });
  for (const { name: project } of items) {
    if (kind === "experiment") {
      const { getExperiment } = await import("@paydown/api/tracking");
      const hit = await client.call(getExperiment, { project, experimentId: id }, { signal }).catch(() => undefined);
      if (hit !== undefined) return { path: paths.experiment(project, id), projects: items.length };
      continue;
    }
    const { exact, groups } = await client.call(searchNodes, { project, q: id, each: 5 }, { signal });
    const node = exact ?? groups.flatMap((group) => group.nodes).find((one) => one.id === id && one.kind === kind);
    if (node !== undefined) return { path: nodePath(project, node), projects: items.length };
    if (kind === "model") {
      const { getModel } = await import("@paydown/api/registry");
      const hit = await client.call(getModel, { project, model: id }, { signal }).catch(() => undefined);
      if (hit !== undefined) return { path: paths.model(project, id), projects: items.length };
    }
    if (kind === "run" && experiment !== undefined) {
      const { getRun } = await import("@paydown/api/tracking");
      const hit = await client.call(getRun, { project, runId: id }, { signal }).catch(() => undefined);
      if (hit !== undefined) return { path: paths.run(project, id), projects: items.length };
    }
  }
  return { projects: items.length };
}

/** Every place of the interface by name. Screens link by these, never by importing each other. */

const part = encodeURIComponent;
const at = (project: string, rest = "") => `/p/${part(project)}${rest}`;

export const paths = {
  portfolio: () => "/",
  statement: (project: string) => at(project),
  ledger: (project: string, q?: string) => at(project, `/ledger${query({ q })}`),
  item: (project: string, id: string, why?: string) => at(project, `/ledger/${part(id)}${query({ why })}`),
  plan: (project: string) => at(project, "/plan"),
  prudent: (project: string) => at(project, "/prudent"),
  experiments: (project: string) => at(project, "/experiments"),
  experiment: (project: string, id: string, q?: string) => at(project, `/experiments/${part(id)}${query({ q })}`),
  records: (project: string, experiment: string, tab?: string) =>
    at(project, `/experiments/${part(experiment)}/records${query({ tab })}`),
  run: (project: string, id: string) => at(project, `/runs/${part(id)}`),
  compare: (project: string, ids: readonly string[]) => at(project, `/compare?ids=${ids.map(part).join(",")}`),
  /** Many runs, named by the short id under which the server keeps them. */
  compareSelection: (project: string, selectionId: string) => at(project, `/compare?pick=@${part(selectionId)}`),
  models: (project: string) => at(project, "/models"),
  model: (project: string, name: string) => at(project, `/models/${part(name)}`),
  modelVersion: (project: string, name: string, version: string | number) =>
    at(project, `/models/${part(name)}/${part(String(version))}`),
  loggedModel: (project: string, id: string) => at(project, `/logged-models/${part(id)}`),
  promote: (project: string, name: string, version: string | number) =>
    at(project, `/models/${part(name)}/${part(String(version))}/promote`),
  promotions: (project: string) => at(project, "/promotions"),
  promotion: (project: string, id: string) => at(project, `/promotions/${part(id)}`),
  policy: (project: string, model?: string) => at(project, `/promotion-policy${query({ model })}`),
  pipelines: (project: string) => at(project, "/pipelines"),
  datasets: (project: string) => at(project, "/datasets"),
  dataset: (project: string, name: string, version?: string) =>
    at(project, `/datasets/${part(name)}${version === undefined ? "" : `@${part(version)}`}`),
  datasetDiff: (project: string, name: string, from: string, to: string) =>
    at(project, `/datasets/${part(name)}${query({ tab: "diff", from, to })}`),
  features: (project: string) => at(project, "/features"),
  labels: (project: string) => at(project, "/labels"),
  deployments: (project: string) => at(project, "/deployments"),
  deployment: (project: string, name: string) => at(project, `/deployments/${part(name)}`),
  prediction: (project: string, request: string, row: number | string) =>
    at(project, `/predictions/${part(request)}/${part(String(row))}`),
  monitors: (project: string) => at(project, "/monitors"),
  monitor: (project: string, id: string) => at(project, `/monitors/${part(id)}`),
  incidents: (project: string) => at(project, "/incidents"),
  incident: (project: string, id: string) => at(project, `/incidents/${part(id)}`),
  lineage: (project: string, node?: { kind: string; id: string }) =>
    at(project, `/lineage${query({ focus: node === undefined ? undefined : `${node.kind}:${node.id}` })}`),
  scans: (project: string) => at(project, "/scans"),
  scan: (project: string, id: string) => at(project, `/scans/${part(id)}`),
  storage: (project: string) => at(project, "/storage"),
  audit: (project: string) => at(project, "/audit"),
  settings: (project?: string) => `/settings${query({ project })}`,
  inbox: (project: string) => at(project, "/inbox"),
};

/** Where a node of the lineage graph has its own page; nodes without one open in the lineage explorer. */
export function nodePath(project: string, node: { kind: string; id: string }): string {
  const [head = "", tail] = splitLast(node.id, node.kind === "dataset-version" ? "@" : "/");
  if (node.kind === "dataset") return paths.dataset(project, node.id);
  if (node.kind === "dataset-version") return paths.dataset(project, head, tail);
  if (node.kind === "run") return paths.run(project, node.id);
  if (node.kind === "model") return paths.model(project, node.id);
  if (node.kind === "model-version" && tail !== undefined) return paths.modelVersion(project, head, tail);
  if (node.kind === "experiment") return paths.experiment(project, node.id);
  if (node.kind === "logged-model") return paths.loggedModel(project, node.id);
  if (node.kind === "prediction" && tail !== undefined) return paths.prediction(project, head, tail);
  if (node.kind === "deployment") return paths.deployment(project, node.id);
  return paths.lineage(project, node);
}

function splitLast(text: string, mark: string): [string, string | undefined] {
  const cut = text.lastIndexOf(mark);
  return cut < 0 ? [text, undefined] : [text.slice(0, cut), text.slice(cut + 1)];
}

function query(fields: Record<string, string | undefined>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(fields)) if (value !== undefined && value !== "") search.set(key, value);
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

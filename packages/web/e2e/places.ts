/** The places a project has something at, asked from the server under test, so that item pages are real ones. */
export async function findPlaces(
  origin: string,
): Promise<{ project: string; places: string[]; first: Record<string, string> }> {
  const ask = async (path: string): Promise<Record<string, unknown>[]> => {
    const reply = await fetch(`${origin}/api/v1${path}`);
    if (!reply.ok) return [];
    const json = (await reply.json()) as { items?: Record<string, unknown>[] };
    return json.items ?? [];
  };
  const projects = await ask("/projects");
  const names = projects.map((one) => String(one.name));
  const project = names.find((name) => name !== "default") ?? names[0] ?? "default";
  const at = `/p/${encodeURIComponent(project)}`;
  const api = `/projects/${encodeURIComponent(project)}`;
  const items: [string, string, string, (row: Record<string, unknown>) => string][] = [
    ["item", `${api}/debt/items?limit=1`, "ledger", (row) => String(row.id)],
    ["experiment", `${api}/experiments?limit=1`, "experiments", (row) => String(row.experimentId)],
    ["run", `${api}/runs?limit=1`, "runs", (row) => String(row.runId)],
    ["model", `${api}/models?limit=1`, "models", (row) => String(row.model)],
    [
      "version",
      `${api}/models?limit=1`,
      "models",
      (row) => `${encodeURIComponent(String(row.model))}/${String(row.latest ?? 1)}`,
    ],
    ["dataset", `${api}/datasets?limit=1`, "datasets", (row) => String(row.dataset)],
    ["deployment", `${api}/deployments?limit=1`, "deployments", (row) => String(row.name)],
    ["monitor", `${api}/monitors?limit=1`, "monitors", (row) => String(row.name)],
    ["incident", `${api}/incidents?limit=1`, "incidents", (row) => String(row.id)],
    ["scan", `${api}/scans?limit=1`, "scans", (row) => String(row.id)],
  ];
  const first: Record<string, string> = {};
  for (const [kind, path, noun, id] of items) {
    const [row] = await ask(path);
    if (row !== undefined) first[kind] = `${at}/${noun}/${kind === "version" ? id(row) : encodeURIComponent(id(row))}`;
  }
  const deployment = first.deployment?.split("/").at(-1);
  if (deployment !== undefined) {
    const [prediction] = await ask(`${api}/deployments/${deployment}/predictions?limit=1`);
    if (prediction !== undefined)
      first.prediction = `${at}/predictions/${encodeURIComponent(String(prediction.requestId))}/0`;
  }
  const run = first.run?.split("/").at(-1);
  if (run !== undefined) {
    const reply = await fetch(`${origin}/api/v1${api}/runs/${run}`);
    const { outputModels = [] } = (reply.ok ? await reply.json() : {}) as { outputModels?: { modelId: string }[] };
    const [model] = outputModels;
    if (model !== undefined) first.loggedModel = `${at}/logged-models/${encodeURIComponent(model.modelId)}`;
  }
  if (first.run !== undefined)
    first.lineage = `${at}/lineage?focus=${encodeURIComponent(`run:${decodeURIComponent(first.run.split("/").at(-1) ?? "")}`)}`;
  const lists = [
    "",
    "/ledger",
    "/plan",
    "/prudent",
    "/experiments",
    "/models",
    "/pipelines",
    "/datasets",
    "/features",
    "/labels",
    "/deployments",
    "/monitors",
    "/incidents",
    "/lineage",
    "/scans",
    "/audit",
    "/inbox",
    "/storage",
    "/promotions",
    "/promotion-policy",
  ];
  const inside = [
    ...(first.version === undefined ? [] : [`${first.version}/promote`, `${first.version}?tab=evidence`]),
    ...(first.model === undefined ? [] : [`${first.model}?tab=replays`]),
    ...(first.experiment === undefined
      ? []
      : ["", "?tab=datasets", "?tab=config"].map((tab) => `${first.experiment}/records${tab}`)),
    ...(first.run === undefined ? [] : [`${first.run}?tab=history`]),
  ];
  return {
    project,
    first,
    places: [
      "/",
      ...lists.map((path) => `${at}${path}`),
      ...Object.values(first),
      ...inside,
      "/settings",
      "/no/such/page",
    ],
  };
}

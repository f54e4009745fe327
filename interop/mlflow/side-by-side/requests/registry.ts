import type { Session } from "../session.ts";

const models = "/api/2.0/mlflow/registered-models";
const versions = "/api/2.0/mlflow/model-versions";
const modelNames = (json: { registered_models?: { name: string }[]; next_page_token?: string }) => ({
  models: json.registered_models?.map((one) => one.name),
  more: json.next_page_token !== undefined,
});
const versionNames = (json: { model_versions?: { name: string; version: string }[]; next_page_token?: string }) => ({
  versions: json.model_versions?.map((one) => `${one.name}/${one.version}`),
  more: json.next_page_token !== undefined,
});
const prompt = { key: "mlflow.prompt.is_prompt", value: "true" };

export async function registry({ ask }: Session): Promise<void> {
  await theModels({ ask } as Session);
  await theVersions({ ask } as Session);
  await sources({ ask } as Session);
  await aliases({ ask } as Session);
  await stages({ ask } as Session);
  await searches({ ask } as Session);
}

async function theModels({ ask }: Session): Promise<void> {
  const post = (name: string, path: string, json: unknown) =>
    ask(`registry: ${name}`, "POST", `${models}/${path}`, { json });
  const get = (name: string, query: Record<string, string>) =>
    ask(`registry: ${name}`, "GET", `${models}/get`, { query });
  await post("create", "create", {
    name: "alpha",
    description: "the first",
    tags: [
      { key: "team", value: "risk" },
      { key: "note", value: "" },
    ],
  });
  await post("create again", "create", { name: "alpha" });
  await post("create bare", "create", { name: "bare" });
  for (const [name, json] of [
    ["without a name", {}],
    ["with an empty name", { name: "" }],
    ["with a blank name", { name: "   " }],
    ["with a number", { name: 5 }],
    ["with a slash", { name: "a/b" }],
    ["with a colon", { name: "a:b" }],
    ["with a dot", { name: "." }],
    ["with two dots", { name: ".." }],
    ["with a unicode name", { name: "モデル 🚀" }],
    ["with a name of 256", { name: "n".repeat(256) }],
    ["with a percent", { name: "50%" }],
    ["with a quote", { name: "it's" }],
    [
      "with a tag twice",
      {
        name: "tags twice",
        tags: [
          { key: "a", value: "1" },
          { key: "a", value: "2" },
        ],
      },
    ],
    ["with a bad tag", { name: "bad tag", tags: [{ key: "a*b", value: "1" }] }],
    ["with a tag without key", { name: "keyless", tags: [{ value: "1" }] }],
    ["with a long tag", { name: "long tag", tags: [{ key: "a", value: "v".repeat(100_001) }] }],
    ["with a tag key of 251", { name: "long key", tags: [{ key: "k".repeat(251), value: "v" }] }],
    ["with a number as description", { name: "nd", description: 5 }],
  ] as const) {
    await post(`create ${name}`, "create", json);
  }
  await get("get", { name: "alpha" });
  await get("get a missing one", { name: "nobody" });
  await get("get nothing", { name: "" });
  await get("get without a name", {});
  await get("get by a bad name", { name: "a/b" });
  const patch = (name: string, json: unknown) => ask(`registry: ${name}`, "PATCH", `${models}/update`, { json });
  await patch("describe", { name: "alpha", description: "better" });
  await patch("describe with nothing", { name: "alpha", description: "" });
  await patch("describe without text", { name: "alpha" });
  await patch("describe a missing one", { name: "nobody", description: "x" });
  await patch("describe without a name", { description: "x" });
  await patch("describe with a number", { name: "alpha", description: 5 });
  await post("rename", "rename", { name: "bare", new_name: "renamed" });
  await post("rename to a taken name", "rename", { name: "renamed", new_name: "alpha" });
  await post("rename to itself", "rename", { name: "renamed", new_name: "renamed" });
  await post("rename to nothing", "rename", { name: "renamed", new_name: "" });
  await post("rename to blanks", "rename", { name: "renamed", new_name: "  " });
  await post("rename without a new name", "rename", { name: "renamed" });
  await post("rename to a bad name", "rename", { name: "renamed", new_name: "a/b" });
  await post("rename a missing one", "rename", { name: "nobody", new_name: "x" });
  await get("get by the old name", { name: "bare" });
  await post("set a tag", "set-tag", { name: "alpha", key: "k", value: "v" });
  await post("set a tag again", "set-tag", { name: "alpha", key: "k", value: "w" });
  await post("set a tag without a value", "set-tag", { name: "alpha", key: "empty" });
  await post("set a tag without a key", "set-tag", { name: "alpha", value: "v" });
  await post("set a bad tag", "set-tag", { name: "alpha", key: "a*b", value: "v" });
  await post("set a climbing tag", "set-tag", { name: "alpha", key: "../b", value: "v" });
  await post("set a long tag key", "set-tag", { name: "alpha", key: "k".repeat(251), value: "v" });
  await post("set a long tag", "set-tag", { name: "alpha", key: "long", value: "v".repeat(100_001) });
  await post("set a tag of a missing one", "set-tag", { name: "nobody", key: "k", value: "v" });
  const drop = (name: string, json: unknown, path = "delete-tag") =>
    ask(`registry: ${name}`, "DELETE", `${models}/${path}`, { json });
  await drop("delete a tag", { name: "alpha", key: "k" });
  await drop("delete a missing tag", { name: "alpha", key: "k" });
  await drop("delete a tag without a key", { name: "alpha" });
  await drop("delete a bad tag", { name: "alpha", key: "a*b" });
  await drop("delete a tag of a missing one", { name: "nobody", key: "k" });
  await get("after tags", { name: "alpha" });
  await drop("delete", { name: "renamed" }, "delete");
  await drop("delete again", { name: "renamed" }, "delete");
  await drop("delete without a name", {}, "delete");
}

async function theVersions({ ask }: Session): Promise<void> {
  await ask("versions: a model", "POST", `${models}/create`, { json: { name: "beta" } });
  const create = (name: string, json: object) =>
    ask(`versions: create ${name}`, "POST", `${versions}/create`, {
      json: { name: "beta", source: "s3://bucket/model", ...json },
    });
  await create("one", { description: "v1", tags: [{ key: "team", value: "risk" }], run_link: "http://elsewhere/run" });
  await create("two", {});
  await create("of a missing model", { name: "nobody" });
  await create("without a source", { source: undefined });
  await create("with an empty source", { source: "" });
  await create("without a name", { name: undefined });
  await create("with a number as source", { source: 5 });
  await create("with a bad tag", { tags: [{ key: "a*b", value: "1" }] });
  await create("with a missing run", { run_id: "0".repeat(32) });
  await create("with a missing logged model", { model_id: "m-00000000000000000000000000000000" });
  const get = (name: string, query: Record<string, string>, path = "get") =>
    ask(`versions: ${name}`, "GET", `${versions}/${path}`, { query });
  await get("get", { name: "beta", version: "1" });
  for (const version of ["0", "99", "-1", "x", "1.0", "", " 1 ", "01", "99999999999999999999"]) {
    await get(`get version ${JSON.stringify(version)}`, { name: "beta", version });
    await get(`location of version ${JSON.stringify(version)}`, { name: "beta", version }, "get-download-uri");
  }
  await get("get of a missing model", { name: "nobody", version: "1" });
  await get("get without a version", { name: "beta" });
  await get("get without a name", { version: "1" });
  await get("location", { name: "beta", version: "1" }, "get-download-uri");
  const patch = (name: string, json: object) =>
    ask(`versions: ${name}`, "PATCH", `${versions}/update`, { json: { name: "beta", version: "1", ...json } });
  await patch("describe", { description: "better" });
  await patch("describe with nothing", { description: "" });
  await patch("describe without text", {});
  await patch("describe a missing one", { version: "99", description: "x" });
  await patch("describe words", { version: "x", description: "x" });
  await patch("describe with a number as version", { version: 1, description: "x" });
  const tag = (name: string, json: object) =>
    ask(`versions: ${name}`, "POST", `${versions}/set-tag`, { json: { name: "beta", version: "1", ...json } });
  await tag("set a tag", { key: "k", value: "v" });
  await tag("set a tag without a value", { key: "empty" });
  await tag("set a tag without a key", { value: "v" });
  await tag("set a bad tag", { key: "a*b", value: "v" });
  await tag("set a long tag", { key: "long", value: "v".repeat(100_001) });
  await tag("set a tag of a missing version", { version: "99", key: "k", value: "v" });
  await tag("set a tag of a missing model", { name: "nobody", key: "k", value: "v" });
  const untag = (name: string, json: object) =>
    ask(`versions: ${name}`, "DELETE", `${versions}/delete-tag`, { json: { name: "beta", version: "1", ...json } });
  await untag("delete a tag", { key: "k" });
  await untag("delete a missing tag", { key: "k" });
  await untag("delete a tag of a missing version", { version: "99", key: "k" });
  await get("after tags", { name: "beta", version: "1" });
  const drop = (name: string, json: object) =>
    ask(`versions: ${name}`, "DELETE", `${versions}/delete`, { json: { name: "beta", ...json } });
  await drop("delete", { version: "2" });
  await drop("delete again", { version: "2" });
  await drop("delete words", { version: "x" });
  await get("get a deleted one", { name: "beta", version: "2" });
  await create("one more, never of an old number", {});
  await ask("versions: the model shows its latest", "GET", `${models}/get`, { query: { name: "beta" } });
}

async function sources({ ask }: Session): Promise<void> {
  await ask("sources: make a run", "POST", "/api/2.0/mlflow/runs/create", {
    json: { experiment_id: "0", start_time: 1, run_name: "source" },
    keep: { "source-run": "run.info.run_id" },
  });
  await ask("sources: another run", "POST", "/api/2.0/mlflow/runs/create", {
    json: { experiment_id: "0", start_time: 1, run_name: "source 2" },
    keep: { "other-run": "run.info.run_id" },
  });
  await ask("sources: a local experiment", "POST", "/api/2.0/mlflow/experiments/create", {
    json: { name: "local", artifact_location: "file:///srv/mlruns" },
    keep: { "local-experiment": "experiment_id" },
  });
  await ask("sources: a local run", "POST", "/api/2.0/mlflow/runs/create", {
    json: { experiment_id: "<<local-experiment>>", start_time: 1, run_name: "local" },
    keep: { "local-run": "run.info.run_id" },
  });
  await ask("sources: make a logged model", "POST", "/api/2.0/mlflow/logged-models", {
    json: { experiment_id: "0", name: "sourced", source_run_id: "<<source-run>>" },
    keep: { sourced: "model.info.model_id" },
  });
  await ask("sources: a prompt", "POST", `${models}/create`, { json: { name: "a prompt", tags: [prompt] } });
  await ask("sources: a prompt version", "POST", `${versions}/create`, {
    json: {
      name: "a prompt",
      source: "prompt-template",
      tags: [prompt, { key: "mlflow.prompt.text", value: "hi {{name}}" }],
    },
  });
  await ask("sources: a prompt version of another source", "POST", `${versions}/create`, {
    json: { name: "a prompt", source: "s3://bucket/x", tags: [prompt] },
  });
  const runRoot = "mlflow-artifacts:/0/<<source-run>>/artifacts";
  const modelRoot = "mlflow-artifacts:/0/models/<<sourced>>/artifacts";
  for (const [name, json] of [
    ["runs", { source: "runs:/<<source-run>>/model", run_id: "<<source-run>>" }],
    ["runs without a run", { source: "runs:/<<source-run>>/model" }],
    ["runs of another run", { source: "runs:/<<source-run>>/model", run_id: "<<other-run>>" }],
    ["runs with a host", { source: "runs://host/<<source-run>>/model", run_id: "<<source-run>>" }],
    ["runs climbing", { source: "runs:/<<source-run>>/../model", run_id: "<<source-run>>" }],
    ["runs of nothing", { source: "runs:/", run_id: "<<source-run>>" }],
    ["the run's store", { source: `${runRoot}/model`, run_id: "<<source-run>>" }],
    ["the run's store itself", { source: runRoot, run_id: "<<source-run>>" }],
    ["the run's store without a run", { source: `${runRoot}/model` }],
    ["another run's store", { source: `${runRoot}/model`, run_id: "<<other-run>>" }],
    ["a missing run's store", { source: `${runRoot}/model`, run_id: "0".repeat(32) }],
    ["beside the run's store", { source: `${runRoot}x/model`, run_id: "<<source-run>>" }],
    ["the store above the run", { source: "mlflow-artifacts:/0", run_id: "<<source-run>>" }],
    ["the store climbing", { source: `${runRoot}/../../x`, run_id: "<<source-run>>" }],
    ["the store climbing encoded", { source: `${runRoot}/%2e%2e/x`, run_id: "<<source-run>>" }],
    ["the store climbing encoded twice", { source: `${runRoot}/%252e%252e/x`, run_id: "<<source-run>>" }],
    ["the store on another host", { source: "mlflow-artifacts://host/0/x", run_id: "<<source-run>>" }],
    ["the proxy by http", { source: "http://host/api/2.0/mlflow-artifacts/artifacts/0/x", run_id: "<<source-run>>" }],
    ["http", { source: "http://host/model" }],
    ["http climbing", { source: "http://host/a/../b" }],
    ["s3", { source: "s3://bucket/a" }],
    ["s3 climbing", { source: "s3://bucket/a/../b" }],
    ["s3 with a NUL", { source: "s3://bucket/a%00b" }],
    ["a local path", { source: "/etc/passwd" }],
    ["a local path with a run", { source: "/etc/passwd", run_id: "<<source-run>>" }],
    ["a file URI", { source: "file:///etc/passwd", run_id: "<<source-run>>" }],
    [
      "a file URI within the run",
      { source: "file:///srv/mlruns/<<local-run>>/artifacts/model", run_id: "<<local-run>>" },
    ],
    ["a path within the run", { source: "/srv/mlruns/<<local-run>>/artifacts/model", run_id: "<<local-run>>" }],
    [
      "a path climbing out of the run",
      { source: "/srv/mlruns/<<local-run>>/artifacts/../../x", run_id: "<<local-run>>" },
    ],
    ["a relative path", { source: "model", run_id: "<<source-run>>" }],
    ["a file URI with a host", { source: "file://host/etc/passwd", run_id: "<<local-run>>" }],
    ["a logged model", { source: "models:/<<sourced>>", model_id: "<<sourced>>" }],
    ["a logged model without its id", { source: "models:/<<sourced>>" }],
    ["a logged model with its run", { source: "models:/<<sourced>>", run_id: "<<source-run>>" }],
    [
      "a missing logged model",
      { source: "models:/m-00000000000000000000000000000000", model_id: "m-00000000000000000000000000000000" },
    ],
    ["a logged model's store", { source: modelRoot, model_id: "<<sourced>>" }],
    ["a logged model's store with its run", { source: modelRoot, run_id: "<<source-run>>" }],
    ["a logged model's store with both", { source: modelRoot, run_id: "<<source-run>>", model_id: "<<sourced>>" }],
    [
      "runs with a logged model",
      { source: "runs:/<<source-run>>/model", run_id: "<<source-run>>", model_id: "<<sourced>>" },
    ],
    ["a version", { source: "models:/beta/1" }],
    ["a version with a run", { source: "models:/beta/1", run_id: "<<source-run>>" }],
    ["a missing version", { source: "models:/beta/99" }],
    ["a version of a missing model", { source: "models:/nobody/1" }],
    ["a version by a missing alias", { source: "models:/beta@none" }],
    ["a prompt's version", { source: "models:/a prompt/1" }],
    ["a version on another host", { source: "models://host/beta/1" }],
    ["models of nothing", { source: "models:/" }],
    ["words", { source: "prompt-template" }],
  ] as const) {
    await ask(`sources: a model for ${name}`, "POST", `${models}/create`, { json: { name: `sourced by ${name}` } });
    await ask(`sources: ${name}`, "POST", `${versions}/create`, { json: { name: `sourced by ${name}`, ...json } });
  }
  await ask("sources: the logged model names its versions", "GET", "/api/2.0/mlflow/logged-models/<<sourced>>");
}

async function aliases({ ask }: Session): Promise<void> {
  const set = (name: string, json: object) =>
    ask(`aliases: ${name}`, "POST", `${models}/alias`, {
      json: { name: "beta", alias: "champion", version: "1", ...json },
    });
  const get = (name: string, query: Record<string, string>) =>
    ask(`aliases: ${name}`, "GET", `${models}/alias`, { query });
  const drop = (name: string, json: object) =>
    ask(`aliases: ${name}`, "DELETE", `${models}/alias`, { json: { name: "beta", ...json } });
  await set("set", {});
  await set("set again", {});
  await set("move", { version: "3" });
  await set("set another", { alias: "Case-Kept_1" });
  for (const alias of [
    "",
    "a b",
    "a.b",
    "a/b",
    "latest",
    "LATEST",
    "v1",
    "V22",
    "v1x",
    "ünïcödé",
    "a".repeat(255),
    "a".repeat(256),
    5,
  ]) {
    await set(`set ${String(alias).slice(0, 12)} of ${String(alias).length}`, { alias });
  }
  await set("set without an alias", { alias: undefined });
  await set("set on a missing version", { version: "99" });
  await set("set on words", { version: "x" });
  await set("set on a missing model", { name: "nobody" });
  await get("get", { name: "beta", alias: "champion" });
  await get("get in other case", { name: "beta", alias: "case-kept_1" });
  await get("get latest", { name: "beta", alias: "latest" });
  await get("get a missing one", { name: "beta", alias: "none" });
  await get("get of a missing model", { name: "nobody", alias: "champion" });
  await get("get a bad one", { name: "beta", alias: "a b" });
  await get("get without one", { name: "beta" });
  await ask("aliases: the model shows them", "GET", `${models}/get`, { query: { name: "beta" } });
  await ask("aliases: the version shows them", "GET", `${versions}/get`, { query: { name: "beta", version: "1" } });
  await drop("delete", { alias: "Case-Kept_1" });
  await drop("delete again", { alias: "Case-Kept_1" });
  await drop("delete a bad one", { alias: "a b" });
  await drop("delete of a missing model", { name: "nobody", alias: "champion" });
  await drop("delete without one", {});
}

async function stages({ ask }: Session): Promise<void> {
  const move = (name: string, json: object) =>
    ask(`stages: ${name}`, "POST", `${versions}/transition-stage`, { json: { name: "beta", version: "1", ...json } });
  const latest = (name: string, json: object) =>
    ask(`stages: ${name}`, "POST", `${models}/get-latest-versions`, { json: { name: "beta", ...json } });
  await move("to staging", { stage: "Staging" });
  await move("to production in small letters", { stage: "production" });
  await move("to production with archiving", { version: "3", stage: "Production", archive_existing_versions: true });
  await move("to none with archiving", { stage: "None", archive_existing_versions: true });
  await move("to archived with archiving", { stage: "Archived", archive_existing_versions: true });
  await move("to nowhere", { stage: "Nowhere" });
  await move("without a stage", {});
  await move("to an empty stage", { stage: "" });
  await move("of a missing version", { version: "99", stage: "Staging" });
  await move("of words", { version: "x", stage: "Staging" });
  await move("of a missing model", { name: "nobody", stage: "Staging" });
  await move("with words for archiving", { stage: "Staging", archive_existing_versions: "yes" });
  await move("with true as text", { stage: "Staging", archive_existing_versions: "true" });
  await latest("latest of all", {});
  await latest("latest of production", { stages: ["Production"] });
  await latest("latest in small letters", { stages: ["production", "staging"] });
  await latest("latest of none", { stages: ["None"] });
  await latest("latest of nowhere", { stages: ["Nowhere"] });
  await latest("latest of a missing model", { name: "nobody" });
  await latest("latest of a text", { stages: "Production" });
  await ask("stages: latest by GET", "GET", `${models}/get-latest-versions`, {
    query: { name: "beta", stages: ["Production", "Staging"] },
  });
}

async function searches({ ask }: Session): Promise<void> {
  for (const [name, team] of [
    ["find-1", "risk"],
    ["find-2", "Risk"],
    ["FIND-3", ""],
    ["find%4", undefined],
  ] as const) {
    await ask(`finding: make ${name}`, "POST", `${models}/create`, {
      json: {
        name,
        tags:
          team === undefined
            ? []
            : [
                { key: "team", value: team },
                { key: "a.b", value: name },
              ],
      },
    });
    await ask(`finding: make ${name} a version`, "POST", `${versions}/create`, {
      json: { name, source: `s3://bucket/${name}`, tags: team === undefined ? [] : [{ key: "team", value: team }] },
    });
  }
  await ask("finding: another version", "POST", `${versions}/create`, {
    json: { name: "find-1", source: "runs:/<<source-run>>/model", run_id: "<<source-run>>" },
  });
  const find = (what: string, query: Record<string, string | readonly string[]>) =>
    ask(`finding models: ${what}`, "GET", `${models}/search`, { query, pick: modelNames });
  const findVersions = (what: string, query: Record<string, string | readonly string[]>) =>
    ask(`finding versions: ${what}`, "GET", `${versions}/search`, { query, pick: versionNames });
  await find("without a filter", { max_results: "3" });
  for (const filter of [
    "name = 'find-1'",
    "name != 'find-1' AND name ILIKE 'find%'",
    "name LIKE 'find%'",
    "name ILIKE 'FIND%'",
    "name LIKE 'find-_'",
    "name like 'find%'",
    "name IN ('find-1', 'find-2')",
    "name NOT IN ('find-1') AND name LIKE 'find%'",
    "name > 'a'",
    "name = 5",
    "name = find",
    "name IS NULL",
    "attribute.name = 'find-1'",
    "attributes.name = 'find-1'",
    "`name` = 'find-1'",
    "tags.team = 'risk'",
    "tag.team = 'risk'",
    "tags.team != 'risk' AND name LIKE 'find%'",
    "tags.team LIKE 'r%' AND name LIKE 'find%'",
    "tags.team ILIKE 'r%' AND name LIKE 'find%'",
    "tags.`a.b` = 'find-1'",
    "tags.a.b = 'find-1'",
    "tags.team = ''",
    "tags.team IS NULL AND name LIKE 'find%'",
    "tags.team > 'a'",
    "tags.team IN ('risk')",
    "tags.team = 5",
    "tags.`mlflow.prompt.is_prompt` = 'true'",
    "tags.`mlflow.prompt.is_prompt` != 'true' AND name LIKE 'find%'",
    "tags.`mlflow.prompt.is_prompt` = 'false' AND name LIKE 'find%'",
    "tag.`mlflow.prompt.is_prompt` != 'true' AND name LIKE 'a%'",
    "name LIKE 'a%'",
    "run_id = 'x'",
    "foo = 'x'",
    "foo.bar = 'x'",
    "metrics.a > 1",
    "name = 'a' OR name = 'b'",
    "(name = 'find-1')",
    "name =",
    "name",
    "creation_timestamp > 0",
    "last_updated_timestamp > 0",
    "alias = 'champion'",
    "aliases = 'champion'",
  ]) {
    await find(`for ${filter}`, { filter });
  }
  for (const order of [
    ["name"],
    ["name DESC"],
    ["creation_timestamp", "name"],
    ["creation_timestamp DESC", "name"],
    ["last_updated_timestamp DESC", "name"],
    ["timestamp", "name DESC"],
    ["timestamp asc"],
    ["name", "name"],
    ["timestamp", "last_updated_timestamp"],
    ["foo"],
    ["attribute.name"],
    ["attributes.name"],
    ["tags.team"],
    ["name UP"],
    [""],
    ["`name`"],
    ["version_number"],
  ] as const) {
    await find(`by ${JSON.stringify(order)}`, { filter: "name ILIKE 'find%'", order_by: order });
  }
  for (const most of ["0", "-1", "1", "1000", "1001", "x"])
    await find(`at most ${most}`, { filter: "name ILIKE 'find%'", max_results: most });
  await ask("finding models: first page", "GET", `${models}/search`, {
    query: { filter: "name ILIKE 'find%'", max_results: "2" },
    pick: modelNames,
    keep: { "found-page": "next_page_token" },
  });
  await find("second page", { filter: "name ILIKE 'find%'", max_results: "2", page_token: "<<found-page>>" });
  await find("a bad token", { page_token: "???" });
  const mine = "name ILIKE 'find%'";
  for (const filter of [
    "name = 'find-1'",
    "name != 'find-1' AND name ILIKE 'find%'",
    "name LIKE 'find%'",
    mine,
    "name IN ('find-1')",
    "version_number = 1 AND name ILIKE 'find%'",
    "version_number > 1 AND name ILIKE 'find%'",
    "version_number >= 1 AND name ILIKE 'find%'",
    "version_number != 1 AND name ILIKE 'find%'",
    "version_number LIKE 1",
    "version_number = '1' AND name ILIKE 'find%'",
    "version_number = 1.5",
    "version_number IN (1)",
    "version = 1",
    "version = '1'",
    "run_id = '<<source-run>>' AND name = 'find-1'",
    "run_id IN ('<<source-run>>', 'x') AND name = 'find-1'",
    "run_id NOT IN ('<<source-run>>') AND name LIKE 'find%'",
    "run_id != '<<source-run>>' AND name LIKE 'find%'",
    "run_id LIKE '<<source-run>>' AND name = 'find-1'",
    "run_id IN ()",
    "run_id IN (5)",
    "source_path = 's3://bucket/find-1'",
    "source_path LIKE 's3://bucket/find%'",
    "source = 'x'",
    "tags.team = 'risk' AND name ILIKE 'find%'",
    "tag.team = 'risk' AND name ILIKE 'find%'",
    "tags.team ILIKE 'r%' AND name ILIKE 'find%'",
    "tags.team != 'risk' AND name ILIKE 'find%'",
    "tags.team IS NULL",
    "tags.team IN ('risk')",
    "tags.team > 'x'",
    "tags.team = 5",
    "tags.`mlflow.prompt.is_prompt` = 'true'",
    "current_stage = 'None'",
    "status = 'READY'",
    "creation_timestamp > 0",
    "foo = 'x'",
    "foo.bar = 'x'",
    "name = 'a' OR name = 'b'",
    "(name = 'find-1')",
    "name =",
    "name",
    "name = 5",
  ]) {
    await findVersions(`for ${filter}`, { filter });
  }
  for (const order of [
    ["name"],
    ["name DESC"],
    ["version_number", "name"],
    ["version_number DESC", "name"],
    ["creation_timestamp", "name", "version_number"],
    ["last_updated_timestamp DESC", "name"],
    ["timestamp"],
    ["name", "name"],
    ["foo"],
    ["attribute.name"],
    ["tags.team"],
    ["name UP"],
    [""],
    ["version"],
    ["run_id"],
  ] as const) {
    await findVersions(`by ${JSON.stringify(order)}`, { filter: mine, order_by: order });
  }
  for (const most of ["0", "-1", "1", "200000", "200001", "x"])
    await findVersions(`at most ${most}`, { filter: mine, max_results: most });
  await findVersions("a bad token", { page_token: "???" });
  await ask("finding versions: first page", "GET", `${versions}/search`, {
    query: { filter: mine, max_results: "2" },
    pick: versionNames,
    keep: { "versions-page": "next_page_token" },
  });
  await findVersions("second page", { filter: mine, max_results: "2", page_token: "<<versions-page>>" });
}

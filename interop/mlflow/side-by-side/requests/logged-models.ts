import type { Session } from "../session.ts";

const api = "/api/2.0/mlflow/logged-models";
const names = (json: { models?: { info: { name: string } }[]; next_page_token?: string }) => ({
  models: json.models?.map((one) => one.info.name),
  more: json.next_page_token !== undefined,
});

export async function loggedModels({ ask }: Session): Promise<void> {
  await ask("models: an experiment", "POST", "/api/2.0/mlflow/experiments/create", {
    json: { name: "logged models" },
    keep: { models: "experiment_id" },
  });
  await ask("models: a run", "POST", "/api/2.0/mlflow/runs/create", {
    json: { experiment_id: "<<models>>", start_time: 1, run_name: "maker" },
    keep: { maker: "run.info.run_id" },
  });
  const create = (name: string, json: object, keep: Record<string, string> = {}) =>
    ask(`models: create ${name}`, "POST", api, { json, keep });
  await create(
    "one",
    {
      experiment_id: "<<models>>",
      name: "first",
      model_type: "forest",
      source_run_id: "<<maker>>",
      params: [{ key: "depth", value: "3" }],
      tags: [{ key: "team", value: "risk" }],
    },
    { first: "model.info.model_id" },
  );
  await create("a namesake", { experiment_id: "<<models>>", name: "first" }, { namesake: "model.info.model_id" });
  await create("an odd one", { experiment_id: "<<models>>", name: "odd" }, { odd: "model.info.model_id" });
  await create("a nameless one", { experiment_id: "<<models>>" }, { nameless: "model.info.model_id" });
  for (const [name, json] of [
    ["without an experiment", { name: "x" }],
    ["in a missing experiment", { experiment_id: "99999", name: "x" }],
    ["in words", { experiment_id: "abc", name: "x" }],
    ["with a number as name", { experiment_id: "<<models>>", name: 5 }],
    ["with an empty name", { experiment_id: "<<models>>", name: "" }],
    ["with a slash", { experiment_id: "<<models>>", name: "a/b" }],
    ["with a colon", { experiment_id: "<<models>>", name: "a:b" }],
    ["with a dot", { experiment_id: "<<models>>", name: "a.b" }],
    ["with a percent", { experiment_id: "<<models>>", name: "a%b" }],
    ["with a quote", { experiment_id: "<<models>>", name: "a'b" }],
    ["with a double quote", { experiment_id: "<<models>>", name: 'a"b' }],
    ["with a unicode name", { experiment_id: "<<models>>", name: "モデル 🚀" }],
    [
      "with 101 params",
      {
        experiment_id: "<<models>>",
        name: "many",
        params: Array.from({ length: 101 }, (_, i) => ({ key: `k${i}`, value: "v" })),
      },
    ],
    [
      "with a param of 6001",
      { experiment_id: "<<models>>", name: "long", params: [{ key: "k", value: "v".repeat(6001) }] },
    ],
    [
      "with a param key of 251",
      { experiment_id: "<<models>>", name: "longkey", params: [{ key: "k".repeat(251), value: "v" }] },
    ],
    ["with a bad param key", { experiment_id: "<<models>>", name: "badkey", params: [{ key: "a*b", value: "v" }] }],
    [
      "with a param twice",
      {
        experiment_id: "<<models>>",
        name: "twice",
        params: [
          { key: "a", value: "1" },
          { key: "a", value: "2" },
        ],
      },
    ],
    ["with a bad tag key", { experiment_id: "<<models>>", name: "badtag", tags: [{ key: "a*b", value: "v" }] }],
    ["of a missing run", { experiment_id: "<<models>>", name: "orphan", source_run_id: "0".repeat(32) }],
  ] as const) {
    await create(name, json);
  }
  const get = (name: string, id: string, query = "") => ask(`models: ${name}`, "GET", `${api}/${id}${query}`);
  await get("get", "<<first>>");
  await get("get a missing one", "m-00000000000000000000000000000000");
  await get("get words", "abc");
  await ask("models: get by the third generation", "GET", "/api/3.0/mlflow/logged-models/<<first>>", {
    pick: () => "",
  });
  const patch = (name: string, json: unknown, id = "<<first>>") =>
    ask(`models: ${name}`, "PATCH", `${api}/${id}`, { json });
  await patch("finish", { model_id: "<<first>>", status: "LOGGED_MODEL_READY" });
  await patch("finish again", { model_id: "<<first>>", status: "LOGGED_MODEL_READY" });
  await patch("finish by number", { model_id: "<<namesake>>", status: 2 }, "<<namesake>>");
  await patch("fail", { model_id: "<<nameless>>", status: "LOGGED_MODEL_UPLOAD_FAILED" }, "<<nameless>>");
  await patch("finish without an id", { status: "LOGGED_MODEL_READY" }, "<<odd>>");
  await patch("finish without a status", { model_id: "<<first>>" });
  await patch("finish to an unknown status", { model_id: "<<odd>>", status: "DONE" }, "<<odd>>");
  await patch(
    "finish a missing one",
    { model_id: "m-00000000000000000000000000000000", status: 2 },
    "m-00000000000000000000000000000000",
  );
  await ask("models: set tags", "PATCH", `${api}/<<first>>/tags`, {
    json: {
      model_id: "<<first>>",
      tags: [
        { key: "team", value: "fraud" },
        { key: "new", value: "" },
      ],
    },
  });
  await ask("models: set no tags", "PATCH", `${api}/<<first>>/tags`, { json: { model_id: "<<first>>", tags: [] } });
  await ask("models: set tags that are no list", "PATCH", `${api}/<<first>>/tags`, {
    json: { model_id: "<<first>>", tags: "x" },
  });
  await ask("models: set a tag of a bad key", "PATCH", `${api}/<<namesake>>/tags`, {
    json: { model_id: "<<namesake>>", tags: [{ key: "a*b", value: "v" }] },
  });
  await ask("models: set tags of a missing one", "PATCH", `${api}/m-00000000000000000000000000000000/tags`, {
    json: { tags: [{ key: "a", value: "v" }] },
  });
  await ask("models: delete a tag", "DELETE", `${api}/<<first>>/tags/new`, {});
  await ask("models: delete a missing tag", "DELETE", `${api}/<<first>>/tags/new`, {});
  await ask(
    "models: delete a tag of a missing one",
    "DELETE",
    `${api}/m-00000000000000000000000000000000/tags/new`,
    {},
  );
  await ask("models: log params", "POST", `${api}/<<first>>/params`, {
    json: { model_id: "<<first>>", params: [{ key: "lr", value: "0.1" }] },
  });
  await ask("models: log params again", "POST", `${api}/<<first>>/params`, {
    json: { model_id: "<<first>>", params: [{ key: "lr", value: "0.1" }] },
  });
  await ask("models: change a param", "POST", `${api}/<<first>>/params`, {
    json: { model_id: "<<first>>", params: [{ key: "lr", value: "0.2" }] },
  });
  await ask("models: log params without an id", "POST", `${api}/<<odd>>/params`, {
    json: { params: [{ key: "b", value: "1" }] },
  });
  await ask("models: log 101 params", "POST", `${api}/<<namesake>>/params`, {
    json: { model_id: "<<namesake>>", params: Array.from({ length: 101 }, (_, i) => ({ key: `k${i}`, value: "v" })) },
  });
  await ask("models: log params of a missing one", "POST", `${api}/m-00000000000000000000000000000000/params`, {
    json: { model_id: "m-00000000000000000000000000000000", params: [{ key: "b", value: "1" }] },
  });
  await ask("models: log metrics of it", "POST", "/api/2.0/mlflow/runs/log-batch", {
    json: {
      run_id: "<<maker>>",
      metrics: [
        {
          key: "acc",
          value: 0.9,
          timestamp: 1,
          step: 0,
          model_id: "<<first>>",
          dataset_name: "iris",
          dataset_digest: "d1",
        },
        {
          key: "acc",
          value: 0.95,
          timestamp: 2,
          step: 1,
          model_id: "<<first>>",
          dataset_name: "iris",
          dataset_digest: "d1",
        },
        {
          key: "acc",
          value: 0.5,
          timestamp: 1,
          step: 0,
          model_id: "<<namesake>>",
          dataset_name: "iris",
          dataset_digest: "d2",
        },
        { key: "f1", value: "NaN", timestamp: 1, step: 0, model_id: "<<first>>" },
      ],
    },
  });
  await ask("models: log a metric of it alone", "POST", "/api/2.0/mlflow/runs/log-metric", {
    json: { run_id: "<<maker>>", key: "auc", value: 0.7, timestamp: 3, model_id: "<<first>>" },
  });
  await get("after metrics", "<<first>>");
  await ask("models: outputs of the run", "POST", "/api/2.0/mlflow/runs/outputs", {
    json: {
      run_id: "<<maker>>",
      models: [
        { model_id: "<<first>>", step: 0 },
        { model_id: "<<namesake>>", step: 2 },
      ],
    },
  });
  await ask("models: outputs without models", "POST", "/api/2.0/mlflow/runs/outputs", {
    json: { run_id: "<<maker>>" },
  });
  await ask("models: outputs of no models", "POST", "/api/2.0/mlflow/runs/outputs", {
    json: { run_id: "<<maker>>", models: [] },
  });
  await ask("models: inputs of the run", "POST", "/api/2.0/mlflow/runs/log-inputs", {
    json: { run_id: "<<maker>>", models: [{ model_id: "<<namesake>>" }] },
  });
  await ask("models: the run shows both", "GET", "/api/2.0/mlflow/runs/get", { query: { run_id: "<<maker>>" } });

  const find = (what: string, json: object) =>
    ask(`models: search ${what}`, "POST", `${api}/search`, {
      json: { experiment_ids: ["<<models>>"], ...json },
      pick: names,
    });
  const named = " AND name IN ('first', 'モデル 🚀')";
  for (const filter of [
    "name = 'first'",
    "name != 'first' AND name LIKE '%デ%'",
    "name LIKE 'fi%'",
    "name LIKE 'FI%'",
    "name ILIKE 'FI%'",
    "name IN ('first', 'x')",
    "name NOT IN ('first') AND name LIKE '%🚀'",
    "name like 'fi%'",
    "attributes.name = 'first'",
    "model_id = '<<first>>'",
    "model_type = 'forest'",
    `status = 'READY'${named}`,
    `status = 'PENDING'${named}`,
    `status = 'LOGGED_MODEL_READY'${named}`,
    "source_run_id = '<<maker>>'",
    `creation_timestamp > 0${named}`,
    `creation_time > 0${named}`,
    `last_updated_timestamp > 0${named}`,
    `last_updated_time > 5${named}`,
    "creation_timestamp < 5",
    "metrics.acc > 0.6",
    "metrics.acc > 0.92",
    "metrics.acc < 0.6",
    "metrics.acc = 0.9",
    "metrics.acc LIKE 'x'",
    "metrics.acc > 'x'",
    "metrics.none > 0",
    "params.depth = '3'",
    "params.depth != '4'",
    "params.depth > '2'",
    "params.`depth` = '3'",
    "params.depth = 3",
    "tags.team = 'fraud'",
    "tags.team LIKE 'f%'",
    "tag.team = 'fraud'",
    "param.depth = '3'",
    "metric.acc > 1",
    "attribute.name = 'first'",
    "foo = 'x'",
    "foo.bar = 'x'",
    "name > 'a'",
    "name = first",
    "name = 5",
    "creation_timestamp = 'x'",
    "name = 'first' AND params.depth = '3'",
    "name = 'first' OR name = 'x'",
    "(name = 'first')",
    "name =",
    "name",
    ";",
    "tags.team IS NULL",
  ]) {
    await find(`for ${filter}`, { filter });
  }
  const few = { filter: "name IN ('first', 'モデル 🚀')" };
  for (const [what, order] of [
    ["name", [{ field_name: "name", ascending: true }]],
    ["name down", [{ field_name: "name", ascending: false }]],
    ["creation", [{ field_name: "creation_timestamp", ascending: true }]],
    ["creation time", [{ field_name: "creation_time", ascending: false }]],
    ["an attribute in full", [{ field_name: "attributes.name" }]],
    ["a metric", [{ field_name: "metrics.acc", ascending: true }]],
    ["a metric down", [{ field_name: "metrics.acc", ascending: false }]],
    ["a metric on data", [{ field_name: "metrics.acc", ascending: false, dataset_name: "iris", dataset_digest: "d1" }]],
    ["a metric on named data", [{ field_name: "metrics.acc", ascending: false, dataset_name: "iris" }]],
    ["a digest without a name", [{ field_name: "metrics.acc", dataset_digest: "d1" }]],
    ["nothing known", [{ field_name: "foo" }]],
    ["a param", [{ field_name: "params.depth" }]],
    ["no field", [{ ascending: true }]],
    ["an empty list", []],
    ["a text", "name"],
    ["texts", ["name"]],
    ["a bare metric", [{ field_name: "acc" }]],
    ["status", [{ field_name: "status" }, { field_name: "name" }]],
  ] as const) {
    await find(`by ${what}`, { ...few, order_by: order });
  }
  for (const [what, json] of [
    ["on data", { datasets: [{ dataset_name: "iris" }], filter: "metrics.acc > 0" }],
    ["on data of a digest", { datasets: [{ dataset_name: "iris", dataset_digest: "d2" }], filter: "metrics.acc > 0" }],
    ["on missing data", { datasets: [{ dataset_name: "none" }], filter: "metrics.acc > 0" }],
    ["on data alone", { datasets: [{ dataset_name: "iris", dataset_digest: "d1" }] }],
    ["on data without a name", { datasets: [{ dataset_digest: "d1" }] }],
    ["without experiments", { experiment_ids: [] }],
    ["without any", { experiment_ids: undefined }],
    ["of a missing experiment", { experiment_ids: ["99999"] }],
    ["of words", { experiment_ids: ["abc"] }],
    ["at most 1", { ...few, max_results: 1 }],
    ["at most 0", { ...few, max_results: 0 }],
    ["at most -1", { ...few, max_results: -1 }],
    ["at most 1001", { ...few, max_results: 1001 }],
    ["with a bad token", { page_token: "???" }],
    ["with a token of elsewhere", { page_token: "eyJvZmZzZXQiOiAxfQ==" }],
  ] as const) {
    await find(what, json);
  }
  await ask("models: first page", "POST", `${api}/search`, {
    json: { experiment_ids: ["<<models>>"], ...few, max_results: 2, order_by: [{ field_name: "name" }] },
    pick: names,
    keep: { "models-page": "next_page_token" },
  });
  await ask("models: second page", "POST", `${api}/search`, {
    json: {
      experiment_ids: ["<<models>>"],
      ...few,
      max_results: 2,
      order_by: [{ field_name: "name" }],
      page_token: "<<models-page>>",
    },
    pick: names,
  });
  await ask("models: second page of another order", "POST", `${api}/search`, {
    json: {
      experiment_ids: ["<<models>>"],
      ...few,
      max_results: 2,
      order_by: [{ field_name: "name", ascending: false }],
      page_token: "<<models-page>>",
    },
    pick: names,
  });
  await ask("models: second page of another filter", "POST", `${api}/search`, {
    json: {
      experiment_ids: ["<<models>>"],
      filter: "name = 'first'",
      max_results: 2,
      order_by: [{ field_name: "name" }],
      page_token: "<<models-page>>",
    },
    pick: names,
  });
  await ask("models: second page of another experiment", "POST", `${api}/search`, {
    json: {
      experiment_ids: ["0"],
      ...few,
      max_results: 2,
      order_by: [{ field_name: "name" }],
      page_token: "<<models-page>>",
    },
    pick: names,
  });

  await ask("models: delete", "DELETE", `${api}/<<nameless>>`, {});
  await ask("models: delete again", "DELETE", `${api}/<<nameless>>`, {});
  await ask("models: delete a missing one", "DELETE", `${api}/m-00000000000000000000000000000000`, {});
  await get("get a deleted one", "<<nameless>>");
  await get("get a deleted one all the same", "<<nameless>>", "?allow_deleted=true");
  await get("get with an odd flag", "<<first>>", "?allow_deleted=perhaps");
  await ask("models: finish a deleted one", "PATCH", `${api}/<<nameless>>`, {
    json: { model_id: "<<nameless>>", status: 2 },
  });
  await ask("models: tag a deleted one", "PATCH", `${api}/<<nameless>>/tags`, {
    json: { tags: [{ key: "a", value: "1" }] },
  });
  await find("after deleting", { filter: "status = 'UPLOAD_FAILED'" });
  await ask("models: files of an empty one", "GET", `${api}/<<first>>/artifacts/directories`);
  await ask("models: files of a missing one", "GET", `${api}/m-00000000000000000000000000000000/artifacts/directories`);
  await ask("models: files climbing", "GET", `${api}/<<first>>/artifacts/directories`, {
    query: { artifact_directory_path: "../x" },
  });
}

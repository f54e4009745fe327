import type { Session } from "../session.ts";

const api = "/api/2.0/mlflow/runs";
const names = (json: { runs?: { info: { run_name: string } }[]; next_page_token?: string }) => ({
  runs: json.runs?.map((one) => one.info.run_name),
  more: json.next_page_token !== undefined,
});

/** The whole grammar of run search over a few runs that differ in every way. */
export async function searchRuns({ ask }: Session): Promise<void> {
  await ask("search: an experiment", "POST", "/api/2.0/mlflow/experiments/create", { json: { name: "run search" }, keep: { search: "experiment_id" } });
  await ask("search: another experiment", "POST", "/api/2.0/mlflow/experiments/create", { json: { name: "run search 2" }, keep: { "search-2": "experiment_id" } });
  const made = [
    { name: "a", user: "ada", start: 100, end: 200, status: "FINISHED", metrics: { loss: 0.5, "val/loss-1": 3, order: 1, "a b": 2 }, params: { depth: "3", lr: "0.1", select: "x" }, tags: { team: "risk", "a.b": "1" } },
    { name: "b", user: "bob", start: 200, end: 300, status: "FAILED", metrics: { loss: "NaN", order: 2 }, params: { depth: "10", lr: "0.01" }, tags: { team: "Risk", "a.b": "2" } },
    { name: "c_1", user: "Ada", start: 300, end: undefined, status: "RUNNING", metrics: { loss: "Infinity" }, params: { depth: "3" }, tags: { team: "fraud" } },
    { name: "cx1", user: "", start: 250, end: 400, status: "KILLED", metrics: { loss: "-Infinity", order: 3 }, params: {}, tags: {} },
    { name: "100%", user: "eve", start: 50, end: 60, status: "SCHEDULED", metrics: { loss: -1 }, params: { depth: "" }, tags: { team: "" } },
    { name: "it's", user: "eve", start: 55, end: 60, status: "FINISHED", metrics: {}, params: {}, tags: { quote: 'say "hi"' } },
  ] as const;
  for (const [i, run] of made.entries()) {
    await ask(`search: make ${run.name}`, "POST", `${api}/create`, {
      json: { experiment_id: i === 4 ? "<<search-2>>" : "<<search>>", run_name: run.name, user_id: run.user, start_time: run.start },
      keep: { [`found-${i}`]: "run.info.run_id" },
    });
    const pairs = (of: object) => Object.entries(of).map(([key, value]) => ({ key, value }));
    await ask(`search: fill ${run.name}`, "POST", `${api}/log-batch`, {
      json: { run_id: `<<found-${i}>>`, metrics: pairs(run.metrics).map((one) => ({ ...one, timestamp: 1, step: 0 })), params: pairs(run.params), tags: pairs(run.tags) },
    });
    await ask(`search: end ${run.name}`, "POST", `${api}/update`, { json: { run_id: `<<found-${i}>>`, status: run.status, end_time: run.end } });
  }
  await ask("search: data of a", "POST", `${api}/log-inputs`, {
    json: { run_id: "<<found-0>>", datasets: [{ tags: [{ key: "mlflow.data.context", value: "train" }], dataset: { name: "iris", digest: "d1", source_type: "s", source: "s" } }] },
  });
  await ask("search: data of b", "POST", `${api}/log-inputs`, {
    json: { run_id: "<<found-1>>", datasets: [{ tags: [{ key: "mlflow.data.context", value: "test" }], dataset: { name: "Iris", digest: "d2", source_type: "s", source: "s" } }, { dataset: { name: "more", digest: "d3", source_type: "s", source: "s" } }] },
  });
  await ask("search: delete cx1", "POST", `${api}/delete`, { json: { run_id: "<<found-3>>" } });
  const both = ["<<search>>", "<<search-2>>"];
  const find = (what: string, json: object) =>
    ask(`search: ${what}`, "POST", `${api}/search`, { json: { experiment_ids: both, ...json }, pick: names });

  await ask("search: whole", "POST", `${api}/search`, { json: { experiment_ids: both, run_view_type: "ALL" } });
  for (const filter of [
    "", "  ",
    "metrics.loss > 0", "metrics.loss >= 0.5", "metrics.loss < 0", "metrics.loss <= -1", "metrics.loss = 0.5", "metrics.loss != 0.5", "metrics.loss = 0",
    "metric.loss > .1", "metrics.loss > 1e-1", "metrics.loss > +0.1", "metrics.loss > -1.5e+0", "metrics.`val/loss-1` = 3", 'metrics."val/loss-1" = 3', "metrics.val/loss-1 = 3", "metrics.order = 1", "metrics.`order` = 2", "metrics.`a b` > 1",
    "metrics.loss > '0'", "metrics.loss = NaN", "metrics.loss = 'NaN'", "metrics.loss LIKE 1", "metrics.loss LIKE '1'", "metrics.loss IN (1)", "metrics.loss IS NULL", "metrics.none > 0", "metrics.none != 0",
    "params.depth = '3'", "params.depth != '3'", "param.depth = '3'", "parameter.depth = '3'", "parameters.depth = '3'", 'params.depth = "3"', "params.depth = 3", "params.depth > '2'", "params.depth LIKE '%0'", "params.depth ILIKE '%0'", "params.depth = ''",
    "params.depth IS NULL", "params.depth IS NOT NULL", "params.lr is not null", "params.none = 'x'", "params.none != 'x'", "params.none IS NULL", "params.select = 'x'", "params.depth IN ('3')", "params.depth NOT IN ('3')",
    "tags.team = 'risk'", "tag.team = 'risk'", "tags.team != 'risk'", "tags.team LIKE 'r%'", "tags.team ILIKE 'r%'", "tags.team LIKE 'R_sk'", "tags.team = ''", "tags.`a.b` = '1'", "tags.a.b = '1'", "tags.team IS NULL", "tags.team IS NOT NULL", "tags.team IN ('risk')", "tags.team > 'a'", "tags.team = risk", "tags.quote LIKE '%\"hi\"%'", "tags.`mlflow.runName` = 'a'", "tags.mlflow.runName = 'b'",
    "attributes.run_name = 'a'", "attribute.run_name = 'a'", "attr.run_name = 'a'", "run.run_name = 'a'", "run_name = 'a'", "run_name != 'a'", "run_name LIKE 'c_1'", "run_name LIKE 'C%'", "run_name ILIKE 'C%'", "run_name LIKE '100%'", "run_name = \"it's\"", "run_name = 'it''s'", "`run name` = 'a'", "\"run name\" = 'a'", "attributes.`Run Name` = 'b'", "attributes.`run name` = 'b'", "attributes.`Run name` = 'b'",
    "user_id = 'ada'", "user_id = ''", "user_id ILIKE 'ADA'", "status = 'FINISHED'", "status = 'finished'", "status != 'FINISHED'", "status LIKE 'F%'", "status = 'DONE'", "status IN ('FINISHED')", "artifact_uri LIKE 'mlflow-artifacts:%'",
    "run_id = '<<found-0>>'", "run_id != '<<found-0>>'", "attributes.run_id IN ('<<found-0>>', '<<found-1>>')", "run_id NOT IN ('<<found-0>>', '<<found-1>>')", "run_id IN ('<<found-0>>')", "run_id IN ('<<found-0>>',)", "run_id IN ()", "run_id IN '<<found-0>>'", "run_id IN ('A')", "run_id NOT IN ('A')", "run_id in ('<<found-0>>')", "run_id IN ('<<found-0>>' '<<found-1>>')", "run_id IN (5)", "run_id LIKE '%a%' AND run_name = 'nobody'",
    "start_time > 100", "start_time >= 100", "start_time < 100", "start_time = 300", "start_time != 300", "start_time > '100'", "start_time > 1.5", "start_time LIKE 1", "start_time IN (100)", "attributes.start_time > 100", "created > 100", "Created > 100", "attributes.created > 100", "end_time > 100", "end_time = 200", "end_time != 200", "end_time IS NULL", "end_time < 250 AND start_time > 60",
    "datasets.name = 'iris'", "dataset.name = 'iris'", "datasets.name != 'iris'", "datasets.name LIKE 'i%'", "datasets.name ILIKE 'i%'", "datasets.digest = 'd2'", "datasets.context = 'train'", "datasets.context != 'train'", "datasets.name IN ('iris', 'more')", "datasets.name NOT IN ('iris')", "datasets.digest IN ('d1')", "datasets.context IN ('train', 'test')", "datasets.source = 's'", "datasets.name > 'a'", "datasets.name = 5", "datasets.name IS NULL", "dataset.name = 'iris' AND dataset.context = 'test'",
    "metrics.loss > 0 AND params.depth = '3'", "metrics.loss > 0 and params.depth = '3' And tags.team = 'risk'", "metrics.loss > 0 AND metrics.loss < 1", "params.depth = '3' AND params.lr = '0.1'",
    "metrics.loss > 0 OR params.depth = '10'", "(metrics.loss > 0)", "NOT metrics.loss > 0", "metrics.loss > 0 AND", "AND metrics.loss > 0", "metrics.loss > 0 params.depth = '3'", "metrics.loss > 0, params.depth = '3'", "metrics.loss > 0;", "metrics.loss > 0; metrics.loss > 1",
    "foo.loss > 0", "foo = 'x'", "metrics = 1", "metrics. > 1", "metrics.`` > 1", ".loss > 1", "metrics.loss", "metrics.loss >", "> 1", "metrics.loss >> 1", "metrics.loss == 0.5", "metrics.loss <> 0.5", "metrics.loss BETWEEN 0 AND 1", "0.5 = metrics.loss", "metrics.loss > metrics.order", "metrics.loss > 1 + 1", "params.'depth' = '3'", "params.depth = 'unclosed", "params.`depth = '3'", "attributes.lifecycle_stage = 'active'", "attributes.experiment_id = '0'", "attributes.foo = 'x'", "-- metrics.loss > 0", "/* x */ metrics.loss > 0",
  ]) {
    await find(`for ${filter}`, { filter, order_by: ["attributes.run_name"] });
  }
  for (const order of [
    [], ["metrics.loss"], ["metrics.loss ASC"], ["metrics.loss DESC"], ["metrics.loss desc"], ["metrics.order DESC", "params.depth"], ["metrics.`val/loss-1`"], ["metric.loss"], ["metrics.none"], ["params.depth"], ["params.depth DESC"], ["parameter.lr"], ["tags.team"], ["tags.team DESC"], ["tags.`a.b` DESC"],
    ["start_time"], ["start_time DESC"], ["attributes.start_time ASC"], ["attribute.end_time"], ["end_time DESC"], ["status"], ["run_name DESC"], ["attributes.run_name"], ["`run name`"], ["attributes.`Run Name`"], ["user_id"], ["Created DESC"], ["created"], ["attributes.created DESC"],
    ["metrics.loss", "metrics.loss DESC"], ["start_time", "start_time"], ["start_time", "attributes.start_time"], ["attributes.foo"], ["foo"], ["foo.bar"], ["datasets.name"], [""], ["metrics.loss UP"], ["metrics.loss DESC NULLS LAST"], ["metrics.loss,params.depth"], ["metrics.loss = 5"], [5], ["metrics"], ["lifecycle_stage"], ["experiment_id"],
  ]) {
    await find(`by ${JSON.stringify(order)}`, { order_by: order, run_view_type: "ALL" });
  }
  for (const [name, json] of [
    ["no experiments", { experiment_ids: [] }], ["experiments left out", { experiment_ids: undefined }], ["a missing experiment", { experiment_ids: ["99999"] }], ["words as experiment", { experiment_ids: ["abc"] }], ["a number as experiment", { experiment_ids: [0] }], ["a text for experiments", { experiment_ids: "0" }], ["one experiment twice", { experiment_ids: ["<<search>>", "<<search>>"] }],
    ["the deleted", { run_view_type: "DELETED_ONLY" }], ["all", { run_view_type: "ALL" }], ["the active", { run_view_type: "ACTIVE_ONLY" }], ["a view by number", { run_view_type: 2 }], ["an unknown view", { run_view_type: "SOME" }],
    ["at most 0", { max_results: 0 }], ["at most -1", { max_results: -1 }], ["at most 50000", { max_results: 50_000 }], ["at most 50001", { max_results: 50_001 }], ["at most text", { max_results: "2" }], ["at most words", { max_results: "x" }],
    ["a bad token", { page_token: "???" }], ["a number as filter", { filter: 5 }], ["a text as order", { order_by: "start_time" }],
  ] as const) {
    await find(name, { order_by: ["attributes.run_name"], ...json });
  }
  for (const [name, order] of [["by default", []], ["by metric", ["metrics.loss DESC"]], ["by param", ["params.depth"]], ["by name", ["attributes.run_name"]], ["by end", ["end_time"]]] as const) {
    for (let page = 0; page < 3; page++) {
      await ask(`search: page ${page} ${name}`, "POST", `${api}/search`, {
        json: { experiment_ids: both, run_view_type: "ALL", max_results: 2, order_by: order, ...(page === 0 ? {} : { page_token: `<<page-${name.replaceAll(" ", "-")}-${page - 1}>>` }) },
        pick: names,
        keep: { [`page-${name.replaceAll(" ", "-")}-${page}`]: "next_page_token" },
      });
    }
  }
}

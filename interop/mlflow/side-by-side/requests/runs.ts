import type { Session } from "../session.ts";

const api = "/api/2.0/mlflow/runs";

/** Runs from birth to death: what is logged to them and read back. */
export async function runs({ ask }: Session): Promise<void> {
  const post = (name: string, path: string, json: unknown, keep: Record<string, string> = {}) =>
    ask(`runs: ${name}`, "POST", `${api}/${path}`, { json, keep });
  const get = (name: string, query: Record<string, string> = { run_id: "<<run>>" }) =>
    ask(`runs: ${name}`, "GET", `${api}/get`, { query });

  await ask("runs: an experiment for them", "POST", "/api/2.0/mlflow/experiments/create", {
    json: { name: "for runs" },
    keep: { runs: "experiment_id" },
  });
  await post(
    "create",
    "create",
    {
      experiment_id: "<<runs>>",
      user_id: "ada",
      run_name: "first",
      start_time: 1000,
      tags: [
        { key: "team", value: "risk" },
        { key: "mlflow.source.name", value: "train.py" },
      ],
    },
    { run: "run.info.run_id" },
  );
  await post(
    "create without a name",
    "create",
    { experiment_id: "<<runs>>", start_time: 1000 },
    { nameless: "run.info.run_id" },
  );
  await post(
    "create without a start",
    "create",
    { experiment_id: "<<runs>>", run_name: "startless" },
    { startless: "run.info.run_id" },
  );
  await post("create named by tag", "create", {
    experiment_id: "<<runs>>",
    start_time: 1,
    tags: [{ key: "mlflow.runName", value: "by tag" }],
  });
  await post("create named twice alike", "create", {
    experiment_id: "<<runs>>",
    start_time: 1,
    run_name: "same",
    tags: [{ key: "mlflow.runName", value: "same" }],
  });
  await post("create named twice differently", "create", {
    experiment_id: "<<runs>>",
    start_time: 1,
    run_name: "one",
    tags: [{ key: "mlflow.runName", value: "two" }],
  });
  for (const [name, body] of [
    ["in a missing experiment", { experiment_id: "99999", start_time: 1 }],
    ["in words", { experiment_id: "abc", start_time: 1 }],
    ["with a number as experiment", { experiment_id: 0, start_time: 1 }],
    ["without an experiment", { start_time: 1 }],
    ["with an empty experiment", { experiment_id: "", start_time: 1 }],
    ["with a number as name", { experiment_id: "<<runs>>", run_name: 5, start_time: 1 }],
    ["with an empty name", { experiment_id: "<<runs>>", run_name: "", start_time: 1 }],
    ["with words as start", { experiment_id: "<<runs>>", start_time: "soon" }],
    ["with text as start", { experiment_id: "<<runs>>", start_time: "1234", run_name: "text start" }],
    ["with a negative start", { experiment_id: "<<runs>>", start_time: -5, run_name: "negative start" }],
    ["with tags that are no list", { experiment_id: "<<runs>>", start_time: 1, tags: "x" }],
    [
      "with a tag of a bad key",
      { experiment_id: "<<runs>>", start_time: 1, run_name: "bad tag", tags: [{ key: "a*b", value: "1" }] },
    ],
    [
      "with a tag of a long value",
      { experiment_id: "<<runs>>", start_time: 1, run_name: "long tag", tags: [{ key: "a", value: "v".repeat(8001) }] },
    ],
    [
      "with a tag twice",
      {
        experiment_id: "<<runs>>",
        start_time: 1,
        run_name: "twice",
        tags: [
          { key: "a", value: "1" },
          { key: "a", value: "2" },
        ],
      },
    ],
    ["with a unicode name", { experiment_id: "<<runs>>", start_time: 1, run_name: "Läufe 🏃 走" }],
    ["with a name of 250", { experiment_id: "<<runs>>", start_time: 1, run_name: "n".repeat(250) }],
    ["with a name of 251", { experiment_id: "<<runs>>", start_time: 1, run_name: "n".repeat(251) }],
  ] as const) {
    await post(`create ${name}`, "create", body);
  }
  await get("get");
  await get("get by run_uuid", { run_uuid: "<<run>>" });
  await get("get by both", { run_id: "<<run>>", run_uuid: "<<run>>" });
  await get("get a missing one", { run_id: "0".repeat(32) });
  await get("get words", { run_id: "abc" });
  await get("get an id of bad characters", { run_id: "a/../b" });
  await get("get an empty id", { run_id: "" });
  await get("get without an id", {});

  await post(
    "create one for what stock takes by half",
    "create",
    { experiment_id: "<<runs>>", start_time: 1000, run_name: "scratch" },
    { scratch: "run.info.run_id" },
  );
  await metrics({ ask } as Session);
  await params({ ask } as Session);
  await tags({ ask } as Session);
  await batches({ ask } as Session);
  await inputs({ ask } as Session);
  await history({ ask } as Session);

  await post("rename", "update", { run_id: "<<run>>", run_name: "renamed" });
  await get("a new name leaves the status");
  await post("finish", "update", { run_id: "<<run>>", status: "FINISHED", end_time: 2000 });
  await post("finish by number", "update", { run_id: "<<nameless>>", status: 4, end_time: "3000" });
  await post("run again", "update", { run_id: "<<nameless>>", status: "RUNNING" });
  for (const [name, body] of [
    ["nothing", {}],
    ["to an empty name", { run_name: "" }],
    ["to an unknown status", { status: "DONE" }],
    ["to an unknown status number", { status: 77 }],
    ["to words as end", { end_time: "later" }],
    ["to a number as name", { run_name: 9 }],
    ["every status", { status: "SCHEDULED" }],
    ["to killed", { status: "KILLED" }],
  ] as const) {
    await post(`update ${name}`, "update", { run_id: "<<nameless>>", ...body });
  }
  await post("update by run_uuid", "update", { run_uuid: "<<nameless>>", run_name: "by uuid" });
  await post("update a missing one", "update", { run_id: "0".repeat(32), status: "FINISHED" });
  await post("update without an id", "update", { status: "FINISHED" });
  await get("after updates", { run_id: "<<nameless>>" });

  await post("delete", "delete", { run_id: "<<run>>" });
  await post("delete again", "delete", { run_id: "<<run>>" });
  await post("delete a missing one", "delete", { run_id: "0".repeat(32) });
  await post("delete without an id", "delete", {});
  await get("get a deleted one");
  for (const [path, body] of [
    ["log-metric", { key: "m", value: 1, timestamp: 1 }],
    ["log-parameter", { key: "p9", value: "1" }],
    ["set-tag", { key: "t", value: "1" }],
    ["delete-tag", { key: "team" }],
    ["log-batch", { metrics: [{ key: "m", value: 1, timestamp: 1, step: 1 }] }],
    ["log-batch", {}],
    ["log-inputs", { datasets: [{ dataset: { name: "d", digest: "x", source_type: "s", source: "s" } }] }],
    ["outputs", { models: [] }],
    ["log-model", { model_json: '{"artifact_path":"m","flavors":{},"utc_time_created":"x","run_id":"y"}' }],
    ["update", { status: "FINISHED" }],
  ] as const) {
    await post(`${path} of a deleted one ${JSON.stringify(body).length}`, path, { run_id: "<<run>>", ...body });
  }
  await post("restore", "restore", { run_id: "<<run>>" });
  await post("restore again", "restore", { run_id: "<<run>>" });
  await post("restore a missing one", "restore", { run_id: "0".repeat(32) });
  await get("get what was restored");
}

async function metrics({ ask }: Session): Promise<void> {
  const log = (name: string, body: object) =>
    ask(`metrics: ${name}`, "POST", `${api}/log-metric`, {
      json: {
        run_id: /fraction|beyond 64|newline|lower case|a missing model/.test(name) ? "<<scratch>>" : "<<run>>",
        ...body,
      },
    });
  const good = { key: "loss", value: 0.5, timestamp: 100, step: 1 };
  await log("log", good);
  await log("log the same again", good);
  await log("log at a later step with an earlier time", { key: "loss", value: 0.25, timestamp: 50, step: 2 });
  await log("log at an earlier step", { key: "loss", value: 9, timestamp: 900, step: 0 });
  await log("log another value at the same place", { key: "loss", value: 0.75, timestamp: 50, step: 2 });
  await log("log without a step", { key: "stepless", value: 1, timestamp: 5 });
  await log("log at a negative step", { key: "negative step", value: 1, timestamp: 5, step: -3 });
  for (const [name, value] of [
    ["NaN", "NaN"],
    ["Infinity", "Infinity"],
    ["-Infinity", "-Infinity"],
    ["nan in lower case", "nan"],
    ["inf", "inf"],
    ["+Infinity", "+Infinity"],
    ["numeric text", "1.5"],
    ["numeric text with blanks", " 1.5 "],
    ["exponent text", "1e3"],
    ["words", "high"],
    ["an empty text", ""],
    ["true", true],
    ["false", false],
    ["null", null],
    ["a list", [1]],
    ["an object", {}],
    ["a huge number", 1e308],
    ["a tiny number", 5e-324],
    ["minus zero", -0],
    ["an integer", 3],
    ["hexadecimal text", "0x10"],
    ["text with underscores", "1_000"],
  ] as const) {
    await log(`log ${name}`, { key: `v ${name}`, value, timestamp: 5 });
  }
  await ask("metrics: log a number beyond double", "POST", `${api}/log-metric`, {
    body: '{"run_id":"<<scratch>>","key":"beyond","value":1e999,"timestamp":5}',
    headers: { "content-type": "application/json" },
  });
  await ask("metrics: log bare NaN", "POST", `${api}/log-metric`, {
    body: '{"run_id":"<<scratch>>","key":"bare","value":NaN,"timestamp":5}',
    headers: { "content-type": "application/json" },
  });
  await ask("metrics: log bare Infinity", "POST", `${api}/log-metric`, {
    body: '{"run_id":"<<scratch>>","key":"bare infinity","value":-Infinity,"timestamp":5}',
    headers: { "content-type": "application/json" },
  });
  for (const [name, body] of [
    ["without a key", { value: 1, timestamp: 1 }],
    ["with an empty key", { key: "", value: 1, timestamp: 1 }],
    ["with a number as key", { key: 5, value: 1, timestamp: 1 }],
    ["without a value", { key: "a", timestamp: 1 }],
    ["without a time", { key: "a", value: 1 }],
    ["with text as time", { key: "text time", value: 1, timestamp: "77" }],
    ["with words as time", { key: "a", value: 1, timestamp: "foo" }],
    ["with an empty time", { key: "a", value: 1, timestamp: "" }],
    ["with a negative time", { key: "a", value: 1, timestamp: -5 }],
    ["with a fraction as time", { key: "a", value: 1, timestamp: 1.5 }],
    ["with time zero", { key: "time zero", value: 1, timestamp: 0 }],
    ["with words as step", { key: "a", value: 1, timestamp: 1, step: "x" }],
    ["with a fraction as step", { key: "a", value: 1, timestamp: 1, step: 1.5 }],
    ["with text as step", { key: "text step", value: 1, timestamp: 1, step: "7" }],
    ["with a huge step", { key: "huge step", value: 1, timestamp: 1, step: "9007199254740993" }],
    ["with a step beyond 64 bits", { key: "a", value: 1, timestamp: 1, step: "9223372036854775808" }],
    ["with a bad key", { key: "a*b", value: 1, timestamp: 1 }],
    ["with a key that climbs", { key: "../x", value: 1, timestamp: 1 }],
    ["with an absolute key", { key: "/x", value: 1, timestamp: 1 }],
    ["with a doubled slash in the key", { key: "a//b", value: 1, timestamp: 1 }],
    ["with a dot as key", { key: ".", value: 1, timestamp: 1 }],
    ["with a slash at the end", { key: "a/", value: 1, timestamp: 1 }],
    ["with a key of every sign", { key: "a/b_c-d.e f:g", value: 1, timestamp: 1 }],
    ["with a unicode key", { key: "größe 大", value: 1, timestamp: 1 }],
    ["with a newline at the end of the key", { key: "line\n", value: 1, timestamp: 1 }],
    ["with an emoji key", { key: "🚀", value: 1, timestamp: 1 }],
    ["with a key of 250", { key: "k".repeat(250), value: 1, timestamp: 1 }],
    ["with a key of 251", { key: "k".repeat(251), value: 1, timestamp: 1 }],
    ["of a missing model", { key: "modelled", value: 1, timestamp: 1, model_id: "m-00000000000000000000000000000000" }],
    ["with a number as model", { key: "a", value: 1, timestamp: 1, model_id: 5 }],
    ["of a dataset", { key: "on data", value: 1, timestamp: 1, dataset_name: "d", dataset_digest: "x" }],
  ] as const) {
    await log(`log ${name}`, body);
  }
  await ask("metrics: log without a run", "POST", `${api}/log-metric`, { json: good });
  await ask("metrics: log to a missing run", "POST", `${api}/log-metric`, {
    json: { run_id: "0".repeat(32), ...good },
  });
  await ask("metrics: log by run_uuid", "POST", `${api}/log-metric`, {
    json: { run_uuid: "<<run>>", key: "by uuid", value: 1, timestamp: 1 },
  });
  await ask("metrics: read back", "GET", `${api}/get`, { query: { run_id: "<<run>>" } });
}

async function params({ ask }: Session): Promise<void> {
  const log = (name: string, body: object) =>
    ask(`params: ${name}`, "POST", `${api}/log-parameter`, { json: { run_id: "<<run>>", ...body } });
  await log("log", { key: "depth", value: "3" });
  await log("log the same again", { key: "depth", value: "3" });
  await log("change", { key: "depth", value: "4" });
  await log("log an empty value", { key: "empty", value: "" });
  await log("log no value", { key: "valueless" });
  await log("log a number", { key: "number", value: 3 });
  await log("log a key of other case", { key: "Depth", value: "9" });
  await log("log 6000", { key: "6000", value: "v".repeat(6000) });
  await log("log 6001", { key: "6001", value: "v".repeat(6001) });
  await log("log 6001 again", { key: "6001", value: "v".repeat(6001) });
  await log("log unicode", { key: "ключ", value: "значение 🚀 \u0000 \n" });
  await log("log emoji across the limit", { key: "emoji", value: `${"v".repeat(5999)}🚀🚀` });
  for (const key of ["", "a*b", "../x", "/x", "a//b", ".", "k".repeat(250), "k".repeat(251), "a b", "a:b", "a/b"]) {
    await log(`log the key ${key.slice(0, 8)} of ${key.length}`, { key, value: "1" });
  }
  await log("log without a key", { value: "1" });
  await ask("params: log without a run", "POST", `${api}/log-parameter`, { json: { key: "a", value: "1" } });
}

async function tags({ ask }: Session): Promise<void> {
  const set = (name: string, body: object) =>
    ask(`tags: ${name}`, "POST", `${api}/set-tag`, { json: { run_id: "<<run>>", ...body } });
  await set("set", { key: "a", value: "1" });
  await set("set again", { key: "a", value: "2" });
  await set("set to nothing", { key: "nothing", value: "" });
  await set("set without a value", { key: "valueless" });
  await set("set to a number", { key: "n", value: 1 });
  await set("set 8000", { key: "8000", value: "v".repeat(8000) });
  await set("set 8001", { key: "8001", value: "v".repeat(8001) });
  await set("rename by tag", { key: "mlflow.runName", value: "renamed by tag" });
  await set("rename by an empty tag", { key: "mlflow.runName", value: "" });
  for (const key of ["", "a*b", "../x", "/x", "a//b", "k".repeat(250), "k".repeat(251), "a b"]) {
    await set(`set the key ${key.slice(0, 8)} of ${key.length}`, { key, value: "1" });
  }
  await set("set without a key", { value: "1" });
  await ask("tags: delete", "POST", `${api}/delete-tag`, { json: { run_id: "<<run>>", key: "a" } });
  await ask("tags: delete again", "POST", `${api}/delete-tag`, { json: { run_id: "<<run>>", key: "a" } });
  await ask("tags: delete without a key", "POST", `${api}/delete-tag`, { json: { run_id: "<<run>>" } });
  await ask("tags: delete of a missing run", "POST", `${api}/delete-tag`, {
    json: { run_id: "0".repeat(32), key: "a" },
  });
  await ask("tags: delete the name", "POST", `${api}/delete-tag`, {
    json: { run_id: "<<run>>", key: "mlflow.runName" },
  });
  await ask("tags: read back", "GET", `${api}/get`, { query: { run_id: "<<run>>" } });
  await set("set the name again", { key: "mlflow.runName", value: "first again" });
}

async function batches({ ask }: Session): Promise<void> {
  await ask("batches: a run for them", "POST", `${api}/create`, {
    json: { experiment_id: "<<runs>>", start_time: 7, run_name: "batches" },
    keep: { batch: "run.info.run_id" },
  });
  const log = (name: string, body: object) =>
    ask(`batches: ${name}`, "POST", `${api}/log-batch`, {
      json: { run_id: /of words|of a number/.test(name) ? "<<scratch>>" : "<<batch>>", ...body },
    });
  const metric = { key: "m", value: 1, timestamp: 1, step: 1 };
  const many = (n: number) => Array.from({ length: n }, (_, i) => ({ key: `k${i}`, value: `${i}` }));
  const manyMetrics = (n: number) =>
    Array.from({ length: n }, (_, i) => ({ key: "many", value: i, timestamp: i, step: i }));
  await log("log", {
    metrics: [metric, { key: "m", value: 2, timestamp: 2, step: 2 }, { key: "n", value: "NaN", timestamp: 2, step: 2 }],
    params: [{ key: "p", value: "1" }],
    tags: [
      { key: "t", value: "1" },
      { key: "mlflow.runName", value: "named by batch" },
    ],
  });
  await log("log again", { metrics: [metric], params: [{ key: "p", value: "1" }], tags: [{ key: "t", value: "2" }] });
  await log("log nothing", {});
  await log("log empty lists", { metrics: [], params: [], tags: [] });
  await log("change a param", { params: [{ key: "p", value: "2" }] });
  await log("change a param beside new things", {
    params: [
      { key: "p", value: "2" },
      { key: "p-new", value: "1" },
    ],
    tags: [{ key: "t-new", value: "1" }],
  });
  await log("the same param twice", {
    params: [
      { key: "q", value: "1" },
      { key: "q", value: "1" },
    ],
  });
  await log("two params twice", {
    params: [
      { key: "q", value: "1" },
      { key: "q", value: "2" },
      { key: "r", value: "1" },
      { key: "r", value: "1" },
    ],
  });
  await log("the same tag twice", {
    tags: [
      { key: "t2", value: "1" },
      { key: "t2", value: "2" },
    ],
  });
  await log("the same metric twice", {
    metrics: [
      { ...metric, key: "twice" },
      { ...metric, key: "twice" },
    ],
  });
  await log("1000 metrics", { metrics: manyMetrics(1000) });
  await log("1001 metrics", { metrics: manyMetrics(1001) });
  await log("100 params", { params: many(100) });
  await log("101 params", { params: many(101) });
  await log("100 tags", { tags: many(100) });
  await log("101 tags", { tags: many(101) });
  await log("1001 of all", { metrics: manyMetrics(901), params: many(50), tags: many(50) });
  for (const [name, body] of [
    ["a metric without a key", { metrics: [{ value: 1, timestamp: 1, step: 1 }] }],
    ["a metric without a value", { metrics: [{ key: "a", timestamp: 1, step: 1 }] }],
    ["a metric without a time", { metrics: [{ key: "a", value: 1, step: 1 }] }],
    ["a metric without a step", { metrics: [{ key: "stepless", value: 1, timestamp: 1 }] }],
    ["a metric of words", { metrics: [{ key: "a", value: "x", timestamp: 1, step: 1 }] }],
    ["a metric of a bad key", { metrics: [metric, { key: "a*b", value: 1, timestamp: 1, step: 1 }] }],
    ["a metric of a negative time", { metrics: [{ key: "a", value: 1, timestamp: -1, step: 1 }] }],
    ["a metric of a long key", { metrics: [{ key: "k".repeat(251), value: 1, timestamp: 1, step: 1 }] }],
    ["a param without a key", { params: [{ value: "1" }] }],
    ["a param of an empty key", { params: [{ key: "", value: "1" }] }],
    ["a param of a bad key", { params: [{ key: "a*b", value: "1" }] }],
    ["a param of a long key", { params: [{ key: "k".repeat(251), value: "1" }] }],
    ["a param of a long value", { params: [{ key: "long", value: "v".repeat(6001) }] }],
    ["a param of a number", { params: [{ key: "number", value: 1 }] }],
    ["a tag without a key", { tags: [{ value: "1" }] }],
    ["a tag of a bad key", { tags: [{ key: "a*b", value: "1" }] }],
    ["a tag of a long key", { tags: [{ key: "k".repeat(251), value: "1" }] }],
    ["metrics that are no list", { metrics: "x" }],
    ["metrics that are an object", { metrics: {} }],
    ["metrics of texts", { metrics: ["x"] }],
    ["null lists", { metrics: null, params: null, tags: null }],
  ] as const) {
    await log(name, body);
  }
  await ask("batches: without a run", "POST", `${api}/log-batch`, { json: { metrics: [metric] } });
  await ask("batches: to a missing run", "POST", `${api}/log-batch`, {
    json: { run_id: "0".repeat(32), metrics: [metric] },
  });
  await ask("batches: by run_uuid", "POST", `${api}/log-batch`, { json: { run_uuid: "<<batch>>", metrics: [metric] } });
  await ask("batches: read back", "GET", `${api}/get`, { query: { run_id: "<<batch>>" } });
}

async function inputs({ ask }: Session): Promise<void> {
  await ask("inputs: an experiment for them", "POST", "/api/2.0/mlflow/experiments/create", {
    json: { name: "for inputs" },
    keep: { "runs-with-data": "experiment_id" },
  });
  await ask("inputs: a run for them", "POST", `${api}/create`, {
    json: { experiment_id: "<<runs-with-data>>", start_time: 8, run_name: "inputs" },
    keep: { inputs: "run.info.run_id" },
  });
  const log = (name: string, body: object) =>
    ask(`inputs: ${name}`, "POST", `${api}/log-inputs`, {
      json: {
        run_id:
          /without|empty name|number as name/.test(name) && !/without tags/.test(name) ? "<<scratch>>" : "<<inputs>>",
        ...body,
      },
    });
  const dataset = { name: "iris", digest: "abc123", source_type: "http", source: '{"url":"http://x/y"}' };
  const context = [{ key: "mlflow.data.context", value: "training" }];
  await log("log", { datasets: [{ tags: context, dataset: { ...dataset, schema: "{}", profile: '{"num_rows":3}' } }] });
  await log("log again", { datasets: [{ tags: context, dataset }] });
  await log("log again in another context", {
    datasets: [{ tags: [{ key: "mlflow.data.context", value: "eval" }], dataset }],
  });
  await log("log with another source", { datasets: [{ tags: context, dataset: { ...dataset, source: "elsewhere" } }] });
  await log("log without tags", { datasets: [{ dataset: { ...dataset, name: "tagless" } }] });
  await log("log two", {
    datasets: [{ dataset: { ...dataset, name: "two a" } }, { dataset: { ...dataset, name: "two b" } }],
  });
  await log("log one twice at once", {
    datasets: [{ dataset: { ...dataset, name: "double" } }, { dataset: { ...dataset, name: "double" } }],
  });
  await log("log nothing", {});
  await log("log an empty list", { datasets: [] });
  for (const [name, over] of [
    ["without a name", { name: undefined }],
    ["without a digest", { digest: undefined }],
    ["without a source type", { source_type: undefined }],
    ["without a source", { source: undefined }],
    ["with an empty name", { name: "" }],
    ["with a name of 500", { name: "n".repeat(500) }],
    ["with a name of 501", { name: "n".repeat(501) }],
    ["with a digest of 37", { digest: "d".repeat(37) }],
    ["with a source of 65536", { source: "s".repeat(65_536) }],
    ["with a schema of 1048576", { schema: "s".repeat(1_048_576) }],
    ["with a number as name", { name: 5 }],
  ] as const) {
    await log(`log ${name}`, { datasets: [{ dataset: { ...dataset, ...over } }] });
  }
  await log("log without a dataset", { datasets: [{ tags: context }] });
  await log("log a tag key of 256", {
    datasets: [{ tags: [{ key: "k".repeat(256), value: "v" }], dataset: { ...dataset, name: "long tag key" } }],
  });
  await log("log a tag value of 501", {
    datasets: [{ tags: [{ key: "k", value: "v".repeat(501) }], dataset: { ...dataset, name: "long tag value" } }],
  });
  await log("log a list that is none", { datasets: "x" });
  await log("log a missing model", { models: [{ model_id: "m-00000000000000000000000000000000" }] });
  await ask("inputs: without a run", "POST", `${api}/log-inputs`, { json: { datasets: [{ dataset }] } });
  await ask("inputs: to a missing run", "POST", `${api}/log-inputs`, {
    json: { run_id: "0".repeat(32), datasets: [{ dataset }] },
  });
  await ask("inputs: read back", "GET", `${api}/get`, { query: { run_id: "<<inputs>>" } });
  const summaries = (name: string, json: object, path = "/ajax-api/2.0/mlflow/experiments/search-datasets") =>
    ask(`inputs: ${name}`, "POST", path, { json });
  await summaries("datasets of the experiment", { experiment_ids: ["<<runs-with-data>>"] });
  await summaries("datasets of a missing experiment", { experiment_ids: ["99999"] });
  await summaries("datasets of none", { experiment_ids: [] });
  await summaries("datasets of nothing", {});
  await summaries("datasets of 21", { experiment_ids: Array.from({ length: 21 }, (_, i) => String(i)) });

  const model = (name: string, json: object) =>
    ask(`log-model: ${name}`, "POST", `${api}/log-model`, { json: { run_id: "<<inputs>>", ...json } });
  const good = {
    artifact_path: "model",
    flavors: { python_function: {} },
    utc_time_created: "2026-01-01 00:00:00",
    run_id: "x",
  };
  await model("log", { model_json: JSON.stringify(good) });
  await model("log another", { model_json: JSON.stringify({ ...good, artifact_path: "other" }) });
  await model("no JSON", { model_json: "nonsense" });
  await model("nothing", {});
  await model("empty", { model_json: "" });
  await model("a list", { model_json: "[]" });
  await model("an object", { model_json: {} });
  await model("without flavors", { model_json: JSON.stringify({ ...good, flavors: undefined }) });
  await ask("log-model: read back", "GET", `${api}/get`, {
    query: { run_id: "<<inputs>>" },
    pick: (json: { run: { data: { tags: { key: string; value: string }[] } } }) =>
      (
        JSON.parse(json.run.data.tags.find((tag) => tag.key === "mlflow.log-model.history")?.value ?? "[]") as {
          artifact_path: string;
        }[]
      ).map((one) => one.artifact_path),
  });
}

async function history({ ask }: Session): Promise<void> {
  for (const name of ["one", "two"]) {
    await ask(`history: a run ${name}`, "POST", `${api}/create`, {
      json: { experiment_id: "<<runs>>", start_time: 9, run_name: `history ${name}` },
      keep: { [`history-${name}`]: "run.info.run_id" },
    });
    await ask(`history: points of ${name}`, "POST", `${api}/log-batch`, {
      json: {
        run_id: `<<history-${name}>>`,
        metrics: [
          ...Array.from({ length: 12 }, (_, i) => ({
            key: "h",
            value: i / 2,
            timestamp: 1000 + ((i * 7) % 12),
            step: i * 3,
          })),
          { key: "h", value: "NaN", timestamp: 1003, step: 3 },
          { key: "h", value: "Infinity", timestamp: 1004, step: 3 },
          { key: "h", value: "-Infinity", timestamp: 1004, step: 3 },
          { key: "once", value: 1, timestamp: 1, step: 0 },
        ],
      },
    });
  }
  const of = (name: string, query: Record<string, string | readonly string[]>, keep: Record<string, string> = {}) =>
    ask(`history: ${name}`, "GET", "/api/2.0/mlflow/metrics/get-history", {
      query: { run_id: "<<history-one>>", metric_key: "h", ...query },
      keep,
    });
  await of("all", {});
  await of("at most 5", { max_results: "5" }, { "history-page": "next_page_token" });
  await of("the next 5", { max_results: "5", page_token: "<<history-page>>" }, { "history-page-2": "next_page_token" });
  await of("the rest", { max_results: "5", page_token: "<<history-page-2>>" });
  await of("at most 0", { max_results: "0" });
  await of("at most -1", { max_results: "-1" });
  await of("at most words", { max_results: "x" });
  await of("a bad token", { max_results: "5", page_token: "???" });
  await of("of a missing metric", { metric_key: "none" });
  await of("of an empty metric", { metric_key: "" });
  await of("of a missing run", { run_id: "0".repeat(32) });
  await ask("history: by run_uuid", "GET", "/api/2.0/mlflow/metrics/get-history", {
    query: { run_uuid: "<<history-one>>", metric_key: "once" },
  });
  await ask("history: without a run", "GET", "/api/2.0/mlflow/metrics/get-history", { query: { metric_key: "h" } });
  await ask("history: without a key", "GET", "/api/2.0/mlflow/metrics/get-history", {
    query: { run_id: "<<history-one>>" },
  });
  const both = ["<<history-two>>", "<<history-one>>"];
  const bulk = (name: string, query: Record<string, string | readonly string[]>) =>
    ask(`history bulk: ${name}`, "GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk", {
      query,
      pick: (json: { metrics: { run_id: string; value: unknown; step: number; timestamp: number }[] }) =>
        json.metrics
          .map((one) => [one.value, one.step, one.timestamp])
          .sort((a, b) => (String(a) < String(b) ? -1 : 1)),
    });
  await bulk("one run", { run_id: ["<<history-one>>"], metric_key: "h" });
  await bulk("two runs", { run_id: both, metric_key: "h" });
  await bulk("at most 0", { run_id: ["<<history-one>>"], metric_key: "h", max_results: "0" });
  await bulk("a missing run", { run_id: ["0".repeat(32)], metric_key: "h" });
  await bulk("no runs", { metric_key: "h" });
  await bulk("no key", { run_id: both });
  await bulk("101 runs", { run_id: Array.from({ length: 101 }, (_, i) => `r${i}`), metric_key: "h" });
  await bulk("words as limit", { run_id: both, metric_key: "h", max_results: "x" });
  for (const prefix of ["/api/2.0", "/ajax-api/2.0"]) {
    const interval = (name: string, query: Record<string, string | readonly string[]>) =>
      ask(`history interval ${prefix}: ${name}`, "GET", `${prefix}/mlflow/metrics/get-history-bulk-interval`, {
        query: { run_ids: both, metric_key: "h", ...query },
        pick: (json: { metrics?: { step: number; value: unknown }[] }) =>
          json.metrics?.map((one) => [one.step, one.value]).sort((a, b) => (String(a) < String(b) ? -1 : 1)),
      });
    await interval("all", {});
    await interval("at most 3", { max_results: "3" });
    await interval("at most 1", { max_results: "1" });
    await interval("of steps", { start_step: "5", end_step: "21" });
    await interval("of steps at most 2", { start_step: "5", end_step: "30", max_results: "2" });
    await interval("of steps beyond", { start_step: "500", end_step: "600" });
    await interval("of a start alone", { start_step: "5" });
    await interval("of an end alone", { end_step: "5" });
    await interval("of steps turned round", { start_step: "9", end_step: "5" });
    await interval("at most 0", { max_results: "0" });
    await interval("at most 2501", { max_results: "2501" });
    await interval("at most words", { max_results: "x" });
    await interval("of 101 runs", { run_ids: Array.from({ length: 101 }, (_, i) => `r${i}`) });
    await interval("of a missing run", { run_ids: ["0".repeat(32)] });
    await interval("of a missing metric", { metric_key: "none" });
    await interval("of an empty metric", { metric_key: "" });
  }
}

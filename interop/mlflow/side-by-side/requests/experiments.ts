import type { Session } from "../session.ts";

const api = "/api/2.0/mlflow/experiments";
const names = (json: { experiments?: { name: string }[]; next_page_token?: string }) => ({
  names: json.experiments?.map((one) => one.name).filter((name) => /^(search|100)/.test(name)),
  more: json.next_page_token !== undefined,
});

export async function experiments({ ask }: Session): Promise<void> {
  const post = (name: string, path: string, json: unknown, keep: Record<string, string> = {}) =>
    ask(`experiments: ${name}`, "POST", `${api}/${path}`, { json, keep });
  const get = (name: string, path: string, query: Record<string, string>) =>
    ask(`experiments: ${name}`, "GET", `${api}/${path}`, { query });

  await get("the default one", "get", { experiment_id: "0" });
  await get("the default one by name", "get-by-name", { experiment_name: "Default" });
  await post(
    "create",
    "create",
    {
      name: "alpha",
      tags: [
        { key: "team", value: "risk" },
        { key: "note", value: "" },
      ],
    },
    { alpha: "experiment_id" },
  );
  await get("get", "get", { experiment_id: "<<alpha>>" });
  await get("get by name", "get-by-name", { experiment_name: "alpha" });
  await post("create a name twice", "create", { name: "alpha" });
  for (const [name, body] of [
    ["without a name", {}],
    ["with an empty name", { name: "" }],
    ["with a blank name", { name: "   " }],
    ["with a null name", { name: null }],
    ["with a number as name", { name: 123 }],
    ["with a list as name", { name: ["a"] }],
    ["with a name of 500", { name: "n".repeat(500) }],
    ["with a name of 501", { name: "n".repeat(501) }],
    ["with a unicode name", { name: "Überprüfung 実験 🚀" }],
    ["with a path as name", { name: "/Users/me/../x" }],
    ["with tags that are no list", { name: "t1", tags: "x" }],
    ["with a tag without key", { name: "t2", tags: [{ value: "x" }] }],
    ["with a tag whose value is a number", { name: "t3", tags: [{ key: "a", value: 3 }] }],
    ["with a tag of a bad key", { name: "t4", tags: [{ key: "../a", value: "3" }] }],
    [
      "with a tag twice",
      {
        name: "t5",
        tags: [
          { key: "a", value: "1" },
          { key: "a", value: "2" },
        ],
      },
    ],
    ["with a long tag value", { name: "t6", tags: [{ key: "a", value: "v".repeat(20_001) }] }],
    ["in s3", { name: "s3", artifact_location: "s3://bucket/root" }],
    ["in s3 with a slash", { name: "s3 slash", artifact_location: "s3://bucket/root/" }],
    ["in s3 with a query", { name: "s3 query", artifact_location: "s3://bucket/root?a=b" }],
    ["in a runs location", { name: "runs", artifact_location: "runs:/x/y" }],
    ["in a location with a fragment", { name: "frag", artifact_location: "s3://bucket/root#x" }],
    ["in a location with parameters", { name: "pars", artifact_location: "s3://bucket/root;x=y" }],
    ["in a location with dots in the query", { name: "dots", artifact_location: "s3://bucket/root?a=/../b" }],
    [
      "in a location with encoded dots in the query",
      { name: "edots", artifact_location: "s3://bucket/root?a=/%2e%2e/b" },
    ],
    ["in a location with dots in the path", { name: "pdots", artifact_location: "s3://bucket/a/../b" }],
    ["in a location of another scheme", { name: "odd", artifact_location: "unheard://bucket/a" }],
    ["in the proxy", { name: "proxy", artifact_location: "mlflow-artifacts:/elsewhere" }],
    ["in the proxy with a host", { name: "proxy host", artifact_location: "mlflow-artifacts://host/elsewhere" }],
    ["with an empty location", { name: "empty location", artifact_location: "" }],
    ["with a number as location", { name: "number location", artifact_location: 5 }],
    ["with a location of 2049", { name: "long location", artifact_location: `s3://b/${"x".repeat(2042)}` }],
  ] as const) {
    await post(`create ${name}`, "create", body, { [`made-${name}`]: "experiment_id" });
  }
  for (const name of [
    "in s3",
    "in s3 with a slash",
    "in s3 with a query",
    "in the proxy with a host",
    "with an empty location",
    "with a tag twice",
  ]) {
    await get(`get what was created ${name}`, "get", { experiment_id: `<<made-${name}>>` });
  }
  for (const [name, id] of [
    ["nothing", ""],
    ["words", "abc"],
    ["a missing number", "999999"],
    ["a negative number", "-1"],
    ["a fraction", "1.5"],
    ["a huge number", "99999999999999999999"],
    ["spaces", " 0 "],
    ["leading zeros", "00"],
  ] as const) {
    await get(`get ${name}`, "get", { experiment_id: id });
  }
  await get("get without an id", "get", {});
  await get("get by a missing name", "get-by-name", { experiment_name: "nobody's" });
  await get("get by an empty name", "get-by-name", { experiment_name: "" });
  await get("get by name without one", "get-by-name", {});

  await post("rename", "update", { experiment_id: "<<alpha>>", new_name: "beta" });
  await post("rename without a name", "update", { experiment_id: "<<alpha>>" });
  await post("rename to nothing", "update", { experiment_id: "<<alpha>>", new_name: "" });
  await post("rename to a taken name", "update", { experiment_id: "<<alpha>>", new_name: "Default" });
  await post("rename to its own name", "update", { experiment_id: "<<alpha>>", new_name: "beta" });
  await post("rename to a number", "update", { experiment_id: "<<alpha>>", new_name: 5 });
  await post("rename to a name of 501", "update", { experiment_id: "<<alpha>>", new_name: "n".repeat(501) });
  await post("rename a missing one", "update", { experiment_id: "99999", new_name: "x" });
  await post("rename with a number as id", "update", { experiment_id: 1, new_name: "x" });
  await post("set a tag", "set-experiment-tag", { experiment_id: "<<alpha>>", key: "k", value: "v" });
  await post("set a tag again", "set-experiment-tag", { experiment_id: "<<alpha>>", key: "k", value: "w" });
  await post("set a tag without a value", "set-experiment-tag", { experiment_id: "<<alpha>>", key: "empty" });
  await post("set a tag without a key", "set-experiment-tag", { experiment_id: "<<alpha>>", value: "v" });
  await post("set a tag with a bad key", "set-experiment-tag", { experiment_id: "<<alpha>>", key: "a*b", value: "v" });
  await post("set a tag with a key of 251", "set-experiment-tag", {
    experiment_id: "<<alpha>>",
    key: "k".repeat(251),
    value: "v",
  });
  await post("set a tag with a value of 20000", "set-experiment-tag", {
    experiment_id: "<<alpha>>",
    key: "long",
    value: "v".repeat(20_000),
  });
  await post("set a tag with a value of 20001", "set-experiment-tag", {
    experiment_id: "<<alpha>>",
    key: "long",
    value: "v".repeat(20_001),
  });
  await post("set a tag to a number", "set-experiment-tag", { experiment_id: "<<alpha>>", key: "n", value: 3 });
  await post("set a tag of a missing one", "set-experiment-tag", { experiment_id: "99999", key: "k", value: "v" });
  await post("delete a tag", "delete-experiment-tag", { experiment_id: "<<alpha>>", key: "k" });
  await post("delete a missing tag", "delete-experiment-tag", { experiment_id: "<<alpha>>", key: "k" });
  await post("delete a tag without key", "delete-experiment-tag", { experiment_id: "<<alpha>>" });
  await get("after tags", "get", { experiment_id: "<<alpha>>" });
  await ask("experiments: a run goes with it", "POST", "/api/2.0/mlflow/runs/create", {
    json: { experiment_id: "<<alpha>>", start_time: 5, run_name: "with it" },
    keep: { "run-of-alpha": "run.info.run_id" },
  });
  await post("delete", "delete", { experiment_id: "<<alpha>>" });
  await post("delete again", "delete", { experiment_id: "<<alpha>>" });
  await post("delete a missing one", "delete", { experiment_id: "99999" });
  await post("delete without id", "delete", {});
  await post("delete words", "delete", { experiment_id: "abc" });
  await get("get a deleted one", "get", { experiment_id: "<<alpha>>" });
  await get("get a deleted one by name", "get-by-name", { experiment_name: "beta" });
  await ask("experiments: its run is deleted too", "GET", "/api/2.0/mlflow/runs/get", {
    query: { run_id: "<<run-of-alpha>>" },
  });
  await post("rename a deleted one", "update", { experiment_id: "<<alpha>>", new_name: "gamma" });
  await post("set a tag of a deleted one", "set-experiment-tag", { experiment_id: "<<alpha>>", key: "k", value: "v" });
  await post("delete a tag of a deleted one", "delete-experiment-tag", { experiment_id: "<<alpha>>", key: "team" });
  await post("create the name of a deleted one", "create", { name: "beta" });
  await ask("experiments: a run in a deleted one", "POST", "/api/2.0/mlflow/runs/create", {
    json: { experiment_id: "<<alpha>>", start_time: 5 },
  });
  await post("restore", "restore", { experiment_id: "<<alpha>>" });
  await post("restore an active one", "restore", { experiment_id: "<<alpha>>" });
  await post("restore a missing one", "restore", { experiment_id: "99999" });
  await ask("experiments: its run is back", "GET", "/api/2.0/mlflow/runs/get", {
    query: { run_id: "<<run-of-alpha>>" },
  });
  await search({ ask } as Session);
}

async function search({ ask }: Session): Promise<void> {
  for (const [name, team, city] of [
    ["search one", "risk", "Berlin"],
    ["search TWO", "Risk", "bern"],
    ["search three", "fraud", ""],
    ["100% sure", "risk", "a_b"],
  ] as const) {
    await ask(`experiments: make ${name}`, "POST", `${api}/create`, {
      json: {
        name,
        tags: [
          { key: "team", value: team },
          { key: "city.of", value: city },
        ],
      },
      keep: { [`made-${name}`]: "experiment_id" },
    });
  }
  await ask("experiments: delete one to search", "POST", `${api}/delete`, {
    json: { experiment_id: "<<made-search three>>" },
  });
  const find = (what: string, json: object) =>
    ask(`experiments: search ${what}`, "POST", `${api}/search`, { json: { max_results: 1000, ...json }, pick: names });
  for (const filter of [
    "",
    "   ",
    "name = 'search one'",
    'name = "search one"',
    "name != 'search one'",
    "name LIKE 'search%'",
    "name like 'SEARCH%'",
    "name ILIKE 'SEARCH%'",
    "name ilike '%two'",
    "name LIKE '100%'",
    "name LIKE 'search _ne'",
    "attribute.name = 'search one'",
    "attributes.name = 'search one'",
    "attr.name = 'search one'",
    "experiment.name = 'search one'",
    "`name` = 'search one'",
    "name IN ('search one', 'alpha')",
    "name NOT IN ('search one')",
    "name < 'search one'",
    "name = 5",
    "name = search",
    "name IS NULL",
    "creation_time > 0",
    "creation_time >= 0 AND last_update_time > 0",
    "creation_time < 5",
    "creation_time = 'x'",
    "creation_time LIKE '5'",
    "creation_time > 1.5",
    "last_update_time != 3",
    "lifecycle_stage = 'active'",
    "experiment_id = '0'",
    "tag.team = 'risk'",
    "tags.team = 'risk'",
    "tags.team != 'risk'",
    "tags.team LIKE 'r%'",
    "tags.team ILIKE 'R%'",
    "tags.`city.of` = 'Berlin'",
    "tags.\"city.of\" = 'bern'",
    "tags.city.of = 'bern'",
    "tags.`city.of` LIKE 'a_b'",
    "tags.`city.of` = ''",
    "tags.team IS NULL",
    "tags.team IS NOT NULL",
    "tags.none != 'x'",
    "tags.team > 'a'",
    "tags.team IN ('risk')",
    "tags.team = 5",
    "tags.team = 'risk' AND name LIKE 'search%'",
    "tags.team = 'risk' and name LIKE 'search%' AND creation_time > 0",
    "tags.team = 'risk' OR name = 'alpha'",
    "(name = 'search one')",
    "NOT name = 'search one'",
    "name = 'search one' name = 'alpha'",
    "name = 'it''s'",
    "name = 'unclosed",
    "metrics.x > 5",
    "params.x = '5'",
    "foo.bar = 'x'",
    "foo = 'x'",
    "name =",
    "= 'x'",
    "name",
    "AND",
    "name = 'a' AND",
    ";",
    "name = 'a'; DROP TABLE experiments",
    "name == 'search one'",
    "tags. = 'x'",
    "tags.`` = 'x'",
  ]) {
    await find(`for ${filter}`, { filter });
  }
  for (const order of [
    ["name"],
    ["name ASC"],
    ["name DESC"],
    ["name asc"],
    ["NAME"],
    ["experiment_id"],
    ["experiment_id DESC"],
    ["creation_time", "name"],
    ["last_update_time DESC", "name"],
    ["`name` DESC"],
    ["attribute.name"],
    ["attributes.name DESC"],
    ["name", "name"],
    ["name UP"],
    ["name DESC EXTRA"],
    ["tags.team"],
    ["lifecycle_stage"],
    ["foo"],
    [""],
    ["name,"],
    [3],
  ]) {
    await find(`by ${JSON.stringify(order)}`, { filter: "name LIKE 'search%'", order_by: order });
  }
  for (const view of ["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]) {
    await find(`viewing ${view}`, { view_type: view, order_by: ["name"] });
  }
  for (const most of [0, -1, 1, 50_000, 50_001, "2", 2 ** 31, 2 ** 63]) {
    await find(`at most ${most}`, { max_results: most, order_by: ["name"] });
  }
  await ask("experiments: search without max_results", "POST", `${api}/search`, { json: {} });
  await ask("experiments: first page", "POST", `${api}/search`, {
    json: { max_results: 2, order_by: ["name"] },
    pick: names,
    keep: { "experiment-page": "next_page_token" },
  });
  await ask("experiments: second page", "POST", `${api}/search`, {
    json: { max_results: 2, order_by: ["name"], page_token: "<<experiment-page>>" },
    pick: names,
  });
  for (const token of [
    "x",
    "%%%",
    "eyJvZmZzZXQiOiAtMX0=",
    "eyJvZmZzZXQiOiAieCJ9",
    "e30=",
    "bm90IGpzb24=",
    "WzFd",
    "eyJvZmZzZXQiOiAxMDAwMDB9",
    "",
  ]) {
    await find(`with the token ${token}`, { page_token: token, order_by: ["name"] });
  }
  await find("with a number as token", { page_token: 5 });
}

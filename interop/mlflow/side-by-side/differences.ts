/** Requests that the two servers answer differently on purpose, with the reason. Every other pair must be equal. */
export interface Difference {
  /** Names of the requests; each must still differ, or the line has to go. */
  readonly of: RegExp;
  readonly reason: string;
  /** What ours does, where every one of them does the same: a refusal (4xx) or an answer (2xx). */
  readonly ours?: "refuses" | "answers";
  /** Both refuse with one status; only the words differ. */
  readonly wordsOnly?: boolean;
}

export const differences: readonly Difference[] = [
  // What a caller gets wrong
  {
    of: /^(an unknown (route|method)|a (GET|POST) route asked by|artifacts: .* bad .*%2e%2e|artifacts: mpu\/\w+ climbing$|artifacts: by (run|version) without a path$|artifacts: by run without a run$|artifacts: delete everything$)/,
    reason:
      "a refusal is JSON that says what was wrong; the stock server answers a page of HTML, or names the run None",
    ours: "refuses",
  },
  {
    of: /^(a body that is (a list|a number|truncated|a fraction|a boolean|a list for|a huge|an unknown enum)|experiments: (create with a tag whose value is a number|search by \[3\]|search at most 9223)|runs: (create with tags that are no list|update to an unknown)|metrics: log (a list|an object|with a fraction|with a step beyond)|batches: (a metric of words|a param of a number|metrics of texts)|inputs: log (without a|with an empty name|with a number)|history: at most words|history bulk: words|search: (by \[5\]|a number as experiment|an unknown view)|models: (finish to an unknown|search by texts|get with an odd flag)|finding .*: at most x)/,
    reason:
      "a value of the wrong type is named and refused; the stock server drops it with all fields after it and goes on, or fails with 500",
    ours: "refuses",
  },
  {
    of: /^(experiments: (create a name twice|create the name of a deleted one|rename to a taken name)|runs: create (without an|with an empty) experiment|metrics: log of a missing model|models: create with a param twice|models: (log params again|change a param)|registry: rename to a taken name)$/,
    reason: "the stock server's text is its database's, SQL and all; and the same parameter again is harmless here",
  },
  {
    of: /^(experiments: create with a tag (twice|without key)|registry: create with a tag without key|runs: create with a tag twice|models: search on data|models: search by a digest without a name|batches: (null lists|by run_uuid))$/,
    reason: "what is missing is named; the last of two wins; run_uuid does everywhere, as clients of old send it",
  },
  {
    of: /^(experiments: (get a huge number|rename a deleted one|search with the token (WzFd|eyJvZmZzZXQiOiAtMX0=))|versions: (get|location of) version "9{20}"|stages: to (none|archived) with archiving|sources: (a file URI with a host|a missing logged model)|models: (search for (metrics.acc > 'x'|foo = 'x'|creation_timestamp = 'x')|search at most -1)|search: by \["(metrics.loss|start_time)","|finding (models|versions): (by \["(name|timestamp)",|for (name|tags.team) IS NULL|at most (0|-1)$)|log-model: a list)/,
    reason:
      "a caller's mistake is a 400; the stock server's 500, or its page without end, costs clients minutes of retries",
  },
  {
    of: /^metrics: log with a newline/,
    reason: "the stock server's pattern lets a line end pass at the end of a key",
    ours: "refuses",
  },
  // Stock bugs
  {
    of: /^history bulk: (one run|two runs)$/,
    reason: "the stock server writes NaN bare, which is no JSON; browsers cannot read it",
    ours: "answers",
  },
  {
    of: /^models: (after metrics|get with)/,
    reason: "the stock server turns NaN of a logged model's metric into 0",
  },
  {
    of: /^models: search for (status = |last_updated_time)/,
    reason: "the stock server compares the status with a number and misses an alias of last_updated_timestamp",
    ours: "answers",
  },
  { of: /^runs: create without a start$/, reason: "a run that nobody dated begins now, not in 1970" },
  {
    of: /^models: finish a deleted one$/,
    reason: "a deleted model is gone for every call, not for all but this one",
    ours: "refuses",
  },
  {
    of: /^experiments: create with a location of 2049$|^models: (search with a bad token|second page of another order)$/,
    reason: "the same refusal without names of environment variables and of Python's own objects",
    wordsOnly: true,
  },
  // More than the stock server
  {
    of: /^(a body of content type JSON in capitals|a query with camelCase)$/,
    reason: "media types have no case; camelCase is taken wherever it comes from",
    ours: "answers",
  },
  {
    of: /^(experiments|search|models|finding models|finding versions): (search )?for (.* OR |\(|NOT )/,
    reason: "filters may say OR, NOT and use parentheses",
    ours: "answers",
  },
  {
    of: /^(experiments|search|finding models|finding versions): (search )?for .*\b(NOT )?IN \(/,
    reason: "IN goes for every text, also parameters, tags and names",
  },
  {
    of: /^(experiments: search (for|by) .*(like|ilike|attributes\.|attr\.|experiment\.)|finding models: (for (attributes\.|`name`|alias)|by .*(creation_timestamp|attribute|`name`))|finding versions: by \["timestamp"\]|search: for (metrics.loss (IS NULL|> \+0.1|> -1.5e\+0|<> 0.5)|metrics.val\/loss)|search: by .*[rR]un [nN]ame|models: search (for tags.team IS NULL|by an attribute in full))/,
    reason: "spellings that MLflow takes in one place are taken in all; keys need no quotes for a dash or a slash",
    ours: "answers",
  },
  { of: /^(experiments: search for {4}|search: for {3})$/, reason: "a filter of blanks is no filter" },
  {
    of: /^(models: get by the third generation|models: (finish|log params) without an id)$/,
    reason: "every route answers under both generations, and the id of the address will do",
    ours: "answers",
  },
  {
    of: /^sources: (runs without a run|a logged model without its id|a logged model with its run|runs with a logged model|the logged model names its versions|http)$/,
    reason:
      "a runs: or models: source names its run or model itself, as clients of 2.22 send it; http sources are never opened by this server",
    ours: "answers",
  },
  {
    of: /^artifacts: (mpu\/(create|complete|abort)|.* a%5C|delete bad|get bad %c0|put bad %c0|by run bad %c0|get (data.parquet|x.jsonl|x.npy|x.onnx)|get a folder|get nothing|presigned)/,
    reason:
      "uploads in parts without S3; paths that could mean another one elsewhere are refused by every verb; more kinds of files are known",
  },
  // Words only
  {
    of: /^finding versions: by \["(tags\.team|version)"\]$/,
    reason: "both refuse; ours names the key and lists the keys there are",
    wordsOnly: true,
  },
  {
    of: /^(experiments|search|models|finding models|finding versions): (search )?for /,
    reason: "both refuse; ours says where the text stops being a filter, the stock server how its SQL lexer saw it",
    ours: "refuses",
  },
  {
    of: /^sources: (runs of nothing|the store on another host|the proxy by http|http climbing|a file URI$|a path climbing|a relative path|models of nothing)/,
    reason: "both refuse; ours quotes the source as it was sent",
    ours: "refuses",
  },
  {
    of: /^experiments: create in the proxy with a host$/,
    reason: "this server never connects to the host of a location, so it need not refuse one",
    ours: "answers",
  },
];

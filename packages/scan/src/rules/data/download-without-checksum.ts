import { argumentOf, argumentsOf, type Call, type FileFacts, reachingDefinition, stringOf } from "#facts/file.js";
import { ancestorOf, childIn, kindOf, lastOf, textOf } from "#facts/tree.js";
import { defineRule, type FileRule } from "#rule.js";

/** Downloaders, with the argument that would verify what arrives. */
const downloaders: readonly (readonly [RegExp, string | undefined])[] = [
  [/^(urllib\.request\.urlretrieve|urllib\.urlretrieve|wget\.download)$/, undefined],
  [/^(tensorflow\.)?keras\.utils\.get_file$/, "file_hash"],
  [/^torch\.hub\.(load_state_dict_from_url|download_url_to_file)$/, "check_hash|hash_prefix"],
  [/^torchvision\.datasets\.utils\.download_(url|and_extract_archive)$/, "md5"],
  [/^gdown\.download$/, undefined],
];

const verifies = /sha\d+|md5|checksum|blake|verify|hash|digest/i;

/** A file is fetched and used without comparing it with a known hash. */
const rule: FileRule = defineRule({
  code: "MLD308",
  slug: "download-without-checksum",
  family: "data",
  tier: "on",
  origin: "own (unverified data dependency)",
  evidence: ["D"],
  confidence: "medium",
  principalClass: "config",
  effort: 20,
  fix: "suggestion",
  summary: "Data or weights are downloaded without checking a hash.",
  why: "The source may change or be replaced; the next run trains on other data and nobody notices.",
  remedy: "Record the hash and compare it, or read a dataset version that has one.",
  examples: {
    bad: [
      "from urllib.request import urlretrieve\nurlretrieve('https://example.org/a.csv', 'a.csv')  # finding\n",
      "import pandas as pd\nframe = pd.read_csv('https://example.org/a.csv')  # finding\n",
      "import requests\nreply = requests.get(url)\nwith open('a.bin', 'wb') as out:\n    out.write(reply.content)  # finding\n",
      { "a.ipynb": { cells: [{ source: "!wget https://example.org/a.zip  # finding", count: 1 }] } },
    ],
    good: [
      "from urllib.request import urlretrieve\nimport hashlib\ndef fetch(url):\n    urlretrieve(url, 'a')\n    assert hashlib.sha256(open('a', 'rb').read()).hexdigest() == known\n",
      "import pandas as pd\nframe = pd.read_csv('data/a.csv')\n",
      "from tensorflow.keras.utils import get_file\nget_file('a', url, file_hash='abc')\n",
      "import requests\nprint(requests.get(url).json())\n",
      { "a.ipynb": { cells: [{ source: "!wget https://example.org/a.zip && sha256sum -c a.sha", count: 1 }] } },
    ],
  },
  check(facts, report) {
    for (const call of facts.calls) {
      const message = unverified(facts, call);
      if (message !== undefined && !isVerifiedNearby(facts, call.node)) report({ at: { node: call.node }, message });
    }
    for (const cell of facts.cells) {
      for (const magic of cell.magics) {
        if (magic.kind !== "shell" || !/\b(wget|curl)\b.*https?:\/\//.test(magic.text) || verifies.test(cell.source))
          continue;
        if (/curl(?!.*(\s-[a-zA-Z]*[oO]|--output|--remote-name|>))/.test(magic.text)) continue;
        report({
          at: { offset: cell.start + magic.offset },
          message: "A file is downloaded by the shell without checking a hash.",
          identity: magic.text.slice(0, 200),
        });
      }
    }
  },
});

export default rule;

function unverified(facts: FileFacts, call: Call): string | undefined {
  const name = call.name ?? "";
  for (const [pattern, proof] of downloaders) {
    if (!pattern.test(name)) continue;
    const { keywords, hasSplat } = argumentsOf(facts, call);
    const given = proof
      ?.split("|")
      .some((key) => keywords.has(key) && !/^(None|False)$/.test(textOf(facts.tree, keywords.get(key) as number)));
    return given || hasSplat ? undefined : `${name.split(".").at(-1)} fetches a file without checking a hash.`;
  }
  if (/^pandas\.read_(csv|json|parquet|excel|table|feather)$/.test(name)) {
    const url = stringOf(facts, argumentOf(facts, call, 0, "filepath_or_buffer"));
    return url !== undefined && /^(https?|ftp):\/\//.test(url)
      ? "The frame is read straight from a web address, so its content may change between runs."
      : undefined;
  }
  if (call.method === "write" && call.receiver >= 0) {
    const value = argumentOf(facts, call, 0, "data");
    if (
      value < 0 ||
      kindOf(facts.tree, value) !== "attribute" ||
      textOf(facts.tree, childIn(facts.tree, value, "attribute")) !== "content"
    )
      return undefined;
    const reply = childIn(facts.tree, value, "object");
    const source =
      kindOf(facts.tree, reply) === "identifier" ? (reachingDefinition(facts, reply)?.definition.value ?? -1) : reply;
    return facts.callByNode.get(source)?.name === "requests.get"
      ? "The reply is written to a file without checking a hash."
      : undefined;
  }
  return undefined;
}

/** A hash is computed or compared in the same function, or at module level for module code. */
function isVerifiedNearby(facts: FileFacts, node: number): boolean {
  const { tree } = facts;
  const around = ancestorOf(tree, node, "function_definition");
  const from = Math.max(0, around);
  const end = around < 0 ? tree.size : lastOf(tree, around);
  return facts.calls.some(
    (call) => call.node >= from && call.node < end && call.node !== node && verifies.test(call.name ?? call.method),
  );
}

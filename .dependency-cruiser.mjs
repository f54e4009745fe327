/**
 * The laws of import, as errors. `npm run laws` runs them together with the laws over text in `tools/laws.ts`;
 * `tools/laws.test.ts` plants a breach of each. A law's comment is its reason: it is printed with every breach.
 */

const platform = "^packages/platform/src";
const capability = `${platform}/capabilities`;
const test = "\\.(test|contract)\\.tsx?$|/testing/";
const stores = "/(store|views|tables)(/|[a-z.-]*\\.ts$)";

/** A package that only these places may import: its adapter and nothing else. */
function adapter(name, packages, places, reason) {
  return {
    name,
    comment: reason,
    severity: "error",
    from: { path: "^packages/[^/]+/", pathNot: places },
    to: { path: `node_modules/(${packages})/`, dependencyTypesNot: ["type-only"] },
  };
}

export default {
  forbidden: [
    {
      name: "no-cycles",
      comment:
        "Files in a circle can only be understood, tested and moved together. A circle closed by a type alone is erased.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "resolvable",
      comment: "An import that leads nowhere fails at the user's, not here.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "\\?(url|worker|raw|inline)$|^virtual:" },
    },
    {
      name: "declared-dependencies",
      comment: "A package that is not in package.json works here by accident and fails once installed.",
      severity: "error",
      from: { path: "^packages/[^/]+/src", pathNot: test },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "npm-dev"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "capabilities-apart",
      comment:
        "A capability never imports another: they meet through events, needs or a flow, so that each can be read alone.",
      severity: "error",
      from: { path: `${capability}/([^/]+)/` },
      to: { path: `${capability}/`, pathNot: `${capability}/$1/` },
    },
    {
      name: "capability-by-its-index",
      comment: "From outside, a capability is its index.ts; what lies behind may change without asking.",
      severity: "error",
      from: { path: "^(packages|interop|bench)/", pathNot: `${capability}/|${test}` },
      to: { path: `${capability}/[^/]+/`, pathNot: `${capability}/[^/]+/index\\.ts$` },
    },
    {
      name: "base-below-all",
      comment: "The ground knows nothing that stands on it.",
      severity: "error",
      from: { path: `${platform}/base/` },
      to: { path: `${platform}/`, pathNot: `${platform}/base/` },
    },
    {
      name: "capabilities-below-flows",
      comment: "A capability does not know the stories it plays in, nor by which door it is reached.",
      severity: "error",
      from: { path: `${capability}/` },
      to: { path: `${platform}/(flows|doors)/|${platform}/[^/]+\\.ts$` },
    },
    {
      name: "flows-below-doors",
      comment: "A flow is one story over capabilities; every door can tell it, so it knows none.",
      severity: "error",
      from: { path: `${platform}/flows/` },
      to: { path: `${platform}/doors/|${platform}/[^/]+\\.ts$` },
    },
    {
      name: "doors-below-main",
      comment: "Only the composition root puts doors in; a door that reaches back hides the wiring.",
      severity: "error",
      from: { path: `${platform}/doors/` },
      to: { path: `${platform}/[^/]+\\.ts$` },
    },
    {
      name: "doors-apart",
      comment: "Doors are thin and side by side; what two of them need belongs to a capability or a flow.",
      severity: "error",
      from: { path: `${platform}/doors/(cli|http)/` },
      to: { path: `${platform}/doors/`, pathNot: `${platform}/doors/$1/` },
    },
    {
      name: "api-stands-alone",
      comment:
        "What we say to the world runs in browsers and other people's programs: it imports the schema library and nothing else.",
      severity: "error",
      from: { path: "^packages/api/src", pathNot: test },
      to: { pathNot: "^packages/api/src|node_modules/typebox/" },
    },
    {
      name: "scan-stands-alone",
      comment: "The scanner runs in your repository, without server, database or native code.",
      severity: "error",
      from: { path: "^packages/scan/src" },
      to: {
        path: "^packages/(api|platform|web)/|node_modules/(fastify|kysely|better-sqlite3|pg|@duckdb|onnxruntime-node|@aws-sdk)/",
      },
    },
    {
      name: "platform-never-imports-web",
      comment: "The interface is built into the platform as files; the server runs without it.",
      severity: "error",
      from: { path: "^packages/(api|scan|platform)/" },
      to: { path: "^packages/web/" },
    },
    {
      name: "platform-imports-scan-by-its-main",
      comment: "Packages are split by what ships apart: only their exports exist once installed.",
      severity: "error",
      from: { path: platform },
      to: { path: "^packages/scan/src/", pathNot: "^packages/scan/src/(artefacts/)?main\\.ts$" },
    },
    {
      name: "web-imports-api-only",
      comment: "The interface knows the platform only by what it says to everybody.",
      severity: "error",
      from: { path: "^packages/web/src" },
      to: { path: "^packages/(platform|scan)/" },
    },
    {
      name: "web-runs-in-browsers",
      comment: "Node's modules do not exist in a browser.",
      severity: "error",
      from: { path: "^packages/web/src", pathNot: test },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "web-capabilities-apart",
      comment:
        "Screens link to each other by route name; an import would pull one screen's code into the other's bundle.",
      severity: "error",
      from: { path: "^packages/web/src/capabilities/([^/]+)/" },
      to: { path: "^packages/web/src/capabilities/", pathNot: "^packages/web/src/capabilities/$1/" },
    },
    {
      name: "web-kit-below-capabilities",
      comment: "The kit draws; it knows no noun of the product.",
      severity: "error",
      from: { path: "^packages/web/src/kit/" },
      to: { path: "^packages/web/src/capabilities/" },
    },
    {
      name: "sql-in-stores-only",
      comment: "SQL lives in base/db, store.ts, views.ts and tables.ts: one place to look when a table changes.",
      severity: "error",
      from: { path: platform, pathNot: `${platform}/base/(db|testing)/|${stores}|${test}` },
      to: {
        path: `node_modules/(kysely|better-sqlite3|pg)/|${platform}/base/db/(queries|statement|sqlite|postgres)\\.ts$`,
      },
    },
    {
      name: "http-framework-in-doors",
      comment: "Domain code that knows requests and replies can be reached by one door only.",
      severity: "error",
      from: { path: "^packages/[^/]+/src", pathNot: `${platform}/doors/|${test}` },
      to: { path: "node_modules/(fastify|@fastify)/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "files-in-listed-places",
      comment: "Whoever touches the file system must check sizes, paths and links; that is done in few places.",
      severity: "error",
      from: {
        path: "^packages/(platform|scan|api)/src",
        pathNot: [
          `${platform}/base/(blobs|config|db|engine|compute|testing)/`,
          `${platform}/doors/cli/`,
          // The composition root reads its own version and finds the built interface; one door serves that.
          `${platform}/(command|platform)\\.ts$`,
          `${platform}/doors/http/web\\.ts$`,
          "^packages/scan/src/sources/",
          test,
        ],
      },
      to: { path: "^(node:)?fs(/promises)?$" },
    },
    adapter(
      "sqlite-in-its-adapter",
      "better-sqlite3",
      `${platform}/base/db/sqlite[^/]*\\.ts$|${test}`,
      "A native library behind one file can be replaced, and a defect of it is looked for in one place.",
    ),
    adapter(
      "pg-in-its-adapter",
      "pg|pg-[a-z-]+",
      `${platform}/base/db/postgres[^/]*\\.ts$|${test}`,
      "A driver behind one file can be replaced, and a defect of it is looked for in one place.",
    ),
    adapter(
      "duckdb-in-its-adapter",
      "@duckdb/[^/]+",
      `${platform}/base/engine/|${test}`,
      "The engine is a port of named operations; DuckDB is one way to answer them.",
    ),
    adapter(
      "onnx-in-its-runtime",
      "onnxruntime-node",
      `${capability}/serving/runtimes/|${test}`,
      "Inference blocks its thread; only the runtime's worker may call it.",
    ),
    adapter(
      "cloud-sdk-in-its-adapter",
      "@aws-sdk/[^/]+|@smithy/[^/]+|@google-cloud/[^/]+|@azure/[^/]+",
      `${platform}/base/(blobs/s3[^/]*|compute/(ray|kubernetes)[^/]*)\\.ts$|${test}`,
      "Each cloud SDK stays in its one adapter, loaded only when a URL names it.",
    ),
    {
      name: "tests-are-imported-by-tests",
      comment: "What ships must not depend on what only tests need.",
      severity: "error",
      from: { path: "^packages/", pathNot: `${test}|^packages/web/(e2e|build)/` },
      to: { path: test },
    },
    {
      name: "nothing-imports-tools",
      comment: "Tools, benchmarks, examples and interop suites look at the product; the product does not look at them.",
      severity: "error",
      from: { path: "^packages/", pathNot: "^packages/web/e2e/" },
      to: { path: "^(tools|bench|examples|interop|docs)/" },
    },
    {
      name: "reachable",
      comment: "A file that no entry reaches is dead, or is a capability that somebody forgot to wire in.",
      severity: "error",
      from: {
        path: `${platform}/main\\.ts$|^packages/scan/src/(bin|main)\\.ts$|-worker\\.ts$`,
      },
      to: {
        path: "^packages/(platform|scan)/src/.*\\.ts$",
        pathNot: `${test}|/(main|bin)\\.ts$|-worker\\.ts$|\\.d\\.ts$`,
        reachable: false,
      },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^packages/[^/]+/dist/|^packages/.*/fixtures/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["source", "import", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".js", ".mjs", ".json", ".css"],
    },
  },
};

import type { Engine } from "./engine.js";

/** An engine that is loaded by its first use: a server that only tracks runs never pays for its tens of megabytes. */
export function lazyEngine(load: () => Promise<Engine>): Engine {
  let opening: Promise<Engine> | undefined;

  function engine(): Promise<Engine> {
    opening ??= load().catch((problem: unknown) => {
      opening = undefined;
      throw problem;
    });
    return opening;
  }

  async function* streamed<R>(work: (engine: Engine) => AsyncIterable<R>): AsyncIterable<R> {
    yield* work(await engine());
  }

  return {
    describe: async (...asked) => (await engine()).describe(...asked),
    profileColumns: (...asked) => streamed((one) => one.profileColumns(...asked)),
    quantiles: async (...asked) => (await engine()).quantiles(...asked),
    quantileEdges: async (...asked) => (await engine()).quantileEdges(...asked),
    countBins: async (...asked) => (await engine()).countBins(...asked),
    countCategories: async (...asked) => (await engine()).countCategories(...asked),
    sampleRows: async (...asked) => (await engine()).sampleRows(...asked),
    readHead: async (...asked) => (await engine()).readHead(...asked),
    readColumns: (...asked) => streamed((one) => one.readColumns(...asked)),
    writeParquet: async (...asked) => (await engine()).writeParquet(...asked),
    asOfJoin: async (...asked) => (await engine()).asOfJoin(...asked),
    async close() {
      await (await opening)?.close();
    },
  };
}

import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const lookEvery = 2000;
/** Share of the time since the last look that a server may have worked and still count as idle. */
const idleShare = 0.05;
/** Unused bytes of the heap worth a pause of a few dozen milliseconds in which nobody waits. */
const worthIt = 24 * 2 ** 20;

type Collect = (how: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void;

/**
 * Gives the memory of starting up and of past bursts back to the machine while nothing happens. V8 keeps it otherwise: an
 * idle server would hold a third more than it uses, for ever. Answers a function that ends it.
 */
export function releaseIdleMemory(): () => void {
  let collect: Collect | undefined;
  let before = performance.eventLoopUtilization();
  let settled = 0;
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    const { heapTotal, heapUsed } = process.memoryUsage();
    if (utilization > idleShare || heapTotal - heapUsed < worthIt || heapTotal < settled + worthIt) return;
    collect ??= collector();
    collect({ type: "major", execution: "sync", flavor: "last-resort" });
    settled = process.memoryUsage().heapTotal;
  }, lookEvery);
  timer.unref();
  return () => clearInterval(timer);
}

/** V8 hands its collector out only to contexts made after it was asked to. */
function collector(): Collect {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as Collect;
}

import { SingleBar } from "cli-progress";
import { stopwatch } from "#base/clock.js";
import type { Io } from "../io.js";
import type { Tally } from "./tally.js";

/** Shows how far an import is: a bar on a terminal, a line every ten seconds elsewhere. */
export interface Meter {
  update(doing: string): void;
  end(): void;
}

const lineEvery = 10_000;

export function openMeter(io: Io, runs: number | undefined, tally: Tally): Meter {
  const elapsed = stopwatch();
  const told = (): string => {
    const seconds = Math.max(elapsed() / 1000, 0.001);
    const points = tally.readOf("points");
    return `${many(points)} points (${many(Math.round(points / seconds))}/s), ${many(tally.readOf("files"))} files, ${size(tally.readOf("bytes"))}`;
  };
  if (!io.terminal) {
    let last = 0;
    return {
      update(doing) {
        if (elapsed() - last < lineEvery) return;
        last = elapsed();
        const of = runs === undefined ? "" : ` of ${many(runs)}`;
        io.err(`${doing}: ${many(tally.readOf("runs"))}${of} runs, ${told()}\n`);
      },
      end: () => undefined,
    };
  }
  const bar = new SingleBar({
    format: "{bar} {value}/{total} runs  {told}  {doing}",
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
    etaBuffer: 1,
  });
  bar.start(runs ?? 0, 0, { told: "", doing: "" });
  return {
    update(doing) {
      const done = tally.readOf("runs");
      if (done > bar.getTotal()) bar.setTotal(done);
      bar.update(done, { told: told(), doing });
    },
    end: () => bar.stop(),
  };
}

/** 1234567 as `1,234,567`. */
export function many(count: number): string {
  return count.toLocaleString("en-US");
}

export function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
